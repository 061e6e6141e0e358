"""Values quoted as literals and labels of Terraform's HCL."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cloud_audit_tui.remediation.quoting import (
    Language,
    Quoted,
    QuotingError,
    is_unseen,
    quoted_in,
    refuse_unencodable,
)

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"'}
_TEMPLATE_START = re.compile(r"(\$+|%+)\{")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_LONGEST_LABEL = 64


def hcl_string(text: str) -> Quoted:
    """Return the text as a quoted HCL template without interpolation; raises `QuotingError` for NUL."""
    refuse_unencodable(text)
    escaped = _TEMPLATE_START.sub(_not_a_template, "".join(map(_escape, text)))
    return Quoted(f'"{escaped}"', Language.HCL)


def hcl_literal(value: Any, indent: int = 0) -> Quoted:
    """Return a JSON-like value as an HCL expression; ``indent`` is the column of the line it stands on."""
    return Quoted(_hcl(value, indent), Language.HCL)


def hcl_label(name: str) -> Quoted:
    """Return a valid and readable Terraform label for any name; different names get different labels."""
    label = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:_LONGEST_LABEL]
    if not label[:1].isalpha():
        label = f"r_{label}".rstrip("_")
    if not _LABEL.fullmatch(name) or "--" in name or name.endswith("-") or len(name) > _LONGEST_LABEL:
        label += "_" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return Quoted(label, Language.HCL)


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if is_unseen(character):
        code = ord(character)
        return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
    return character


def _not_a_template(start: re.Match[str]) -> str:
    signs = start[1]
    if len(signs) == 1 and "}" in start.string[start.end() :]:
        return f"{signs}{signs}{{"
    # Readers of HCL disagree about `$$${` and about an opening brace that nothing closes.
    return f"\\u{ord(signs[0]):04x}" * len(signs) + "{"


def _hcl(value: Any, indent: int) -> str:
    if isinstance(value, Quoted):
        return quoted_in(Language.HCL, value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return hcl_string(value)
    if isinstance(value, Mapping):
        return _hcl_object(value, indent)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return _hcl_list(value, indent)
    raise QuotingError(f"a {type(value).__name__} has no form in HCL")


def _hcl_list(value: Sequence[Any], indent: int) -> str:
    items = [_hcl(item, indent + 2) for item in value]
    if not any("\n" in item for item in items):
        return "[" + ", ".join(items) + "]"
    margin = " " * (indent + 2)
    return "\n".join(["[", *(f"{margin}{item}," for item in items), " " * indent + "]"])


def _hcl_object(value: Mapping[Any, Any], indent: int) -> str:
    if not value:
        return "{}"
    margin = " " * (indent + 2)
    lines = [f"{margin}{hcl_string(str(key))} = {_hcl(item, indent + 2)}" for key, item in value.items()]
    return "\n".join(["{", *lines, " " * indent + "}"])

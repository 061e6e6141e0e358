"""The variables of a Terraform file that a form can ask for, and the user's values as their defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.quoting import Quoted, QuotingError
from cloud_audit_tui.remediation.terraform.blocks import Block, UnknownBlockError, blocks
from cloud_audit_tui.remediation.terraform.format import aligned
from cloud_audit_tui.remediation.terraform.quoting import hcl_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARGUMENT = re.compile(r"^  (?P<name>[a-z_]+) *= (?P<value>.*)$", re.MULTILINE)
_PLAIN_TYPES = frozenset({"string", "number"})
_LIST_TYPES = frozenset({"list(string)", "set(string)"})
_NUMBER = re.compile("[0-9]{1,15}")


@dataclass(frozen=True)
class Variable:
    """A variable that takes one value, or several separated by commas.

    ``name`` is Terraform's name. A variable that ``has_default`` needs no value.
    """

    name: str
    description: str
    type: str
    has_default: bool
    block: Block

    @property
    def variable(self) -> str:
        """The name in the form of an environment variable."""
        return self.name.upper()

    def literal(self, value: str) -> Quoted:
        """Return a value as an HCL expression of the variable's type; raises `QuotingError`."""
        if self.type == "number":
            if not _NUMBER.fullmatch(value):
                raise QuotingError(f"{value!r} is not a whole number")
            return hcl_literal(int(value))
        return hcl_literal(value.split(",") if self.type in _LIST_TYPES else value)


def variables(text: str) -> list[Variable]:
    """Return the variables of a file that a form can ask for, in the file's order.

    Sensitive variables are left out, because a file must not hold a secret, and so are those of structured
    types. A file that cannot be parsed has none.
    """
    try:
        file_blocks = blocks(text)
    except UnknownBlockError:
        return []
    candidates = [_variable(block) for block in file_blocks if block.kind == "variable"]
    return [variable for variable in candidates if variable is not None]


def with_defaults(text: str, values: Mapping[str, str]) -> str:
    """Return the file with these values, by `Variable.variable`, as defaults; raises `QuotingError`."""
    for variable in variables(text) if values else ():
        if value := values.get(variable.variable, ""):
            text = text.replace(variable.block.text, _with_default(variable, variable.literal(value)), 1)
    return text


def _variable(block: Block) -> Variable | None:
    arguments = {match["name"]: match["value"] for match in _ARGUMENT.finditer(block.text)}
    type_ = arguments.get("type", "")
    if type_ not in _PLAIN_TYPES | _LIST_TYPES or "sensitive" in arguments:
        return None
    description = arguments.get("description", "").strip('"')
    return Variable(block.label, description, type_, "default" in arguments, block)


def _with_default(variable: Variable, literal: Quoted) -> str:
    lines = []
    for line in variable.block.text.split("\n"):
        argument = _ARGUMENT.fullmatch(line)
        if argument is not None and argument["name"] == "default":
            continue
        lines.append(line)
        if argument is not None and argument["name"] == "type":
            lines.append(f"  default = {literal}")
    return aligned("\n".join(lines))

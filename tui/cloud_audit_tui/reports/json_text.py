"""JSON text that every parser accepts and every terminal shows safely."""

from __future__ import annotations

from typing import Any

import msgspec

from cloud_audit_tui.text import json_safe, storable_all


def json_text(value: Any) -> str:
    """Return JSON-ready data as indented JSON with a line end; the order of its keys is kept.

    Lone surrogates are replaced and invisible characters escaped.
    """
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(storable_all(value))
    return json_safe(msgspec.json.format(encoded, indent=2)).decode() + "\n"

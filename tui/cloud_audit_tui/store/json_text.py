"""JSON as the text of a column or of a parameter."""

from __future__ import annotations

from typing import Any

import msgspec


def json_text(value: Any) -> str:
    """Return a value as JSON, for the parameter of ``json_each`` or for a column."""
    return msgspec.json.encode(value).decode()

"""Outside text that can be stored as UTF-8 and searched."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def storable(text: str) -> str:
    """Return the text with every lone surrogate replaced, which UTF-8 cannot encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def json_text(value: Any) -> str:
    """Return a value as JSON, for the parameter of ``json_each`` or for a column."""
    return msgspec.json.encode(value).decode()


def storable_all(value: T) -> T:
    """Return a copy of a struct, list, dictionary or text in which every text is storable."""
    cleaned: Any = value
    match value:
        case str():
            cleaned = storable(value)
        case dict():
            cleaned = {storable_all(key): storable_all(item) for key, item in value.items()}
        case list() | tuple():
            cleaned = [storable_all(item) for item in value]
        case msgspec.Struct():
            cleaned = msgspec.structs.replace(
                value, **{name: storable_all(getattr(value, name)) for name in value.__struct_fields__}
            )
    return cleaned  # type: ignore[no-any-return]

"""The environment that a job sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def overlay(environ: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return an environment with changes applied; ``None`` removes a variable."""
    merged = {**environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}

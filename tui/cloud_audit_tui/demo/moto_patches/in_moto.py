"""Installs subclasses in place of moto's response classes."""

from __future__ import annotations

from typing import Any


def answer_with(addition: Any, instead_of: Any, urls: Any, *more_paths: str) -> None:
    """Make a subclass of a service's responses serve its calls, including paths that moto lacks.

    ``urls`` is moto's module of the service's paths, which moto reads on the service's first request.
    """
    for path, handler in urls.url_paths.items():
        if handler == instead_of.dispatch:
            urls.url_paths[path] = addition.dispatch
    urls.url_paths.update(dict.fromkeys(more_paths, addition.dispatch))


def state_of(backend: Any, name: str) -> dict[str, Any]:
    """Return a dictionary with the lifetime of a moto backend, which a reset recreates."""
    state: dict[str, Any] = backend.__dict__.setdefault(f"_kept_{name}", {})
    return state

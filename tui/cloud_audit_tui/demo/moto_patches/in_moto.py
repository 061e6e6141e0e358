"""How an addition takes the place of moto's own answers."""

from __future__ import annotations

from typing import Any


def answer_with(addition: Any, instead_of: Any, urls: Any, *more_paths: str) -> None:
    """Let a subclass of a service's responses answer its calls, and those to paths that moto lacks.

    ``urls`` is moto's module of the service's paths, which moto reads when the service is first asked.
    """
    for path, handler in urls.url_paths.items():
        if handler == instead_of.dispatch:
            urls.url_paths[path] = addition.dispatch
    urls.url_paths.update(dict.fromkeys(more_paths, addition.dispatch))


def kept(backend: Any, name: str) -> dict[str, Any]:
    """Return a dictionary that lives as long as one of moto's backends, which a reset makes anew."""
    state: dict[str, Any] = backend.__dict__.setdefault(f"_kept_{name}", {})
    return state

"""One test for many rows of one rule, which names every row that fails."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


@contextmanager
def each_row() -> Iterator[Callable[[object], AbstractContextManager[None]]]:
    """Yield ``row(name)``, a context for one row; fail at the end for all rows whose block raised.

    What `pytest.raises` raises where nothing was raised is no `Exception`, and a row's failure all the same.
    """
    failures: list[BaseException] = []

    @contextmanager
    def row(name: object) -> Iterator[None]:
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            error.add_note(f"The row is {name!r}.")
            failures.append(error)

    yield row
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} rows fail", failures)

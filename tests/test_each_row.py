"""A test of many rows names every row that fails."""

from __future__ import annotations

import pytest

from each_row import each_row


def test_every_row_that_fails_is_named() -> None:
    with pytest.raises(ExceptionGroup, match="2 rows fail") as raised, each_row() as row:
        for number in range(4):
            with row(number):
                assert number % 2 == 0
    assert [error.__notes__[-1] for error in raised.value.exceptions] == ["The row is 1.", "The row is 3."]


def test_one_row_that_fails_is_shown_as_itself() -> None:
    with pytest.raises(ZeroDivisionError) as raised, each_row() as row:
        for number in (1, 0):
            with row(number):
                assert 1 / number
    assert raised.value.__notes__ == ["The row is 0."]


def test_a_row_that_raises_nothing_where_it_should_is_named() -> None:
    with pytest.raises(BaseExceptionGroup, match="2 rows fail") as raised, each_row() as row:
        for number in (0, 1, 2):
            with row(number), pytest.raises(ZeroDivisionError):
                assert 1 / number
    assert [error.__notes__[-1] for error in raised.value.exceptions] == ["The row is 1.", "The row is 2."]

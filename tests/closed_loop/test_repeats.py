"""The middleware answers a repeated call with its first response."""

from __future__ import annotations

from typing import Any

from closed_loop.repeats import CAPACITY, Repeats


class Counter:
    """A WSGI application that answers with the number of its calls so far."""

    def __init__(self, status: str = "200 OK") -> None:
        self.status = status
        self.calls = 0

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        self.calls += 1
        start_response(self.status, [("X-Call", str(self.calls))])
        return [str(self.calls).encode()]


def ask(application: Any, call: str = "", attempt: int = 1) -> bytes:
    names = {"HTTP_AMZ_SDK_INVOCATION_ID": call, "HTTP_AMZ_SDK_REQUEST": f"attempt={attempt}; max=3"}
    return b"".join(application(names if call else {}, lambda *_: None))


def test_a_second_attempt_is_answered_as_the_first_was() -> None:
    repeats = Repeats(Counter())
    assert [ask(repeats, "a"), ask(repeats, "b"), ask(repeats, "a", 2), ask(repeats, "b", 3)] == [
        b"1",
        b"2",
        b"1",
        b"2",
    ]


def test_what_failed_is_tried_again_and_a_new_call_is_made() -> None:
    failing = Counter("503 Slow Down")
    repeats = Repeats(failing)
    assert [ask(repeats, "a"), ask(repeats, "a", 2)] == [b"1", b"2"]
    failing.status = "200 OK"
    assert [ask(repeats, "a"), ask(repeats, "a"), ask(repeats), ask(repeats)] == [b"3", b"4", b"5", b"6"]


def test_the_responses_of_old_calls_are_forgotten() -> None:
    repeats = Repeats(Counter())
    for number in range(CAPACITY + 1):
        ask(repeats, f"call-{number}")
    assert ask(repeats, "call-0", 2) == str(CAPACITY + 2).encode()
    assert ask(repeats, "call-2", 2) == b"3"

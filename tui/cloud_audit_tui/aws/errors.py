"""Why AWS was not read."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Unread(StrEnum):
    """Why AWS was not read."""

    DENIED = "access_denied"
    CREDENTIALS = "credentials"
    THROTTLED = "throttled"
    SERVER = "server_error"
    UNAVAILABLE = "unavailable"
    NOT_FOUND = "not_found"
    BAD_RESPONSE = "bad_response"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


class ReadError(Exception):
    """AWS was not read.

    ``kind`` and ``reason`` say why, and ``action`` says what to do about it. ``permission`` is the denied IAM
    action and ``code`` AWS's error code. All but ``kind`` and ``reason`` may be empty. ``transient`` says
    that a retry may succeed, ``timed_out`` that AWS did not respond, and ``expired`` that the credentials
    have expired. ``retry_after`` is the number of seconds that the response asks to wait, 0 if it does not.
    """

    def __init__(
        self,
        kind: Unread,
        reason: str,
        *,
        action: str = "",
        permission: str = "",
        code: str = "",
        transient: bool = False,
        timed_out: bool = False,
        expired: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.action = action
        self.permission = permission
        self.code = code
        self.transient = transient
        self.timed_out = timed_out
        self.expired = expired
        self.retry_after = retry_after

    def anew(self) -> Self:
        """Return a copy of this error without traceback, cause and context."""
        copy = type(self).__new__(type(self), *self.args)
        copy.__dict__.update(self.__dict__)
        return copy

    @property
    def words(self) -> str:
        """The reason and the action."""
        return f"{self.reason} {self.action}".strip()


def own_fault(what: str, error: Exception) -> ReadError:
    """Return the error for a fault of this program, which left something unread."""
    return ReadError(
        Unread.BAD_RESPONSE,
        f"{what} ({type(error).__name__}).",
        action="This is a fault of cloud-audit-tui: please report it.",
    )


class WrongCodeError(ReadError):
    """AWS refused an MFA code; another one may be accepted."""

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

    ``kind`` says why, ``reason`` says it in words, ``action`` says what to do about it (may be
    empty), ``permission`` is the IAM action that was denied (may be empty) and ``code`` is the
    error code that AWS gave (may be empty). ``transient`` says that another try may succeed,
    ``timed_out`` that the failure was silence, and ``expired`` that the credentials worked until they ended.
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

    def anew(self) -> Self:
        """Return this error as it was before it was raised: without traceback, cause and context."""
        copy = type(self).__new__(type(self), *self.args)
        copy.__dict__.update(self.__dict__)
        return copy

    @property
    def words(self) -> str:
        """The reason, then what to do."""
        return f"{self.reason} {self.action}".strip()


class WrongCodeError(ReadError):
    """AWS refused an MFA code; another one may be accepted."""

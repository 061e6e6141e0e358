"""The operations that the clients of a job may call."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.operations import IDENTITY_READS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_IDENTITY_SERVICE = "sts:"


class AllowList:
    """The operations that identify a profile and the declared ``reads``, as ``service:Operation``.

    ``reads`` may be a function, which is called for the first operation that is not an identity read, because
    a scan identifies the profile before its checks are imported. STS has only identity reads, so its clients
    never call the function.
    """

    def __init__(self, reads: Collection[str] | Callable[[], Collection[str]]) -> None:
        self._declared = reads

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str) and name.startswith(_IDENTITY_SERVICE):
            return name in IDENTITY_READS
        return name in self.names

    @cached_property
    def names(self) -> frozenset[str]:
        """All allowed operations."""
        declared = self._declared() if callable(self._declared) else self._declared
        return frozenset(declared) | frozenset(IDENTITY_READS)

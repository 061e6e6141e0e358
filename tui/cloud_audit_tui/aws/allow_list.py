"""Which operations the clients of a job may call."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.operations import IDENTITY_READS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_IDENTITY_SERVICE = "sts:"


class AllowList:
    """The operations that identify a profile and the declared ``reads``, as ``service:Operation``.

    ``reads`` may be a function, which is called when a client needs to know more than the operations that
    identify a profile: a scan asks AWS who it is before its checks are imported. STS is read for nothing
    else, so its clients never need to know.
    """

    def __init__(self, reads: Collection[str] | Callable[[], Collection[str]]) -> None:
        self._declared = reads

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str) and name.startswith(_IDENTITY_SERVICE):
            return name in IDENTITY_READS
        return name in self.names

    @cached_property
    def names(self) -> frozenset[str]:
        """All of them."""
        declared = self._declared() if callable(self._declared) else self._declared
        return frozenset(declared) | frozenset(IDENTITY_READS)

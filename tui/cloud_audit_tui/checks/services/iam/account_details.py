"""Reads the identities of an account, as defined in `iam.identities`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import unexpected
from cloud_audit_tui.iam.identities import AccountIdentities, add_identity, managed_policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cloud_audit_tui.checks.api import Region

READS = ("iam:GetAccountAuthorizationDetails",)
"""The reads that a check that uses the details declares."""

T = TypeVar("T")


@dataclass
class AccountDetails(AccountIdentities):
    """The identities of an account; ``failure`` is set if AWS returned a malformed one."""

    failure: ReadError | None = None

    def check_complete(self) -> None:
        """Raise `ReadError` if an identity is missing because it is malformed."""
        if self.failure is not None:
            raise self.failure

    def complete(self, things: Iterable[T]) -> Iterator[T]:
        """Yield parts of the details, then raise `ReadError` as `check_complete` does."""
        yield from things
        self.check_complete()


async def account_details(region: Region) -> AccountDetails:
    """Return the account's identities and policies; raises `ReadError`.

    The pages hold all four lists; the member with its name shows the kind of an item. Of the AWS managed
    policies, AWS returns those in use.
    """
    details = AccountDetails()
    items = []
    try:
        async for item in region.items("iam", "GetAccountAuthorizationDetails"):
            items.append(item)  # noqa: PERF401 - items before a failure are kept
    except ReadError as error:
        if error.kind is not Unread.BAD_RESPONSE:
            raise
        details.failure = error
    details.managed = managed_policies(items)
    for item in items:
        try:
            add_identity(details, item)
        except Exception as error:
            details.failure = unexpected(error, "an identity")
    return details

"""Lists the accounts and the organizational units of a profile's organization."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.permissions import action_of
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Lists(Protocol):
    """The part of `cloud_audit_tui.aws.reader.Reader` that lists need."""

    def items(self, region: str, service: str, operation: str, params: dict[str, Any]) -> AsyncIterator[Any]:
        """Yield the items of every page; raises `ReadError`."""
        ...


DEEPEST = 5
"""The most levels of units below a root, by the quota of AWS Organizations, "Maximum nesting of OUs"."""
_ACCOUNT = re.compile(r"\d{12}")
_SERVICE = "organizations"


class MemberAccount(msgspec.Struct, frozen=True):
    """An account of an organization; ``state`` is AWS's word, ``ACTIVE`` for one that can be used."""

    id: str
    name: str
    state: str

    @property
    def is_active(self) -> bool:
        """Whether roles in the account can be assumed."""
        return self.state == "ACTIVE"


class Unit(msgspec.Struct, frozen=True):
    """A root or an organizational unit: its parent's id, empty for a root, and the ids of its accounts."""

    id: str
    name: str
    parent: str
    accounts: list[str]


async def list_accounts(reader: Lists, region: str) -> list[MemberAccount]:
    """Return every account of the organization, in AWS's order; raises `ReadError`.

    An account whose ``State`` or, in older responses, ``Status`` is missing counts as active, so that
    assuming the role decides.
    """
    try:
        return [
            MemberAccount(
                _account_id(item),
                str(item.get("Name") or ""),
                str(item.get("State") or item.get("Status") or "ACTIVE"),
            )
            async for item in reader.items(region, _SERVICE, "ListAccounts", {})
        ]
    except ReadError as error:
        raise _with_advice(error) from error


async def list_units(reader: Lists, region: str) -> list[Unit]:
    """Return the roots and the units, parents first; raises `ReadError`."""
    units: list[Unit] = []
    async for root in reader.items(region, _SERVICE, "ListRoots", {}):
        units += [unit async for unit in _units_below(reader, region, root, "", 0)]
    return units


async def _units_below(
    reader: Lists, region: str, item: dict[str, Any], parent: str, depth: int
) -> AsyncIterator[Unit]:
    unit_id = str(item.get("Id") or "")
    accounts = [
        _account_id(account)
        async for account in reader.items(region, _SERVICE, "ListAccountsForParent", {"ParentId": unit_id})
    ]
    yield Unit(unit_id, str(item.get("Name") or unit_id), parent, accounts)
    if depth > DEEPEST:
        raise _malformed("ListOrganizationalUnitsForParent", f"units are more than {DEEPEST} levels deep")
    operation = "ListOrganizationalUnitsForParent"
    async for child in reader.items(region, _SERVICE, operation, {"ParentId": unit_id}):
        async for unit in _units_below(reader, region, child, unit_id, depth + 1):
            yield unit


def _account_id(item: dict[str, Any]) -> str:
    account_id = str(item.get("Id") or "")
    if not _ACCOUNT.fullmatch(account_id):
        raise _malformed("ListAccounts", f"{quoted(repr(account_id))} is not the id of an account")
    return account_id


def _malformed(operation: str, why: str) -> ReadError:
    return ReadError(
        Unread.BAD_RESPONSE,
        f"The answer to {action_of(f'{_SERVICE}:{operation}')} is not what AWS documents: {why}.",
    )


def _with_advice(error: ReadError) -> ReadError:
    """Return an error that says which profiles may list the accounts of an organization."""
    if error.kind is Unread.DENIED:
        advice = (
            f"{error.action} The profile must be in the management account or in a delegated administrator "
            "of the organization."
        )
    elif error.code == "AWSOrganizationsNotInUseException":
        advice = "Its account is not in an organization: scan it without --org-role."
    else:
        return error
    return ReadError(
        error.kind,
        error.reason,
        action=advice,
        permission=error.permission,
        code=error.code,
        transient=error.transient,
    )

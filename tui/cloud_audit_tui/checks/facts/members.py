"""Allow-lists of response members: a fact holds only the members that its list names."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cloud_audit_tui.model import FactKind, Target

Item = dict[str, Any]


class Keep(Enum):
    """What is kept of a member that has no allow-list of its own.

    `VALUE` keeps a scalar or a list of scalars, and drops structures, so that members that AWS adds to a
    structure later are not kept unreviewed. `DOCUMENT` keeps a whole policy document.
    """

    VALUE = "value"
    DOCUMENT = "document"


Members = dict[str, "Keep | Members"]
"""The members to keep by their names; a nested allow-list applies to a structure or each entry of a list."""


def members(*names: str, **nested: Members | Keep) -> Members:
    """Return an allow-list: names of scalar members, and members with a rule of their own."""
    return {**dict.fromkeys(names, Keep.VALUE), **nested}


def excerpt(item: Mapping[str, Any], allowed: Members) -> Item:
    """Return the allowed members of an item, JSON-ready; an absent or empty member is left out."""
    result: Item = {}
    for name, rule in allowed.items():
        value = item.get(name)
        if isinstance(rule, dict):
            if isinstance(value, dict):
                value = excerpt(value, rule)
            elif isinstance(value, list):
                value = [excerpt(entry, rule) for entry in value if isinstance(entry, dict)]
            else:
                continue
        elif rule is Keep.VALUE:
            value = _scalars(value)
        if value not in (None, "", [], {}):
            result[name] = value
    return result


def structures(response: Mapping[str, Any], member: str) -> Iterator[Item]:
    """Yield the structures in a list member of a response; other entries are skipped."""
    for entry in response.get(member) or []:
        if isinstance(entry, dict):
            yield entry


def fact(kind: FactKind, target: Target, resource_type: str, identity: str, **more: Any) -> Fact:
    """Return a fact of the account and region of a target; ``more`` are `name`, `data` or another region."""
    values = {"region": target.region, **more}
    return Fact(kind, target.account_id, target.partition, type=resource_type, id=identity, **values)


def arn(target: Target, service: str, path: str) -> str:
    """Return the ARN of a resource in the region and account of a target."""
    return f"arn:{target.partition}:{service}:{target.region}:{target.account_id}:{path}"


def name_tag(item: Mapping[str, Any]) -> str:
    """Return the value of the ``Name`` tag, empty when there is none."""
    return next(
        (str(tag.get("Value") or "") for tag in structures(item, "Tags") if tag.get("Key") == "Name"), ""
    )


def _scalars(value: Any) -> Any:
    if isinstance(value, list):
        return [scalar for entry in value if (scalar := _scalar(entry)) is not None]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value if isinstance(value, str | int | float | bool) else None

"""The fields of a finding that a filter compares, and the record that holds them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from cloud_audit_tui.model import OWN_SCAN, Category, Disposition, Severity, Status


class Field(StrEnum):
    """A property of a finding that a filter compares; the value is the name of `Record`'s attribute."""

    TEXT = "text"
    CHECK = "check"
    TITLE = "title"
    REASON = "reason"
    SEVERITY = "severity"
    STATUS = "status"
    DISPOSITION = "disposition"
    SERVICE = "service"
    CATEGORY = "category"
    REGION = "region"
    ACCOUNT = "account"
    ALIAS = "alias"
    PROFILE = "profile"
    RESOURCE = "resource"
    RESOURCE_ID = "resource_id"
    TYPE = "type"
    COMPLIANCE = "compliance"
    FIRST_SEEN = "first_seen"
    NEW = "new"
    SOURCE = "source"


class Record(msgspec.Struct, frozen=True):
    """A finding as a filter sees it.

    ``text`` is the result of `search_text`. ``profile`` holds every profile that leads to the account, and
    ``compliance`` a framework's id and a control's id with one space between, such as ``cis_aws_v3 2.1.4``.
    ``first_seen`` is an ISO 8601 time in UTC with seconds and ``+00:00``, empty where it is unknown.
    """

    text: str
    check: str
    title: str
    reason: str
    severity: Severity
    status: Status
    disposition: Disposition
    region: str
    account: str
    resource: str
    resource_id: str
    type: str
    service: str = ""
    category: Category | None = None
    alias: str = ""
    profile: tuple[str, ...] = ()
    compliance: tuple[str, ...] = ()
    first_seen: str = ""
    new: bool = False
    source: str = OWN_SCAN

    def values(self, field: Field) -> tuple[str, ...]:
        """Return the finding's values of a field other than `Field.NEW`."""
        value = getattr(self, field)
        if isinstance(value, tuple):
            return value
        return (value or "",)

"""The jobs of the scanner, and the work units that a job is split into."""

from __future__ import annotations

import msgspec

from cloud_audit_tui.model import Category, Severity

ALL_REGIONS = "all"


class ScanJob(msgspec.Struct, frozen=True, tag_field="job", tag="scan"):
    """Assess accounts.

    Without profiles, the default credentials are used; without regions, each profile's own, and ``["all"]``
    means every enabled one; without checks or categories, all of them. With ``timings``, the scan yields a
    `CallsTimed` at intervals and one at its end.
    """

    profiles: list[str] = []
    regions: list[str] = []
    checks: list[str] = []
    categories: list[Category] = []
    min_severity: Severity = Severity.LOW
    timings: bool = False


class IdentifyJob(msgspec.Struct, frozen=True, tag_field="job", tag="identify"):
    """Identify the account and caller of each profile; assess nothing."""

    profiles: list[str] = []


class VerifyTarget(msgspec.Struct, frozen=True):
    """One finding to verify.

    ``resource`` is an id, an ARN, the last part of one, or a name; the region's code or the account's id
    identifies a scope. An empty ``account_id`` accepts any account; an empty ``region`` means the profile's
    own. ``profile`` is empty for the default credentials.
    """

    check_id: str
    profile: str
    region: str
    resource: str
    account_id: str = ""


class VerifyJob(msgspec.Struct, frozen=True, tag_field="job", tag="verify"):
    """Reassess only these subjects, with as few calls as possible."""

    targets: list[VerifyTarget]


class ListChoicesJob(msgspec.Struct, frozen=True, tag_field="job", tag="list_choices"):
    """List choices for remediation inputs in an account; ``kinds`` are those of `scan.choices`."""

    profile: str
    region: str
    kinds: list[str]


class ListOrganizationJob(msgspec.Struct, frozen=True, tag_field="job", tag="list_organization"):
    """List the accounts of a profile's organization, and with ``units`` also its organizational units."""

    profile: str = ""
    units: bool = False


Job = ScanJob | IdentifyJob | VerifyJob | ListChoicesJob | ListOrganizationJob
"""Any job of the scanner; one JSON object with the tag ``job``."""


class WorkUnit(msgspec.Struct, frozen=True):
    """Checks to run in one region of one account through one profile; a task of an executor.

    ``only`` limits the unit to subjects as `checks.selection` names them, empty for all. ``scanned`` are
    all regions of the account's scan, ``enabled`` says whether the account has this one enabled, and
    ``home_region`` is where the partition's global services are read.
    """

    account_id: str
    partition: str
    profile: str
    region: str
    checks: list[str]
    home_region: str
    enabled: bool = True
    only: list[str] = []
    scanned: list[str] = []
    min_severity: Severity = Severity.LOW

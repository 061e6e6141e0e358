"""What the scanner can be asked to do, and the units of work that a job is planned into."""

from __future__ import annotations

import msgspec

from cloud_audit_tui.model import Category, Severity

ALL_REGIONS = "all"


class ScanJob(msgspec.Struct, frozen=True, tag_field="job", tag="scan"):
    """Judge accounts.

    No profile means the default credentials; no region means each profile's own, ``["all"]`` every
    enabled one; no check means all, and no category every one.
    """

    profiles: list[str] = []
    regions: list[str] = []
    checks: list[str] = []
    categories: list[Category] = []
    min_severity: Severity = Severity.LOW


class IdentifyJob(msgspec.Struct, frozen=True, tag_field="job", tag="identify"):
    """Ask AWS which account and caller each profile leads to; judge nothing."""

    profiles: list[str] = []


class VerifyTarget(msgspec.Struct, frozen=True):
    """One finding to look at again.

    ``resource`` is an id, an ARN, the last part of one, or a name; the region's code or the account's id
    stands for a scope. An empty ``account_id`` accepts any account; an empty ``region`` means the
    profile's own. ``profile`` is empty for the default credentials.
    """

    check_id: str
    profile: str
    region: str
    resource: str
    account_id: str = ""


class VerifyJob(msgspec.Struct, frozen=True, tag_field="job", tag="verify"):
    """Judge these subjects again, with as few calls as it takes, and no others."""

    targets: list[VerifyTarget]


class ListChoicesJob(msgspec.Struct, frozen=True, tag_field="job", tag="list_choices"):
    """List what an account holds that a remediation could name; ``kinds`` are those of `scan.choices`."""

    profile: str
    region: str
    kinds: list[str]


Job = ScanJob | IdentifyJob | VerifyJob | ListChoicesJob
"""What the scanner can be asked to do; one JSON object with the tag ``job``."""


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

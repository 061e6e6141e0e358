"""The account's root user: MFA, a hardware device for it, and access keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.model import Resource, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT_TYPE = "AWS::IAM::Root"

DEFAULT_DEVICE = ":mfa/root-account-mfa-device"
"""The suffix of the serial number of a root user's virtual device from before devices could be named."""

WITHOUT_CREDENTIALS = (
    "The root user has no password and no access key, so nobody can sign in as the root user."
)

WITHOUT_ROOT_SIGN_IN = {
    "aws-us-gov": "AWS GovCloud (US) offers neither a console sign-in nor MFA for the root user.",
    "aws-cn": "The China Regions have no root user: every user there is an IAM user.",
}
"""Partitions whose root user cannot have MFA, and why.

Sources: <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-iam.html>, and
<https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html> (users and credentials).
"""


@check("aws-iam-001", reads=["iam:GetAccountSummary"])
async def root_mfa(region: Region) -> Verdicts:
    """Fail an account whose root user has no MFA device.

    Source: GetAccountSummary, AccountMFAEnabled; CIS v3.0.0 1.5. A member account whose root credentials were
    removed by central root access has AccountPasswordPresent 0 and no keys: MFA has nothing to protect, so it
    passes. A summary without AccountPasswordPresent does not show this. In a partition whose root user cannot
    sign in (`WITHOUT_ROOT_SIGN_IN`), the account passes for that reason.
    """
    summary = await _summary(region)
    evidence = _facts(region, summary)
    if summary.get("AccountMFAEnabled"):
        yield Verdict(Status.PASS, _root(region), "The root user has an MFA device.", evidence)
    elif region.partition in WITHOUT_ROOT_SIGN_IN:
        yield Verdict(Status.PASS, _root(region), WITHOUT_ROOT_SIGN_IN[region.partition], evidence)
    elif _has_no_credentials(summary):
        yield Verdict(Status.PASS, _root(region), WITHOUT_CREDENTIALS, evidence)
    elif "AccountMFAEnabled" not in summary:
        yield Verdict(Status.NOT_ASSESSED, _root(region), _missing_member("AccountMFAEnabled"), evidence)
    else:
        yield Verdict(Status.FAIL, _root(region), "The root user has no MFA device.", evidence)


@check("aws-iam-008", reads=["iam:GetAccountSummary"])
async def root_access_key(region: Region) -> Verdicts:
    """Fail an account whose root user has an access key.

    Source: GetAccountSummary, AccountAccessKeysPresent; CIS v3.0.0 1.4. The summary does not say whether a
    key is active; an inactive one can be reactivated and counts. In AWS GovCloud (US) AWS Support can create
    such keys, so the rule is the same in every partition.
    """
    summary = await _summary(region)
    evidence = _facts(region, summary)
    keys = summary.get("AccountAccessKeysPresent")
    if keys is None:
        reason = _missing_member("AccountAccessKeysPresent")
        yield Verdict(Status.NOT_ASSESSED, _root(region), reason, evidence)
    elif keys:
        yield Verdict(Status.FAIL, _root(region), "The root user has an access key.", evidence)
    else:
        yield Verdict(Status.PASS, _root(region), "The root user has no access key.", evidence)


@check("aws-iam-015", reads=["iam:GetAccountSummary", "iam:ListVirtualMFADevices"])
async def root_hardware_mfa(region: Region) -> Verdicts:
    """Fail an account whose root user has a virtual MFA device, or none at all.

    Source: ListVirtualMFADevices; CIS v3.0.0 1.6. A virtual device is the root user's if its User.Arn ends in
    ``:root``: the user chooses its name, so the serial number ``root-account-mfa-device``, for which other
    scanners search, matches only the old default. Without MFA there is no hardware device either, so the
    check fails too. A root user may have eight devices, and a virtual one in addition to a hardware one can
    still be copied. A root user without credentials, or in a partition in which it cannot sign in
    (`WITHOUT_ROOT_SIGN_IN`), needs no device.
    """
    summary = await _summary(region)
    evidence = _facts(region, summary)
    if _has_no_credentials(summary) and not summary.get("AccountMFAEnabled"):
        yield Verdict(Status.PASS, _root(region), WITHOUT_CREDENTIALS, evidence)
        return
    if not summary.get("AccountMFAEnabled") and region.partition in WITHOUT_ROOT_SIGN_IN:
        yield Verdict(Status.PASS, _root(region), WITHOUT_ROOT_SIGN_IN[region.partition], evidence)
        return
    if not summary.get("AccountMFAEnabled"):
        in_summary = "AccountMFAEnabled" in summary
        reason = (
            "The root user has no MFA device at all, so no hardware one."
            if in_summary
            else _missing_member("AccountMFAEnabled")
        )
        yield Verdict(Status.FAIL if in_summary else Status.NOT_ASSESSED, _root(region), reason, evidence)
        return
    devices = [
        str(device.get("SerialNumber", ""))
        async for device in region.items("iam", "ListVirtualMFADevices", AssignmentStatus="Assigned")
        if _is_roots(device)
    ]
    evidence["virtual_devices"] = devices
    if devices:
        reason = "The root user signs in with a virtual MFA device, not a hardware one."
        yield Verdict(Status.FAIL, _root(region), reason, evidence)
    else:
        reason = "The root user has MFA, and none of its devices is virtual."
        yield Verdict(Status.PASS, _root(region), reason, evidence)


async def _summary(region: Region) -> Item:
    answer = await region.read("iam", "GetAccountSummary")
    return dict(answer.get("SummaryMap") or {})


def _has_no_credentials(summary: Mapping[str, int]) -> bool:
    return (
        summary.get("AccountPasswordPresent") == 0
        and not summary.get("AccountAccessKeysPresent")
        and not summary.get("AccountSigningCertificatesPresent")
    )


def _is_roots(device: Item) -> bool:
    arn = str((device.get("User") or {}).get("Arn") or "")
    return arn.endswith(":root") or str(device.get("SerialNumber", "")).endswith(DEFAULT_DEVICE)


def _facts(region: Region, summary: Mapping[str, int]) -> Item:
    return {
        "account_id": region.account_id,
        "mfa": bool(summary.get("AccountMFAEnabled")),
        "access_keys": int(summary.get("AccountAccessKeysPresent") or 0),
        "virtual_devices": [],
    }


def _root(region: Region) -> Resource:
    return Resource(f"arn:{region.partition}:iam::{region.account_id}:root", "root", ROOT_TYPE)


def _missing_member(member: str) -> str:
    return f"The account summary has no {member}, so this cannot be assessed."

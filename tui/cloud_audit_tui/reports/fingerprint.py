"""The identity of a finding across reports."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from cloud_audit_tui.model import AccountScope

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding


def fingerprint(finding: Finding) -> str:
    """Return 64 hexadecimal digits, the same in every scan of the same check, account, region and subject.

    The verdict on the subject is not part of it, and neither is the profile: two profiles of an account find
    the same finding. The region of an account's finding is where its remediation acts; it may change and is
    left out.
    """
    region = "" if isinstance(finding.subject, AccountScope) else finding.region
    subject = finding.resource_id or finding.resource_name
    parts = (
        finding.check_id,
        finding.partition,
        finding.account_id,
        region,
        finding.subject_kind.value,
        subject,
    )
    digest = sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        # The length prefix distinguishes ("ab", "c") from ("a", "bc").
        digest.update(len(encoded).to_bytes(8) + encoded)
    return digest.hexdigest()

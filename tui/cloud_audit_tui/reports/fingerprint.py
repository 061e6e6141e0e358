"""What makes two findings of different reports the same one."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from cloud_audit_tui.model import AccountScope

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding


def fingerprint(finding: Finding) -> str:
    """Return 64 hexadecimal digits, the same in every scan of the same check, account, region and subject.

    What the check says about the subject is no part of it, and neither is the profile: two profiles lead to
    the same finding. The region of an account's finding says where its remediation acts, and may change.
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
        # The length in front keeps ("ab", "c") and ("a", "bc") apart.
        digest.update(len(encoded).to_bytes(8) + encoded)
    return digest.hexdigest()

"""What makes two findings of different scans the same one."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

KEY_BYTES = 16
"""128 bits: resource names are chosen by others, and nobody shall hide a finding behind another's key."""
FINGERPRINT_BYTES = 8


def finding_key(finding: Finding) -> str:
    """Return the key of a finding, 32 hexadecimal digits.

    It is the same in every scan and on every machine for the same check, profile, account, region and
    resource; what the check says about the resource is no part of it.
    """
    digest = blake2b(digest_size=KEY_BYTES)
    parts = (finding.check_id, finding.profile, finding.account_id, finding.region, finding.resource_id)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        # The length in front keeps ("ab", "c") and ("a", "bc") apart, whatever the parts contain.
        digest.update(len(encoded).to_bytes(8))
        digest.update(encoded)
    return digest.hexdigest()


def fingerprint(finding: Finding) -> bytes:
    """Return a hash of everything that a finding says; it must be encodable as UTF-8."""
    return blake2b(msgspec.json.encode(finding), digest_size=FINGERPRINT_BYTES).digest()

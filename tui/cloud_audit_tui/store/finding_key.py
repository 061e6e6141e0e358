"""The key that identifies a finding across scans."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.model import ProfileScope, Resource

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

KEY_BYTES = 16
"""128 bits, so that attacker-chosen resource names cannot collide."""
FINGERPRINT_BYTES = 8


def finding_key(finding: Finding) -> str:
    """Return the key of a finding, 32 hexadecimal digits of `key_digest`."""
    return key_digest(finding).hex()


def key_digest(finding: Finding) -> bytes:
    """Return the key of a finding, 16 bytes.

    It is the same in every scan, through every profile and on every machine for the same check, account,
    region and subject. It does not depend on the verdict. The key of a profile that cannot be used is derived
    from the profile's name.
    """
    match finding.subject:
        case Resource(id=identity):
            where = finding.account_id, finding.region
        case ProfileScope(name=identity):
            where = "", ""
        case _:
            where, identity = (finding.account_id, finding.region), ""
    parts = (finding.check_id, *where, finding.subject_kind.value, identity)
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    # The length prefix distinguishes ("ab", "c") from ("a", "bc"), whatever the parts contain.
    together = b"".join([len(part).to_bytes(8) + part for part in encoded])
    return blake2b(together, digest_size=KEY_BYTES).digest()


def fingerprint(finding: Finding) -> bytes:
    """Return a hash of a finding's whole content, which must be encodable as UTF-8.

    The profile through which it was read is excluded: the same finding through another profile is no change.
    """
    anonymous = msgspec.structs.replace(finding, profile="")
    return blake2b(msgspec.json.encode(anonymous), digest_size=FINGERPRINT_BYTES).digest()

"""What KMS refuses: policies that lock everyone out or name nobody, and keys that are not rotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.policies import key_of, policy_refusal, principal_may
from closed_loop.refusals.rule import Refusal, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REFERENCE = "https://docs.aws.amazon.com/kms/latest/APIReference"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/who-runs-the-script"


@refuses("kms:PutKeyPolicy", "kms:CreateKey", document=f"{_REFERENCE}/API_PutKeyPolicy.html")
def key_policy(call: Call) -> Refusal | None:
    """A key policy has at most 32 KB and names principals that exist in each statement."""
    return policy_refusal(
        call, call["Policy"], "MalformedPolicyDocumentException", limit=32 * 1024, kind="key"
    )


@refuses("kms:PutKeyPolicy", "kms:CreateKey", document=f"{_REFERENCE}/API_PutKeyPolicy.html")
def lockout_safety_check(call: Call) -> Refusal | None:
    """The caller can still call PutKeyPolicy with the new policy, unless the check is bypassed."""
    if not call["Policy"] or call["BypassPolicyLockoutSafetyCheck"]:
        return None
    if principal_may(
        call["Policy"], CALLER, "kms:PutKeyPolicy", f"arn:aws:kms:{call.region}:{ACCOUNT}:key/x"
    ):
        return None
    return Refusal(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )


@refuses("kms:EnableKeyRotation", document=f"{_REFERENCE}/API_EnableKeyRotation.html")
def rotation(call: Call) -> Refusal | None:
    """Only an enabled symmetric key with key material of KMS is rotated, every 90 to 2560 days."""
    key = key_of(call, call["KeyId"] or "")
    if key is None:
        return None
    if key.key_state != "Enabled":
        code = "DisabledException" if key.key_state == "Disabled" else "KMSInvalidStateException"
        return Refusal(code, f"{key.arn} is {key.key_state}.")
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        return Refusal("UnsupportedOperationException", "You cannot perform this operation on this key.")
    days = call["RotationPeriodInDays"]
    if days is not None and not 90 <= int(days) <= 2560:
        return Refusal("ValidationException", "Value at 'rotationPeriodInDays' failed to satisfy constraint")
    return None

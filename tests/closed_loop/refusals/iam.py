"""What IAM refuses: its limits, what belongs to a service, and principals that do not exist."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from closed_loop.refusals.policies import exists
from closed_loop.refusals.rule import Refusal, follows, refuses
from cloud_audit_tui.iam.policy import PolicyError, parse

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REFERENCE = "https://docs.aws.amazon.com/IAM/latest/APIReference"
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
QUOTAS = f"{_GUIDE}/reference_iam-quotas.html"
PROPAGATION = f"{_GUIDE}/troubleshoot_general.html"
USABLE_AFTER = 10
"""Seconds until other services know a new role or what was written to it."""


def role_of(call: Call, arn_or_name: str) -> Any:
    """Return the role of an ARN or a name, ``None`` where there is none."""
    name = arn_or_name.rpartition("/")[2]
    return next((role for role in call.backend("iam").roles.values() if role.name == name), None)


def is_usable(call: Call, role_arn: str, service: str) -> bool:
    """Say whether a service can assume a role: it exists, trusts the service, and is not new."""
    role = role_of(call, role_arn)
    if role is None:
        # Roles of other accounts and of AWS itself are not in moto.
        return f"::{call.backend('iam').account_id}:" not in role_arn
    trust = role.assume_role_policy_document
    document = parse(trust)
    is_trusted = any(service in statement.names("Service") for statement in document.allowing)
    return is_trusted and call.clock.age("role", role.name) >= USABLE_AFTER


@follows("iam:CreateRole", "iam:CreateServiceLinkedRole", "iam:PutRolePolicy", document=PROPAGATION)
def role_is_new(call: Call) -> None:
    """IAM is eventually consistent: a new role is not known everywhere at once."""
    name = call["RoleName"] or f"service-linked {call['AWSServiceName']}"
    role = role_of(call, name)
    if call.operation != "PutRolePolicy" or call.clock.age("role", name) < USABLE_AFTER:
        call.clock.make("role", role.name if role is not None else name)


@refuses(
    "iam:AttachRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:DeleteRole",
    document=f"{_REFERENCE}/API_AttachRolePolicy.html",
)
def service_linked_role(call: Call) -> Refusal | None:
    """A service-linked role is changed by its service alone."""
    role = role_of(call, call["RoleName"] or "")
    if role is None or not role.path.startswith("/aws-service-role/"):
        return None
    return Refusal("UnmodifiableEntity", f"Cannot perform the operation on the protected role '{role.name}'")


@refuses(
    "iam:CreateRole", "iam:UpdateAssumeRolePolicy", document=f"{_REFERENCE}/API_UpdateAssumeRolePolicy.html"
)
def trust_policy(call: Call) -> Refusal | None:
    """A trust policy names principals that exist, has no Resource, and at most 2,048 characters."""
    document = call["AssumeRolePolicyDocument"] or call["PolicyDocument"] or ""
    if len(re.sub(r"\s", "", document)) > 2048:
        return Refusal("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
    try:
        policy = parse(document)
    except PolicyError as error:
        return Refusal("MalformedPolicyDocument", str(error))
    for statement in policy.statements:
        if statement.resources or statement.not_resources:
            return Refusal("MalformedPolicyDocument", "Has prohibited field Resource")
        for principal in (*statement.principals, *statement.not_principals):
            if principal.kind == "AWS" and not exists(call, principal.name):
                return Refusal(
                    "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{principal.name}"'
                )
    return None


def _holder(call: Call) -> tuple[str, Any]:
    """Return the kind and the identity that a call gives a policy to; ``None`` if it does not exist."""
    if call["RoleName"]:
        return "role", role_of(call, call["RoleName"])
    if call["GroupName"]:
        return "group", call.backend().groups.get(call["GroupName"])
    users = call.backend().users.values()
    return "user", next((user for user in users if user.name == call["UserName"]), None)


@refuses("iam:PutRolePolicy", "iam:PutGroupPolicy", "iam:PutUserPolicy", document=QUOTAS)
def inline_policies_too_long(call: Call) -> Refusal | None:
    """All inline policies together: 2,048 characters for a user, 5,120 for a group, 10,240 for a role."""
    kind, holder = _holder(call)
    limit = {"role": 10_240, "group": 5_120, "user": 2_048}[kind]
    if holder is None:
        return None
    policies = {**holder.policies, call["PolicyName"]: call["PolicyDocument"]}
    size = sum(
        len(re.sub(r"\s", "", text if isinstance(text, str) else json.dumps(text)))
        for text in policies.values()
    )
    if size <= limit:
        return None
    return Refusal("LimitExceeded", f"Maximum policy size of {limit} bytes exceeded for {kind} {holder.name}")


@refuses("iam:AttachRolePolicy", "iam:AttachGroupPolicy", "iam:AttachUserPolicy", document=QUOTAS)
def ten_managed_policies(call: Call) -> Refusal | None:
    """A user, group or role has at most 10 managed policies by default."""
    kind, holder = _holder(call)
    if holder is None or call["PolicyArn"] in holder.managed_policies or len(holder.managed_policies) < 10:
        return None
    return Refusal("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.title()}: 10")


@refuses("iam:AddUserToGroup", document=QUOTAS)
def ten_groups_of_a_user(call: Call) -> Refusal | None:
    """A user is in at most 10 groups, which cannot be increased."""
    groups = [
        group.name
        for group in call.backend().groups.values()
        if any(user.name == call["UserName"] for user in group.users)
    ]
    if call["GroupName"] in groups or len(groups) < 10:
        return None
    return Refusal("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")


@refuses("iam:CreatePolicyVersion", document=QUOTAS)
def policy_too_long(call: Call) -> Refusal | None:
    """A managed policy has at most 6,144 characters without white space."""
    if len(re.sub(r"\s", "", call["PolicyDocument"] or "")) <= 6_144:
        return None
    return Refusal("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")


@refuses("iam:CreateRole", "iam:UpdateRole", document=f"{_REFERENCE}/API_UpdateRole.html")
def session_duration_range(call: Call) -> Refusal | None:
    """MaxSessionDuration is 3600 to 43200 seconds."""
    seconds = call["MaxSessionDuration"]
    if seconds is None or 3600 <= int(seconds) <= 43_200:
        return None
    return Refusal("ValidationError", "Value at 'maxSessionDuration' failed to satisfy constraint")


@refuses("iam:DeleteServerCertificate", document=f"{_REFERENCE}/API_DeleteServerCertificate.html")
def certificate_in_use(call: Call) -> Refusal | None:
    """A certificate that a load balancer uses is not deleted."""
    name = call["ServerCertificateName"]
    for backend in call.regions("elbv2"):
        balancers = backend.load_balancers.values()
        for listener in (each for balancer in balancers for each in balancer.listeners.values()):
            if any(str(arn).endswith(f"server-certificate/{name}") for arn in listener.certificates or ()):
                return Refusal("DeleteConflict", f"Certificate: {name} is currently in use.")
    return None


@refuses("iam:DeleteGroup", "iam:DeleteRole", document=f"{_REFERENCE}/API_DeleteGroup.html")
def deleted_while_in_use(call: Call) -> Refusal | None:
    """A group with users or policies, or a role with policies or profiles, is not deleted."""
    iam = call.backend()
    if call["GroupName"]:
        group = iam.groups.get(call["GroupName"])
        used = group is not None and (group.users or group.policies or group.managed_policies)
    else:
        role = role_of(call, call["RoleName"])
        profiles = [
            each for each in iam.instance_profiles.values() if role is not None and role in each.roles
        ]
        used = role is not None and (role.policies or role.managed_policies or profiles)
    return (
        Refusal("DeleteConflict", "Cannot delete entity, must remove what is in it first.") if used else None
    )


@refuses("iam:DeleteVirtualMFADevice", document=f"{_REFERENCE}/API_DeleteVirtualMFADevice.html")
def device_still_assigned(call: Call) -> Refusal | None:
    """A virtual MFA device is deactivated before it is deleted."""
    serial = call["SerialNumber"]
    if any(serial in user.mfa_devices for user in call.backend().users.values()):
        return Refusal("DeleteConflict", "MFA device is in use; deactivate it first.")
    return None


@refuses("iam:EnableMFADevice", document=f"{_REFERENCE}/API_EnableMFADevice.html")
def authentication_codes(call: Call) -> Refusal | None:
    """Two codes of six digits, one after the other, so they differ."""
    codes = [str(call["AuthenticationCode1"]), str(call["AuthenticationCode2"])]
    if not all(re.fullmatch(r"\d{6}", code) for code in codes):
        return Refusal("ValidationError", "Value at 'authenticationCode1' failed to satisfy constraint")
    if codes[0] == codes[1]:
        return Refusal("InvalidAuthenticationCode", "Authentication code for device is not valid.")
    return None


@refuses("iam:CreateVirtualMFADevice", document=f"{_REFERENCE}/API_CreateVirtualMFADevice.html")
def name_of_a_device(call: Call) -> Refusal | None:
    """Letters, digits and any of ``+=,.@-_``, and a name that no other device has."""
    name = call["VirtualMFADeviceName"] or ""
    if any(serial.endswith(f":mfa/{name}") for serial in call.backend().virtual_mfa_devices):
        return Refusal("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
    if re.fullmatch(r"[\w+=,.@-]+", name, re.ASCII):
        return None
    return Refusal("ValidationError", "Value at 'virtualMFADeviceName' failed to satisfy constraint")

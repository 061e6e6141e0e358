"""IAM policies, roles and account settings."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.deciding_statements import DecidingStatement, deciding
from cloud_audit_tui.checks.policy_document import parsed
from cloud_audit_tui.checks.services.ec2.instances import instance_resource, instances, state_of
from cloud_audit_tui.checks.services.iam import account_details
from cloud_audit_tui.checks.services.iam.documents import cli_text, own_account_trust, permissions_group
from cloud_audit_tui.checks.wording import enumeration, in_quotes
from cloud_audit_tui.iam.evaluation import grants_everything
from cloud_audit_tui.iam.identities import NOT_GIVEN, RESERVED, SERVICE_LINKED, default_document
from cloud_audit_tui.iam.platform_roles import is_platform_role
from cloud_audit_tui.iam.policy import PolicyError, parse
from cloud_audit_tui.model import AccountScope, RegionScope, Resource, Status, Verdict
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from cloud_audit_tui.iam.identities import AppliedPolicy, Identity
    from cloud_audit_tui.iam.policy import Statement

POLICY_TYPE, ROLE_TYPE = "AWS::IAM::ManagedPolicy", "AWS::IAM::Role"

SHORTEST_PASSWORD = 14
PASSWORDS_REMEMBERED = 24
REQUIRED_CHARACTERS = {
    "RequireUppercaseCharacters": "an uppercase letter",
    "RequireLowercaseCharacters": "a lowercase letter",
    "RequireNumbers": "a digit",
    "RequireSymbols": "a symbol",
}
CHANGEABLE = (
    "MinimumPasswordLength",
    *REQUIRED_CHARACTERS,
    "AllowUsersToChangePassword",
    "MaxPasswordAge",
    "PasswordReusePrevention",
    "HardExpiry",
)
"""Members of the password policy that UpdateAccountPasswordPolicy accepts; it resets omitted ones."""

HOUR = 3600
"""The default maximum duration of a role's session, in seconds."""


@check("aws-iam-005", reads=list(account_details.READS))
async def full_administration(region: Region) -> Verdicts:
    """Fail an attached policy that grants every action on every resource.

    Source: GetAccountAuthorizationDetails; CIS v3.0.0 1.16, which covers *attached* policies, so a policy
    without attachments passes. The check judges customer managed policies, attached AWS managed policies
    (AdministratorAccess), and inline policies of users, groups and roles. Every action is ``*``, ``*:*``, or
    a NotAction that does not exclude the administration of IAM, which grants the rest; every resource is
    ``*``, ``arn:aws:*`` or a NotResource that does not exclude IAM. Conditions limit when the grant applies,
    not what it grants: the benchmark ignores them and so does this check. An unconditional Deny of all of it
    in the same policy counts.

    Roles that AWS owns cannot be changed in the account: their inline policies are not judged, and an AWS
    managed policy that only they have passes, because IAM Identity Center assigns it and requires MFA itself.
    An attached policy that AWS does not return among the policies, such as a retired AWS managed policy, is
    not assessed.
    """
    details = await account_details.account_details(region)

    async def managed(arn: str) -> Verdict | None:
        holders = details.attached_to(arn)
        if not holders and _is_aws_managed(arn):
            return None
        return _judge_managed(region, details.managed[arn], arn, holders)

    async def inline(entry: tuple[Identity, AppliedPolicy]) -> Verdict:
        return _judge_inline(region, *entry)

    async def missing(arn: str) -> Verdict:
        return _unreadable_policy(arn, details.attached_to(arn))

    entries = [
        (principal, policy)
        for principal in details.all()
        if not principal.owned_by_aws
        for policy in principal.inline
    ]
    async for verdict in region.judge(
        details.managed, lambda arn: _managed_resource(arn, details.managed[arn]), managed
    ):
        yield verdict
    async for verdict in region.judge(
        _missing_policies(details), lambda arn: _managed_resource(arn, {}), missing
    ):
        yield verdict
    async for verdict in region.judge(
        details.complete(entries), lambda entry: _inline_resource(*entry), inline
    ):
        yield verdict


@check("aws-iam-006", reads=["iam:GetAccountPasswordPolicy"])
async def password_policy(region: Region) -> Verdicts:
    """Fail a password policy weaker than 14 characters of four kinds and 24 remembered passwords.

    Source: GetAccountPasswordPolicy, which returns NoSuchEntity if AWS's default of 8 characters applies; CIS
    v3.0.0 1.8 and 1.9. An absent member is off: no password is remembered.
    """
    answer = await region.find("iam", "GetAccountPasswordPolicy", absent={"NoSuchEntity"})
    policy = (answer or {}).get("PasswordPolicy") or {}
    subject = AccountScope("AWS::IAM::AccountPasswordPolicy")
    lacks = list(_password_faults(policy))
    evidence = {
        "exists": answer is not None,
        "present": {name: policy[name] for name in CHANGEABLE if policy.get(name) is not None},
        "update_request": _password_update(policy),
        "present_text": cli_text(policy) if answer is not None else "",
        "lacks": lacks,
    }
    if answer is None:
        reason = "The account has no password policy, so AWS's default of 8 characters applies."
        yield Verdict(Status.FAIL, subject, reason, evidence)
    elif lacks:
        yield Verdict(Status.FAIL, subject, f"The password policy {' and '.join(lacks)}.", evidence)
    else:
        reason = "The password policy requires 14 characters of four kinds and remembers 24 passwords."
        yield Verdict(Status.PASS, subject, reason, evidence)


@check("aws-iam-010", reads=list(account_details.READS))
async def user_policies(region: Region) -> Verdicts:
    """Fail a user who has inline policies or policies attached directly.

    Source: GetAccountAuthorizationDetails, UserPolicyList and AttachedManagedPolicies; CIS v3.0.0 1.15. A
    permissions boundary grants nothing and does not count. The evidence names the user's groups.
    """
    details = await account_details.account_details(region)
    async for verdict in region.judge(
        details.complete(details.users), lambda user: user.resource, _judge_user_policies
    ):
        yield verdict


@check("aws-iam-011", reads=list(account_details.READS))
async def support_role(region: Region) -> Verdicts:
    """Fail an account in which no role has AWSSupportAccess.

    Source: GetAccountAuthorizationDetails, AttachedManagedPolicies of the roles; CIS v3.0.0 1.17, which
    requires a role: a user or group with the policy does not count. The policy's ARN is that of the
    partition.
    """
    arn = _aws_policy(region, "AWSSupportAccess")
    details = await account_details.account_details(region)
    holders = details.attached_to(arn)
    roles = [holder.name for holder in holders if holder.kind == "role"]
    resource = Resource(arn, "AWSSupportAccess", POLICY_TYPE)
    trust = own_account_trust(region.partition, region.account_id)
    evidence: Item = {
        "policy_arn": arn,
        "roles": roles,
        "account_id": region.account_id,
        "trust": trust,
        "trust_text": cli_text(trust),
    }
    if roles:
        reason = f"Role {in_quotes(roles[0])} has AWSSupportAccess."
        yield Verdict(Status.PASS, resource, reason, evidence)
        return
    details.check_complete()
    reason = "No role has AWSSupportAccess."
    if holders:
        reason += f" It is attached to {holders[0].kind} {in_quotes(holders[0].name)}, which is not a role."
    yield Verdict(Status.FAIL, resource, reason, evidence)


@check("aws-iam-012", reads=["accessanalyzer:ListAnalyzers"])
async def access_analyzer(region: Region) -> Verdicts:
    """Fail a region without an active analyzer of external access.

    Source: ListAnalyzers without a type, all pages; CIS v3.0.0 1.20. Analyzers of type ACCOUNT and
    ORGANIZATION find external access; those for unused and internal access do not, so they do not count. An
    organization's analyzer is listed in the account that owns it. While one is being created the region is
    not assessed.
    """
    analyzers = [
        analyzer
        async for analyzer in region.items("accessanalyzer", "ListAnalyzers")
        if analyzer.get("type") in ("ACCOUNT", "ORGANIZATION")
    ]
    subject = RegionScope("AWS::AccessAnalyzer::Analyzer")
    states = {str(analyzer.get("name", "")): str(analyzer.get("status", "")) for analyzer in analyzers}
    evidence: Item = {"analyzers": states}
    active = [name for name, state in states.items() if state == "ACTIVE"]
    if active:
        reason = f"Analyzer {in_quotes(active[0])} finds external access."
        yield Verdict(Status.PASS, subject, reason, evidence)
    elif "CREATING" in states.values():
        reason = "An analyzer is being created."
        yield Verdict(Status.NOT_ASSESSED, subject, reason, evidence)
    else:
        reason = f"No analyzer finds external access in {region.name}."
        if states:
            name, state = next(iter(states.items()))
            reason += f" Analyzer {in_quotes(name)} is {quoted(state)}."
        yield Verdict(Status.FAIL, subject, reason, evidence)


@check("aws-iam-013", reads=["iam:ListServerCertificates"])
def expired_server_certificate(region: Region) -> Verdicts:
    """Fail a server certificate stored in IAM that has expired.

    Source: ListServerCertificates, Expiration; CIS v3.0.0 1.19.
    """
    return region.judge(
        region.items("iam", "ListServerCertificates"), _certificate_resource, _judge_certificate
    )


@check("aws-iam-014", reads=list(account_details.READS))
async def cloudshell_full_access(region: Region) -> Verdicts:
    """Fail an account in which AWSCloudShellFullAccess is attached to a user, group or role.

    Source: GetAccountAuthorizationDetails, AttachedManagedPolicies; CIS v3.0.0 1.22. The policy's ARN
    is that of the partition. Roles of IAM Identity Center count: their permission set can be changed.
    """
    arn = _aws_policy(region, "AWSCloudShellFullAccess")
    details = await account_details.account_details(region)
    holders = details.attached_to(arn)
    evidence = {
        "policy_arn": arn,
        "partition": region.partition,
        "holders": [_holder_facts(holder) for holder in holders],
    }
    resource = Resource(arn, "AWSCloudShellFullAccess", POLICY_TYPE)
    if holders:
        reason = f"AWSCloudShellFullAccess is attached to {_names(holders)}."
        yield Verdict(Status.FAIL, resource, reason, evidence)
    else:
        details.check_complete()
        reason = "AWSCloudShellFullAccess is attached to nobody."
        yield Verdict(Status.PASS, resource, reason, evidence)


@check("aws-iam-016", reads=["ec2:DescribeInstances"])
def instance_profile(region: Region) -> Verdicts:
    """Fail a running EC2 instance without an instance profile.

    Source: DescribeInstances, IamInstanceProfile; CIS v3.0.0 1.18. Instances that are not running make no
    calls and are not judged.
    """
    return region.judge(
        instances(region), partial(instance_resource, region), partial(_judge_instance, region)
    )


@check("aws-iam-017", reads=["iam:ListRoles"])
def role_session_duration(region: Region) -> Verdicts:
    """Fail a role whose sessions may last longer than one hour.

    Source: ListRoles, MaxSessionDuration (GetAccountAuthorizationDetails has no such member); AWS documents
    one hour as the default, so an absent value passes. Service-linked roles and those of IAM Identity Center,
    which cannot be changed in the account, are not judged. MaxSigninSessionDuration limits sign-in sessions
    independently, and only if set, so it is not judged; UpdateRole does not change it.
    """
    return region.judge(_own_roles(region), _role_resource, _judge_session)


async def _judge_user_policies(user: Identity) -> Verdict:
    evidence: Item = {
        "user_name": user.name,
        "inline": [
            {
                "name": policy.name,
                "document": policy.document if policy.document is not NOT_GIVEN else None,
                "text": cli_text(policy.document),
            }
            for policy in user.inline
        ],
        "attached": [policy.arn for policy in user.attached],
        "groups": list(user.groups),
    }
    evidence["group_name"] = permissions_group(user.name, evidence["attached"], evidence["inline"])
    if not user.policies:
        reason = f"User {in_quotes(user.name)} has no policy of its own."
        return Verdict(Status.PASS, user.resource, reason, evidence)
    counts = [
        f"{len(policies)} {kind} polic{'y' if len(policies) == 1 else 'ies'}"
        for kind, policies in (("inline", user.inline), ("attached", user.attached))
        if policies
    ]
    reason = f"User {in_quotes(user.name)} has {' and '.join(counts)} of its own."
    return Verdict(Status.FAIL, user.resource, reason, evidence)


def _missing_policies(details: account_details.AccountDetails) -> list[str]:
    """Return the ARNs of attached policies that AWS did not describe."""
    attached = (policy.arn for identity in details.all() for policy in identity.attached)
    return [arn for arn in dict.fromkeys(attached) if arn not in details.managed]


def _unreadable_policy(arn: str, holders: list[Identity]) -> Verdict:
    resource = _managed_resource(arn, {})
    reason = (
        f"Policy {in_quotes(resource.name)} is attached to {_names(holders)}, but AWS did not return its "
        "document, so its grants were not read."
    )
    return Verdict(Status.NOT_ASSESSED, resource, reason, {"policy_arn": arn})


def _managed_resource(arn: str, item: Item) -> Resource:
    return Resource(arn, str(item.get("PolicyName") or arn.rpartition("/")[2]), POLICY_TYPE)


def _inline_resource(principal: Identity, policy: AppliedPolicy) -> Resource:
    return Resource(
        f"{principal.arn}/policy/{policy.name}",
        f"{principal.name}/{policy.name}",
        f"AWS::IAM::{principal.kind.capitalize()}Policy",
    )


def _judge_managed(region: Region, item: Item, arn: str, holders: list[Identity]) -> Verdict:
    resource = _managed_resource(arn, item)
    name = resource.name
    changeable = [holder for holder in holders if not holder.owned_by_aws]
    evidence: Item = {
        "policy_arn": arn,
        "policy_name": name,
        "inline_of": None,
        "aws_managed": _is_aws_managed(arn),
        "default_version": str(item.get("DefaultVersionId") or ""),
        "document_text": "",
        "holders": [_holder_facts(holder) for holder in holders],
    }
    granting = _granting(region, default_document(item), f"policy {in_quotes(name)}")
    evidence |= deciding(DecidingStatement(allow, policy=arn) for allow in granting)
    what = f"Policy {in_quotes(name)}"
    if not granting:
        return Verdict(
            Status.PASS, resource, f"{what} does not grant every action on every resource.", evidence
        )
    if not holders:
        reason = f"{what} grants every action on every resource and is attached to nobody."
        return Verdict(Status.PASS, resource, reason, evidence)
    if _is_aws_managed(arn) and not changeable:
        reason = f"{what} is attached to no role that can be changed here: {_names(holders)} belongs to AWS."
        return Verdict(Status.PASS, resource, reason, evidence)
    reason = (
        f"{what} grants every action on every resource (statement {quoted(granting[0].label)}) "
        f"to {_names(changeable or holders)}."
    )
    return Verdict(Status.FAIL, resource, reason, evidence)


def _judge_inline(region: Region, principal: Identity, policy: AppliedPolicy) -> Verdict:
    resource = _inline_resource(principal, policy)
    what = f"inline policy {in_quotes(policy.name)} of {principal.kind} {in_quotes(principal.name)}"
    evidence: Item = {
        "policy_arn": "",
        "policy_name": policy.name,
        "inline_of": principal.kind,
        "inline_names": [one.name for one in principal.inline],
        "aws_managed": False,
        "default_version": "",
        "document_text": cli_text(policy.document),
        "holders": [_holder_facts(principal)],
    }
    granting = _granting(region, policy.document, what)
    document = "document_text" if evidence["document_text"] else ""
    evidence |= deciding(
        DecidingStatement(allow, policy=policy.name, document=document) for allow in granting
    )
    what = what[0].upper() + what[1:]
    if granting:
        reason = f"{what} grants every action on every resource (statement {quoted(granting[0].label)})."
        return Verdict(Status.FAIL, resource, reason, evidence)
    return Verdict(Status.PASS, resource, f"{what} does not grant every action on every resource.", evidence)


def _granting(region: Region, document: Any, what: str) -> list[Statement]:
    return grants_everything(
        parsed("" if document is NOT_GIVEN else document, f"document of {what}"), region.partition
    )


def _holder_facts(holder: Identity) -> Item:
    return {
        "kind": holder.kind,
        "name": holder.name,
        "owned_by_aws": holder.owned_by_aws,
        "platform": holder.kind == "role" and is_platform_role(holder.name),
        "attached": [policy.arn for policy in holder.attached],
    }


def _is_aws_managed(arn: str) -> bool:
    return arn.split(":")[4:5] == ["aws"]


def _aws_policy(region: Region, name: str) -> str:
    return f"arn:{region.partition}:iam::aws:policy/{name}"


def _password_faults(policy: Item) -> Iterator[str]:
    length = int(policy.get("MinimumPasswordLength") or 0)
    if length < SHORTEST_PASSWORD:
        yield f"allows {length} characters instead of {SHORTEST_PASSWORD}"
    missing = [words for member, words in REQUIRED_CHARACTERS.items() if not policy.get(member)]
    if missing:
        yield f"does not require {' or '.join(missing)}"
    remembered = int(policy.get("PasswordReusePrevention") or 0)
    if remembered < PASSWORDS_REMEMBERED:
        yield f"remembers {remembered} passwords instead of {PASSWORDS_REMEMBERED}"


def _password_update(policy: Item) -> Item:
    """Return the whole policy with weak members strengthened, because an update resets omitted members."""
    present = {name: policy[name] for name in CHANGEABLE if policy.get(name) is not None}
    if not present.get("MaxPasswordAge"):
        present.pop("MaxPasswordAge", None)
    return {
        **present,
        "MinimumPasswordLength": max(int(policy.get("MinimumPasswordLength") or 0), SHORTEST_PASSWORD),
        **dict.fromkeys(REQUIRED_CHARACTERS, True),
        "PasswordReusePrevention": max(int(policy.get("PasswordReusePrevention") or 0), PASSWORDS_REMEMBERED),
    }


def _certificate_resource(certificate: Item) -> Resource:
    return Resource(
        str(certificate.get("Arn", "")),
        str(certificate.get("ServerCertificateName", "")),
        "AWS::IAM::ServerCertificate",
    )


async def _judge_certificate(certificate: Item) -> Verdict:
    resource = _certificate_resource(certificate)
    expires = certificate.get("Expiration")
    if not isinstance(expires, datetime):
        reason = f"AWS does not say when certificate {in_quotes(resource.name)} expires."
        return Verdict(Status.NOT_ASSESSED, resource, reason)
    evidence = {
        "certificate_name": resource.name,
        "certificate_arn": resource.id,
        "certificate_id": str(certificate.get("ServerCertificateId") or ""),
        "expires": expires.astimezone(UTC).isoformat(timespec="seconds"),
    }
    when = f"{expires:%Y-%m-%d}"
    if expires <= datetime.now(UTC):
        reason = f"Server certificate {in_quotes(resource.name)} expired on {when}."
        return Verdict(Status.FAIL, resource, reason, evidence)
    reason = f"Server certificate {in_quotes(resource.name)} expires on {when}."
    return Verdict(Status.PASS, resource, reason, evidence)


async def _judge_instance(region: Region, instance: Item) -> Verdict | None:
    if state_of(instance) not in ("running", "pending"):
        return None
    resource, instance_id = instance_resource(region, instance), str(instance.get("InstanceId") or "")
    profile = str((instance.get("IamInstanceProfile") or {}).get("Arn") or "")
    evidence = {
        "instance_id": instance_id,
        "instance_profile_arn": profile,
        "image_id": str(instance.get("ImageId") or ""),
        "instance_type": str(instance.get("InstanceType") or ""),
    }
    if profile:
        reason = (
            f"Instance {in_quotes(instance_id)} has instance profile {in_quotes(profile.rpartition('/')[2])}."
        )
        return Verdict(Status.PASS, resource, reason, evidence)
    reason = f"Instance {in_quotes(instance_id)} is running without an instance profile."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _own_roles(region: Region) -> AsyncIterator[Item]:
    async for role in region.items("iam", "ListRoles"):
        if not str(role.get("Path") or "/").startswith((SERVICE_LINKED, RESERVED)):
            yield role


def _role_resource(role: Item) -> Resource:
    return Resource(str(role.get("Arn", "")), str(role.get("RoleName", "")), ROLE_TYPE)


def _is_federated(document: Any) -> bool:
    """Whether identity providers may assume the role, or its trust policy is invalid."""
    try:
        policy = parse(document or "")
    except PolicyError:
        return True
    return any(statement.names("Federated") for statement in policy.allowing)


async def _judge_session(role: Item) -> Verdict:
    resource = _role_resource(role)
    seconds = int(role.get("MaxSessionDuration") or HOUR)
    evidence = {
        "role_name": resource.name,
        "path": str(role.get("Path") or "/"),
        "max_session_seconds": seconds,
        "trust_policy": role.get("AssumeRolePolicyDocument"),
        "federated": _is_federated(role.get("AssumeRolePolicyDocument")),
    }
    if seconds > HOUR:
        reason = f"Sessions of role {in_quotes(resource.name)} may last {seconds / HOUR:g} hours."
        return Verdict(Status.FAIL, resource, reason, evidence)
    reason = f"Sessions of role {in_quotes(resource.name)} last one hour at most."
    return Verdict(Status.PASS, resource, reason, evidence)


LISTED = 3
"""The most principals that a reason names; it counts the others."""


def _names(principals: list[Identity]) -> str:
    return enumeration((f"{one.kind} {in_quotes(one.name)}" for one in principals), LISTED)

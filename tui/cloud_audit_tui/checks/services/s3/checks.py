"""Amazon S3: public access, encryption, versions, lifecycle, access logs and transport of buckets."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.deciding_statements import DecidingStatement, deciding
from cloud_audit_tui.checks.policy_document import parsed
from cloud_audit_tui.checks.services.s3.bucket_policies import with_deny_of_http, with_statement
from cloud_audit_tui.checks.services.s3.buckets import (
    NO_POLICY,
    PUBLIC_ACCESS_READS,
    LogTargets,
    bucket_resource,
    judge_buckets,
    public_access,
    read_bucket,
)
from cloud_audit_tui.checks.services.s3.lifecycle import (
    aborts_uploads,
    added_rule,
    expires_old_versions,
    is_enabled,
)
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.iam.aws_accounts import ELASTIC_LOAD_BALANCING, REDSHIFT
from cloud_audit_tui.iam.policy import DENY, Policy, PolicyError, Statement, covers_all_of, parse
from cloud_audit_tui.iam.wildcards import contains, tokens
from cloud_audit_tui.model import Resource, Severity, Status, Verdict

ENABLED, SUSPENDED = "Enabled", "Suspended"
KMS_ALGORITHMS = frozenset({"aws:kms", "aws:kms:dsse"})
NO_ENCRYPTION = "ServerSideEncryptionConfigurationNotFoundError"
NO_LIFECYCLE = "NoSuchLifecycleConfiguration"
LOG_DELIVERY = "logging.s3.amazonaws.com"
SECURE_TRANSPORT = "aws:securetransport"
NO_WEBSITE = "NoSuchWebsiteConfiguration"
_ELB, _REDSHIFT = "Elastic Load Balancing", "Amazon Redshift"
SSE_S3_ONLY = {
    "logdelivery.elasticloadbalancing.amazonaws.com": _ELB,
    "logdelivery.elb.amazonaws.com": _ELB,
    **dict.fromkeys(ELASTIC_LOAD_BALANCING.values(), _ELB),
    "redshift.amazonaws.com": _REDSHIFT,
    **dict.fromkeys(REDSHIFT.values(), _REDSHIFT),
}
"""Principals and accounts of services whose guides allow only SSE-S3 for the bucket of their logs:
<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>,
<https://docs.aws.amazon.com/redshift/latest/mgmt/db-auditing.html>."""


@check("aws-s3-001", reads=["s3:ListBuckets", *PUBLIC_ACCESS_READS])
def public_access_block(region: Region) -> Verdicts:
    """Fail a bucket for which S3 does not apply all four settings of Block Public Access.

    Sources: s3control GetPublicAccessBlock of the account, and GetPublicAccessBlock of the bucket unless all
    settings of the account are on. S3 documents that it applies the most restrictive combination of both, so
    a setting counts if it is on in either; other scanners read the bucket's alone. CIS AWS Foundations v3.0.0
    numbers it 2.1.4.
    """
    return judge_buckets(region, _judge_public_access)


@check(
    "aws-s3-002",
    reads=["s3:ListBuckets", "s3:GetBucketEncryption", "s3:GetBucketLogging", "s3:GetBucketPolicy"],
)
def default_encryption(region: Region) -> Verdicts:
    """Fail a bucket whose default encryption uses no KMS key.

    Source: GetBucketEncryption Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm; S3 allows one rule.
    Without a configuration, as before 2023, S3 encrypts with its own keys, which fails too. The AWS managed
    key ``aws/s3`` passes, as in the catalogue: the check requires KMS, not a customer managed key. A bucket
    passes if it cannot comply, because AWS documents that it supports only S3's own keys: a target of server
    access logs, and a bucket whose policy lets Elastic Load Balancing (`enable-access-logging`) or Redshift
    (`db-auditing`) deliver logs.
    """
    return judge_buckets(region, partial(_judge_encryption, LogTargets(region)))


@check("aws-s3-003", reads=["s3:ListBuckets", "s3:GetBucketVersioning"])
def versioning(region: Region) -> Verdicts:
    """Fail a bucket that does not keep the versions of its objects.

    Source: GetBucketVersioning.Status, absent in a bucket that never had versioning. Suspended fails:
    new objects overwrite each other again.
    """
    return judge_buckets(region, _judge_versioning)


@check("aws-s3-004", reads=["s3:ListBuckets", "s3:GetBucketVersioning", "s3:GetBucketLifecycleConfiguration"])
def lifecycle(region: Region) -> Verdicts:
    """Fail a bucket that keeps noncurrent versions or incomplete uploads forever.

    Sources: GetBucketLifecycleConfiguration and GetBucketVersioning. An enabled rule for the whole bucket has
    to abort incomplete multipart uploads; where versioning is or was on, one has to expire noncurrent
    versions, whose absence is medium rather than low. Unlike in the catalogue, a rule with a prefix, tag or
    size in its filter does not count for the whole bucket, and a bucket has one verdict for everything that
    is missing. A bucket with MFA delete passes, because S3 supports no lifecycle rules with it.
    """
    return judge_buckets(region, _judge_lifecycle)


@check("aws-s3-005", reads=["s3:ListBuckets", "s3:GetBucketLogging", "s3:GetBucketPolicy"])
def access_logging(region: Region) -> Verdicts:
    """Fail a bucket without server access logging.

    Source: GetBucketLogging.LoggingEnabled. A target that is not a bucket of the account fails: S3 delivers
    only to a bucket of the same account, so no logs arrive. A bucket that is itself a target passes: AWS
    advises against logging it, because its logs would create logs endlessly. Its policy is read only for the
    remediation.
    """
    return judge_buckets(region, partial(_judge_logging, LogTargets(region)))


@check(
    "aws-s3-006",
    reads=["s3:ListBuckets", "s3:GetBucketPolicy", "s3:GetBucketWebsite", *PUBLIC_ACCESS_READS],
)
def plain_http(region: Region) -> Verdicts:
    """Fail a bucket whose policy does not deny requests over plain HTTP.

    Source: GetBucketPolicy. One or more statements have to deny all S3 actions to everyone, on the bucket and
    on its objects, on the condition of the transport alone: ``aws:SecureTransport`` false. A Deny for one
    user, one action or one prefix leaves plain HTTP open, and so does ``s3:TlsVersion`` below a version: a
    request without TLS has no version, and AWS documents that key for HTTPS alone. GetBucketWebsite is for
    the remediation: website endpoints use HTTP only, so the Deny would break the website. It is read only for
    buckets that can serve one (`_admits_nobody`).
    """
    return judge_buckets(region, _judge_transport)


@check("aws-s3-007", reads=["s3:ListBuckets", "s3:GetBucketVersioning", "s3:GetBucketLifecycleConfiguration"])
def mfa_delete(region: Region) -> Verdicts:
    """Fail a bucket whose versions can be deleted without MFA.

    Source: GetBucketVersioning.MFADelete, absent where it was never set; CIS AWS Foundations v3.0.0 2.1.2. S3
    does not support MFA delete together with lifecycle rules, so the evidence has the number of rules for the
    remediation (``lifecycle_rules``, ``None`` if they could not be read).
    """
    return judge_buckets(region, _judge_mfa_delete)


async def _judge_public_access(home: Region, resource: Resource) -> Verdict:
    access = await public_access(home, resource.name)
    evidence = {
        "account_settings": access.account,
        "bucket_settings": access.bucket,
        "missing_settings": access.missing,
    }
    if access.bucket is None:
        reason = (
            f"The account blocks public access to all its buckets, so also to {in_quotes(resource.name)}."
        )
        return Verdict(Status.PASS, resource, reason, evidence)
    if not access.missing:
        reason = f"All four settings that block public access apply to bucket {in_quotes(resource.name)}."
        return Verdict(Status.PASS, resource, reason, evidence)
    missing = ", ".join(access.missing)
    if any(access.bucket.values()) or any(access.account.values()):
        reason = f"Neither bucket {in_quotes(resource.name)} nor its account has {missing} on."
    else:
        reason = f"Neither bucket {in_quotes(resource.name)} nor its account blocks public access."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _judge_encryption(targets: LogTargets, home: Region, resource: Resource) -> Verdict:
    answer = await read_bucket(home, "GetBucketEncryption", resource.name, absent={NO_ENCRYPTION})
    rules = (answer.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or []
    rule: Item = rules[0] if rules else {}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    algorithm = str(default.get("SSEAlgorithm") or "")
    key = str(default.get("KMSMasterKeyID") or "")
    evidence = {
        "algorithm": algorithm,
        "kms_key_id": key,
        "bucket_key": bool(rule.get("BucketKeyEnabled")),
        "blocked_types": list((rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or []),
    }
    name = f"bucket {in_quotes(resource.name)}"
    if algorithm in KMS_ALGORITHMS:
        with_key = f"KMS key {in_quotes(key)}" if key else "the AWS managed KMS key aws/s3"
        reason = f"New objects of {name} are encrypted with {with_key}."
        return Verdict(Status.PASS, resource, reason, evidence)
    if await targets.has(resource.name, home.name):
        reason = f"Server access logs go to {name}, and S3 supports no KMS key as the default there."
        return Verdict(Status.PASS, resource, reason, evidence)
    if algorithm == "AES256" or not algorithm:
        if service := await _writer_without_kms(home, resource):
            reason = f"{service} delivers logs to {name} and supports no KMS key there, as its policy shows."
            return Verdict(Status.PASS, resource, reason, {**evidence, "writer": service})
        how = "is AES256" if algorithm else "is not set"
        reason = f"New objects of {name} are encrypted with keys of S3's own: its default {how}."
        return Verdict(Status.FAIL, resource, reason, evidence)
    reason = f"The default encryption of {name} is {in_quotes(algorithm)}, which this version does not know."
    return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)


async def _writer_without_kms(home: Region, resource: Resource) -> str:
    """Return the AWS service that may write by a bucket's policy and supports only SSE-S3, empty for none."""
    answer = await read_bucket(home, "GetBucketPolicy", resource.name, absent={NO_POLICY})
    text = str(answer.get("Policy") or "")
    if not text:
        return ""
    return next(
        (
            service
            for allow in parsed(text, "bucket policy").allowing
            if allow.could_cover_action("s3:PutObject")
            for principal in allow.principals
            if (service := SSE_S3_ONLY.get(principal.name) or SSE_S3_ONLY.get(principal.account_id))
        ),
        "",
    )


async def _judge_versioning(home: Region, resource: Resource) -> Verdict:
    answer = await read_bucket(home, "GetBucketVersioning", resource.name)
    state = str(answer.get("Status") or "")
    evidence = {"versioning": state, "mfa_delete": str(answer.get("MFADelete") or "")}
    name = f"bucket {in_quotes(resource.name)}"
    if state == ENABLED:
        return Verdict(Status.PASS, resource, f"Versioning of {name} is enabled.", evidence)
    if state == SUSPENDED:
        reason = f"Versioning of {name} is suspended: new objects overwrite each other."
    else:
        reason = f"Versioning of {name} was never enabled: overwritten and deleted objects are lost."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _judge_lifecycle(home: Region, resource: Resource) -> Verdict:
    name = f"bucket {in_quotes(resource.name)}"
    versions = await read_bucket(home, "GetBucketVersioning", resource.name)
    if versions.get("MFADelete") == ENABLED:
        reason = f"MFA delete is enabled for {name}, and S3 supports no lifecycle rules with it."
        return Verdict(Status.PASS, resource, reason, {"mfa_delete": ENABLED})
    answer = await read_bucket(home, "GetBucketLifecycleConfiguration", resource.name, absent={NO_LIFECYCLE})
    rules = answer.get("Rules") or []
    versioned = versions.get("Status") in (ENABLED, SUSPENDED)
    missing = []
    if versioned and not expires_old_versions(rules):
        missing.append("expires its noncurrent versions")
    if not aborts_uploads(rules):
        missing.append("aborts its incomplete multipart uploads")
    in_force = sum(map(is_enabled, rules))
    evidence: Item = {
        "versioning": str(versions.get("Status") or ""),
        "rules": len(rules),
        "enabled_rules": in_force,
    }
    if not missing:
        reason = f"Lifecycle rules for all of {name} remove old versions and unfinished uploads."
        return Verdict(Status.PASS, resource, reason, evidence)
    has = f"{in_force} enabled rule{'s' if in_force > 1 else ''}" if in_force else "no enabled lifecycle rule"
    what = " or ".join(missing)
    reason = f"The {name} has {has}, and none for the whole bucket {what}."
    if not in_force:
        reason = f"The {name} has {has}, so nothing {what}."
    expiring = versioned and not expires_old_versions(rules)
    new_rule = added_rule(rules, expiring, not aborts_uploads(rules))
    evidence |= {
        "expire_old_versions": expiring,
        "abort_uploads": not aborts_uploads(rules),
        "present_rules": [_plain(rule) for rule in rules],
        "minimum_size": str(answer.get("TransitionDefaultMinimumObjectSize") or ""),
        "added_rule": new_rule,
        "merged_rules": [*map(_with_filter, rules), new_rule],
    }
    severity = Severity.MEDIUM if expiring else Severity.LOW
    return Verdict(Status.FAIL, resource, reason, evidence, severity)


def _with_filter(rule: Item) -> Item:
    """Return a rule with its prefix in a filter, because S3 accepts both forms but not mixed."""
    plain: Item = _plain(rule)
    if "Prefix" in plain:
        prefix = plain.pop("Prefix")
        plain.setdefault("Filter", {"Prefix": prefix})
    return plain


async def _judge_logging(targets: LogTargets, home: Region, resource: Resource) -> Verdict:
    answer = await read_bucket(home, "GetBucketLogging", resource.name)
    name = f"bucket {in_quotes(resource.name)}"
    if (enabled := answer.get("LoggingEnabled")) is not None:
        target = str(enabled.get("TargetBucket") or "")
        if await targets.exists(target):
            reason = f"Requests to {name} are logged to bucket {in_quotes(target)}."
            return Verdict(Status.PASS, resource, reason, {"target_bucket": target})
        reason = (
            f"Requests to {name} are to be logged to bucket {in_quotes(target)}, which is not one of the "
            "buckets of this account: S3 delivers logs nowhere else, so none arrive."
        )
        return Verdict(Status.FAIL, resource, reason, await _logging_facts(targets, home, resource, target))
    if await targets.has(resource.name, home.name):
        reason = f"Server access logs go to {name}, so its own requests should not be logged there as well."
        return Verdict(Status.PASS, resource, reason, {"target_bucket": ""})
    reason = f"Requests to {name} are not logged: server access logging is off."
    return Verdict(Status.FAIL, resource, reason, await _logging_facts(targets, home, resource, ""))


async def _logging_facts(targets: LogTargets, home: Region, resource: Resource, target: str) -> Item:
    here = [name for name in await targets.of_region(home.name) if name != target]
    evidence: Item = {"target_bucket": target, "log_bucket": ""}
    if here:
        evidence |= await _log_bucket(home, here[0], resource)
    return evidence


async def _log_bucket(home: Region, name: str, source: Resource) -> Item:
    """Return the facts for the remediation of an existing log bucket of the region."""
    try:
        answer = await home.find("s3", "GetBucketPolicy", absent={NO_POLICY}, Bucket=name)
        text = str((answer or {}).get("Policy") or "")
        policy = parse(text) if text else Policy(())
    except (ReadError, PolicyError):
        return {}
    target = bucket_resource(home, name)
    merged = None if _takes_logs(policy, target, source) else _with_delivery(text, target, home.account_id)
    return {"log_bucket": name, "log_bucket_policy": text, "log_bucket_merged_policy": merged}


def _takes_logs(policy: Policy, target: Resource, source: Resource) -> bool:
    """Whether a policy lets S3 write the logs of a bucket under its name, whatever its other conditions."""
    return any(
        LOG_DELIVERY in allow.names("Service")
        and allow.covers_action("s3:PutObject")
        and allow.covers_resource(f"{target.id}/{source.name}/*")
        and all(
            any(contains(tokens(value), tokens(source.id)) for value in condition.values)
            for condition in allow.conditions_on("aws:SourceArn")
        )
        for allow in policy.allowing
    )


def _with_delivery(text: str, target: Resource, account_id: str) -> Item:
    return with_statement(
        text,
        "ServerAccessLogs",
        {
            "Effect": "Allow",
            "Principal": {"Service": LOG_DELIVERY},
            "Action": "s3:PutObject",
            "Resource": f"{target.id}/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        },
    )


async def _judge_transport(home: Region, resource: Resource) -> Verdict:
    answer = await read_bucket(home, "GetBucketPolicy", resource.name, absent={NO_POLICY})
    text = str(answer.get("Policy") or "")
    name = f"bucket {in_quotes(resource.name)}"
    evidence: Item = {"policy": None, "merged_policy": with_deny_of_http("", resource.id)}
    if not text:
        admits_nobody = await _admits_nobody(home, resource)
        evidence["website"] = False if admits_nobody else await _has_website(home, resource)
        reason = f"{name[0].upper()}{name[1:]} has no policy, so nothing denies requests over plain HTTP."
        return Verdict(Status.FAIL, resource, reason, evidence)
    policy = parsed(text, "bucket policy")
    about_http = [deny for deny in policy.denying if _is_about_http(deny)]
    if _denies_http(policy, resource):
        reason = f"The policy of {name} denies requests over plain HTTP."
        return Verdict(Status.PASS, resource, reason, {"policy": text, **_deciding(about_http)})
    about_versions = [deny for deny in policy.denying if deny.conditions_on("s3:TlsVersion")]
    evidence = {
        "policy": text,
        "merged_policy": with_deny_of_http(text, resource.id),
        "website": await _has_website(home, resource),
        **_deciding(about_http or about_versions),
    }
    if about_http:
        labels = ", ".join(deny.label for deny in about_http)
        reason = (
            f"The policy of {name} denies plain HTTP only in part: {in_quotes(labels)} "
            "does not cover everyone, every action, or the bucket and all its objects."
        )
    elif about_versions:
        reason = (
            f"The policy of {name} denies old versions of TLS, and does not deny requests over plain HTTP, "
            "which have none."
        )
    else:
        reason = f"The policy of {name} does not deny requests over plain HTTP."
    return Verdict(Status.FAIL, resource, reason, evidence)


def _deciding(denies: list[Statement]) -> Item:
    return deciding(DecidingStatement(deny, policy="bucket policy", document="policy") for deny in denies)


async def _admits_nobody(home: Region, resource: Resource) -> bool:
    """Whether a bucket without a policy admits no anonymous request, and so serves no website.

    A website endpoint accepts no credentials, so a policy or an ACL has to admit everyone, and with
    IgnorePublicAcls no ACL does. Only a website that redirects every request still works: S3 redirects
    without any permission, as AWS's tutorial for a www bucket with blocked public access shows, so a Deny
    does not break it. AWS sets IgnorePublicAcls on every bucket created since April 2023.
    """
    try:
        return (await public_access(home, resource.name)).has("IgnorePublicAcls")
    except ReadError:
        return False


async def _has_website(home: Region, resource: Resource) -> bool | None:
    """Return whether a bucket serves a website, for the remediation; ``None`` if unread."""
    try:
        answer = await read_bucket(home, "GetBucketWebsite", resource.name, absent={NO_WEBSITE})
    except ReadError:
        return None
    return bool(answer)


def _denies_http(policy: Policy, resource: Resource) -> bool:
    denies = [deny for deny in policy.denying if deny.is_everyone and _is_about_http(deny)]
    everything = Statement(DENY, actions=("s3:*",), resources=(resource.id, f"{resource.id}/*"))
    return covers_all_of(denies, everything)


def _is_about_http(statement: Statement) -> bool:
    """Whether a statement has a condition on plain HTTP, and plain HTTP meets each of its conditions."""
    return any(condition.key == SECURE_TRANSPORT for condition in statement.conditions) and all(
        (
            condition.key == SECURE_TRANSPORT
            and condition.operator in ("Bool", "StringEquals", "StringEqualsIgnoreCase", "StringLike")
            and "false" in map(str.lower, condition.values)
        )
        # A request over HTTP has no version of TLS: only IfExists holds for it.
        or (
            condition.key == "s3:tlsversion"
            and condition.if_exists
            and condition.operator in ("NumericLessThan", "NumericLessThanEquals")
        )
        for condition in statement.conditions
    )


async def _judge_mfa_delete(home: Region, resource: Resource) -> Verdict:
    answer = await read_bucket(home, "GetBucketVersioning", resource.name)
    name = f"bucket {in_quotes(resource.name)}"
    evidence: Item = {
        "versioning": str(answer.get("Status") or ""),
        "mfa_delete": str(answer.get("MFADelete") or ""),
    }
    if answer.get("MFADelete") == ENABLED:
        reason = f"Versions in {name} are deleted only with MFA."
        return Verdict(Status.PASS, resource, reason, evidence)
    reason = f"Versions in {name} can be deleted without MFA."
    if not evidence["versioning"]:
        reason = f"Objects in {name} can be deleted for good without MFA, and no versions are kept."
    evidence["lifecycle_rules"] = await _rule_count(home, resource.name)
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _rule_count(home: Region, bucket: str) -> int | None:
    try:
        answer = await read_bucket(home, "GetBucketLifecycleConfiguration", bucket, absent={NO_LIFECYCLE})
    except ReadError:
        return None
    return len(answer.get("Rules") or [])


def _plain(value: Any) -> Any:
    """Return a part of a response as JSON-ready data, with the dates of rules as S3 writes them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value

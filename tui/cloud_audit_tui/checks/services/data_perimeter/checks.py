"""The data perimeter: access from outside the account to buckets, topics, queues, secrets and functions."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.aws.regions import HOME_REGIONS
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.deciding_statements import DecidingStatement, deciding
from cloud_audit_tui.checks.policy_document import parsed
from cloud_audit_tui.checks.services.s3.buckets import (
    NO_POLICY,
    PUBLIC_ACCESS_READS,
    buckets,
    judge_buckets,
    public_access,
    read_bucket,
)
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.iam.exposure import (
    Gap,
    Holder,
    Opening,
    Part,
    log_folders,
    names_buckets,
    openings,
    repaired,
)
from cloud_audit_tui.iam.policy import EVERYONE, Policy, PolicyError, Statement, parse
from cloud_audit_tui.iam.service_sources import sends_account, source_arn
from cloud_audit_tui.model import Resource, Severity, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TOPIC_TYPE = "AWS::SNS::Topic"
QUEUE_TYPE = "AWS::SQS::Queue"
SECRET_TYPE = "AWS::SecretsManager::Secret"  # noqa: S105 - a type of resource
FUNCTION_TYPE = "AWS::Lambda::Function"

NO_TOPIC = frozenset({"NotFound", "NotFoundException"})
NO_QUEUE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
NOT_FOUND = frozenset({"ResourceNotFoundException"})
PERMISSION_CONDITIONS = {
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}
"""Parameters of lambda:AddPermission, and the conditions that they become in the policy."""
PERMISSION_KEYS = frozenset(
    {
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "lambda:eventsourcetoken",
        "lambda:functionurlauthtype",
        "lambda:invokedviafunctionurl",
    }
)
"""The condition keys that AddPermission can write, in lower case."""
QUEUES_A_PAGE = 1000
_LISTED = 3

SEVERITIES: Mapping[Gap, Severity] = {
    Gap.EVERYONE: Severity.HIGH,
    Gap.SERVICE: Severity.MEDIUM,
    Gap.ACCOUNT: Severity.LOW,
}
SECRET_SEVERITIES: Mapping[Gap, Severity] = {
    Gap.EVERYONE: Severity.CRITICAL,
    Gap.SERVICE: Severity.MEDIUM,
    Gap.ACCOUNT: Severity.MEDIUM,
}


@check("aws-dp-001", reads=["s3:ListBuckets", "s3:GetBucketPolicy", *PUBLIC_ACCESS_READS])
def bucket_policies(region: Region) -> Verdicts:
    """Fail a bucket whose policy lets in someone outside the account without a limit.

    Sources: GetBucketPolicy by the rule of `iam.exposure`, and the public access blocks: while
    RestrictPublicBuckets applies, S3 lets only AWS services and the account itself use a bucket with a public
    policy, so it admits nobody else. Canonical user IDs are not judged, because they do not show their
    account. The accounts from which Elastic Load Balancing, CloudTrail, Redshift and Billing deliver logs
    (`iam.aws_accounts`) belong to AWS and are not outsiders.
    """
    return judge_buckets(region, _judge_bucket)


@check("aws-dp-002", reads=["sns:ListTopics", "sns:GetTopicAttributes", "s3:ListBuckets"])
def topic_policies(region: Region) -> Verdicts:
    """Fail a topic whose policy lets in someone outside the account without a limit.

    Source: GetTopicAttributes Attributes.Policy, by the rule of `iam.exposure`. The policy that SNS writes
    itself is for everyone with ``aws:SourceOwner`` set to the account, which is a limit. EventBridge supports
    no condition in the policy of a topic, so a statement for it alone is of low severity and has no fix.
    """
    return region.judge(region.items("sns", "ListTopics"), _topic, partial(_judge_topic, region))


@check("aws-dp-003", reads=["sqs:ListQueues", "sqs:GetQueueAttributes", "s3:ListBuckets"])
def queue_policies(region: Region) -> Verdicts:
    """Fail a queue whose policy lets in someone outside the account without a limit.

    Source: GetQueueAttributes Attributes.Policy, by the rule of `iam.exposure`. ListQueues has further pages
    only for a request with a page size, so one is given.
    """
    queues = region.items("sqs", "ListQueues", MaxResults=QUEUES_A_PAGE)
    return region.judge(queues, partial(_queue, region), partial(_judge_queue, region))


@check(
    "aws-dp-004", reads=["secretsmanager:ListSecrets", "secretsmanager:GetResourcePolicy", "s3:ListBuckets"]
)
def secret_policies(region: Region) -> Verdicts:
    """Fail a secret whose resource policy lets in someone outside the account without a limit.

    Source: GetResourcePolicy.ResourcePolicy, absent when there is none, by the rule of `iam.exposure`; a
    policy for everyone is critical here. The policy is the one named ``default``, the only one that can be
    attached (PutResourcePolicy.PolicyName). The listing excludes secrets that are scheduled for deletion.
    """
    secrets = region.items("secretsmanager", "ListSecrets")
    return region.judge(secrets, _secret, partial(_judge_secret, region))


@check(
    "aws-dp-005", reads=["lambda:ListFunctions", "lambda:ListAliases", "lambda:GetPolicy", "s3:ListBuckets"]
)
def function_policies(region: Region) -> Verdicts:
    """Fail a function that someone outside the account may use without a limit.

    Source: GetPolicy of the function and of each of its aliases, by the rule of `iam.exposure`; numbered
    versions, which can be many, are not read. PutResourcePolicy writes statements that AddPermission and
    RemovePermission cannot: without a Sid, for several principals, or with other conditions. The evidence
    names an open one (``whole_policy``), for which there is no script. Statements that only the function's
    URL can use are left out when the URL is open on purpose (FunctionUrlAuthType NONE): aws-lambda-001 judges
    that, and the reason names the URL.
    """
    functions = region.items("lambda", "ListFunctions")
    return region.judge(functions, _function, partial(_judge_function, region))


async def _holder(region: Region, kind: str, *policies: Policy) -> tuple[Holder, ReadError | None]:
    """Return the holder of a resource, with the account's buckets if a policy names a bucket.

    Also return the error if the buckets could not be listed; the holder then has none.
    """
    holder = Holder(region.account_id, region.partition, kind)
    if not any(map(names_buckets, policies)):
        return holder, None
    home = region.at(HOME_REGIONS.get(region.partition, region.name))
    try:
        owned = frozenset([str(bucket.get("Name") or "") async for bucket in buckets(home)])
    except ReadError as error:
        return holder, error
    return replace(holder, buckets=owned), None


def _certain(gaps: list[Opening], unlisted: ReadError | None) -> list[Opening]:
    """Return the gaps that do not rest on an unread list of buckets; raises its error if none remains."""
    if unlisted is None:
        return gaps
    certain = [opening for opening in gaps if not opening.rests_on_bucket]
    if not certain:
        raise unlisted
    return certain


async def _judge_bucket(home: Region, resource: Resource) -> Verdict:
    answer = await read_bucket(home, "GetBucketPolicy", resource.name, absent={NO_POLICY})
    text = answer.get("Policy")
    if not text:
        return _without_policy("Bucket", resource)
    policy = parsed(text, "bucket policy")
    holder, unlisted = await _holder(home, "s3", policy)
    gaps = _certain(openings(policy, holder), unlisted)
    if any(opening.gap is Gap.EVERYONE for opening in gaps):
        access = await public_access(home, resource.name)
        if access.has("RestrictPublicBuckets"):
            gaps = [opening for opening in gaps if opening.part is Part.SERVICES]
            if not gaps:
                reason = (
                    f"The policy of bucket {in_quotes(resource.name)} is public, but Block Public Access "
                    "lets only AWS services and this account use it (RestrictPublicBuckets)."
                )
                return Verdict(Status.PASS, resource, reason, {"policy": text})
    verdict = _verdict("Bucket", holder, resource, gaps, text)
    if folders := log_folders(gaps, holder):
        evidence = {**verdict.evidence, "log_folders": folders}
        verdict = msgspec.structs.replace(verdict, evidence=evidence)
    return verdict


def _topic(topic: Item) -> Resource:
    arn = str(topic.get("TopicArn") or "")
    return Resource(arn, arn.rsplit(":", 1)[-1], TOPIC_TYPE)


async def _judge_topic(region: Region, topic: Item) -> Verdict | None:
    resource = _topic(topic)
    answer = await region.find("sns", "GetTopicAttributes", absent=NO_TOPIC, TopicArn=resource.id)
    if answer is None:
        return None
    text = (answer.get("Attributes") or {}).get("Policy")
    verdict = await _policy_verdict("Topic", "sns", region, resource, text)
    return msgspec.structs.replace(verdict, evidence={**verdict.evidence, "topic_arn": resource.id})


def _queue(region: Region, url: Any) -> Resource:
    name = str(url).rsplit("/", 1)[-1]
    return Resource(region.arn("sqs", name), name, QUEUE_TYPE)


async def _judge_queue(region: Region, url: Any) -> Verdict | None:
    resource = _queue(region, url)
    answer = await region.find(
        "sqs", "GetQueueAttributes", absent=NO_QUEUE, QueueUrl=url, AttributeNames=["All"]
    )
    if answer is None:
        return None
    text = (answer.get("Attributes") or {}).get("Policy")
    verdict = await _policy_verdict("Queue", "sqs", region, resource, text)
    return msgspec.structs.replace(verdict, evidence={**verdict.evidence, "queue_url": str(url)})


def _secret(secret: Item) -> Resource:
    return Resource(str(secret.get("ARN") or ""), str(secret.get("Name") or ""), SECRET_TYPE)


async def _judge_secret(region: Region, secret: Item) -> Verdict | None:
    resource = _secret(secret)
    answer = await region.find("secretsmanager", "GetResourcePolicy", absent=NOT_FOUND, SecretId=resource.id)
    if answer is None:
        return None
    text = answer.get("ResourcePolicy")
    verdict = await _policy_verdict("Secret", "secretsmanager", region, resource, text, SECRET_SEVERITIES)
    return msgspec.structs.replace(verdict, evidence={**verdict.evidence, "secret_arn": resource.id})


def _function(function: Item) -> Resource:
    return Resource(
        str(function.get("FunctionArn") or ""), str(function.get("FunctionName") or ""), FUNCTION_TYPE
    )


async def _judge_function(region: Region, function: Item) -> Verdict | None:
    resource = _function(function)
    aliases = [
        str(alias.get("Name") or "")
        async for alias in region.items("lambda", "ListAliases", FunctionName=resource.name)
    ]
    texts: dict[str, str] = {}
    for qualifier in ("", *aliases):
        parameters = {"Qualifier": qualifier} if qualifier else {}
        answer = await region.find(
            "lambda", "GetPolicy", absent=NOT_FOUND, FunctionName=resource.name, **parameters
        )
        if text := (answer or {}).get("Policy"):
            texts[qualifier] = text
    if not texts:
        return _without_policy("Function", resource)
    policies = {qualifier: _parsed_permissions(text) for qualifier, text in texts.items()}
    holder, unlisted = await _holder(region, "lambda", *policies.values())
    by_qualifier = {
        qualifier: openings(_without_open_url(policy), holder) for qualifier, policy in policies.items()
    }
    gaps = _certain([opening for each in by_qualifier.values() for opening in each], unlisted)
    permissions = [
        _permission(opening, qualifier, region)
        for qualifier, each in by_qualifier.items()
        for opening in each
        if opening.closable and opening in gaps
    ]
    whole_policy = sorted(
        {
            opening.statement.label
            for opening in gaps
            if opening.closable and not _is_permission(opening.statement)
        }
    )
    open_url = any(_is_open_url(statement) for policy in policies.values() for statement in policy.statements)
    verdict = _verdict("Function", holder, resource, sorted(gaps, key=_by_gap), "")
    if not gaps and open_url:
        reason = (
            f"The policy of function {in_quotes(resource.name)} admits nobody outside but callers of its "
            "function URL, which authenticates nobody: aws-lambda-001 judges that."
        )
        verdict = msgspec.structs.replace(verdict, reason=reason)
    open_statements = [
        DecidingStatement(statement, policy=qualifier or "$LATEST", document=("policies", qualifier))
        for qualifier, each in by_qualifier.items()
        for statement in dict.fromkeys(opening.statement for opening in each if opening in gaps)
    ]
    evidence = {
        **verdict.evidence,
        "policies": texts,
        "permissions": permissions,
        "open_url": open_url,
        **deciding(open_statements),
        **({"whole_policy": whole_policy} if whole_policy else {}),
    }
    return msgspec.structs.replace(verdict, evidence=evidence)


def _by_gap(opening: Opening) -> int:
    return list(Gap).index(opening.gap)


def _without_open_url(policy: Policy) -> Policy:
    statements = tuple(statement for statement in policy.statements if not _is_open_url(statement))
    return Policy(statements, policy.version)


def _parsed_permissions(text: str) -> Policy:
    """Return a function's policy, as written by AWS or by an emulator of AWS; raises `ReadError`."""
    try:
        return parse(text)
    except PolicyError:
        return parsed(_as_aws_writes(text), "function policy")


def _as_aws_writes(text: str) -> str | Item:
    """Return a policy that may have parameters of AddPermission unchanged, as AWS would write it.

    moto writes an account ID as the whole principal, and writes as elements what AWS writes as conditions.
    """
    try:
        policy = json.loads(text)
        statements = [dict(statement) for statement in policy["Statement"]]
    except (ValueError, TypeError, LookupError, RecursionError):
        return text
    for statement in statements:
        principal = statement.get("Principal")
        if isinstance(principal, str) and principal != EVERYONE:
            statement["Principal"] = {"AWS": principal}
        for element, (operator, key) in PERMISSION_CONDITIONS.items():
            if element in statement:
                condition = dict(statement.get("Condition") or {})
                condition[operator] = {**condition.get(operator, {}), key: statement.pop(element)}
                statement["Condition"] = condition
    return {**policy, "Statement": statements}


def _is_open_url(statement: Statement) -> bool:
    """Whether an Allow is for callers of a function URL that authenticates nobody."""
    if not statement.allows:
        return False
    open_url = any(
        condition.values == ("NONE",) for condition in statement.conditions_on("lambda:FunctionUrlAuthType")
    )
    through_url = any(
        tuple(map(str.lower, condition.values)) == ("true",)
        for condition in statement.conditions_on("lambda:InvokedViaFunctionUrl")
    )
    return open_url or through_url


def _is_permission(statement: Statement) -> bool:
    """Whether a statement is as AddPermission writes it, so that it can be replaced on its own."""
    return (
        bool(statement.sid)
        and bool(statement.actions)
        and len(statement.principals) == 1
        and all(condition.key in PERMISSION_KEYS for condition in statement.conditions)
    )


def _permission(opening: Opening, qualifier: str, region: Region) -> Item:
    """Return an open permission and its replacements, which are limited to this account.

    Lambda allows no wildcard for the region of a source ARN, so the ARN has this region.
    """
    statement = opening.statement
    present = [value for condition in statement.conditions_on("aws:SourceArn") for value in condition.values]
    replacements: list[Item] = []
    if opening.gap is Gap.EVERYONE:
        replacements = [{"principal": region.account_id, "source_account": "", "source_arn": ""}]
    elif opening.part is Part.SERVICES:
        for name in opening.names:
            by_account = sends_account(name)
            arn = present[0] if len(present) == 1 and by_account else ""
            if not by_account:
                arn = source_arn(name, region.partition, region.account_id, region.name)
            account_id = region.account_id if by_account else ""
            replacements.append({"principal": name, "source_account": account_id, "source_arn": arn})
    return {
        "gap": opening.gap.value,
        "statement_id": statement.sid,
        "qualifier": qualifier,
        "replacements": replacements,
        "actions": list(statement.actions),
        "url_auth": next(
            (
                condition.values[0]
                for condition in statement.conditions_on("lambda:FunctionUrlAuthType")
                if condition.values
            ),
            "",
        ),
    }


async def _policy_verdict(
    what: str,
    kind: str,
    region: Region,
    resource: Resource,
    text: str | None,
    severities: Mapping[Gap, Severity] = SEVERITIES,
) -> Verdict:
    if not text:
        return _without_policy(what, resource)
    policy = parsed(text, f"policy of {what.lower()} {in_quotes(resource.name)}")
    holder, unlisted = await _holder(region, kind, policy)
    return _verdict(what, holder, resource, _certain(openings(policy, holder), unlisted), text, severities)


def _without_policy(kind: str, resource: Resource) -> Verdict:
    reason = f"{kind} {in_quotes(resource.name)} has no policy that could let anyone in."
    return Verdict(Status.PASS, resource, reason)


def _verdict(
    what: str,
    holder: Holder,
    resource: Resource,
    gaps: list[Opening],
    text: str,
    severities: Mapping[Gap, Severity] = SEVERITIES,
) -> Verdict:
    if not gaps:
        reason = f"The policy of {what.lower()} {in_quotes(resource.name)} admits nobody outside the account."
        return Verdict(Status.PASS, resource, reason, {"policy": text} if text else {})
    evidence: Item = {
        "gaps": [_gap(opening) for opening in gaps],
        "closable": any(opening.closable for opening in gaps),
    }
    if text:
        evidence |= {"policy": text, "mended_policy": repaired(json.loads(text), gaps, holder)}
    severity = severities[gaps[0].gap]
    if gaps[0].is_documented:
        severity = Severity.LOW
    reason = f"In the policy of {what.lower()} {in_quotes(resource.name)} {_words(gaps)}."
    return Verdict(Status.FAIL, resource, reason, evidence, severity)


def _gap(opening: Opening) -> Item:
    return {
        "gap": opening.gap.value,
        "statement": opening.statement.label,
        "names": list(opening.names),
        "words": opening.words,
        "advice": opening.advice,
    }


def _words(gaps: Iterable[Opening]) -> str:
    words = [opening.words for opening in gaps]
    more = len(words) - _LISTED
    return "; ".join(words[:_LISTED]) + (f"; and {more} more" if more > 0 else "")

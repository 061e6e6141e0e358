"""The data perimeter: who outside the account may use buckets, topics, queues, secrets and functions."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.policy_document import parsed
from cloud_audit_tui.checks.services.s3.buckets import (
    NO_POLICY,
    PUBLIC_ACCESS_READS,
    judge_buckets,
    public_access,
    read_bucket,
)
from cloud_audit_tui.checks.wording import in_quotes
from cloud_audit_tui.iam.exposure import Gap, Opening, mended, openings
from cloud_audit_tui.iam.policy import EVERYONE, Policy, PolicyError, Statement, parse
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
"""Parameters of lambda:AddPermission, and the conditions that AWS makes of them."""
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
    RestrictPublicBuckets applies, S3 lets only AWS services and the account itself use a bucket with a
    public policy. Canonical user IDs are not judged: they do not show their
    account.
    """
    return judge_buckets(region, _judge_bucket)


@check("aws-dp-002", reads=["sns:ListTopics", "sns:GetTopicAttributes"])
def topic_policies(region: Region) -> Verdicts:
    """Fail a topic whose policy lets in someone outside the account without a limit.

    Source: GetTopicAttributes Attributes.Policy, by the rule of `iam.exposure`. The policy that SNS writes
    itself is for everyone with ``aws:SourceOwner`` set to the account, which is a limit.
    """
    return region.judge(region.items("sns", "ListTopics"), _topic, partial(_judge_topic, region))


@check("aws-dp-003", reads=["sqs:ListQueues", "sqs:GetQueueAttributes"])
def queue_policies(region: Region) -> Verdicts:
    """Fail a queue whose policy lets in someone outside the account without a limit.

    Source: GetQueueAttributes Attributes.Policy, by the rule of `iam.exposure`. ListQueues has further pages
    only for a request with a page size, so one is given.
    """
    queues = region.items("sqs", "ListQueues", MaxResults=QUEUES_A_PAGE)
    return region.judge(queues, partial(_queue, region), partial(_judge_queue, region))


@check("aws-dp-004", reads=["secretsmanager:ListSecrets", "secretsmanager:GetResourcePolicy"])
def secret_policies(region: Region) -> Verdicts:
    """Fail a secret whose resource policy lets in someone outside the account without a limit.

    Source: GetResourcePolicy.ResourcePolicy, absent when there is none, by the rule of `iam.exposure`;
    for everyone is critical here. The listing leaves out secrets that are to be deleted.
    """
    secrets = region.items("secretsmanager", "ListSecrets")
    return region.judge(secrets, _secret, partial(_judge_secret, region))


@check("aws-dp-005", reads=["lambda:ListFunctions", "lambda:ListAliases", "lambda:GetPolicy"])
def function_policies(region: Region) -> Verdicts:
    """Fail a function that someone outside the account may use without a limit.

    Source: GetPolicy of the function and of each of its aliases, by the rule of `iam.exposure`; numbered
    versions, which can be many, are not asked for. Statements that only the function's URL can use are
    left out when the URL is open on purpose (FunctionUrlAuthType NONE): aws-lambda-001 judges that.
    """
    functions = region.items("lambda", "ListFunctions")
    return region.judge(functions, _function, partial(_judge_function, region))


async def _judge_bucket(home: Region, resource: Resource) -> Verdict:
    answer = await read_bucket(home, "GetBucketPolicy", resource.name, absent={NO_POLICY})
    text = answer.get("Policy")
    if not text:
        return _without_policy("Bucket", resource)
    gaps = openings(parsed(text, "bucket policy"), home.account_id)
    if any(opening.gap is Gap.EVERYONE for opening in gaps):
        access = await public_access(home, resource.name)
        if access.has("RestrictPublicBuckets"):
            gaps = [opening for opening in gaps if opening.gap is Gap.SERVICE]
            if not gaps:
                reason = (
                    f"The policy of bucket {in_quotes(resource.name)} is public, but Block Public Access "
                    "lets only AWS services and this account use it (RestrictPublicBuckets)."
                )
                return Verdict(Status.PASS, resource, reason, {"policy": text})
    return _verdict("Bucket", home, resource, gaps, text)


def _topic(topic: Item) -> Resource:
    arn = str(topic.get("TopicArn") or "")
    return Resource(arn, arn.rsplit(":", 1)[-1], TOPIC_TYPE)


async def _judge_topic(region: Region, topic: Item) -> Verdict | None:
    resource = _topic(topic)
    answer = await region.find("sns", "GetTopicAttributes", absent=NO_TOPIC, TopicArn=resource.id)
    if answer is None:
        return None
    verdict = _judged("Topic", region, resource, (answer.get("Attributes") or {}).get("Policy"))
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
    verdict = _judged("Queue", region, resource, (answer.get("Attributes") or {}).get("Policy"))
    return msgspec.structs.replace(verdict, evidence={**verdict.evidence, "queue_url": str(url)})


def _secret(secret: Item) -> Resource:
    return Resource(str(secret.get("ARN") or ""), str(secret.get("Name") or ""), SECRET_TYPE)


async def _judge_secret(region: Region, secret: Item) -> Verdict | None:
    resource = _secret(secret)
    answer = await region.find("secretsmanager", "GetResourcePolicy", absent=NOT_FOUND, SecretId=resource.id)
    if answer is None:
        return None
    verdict = _judged("Secret", region, resource, answer.get("ResourcePolicy"), SECRET_SEVERITIES)
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
    gaps: list[Opening] = []
    permissions: list[Item] = []
    policies: dict[str, str] = {}
    for qualifier in ("", *aliases):
        parameters = {"Qualifier": qualifier} if qualifier else {}
        answer = await region.find(
            "lambda", "GetPolicy", absent=NOT_FOUND, FunctionName=resource.name, **parameters
        )
        if not (text := (answer or {}).get("Policy")):
            continue
        policies[qualifier] = text
        policy = _parsed_permissions(text)
        open_here = openings(
            Policy(tuple(one for one in policy.statements if not _is_open_url(one)), policy.version),
            region.account_id,
        )
        gaps += open_here
        permissions += [_permission(opening, qualifier, region) for opening in open_here]
    if not policies:
        return _without_policy("Function", resource)
    verdict = _verdict("Function", region, resource, gaps, "")
    evidence = {**verdict.evidence, "policies": policies, "permissions": permissions}
    return msgspec.structs.replace(verdict, evidence=evidence)


def _parsed_permissions(text: str) -> Policy:
    """Return a function's policy, whether AWS wrote it or an emulator of AWS; raises `ReadError`."""
    try:
        return parse(text)
    except PolicyError:
        return parsed(_as_aws_writes(text), "function policy")


def _as_aws_writes(text: str) -> str | Item:
    """Return a policy in which parameters of AddPermission may stand as they came, as AWS writes it.

    moto leaves an account as a principal by itself, and what AWS makes a condition as an element.
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
    """Say whether an Allow is for callers of a function URL without authentication."""
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


def _own_principals(opening: Opening, region: Region) -> list[str]:
    """Return who gets the permission that takes the place of an open one."""
    if opening.gap is Gap.EVERYONE:
        return [region.account_id]
    return list(opening.names) if opening.gap is Gap.SERVICE else []


def _permission(opening: Opening, qualifier: str, region: Region) -> Item:
    statement = opening.statement
    return {
        "gap": opening.gap.value,
        "statement_id": statement.sid,
        "qualifier": qualifier,
        "own_principals": _own_principals(opening, region),
        "actions": list(statement.actions),
        "url_auth": next(
            (
                condition.values[0]
                for condition in statement.conditions_on("lambda:FunctionUrlAuthType")
                if condition.values
            ),
            "",
        ),
        "source_arns": [
            value for condition in statement.conditions_on("aws:SourceArn") for value in condition.values
        ],
    }


def _judged(
    kind: str,
    region: Region,
    resource: Resource,
    text: str | None,
    severities: Mapping[Gap, Severity] = SEVERITIES,
) -> Verdict:
    if not text:
        return _without_policy(kind, resource)
    gaps = openings(parsed(text, f"policy of {kind.lower()} {in_quotes(resource.name)}"), region.account_id)
    return _verdict(kind, region, resource, gaps, text, severities)


def _without_policy(kind: str, resource: Resource) -> Verdict:
    reason = f"{kind} {in_quotes(resource.name)} has no policy that could let anyone in."
    return Verdict(Status.PASS, resource, reason)


def _verdict(
    kind: str,
    region: Region,
    resource: Resource,
    openings: list[Opening],
    text: str,
    severities: Mapping[Gap, Severity] = SEVERITIES,
) -> Verdict:
    if not openings:
        reason = f"The policy of {kind.lower()} {in_quotes(resource.name)} keeps everyone outside out."
        return Verdict(Status.PASS, resource, reason, {"policy": text} if text else {})
    evidence: Item = {"gaps": [_gap(opening) for opening in openings]}
    if text:
        mended_policy = mended(json.loads(text), openings, region.account_id, region.partition)
        evidence |= {"policy": text, "mended_policy": mended_policy}
    severity = severities[openings[0].gap]
    reason = f"In the policy of {kind.lower()} {in_quotes(resource.name)} {_words(openings)}."
    return Verdict(Status.FAIL, resource, reason, evidence, severity)


def _gap(opening: Opening) -> Item:
    return {
        "gap": opening.gap.value,
        "statement": opening.statement.label,
        "names": list(opening.names),
        "words": opening.words,
    }


def _words(openings: Iterable[Opening]) -> str:
    words = [opening.words for opening in openings]
    more = len(words) - _LISTED
    return "; ".join(words[:_LISTED]) + (f"; and {more} more" if more > 0 else "")

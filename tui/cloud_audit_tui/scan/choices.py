"""Lists an account's resources that a remediation input can name, such as keys, topics and subnets.

Every source declares its reads as a check does; `cloud-audit-tui policy` includes them. A source yields what
it could read before it raises `ReadError`, so a denied read loses only its own part.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.checks.api import Region
from cloud_audit_tui.checks.services.s3.buckets import buckets
from cloud_audit_tui.scan.events import Choice, ChoicesListed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.checks.api import Reads
    from cloud_audit_tui.model import Target

log = logging.getLogger(__name__)

MOST_KEYS = 300
"""Maximum number of KMS keys to describe; each costs a call."""
MOST_CHOICES = 2_000
"""Maximum choices per kind; other names can still be typed."""
SERVICE_ROLES = "/aws-service-role/"
"""The path of service-linked roles, which only the AWS service that created them can assume."""

Choices = AsyncIterator[Choice]
SourceFunction = Callable[[Region], Choices]


@dataclass(frozen=True)
class Source:
    """A function that lists one kind of resource, and the reads that it may make, as ``service:Operation``.

    A ``worldwide`` source is read in the home region of the account's partition.
    """

    kind: str
    reads: tuple[str, ...]
    run: SourceFunction
    worldwide: bool = False


SOURCES: dict[str, Source] = {}
"""Every source by the kind of resource that it lists."""


def source(
    kind: str, *, reads: list[str], worldwide: bool = False
) -> Callable[[SourceFunction], SourceFunction]:
    """Declare the source of a kind."""

    def declare(function: SourceFunction) -> SourceFunction:
        SOURCES[kind] = Source(kind, tuple(reads), function, worldwide)
        return function

    return declare


def declared_reads() -> set[str]:
    """Return every read that a source may make."""
    return {read for each in SOURCES.values() for read in each.reads}


async def list_choices(
    kinds: Iterable[str], target: Target, reader: Reads, home_region: str
) -> AsyncGenerator[ChoicesListed, None]:
    """Yield the choices of each kind in the target's region, as soon as each kind has been read."""
    regional = Region(target, reader, frozenset())
    working = [
        asyncio.create_task(_choice_list(kind, regional, home_region)) for kind in dict.fromkeys(kinds)
    ]
    try:
        for choice_list in asyncio.as_completed(working):
            yield await choice_list
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def _choice_list(kind: str, regional: Region, home_region: str) -> ChoicesListed:
    choices: list[Choice] = []
    reason = ""
    kind_source = SOURCES.get(kind)
    try:
        if kind_source is None:
            raise ReadError(Unread.UNAVAILABLE, f"There is no list of {kind!r}.")
        listed_region = regional.at(home_region) if kind_source.worldwide else regional
        region = Region(listed_region.target, listed_region.reader, frozenset(kind_source.reads))
        async for choice in kind_source.run(region):
            if len(choices) == MOST_CHOICES:
                reason = f"There are more than {MOST_CHOICES:,}; these are the first."
                break
            choices.append(choice)
    except ReadError as error:
        reason = error.words
    except Exception as error:
        # An exception in one source loses only its list.
        log.exception("listing %s failed", kind)
        reason = f"Unexpected error ({type(error).__name__}): please report it."
    choices.sort(key=lambda choice: (not choice.label, choice.label.casefold(), choice.value))
    return ChoicesListed(regional.target.profile, regional.name, kind, choices, reason)


@source("kms_key", reads=["kms:ListKeys", "kms:ListAliases", "kms:DescribeKey"])
async def kms_keys(region: Region) -> Choices:
    """Yield the ARNs of enabled customer managed keys for symmetric encryption, with their aliases.

    Keys with an AWS alias are AWS managed keys and are not described.
    """
    read_error: ReadError | None = None
    aliases: defaultdict[str, list[str]] = defaultdict(list)
    try:
        async for alias in region.items("kms", "ListAliases"):
            aliases[str(alias.get("TargetKeyId") or "")].append(str(alias.get("AliasName") or ""))
    except ReadError as error:
        read_error = error
    ids: list[str] = []
    try:
        async for key in region.items("kms", "ListKeys"):
            key_id = str(key.get("KeyId") or "")
            if not any(name.startswith("alias/aws/") for name in aliases[key_id]):
                ids.append(key_id)
    except ReadError as error:
        read_error = error
    if len(ids) > MOST_KEYS:
        read_error = ReadError(
            Unread.UNAVAILABLE, f"There are {len(ids):,} keys; these are of the first {MOST_KEYS}."
        )
    answers = await asyncio.gather(
        *(region.read("kms", "DescribeKey", KeyId=key_id) for key_id in ids[:MOST_KEYS]),
        return_exceptions=True,
    )
    for key_id, answer in zip(ids, answers, strict=False):
        if isinstance(answer, ReadError):
            read_error = read_error or answer
        elif isinstance(answer, BaseException):
            raise answer
        elif _encrypts(key := answer.get("KeyMetadata") or {}):
            name = ", ".join(sorted(aliases[key_id])) or str(key.get("Description") or "")
            yield Choice(str(key.get("Arn") or ""), name)
    if read_error is not None:
        raise read_error


def _encrypts(key: dict[str, Any]) -> bool:
    return (
        key.get("KeyManager") == "CUSTOMER"
        and bool(key.get("Enabled"))
        and key.get("KeyState") == "Enabled"
        and key.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
        and key.get("KeyUsage", "ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT"
    )


@source("sns_topic", reads=["sns:ListTopics"])
async def sns_topics(region: Region) -> Choices:
    """Yield the ARNs of topics."""
    async for topic in region.items("sns", "ListTopics"):
        arn = str(topic.get("TopicArn") or "")
        yield Choice(arn, arn.rpartition(":")[2])


@source("subnet", reads=["ec2:DescribeSubnets"])
async def subnets(region: Region) -> Choices:
    """Yield the IDs of subnets, with their names and where they are."""
    async for subnet in region.items("ec2", "DescribeSubnets"):
        where = (subnet.get("VpcId"), subnet.get("AvailabilityZone"), subnet.get("CidrBlock"))
        yield Choice(str(subnet.get("SubnetId") or ""), _joined(_name_tag(subnet), *where))


@source("security_group", reads=["ec2:DescribeSecurityGroups"])
async def security_groups(region: Region) -> Choices:
    """Yield the IDs of security groups, with their names and VPCs."""
    async for group in region.items("ec2", "DescribeSecurityGroups"):
        yield Choice(str(group.get("GroupId") or ""), _joined(group.get("GroupName"), group.get("VpcId")))


@source("bucket", reads=["s3:ListBuckets"], worldwide=True)
async def bucket_names(region: Region) -> Choices:
    """Yield the names of buckets, with their regions where AWS returns them."""
    async for bucket in buckets(region):
        name = bucket.get("Name")
        yield Choice(str(name or ""), _joined(name, bucket.get("BucketRegion")))


@source("bucket_arn", reads=["s3:ListBuckets"], worldwide=True)
async def bucket_arns(region: Region) -> Choices:
    """Yield the ARNs of buckets, with their regions where AWS returns them."""
    async for bucket in buckets(region):
        name = bucket.get("Name")
        yield Choice(f"arn:{region.partition}:s3:::{name}", _joined(name, bucket.get("BucketRegion")))


@source("role", reads=["iam:ListRoles"], worldwide=True)
async def role_arns(region: Region) -> Choices:
    """Yield the ARNs of roles, with the services that may assume them."""
    async for role in _roles(region):
        yield Choice(str(role.get("Arn") or ""), _joined(role.get("RoleName"), *_services(role)))


@source("role_name", reads=["iam:ListRoles"], worldwide=True)
async def role_names(region: Region) -> Choices:
    """Yield the names of roles, with the services that may assume them."""
    async for role in _roles(region):
        name = role.get("RoleName")
        yield Choice(str(name or ""), _joined(name, *_services(role)))


@source("instance_profile", reads=["iam:ListInstanceProfiles"], worldwide=True)
async def instance_profiles(region: Region) -> Choices:
    """Yield the names of instance profiles, with their roles."""
    async for profile in region.items("iam", "ListInstanceProfiles"):
        name = profile.get("InstanceProfileName")
        roles = [role.get("RoleName") for role in profile.get("Roles") or []] or ["has no role"]
        yield Choice(str(name or ""), _joined(name, *roles))


@source("lambda_function", reads=["lambda:ListFunctions"])
async def lambda_functions(region: Region) -> Choices:
    """Yield the ARNs of functions."""
    async for function in region.items("lambda", "ListFunctions"):
        yield Choice(str(function.get("FunctionArn") or ""), str(function.get("FunctionName") or ""))


async def _roles(region: Region) -> AsyncIterator[dict[str, Any]]:
    async for role in region.items("iam", "ListRoles"):
        if not str(role.get("Path") or "").startswith(SERVICE_ROLES):
            yield role


def _services(role: dict[str, Any]) -> list[str]:
    """Return the services in a role's trust policy, which may be malformed."""
    policy = role.get("AssumeRolePolicyDocument")
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    names: list[str] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") if isinstance(statement, dict) else None
        services = principal.get("Service") if isinstance(principal, dict) else None
        names += [str(each) for each in (services if isinstance(services, list) else [services]) if each]
    return list(dict.fromkeys(names))


def _name_tag(item: dict[str, Any]) -> str:
    return next((str(tag.get("Value")) for tag in item.get("Tags") or [] if tag.get("Key") == "Name"), "")


def _joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)

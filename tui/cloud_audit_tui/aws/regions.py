"""Regions and partitions from botocore's data, without calling AWS."""

from __future__ import annotations

from functools import cache
from typing import Any

from cloud_audit_tui.suggestion import did_you_mean

PARTITIONS = ("aws", "aws-us-gov", "aws-cn", "aws-eusc")
"""The partitions reachable from the internet, in the order in which keys without a region are tried."""
HOME_REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
    "aws-us-gov": "us-gov-west-1",
}
"""The home region of each partition's global services, such as IAM, Organizations and CloudFront."""

DEFAULT_REGIONS = frozenset(
    {
        *(
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
        ),
        *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
"""The regions of ``aws`` that every account has; an account enables each later one itself (AWS Account
Management Reference Guide, "Enable or disable AWS Regions in your account")."""


class UnknownRegionError(LookupError):
    """No partition has a region with the requested name."""

    def __init__(self, region: str) -> None:
        hint = did_you_mean(region, known_regions(), "Regions look like eu-central-1.")
        super().__init__(f"There is no AWS region {region!r}. {hint}")


def _data(name: str) -> Any:
    # botocore takes 0.1 s to import, which commands without a region argument avoid.
    from cloud_audit_tui.aws.service_models import shared_loader  # noqa: PLC0415

    return shared_loader().load_data(name)


@cache
def _partitions() -> dict[str, tuple[str, ...]]:
    """Return the regions of each partition from botocore's endpoint rules."""
    data = _data("partitions")
    return {
        partition["id"]: tuple(sorted(name for name in partition["regions"] if not name.endswith("-global")))
        for partition in data["partitions"]
    }


@cache
def regions_of(partition: str, service: str = "ec2") -> tuple[str, ...]:
    """Return the regions of a partition in which botocore lists a service; none when it has no list.

    ``service`` is the prefix of its endpoints. EC2 is in every region, including those of a partition that
    botocore's endpoints do not list yet.
    """
    regions = tuple(
        sorted(
            region
            for each in _data("endpoints")["partitions"]
            if each["partition"] == partition
            for region in each["services"].get(service, {}).get("endpoints", ())
            if region in each["regions"]
        )
    )
    return regions or (_partitions().get(partition, ()) if service == "ec2" else ())


@cache
def known_regions() -> tuple[str, ...]:
    """Return the regions of every partition."""
    return tuple(region for partition in _partitions() for region in regions_of(partition))


def partition_of(region: str) -> str:
    """Return the partition of a region; ``aws`` for none and for an unlisted one."""
    return next((name for name, regions in _partitions().items() if region in regions), PARTITIONS[0])


def may_be_disabled(region: str, partition: str = "") -> bool:
    """Say whether there are accounts that have not enabled a region; without its partition, look that up."""
    return (partition or partition_of(region)) == PARTITIONS[0] and region not in DEFAULT_REGIONS


def role_region(region: str, partition: str) -> str:
    """Return the region whose STS is asked for a role with which work is done in ``region``.

    The STS of a region that the account of the caller has not enabled refuses it, although the account of the
    role may have enabled the region (IAM User Guide, "Manage AWS STS in an AWS Region").
    """
    return HOME_REGIONS[partition] if region and may_be_disabled(region, partition) else region


def regions_to_try(region: str) -> list[str]:
    """Return the regions in which to try credentials: their own, else one region per partition.

    A region that the account may not have enabled refuses valid credentials, so the home region follows it.
    """
    if not region:
        return [HOME_REGIONS[partition] for partition in PARTITIONS]
    return [region, HOME_REGIONS[PARTITIONS[0]]] if may_be_disabled(region) else [region]


def home_region(partition: str, fallback: str) -> str:
    """Return the home region of a partition's global services; ``fallback`` for an unlisted partition."""
    return HOME_REGIONS.get(partition) or next(iter(regions_of(partition)), fallback)


def check_known(regions: list[str]) -> None:
    """Raise `UnknownRegionError` for the first region that is in no partition."""
    for region in regions:
        if region not in known_regions():
            raise UnknownRegionError(region)

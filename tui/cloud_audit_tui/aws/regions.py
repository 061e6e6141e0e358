"""Regions and partitions: what botocore knows of them without asking AWS."""

from __future__ import annotations

import difflib
from functools import cache
from typing import Any

PARTITIONS = ("aws", "aws-us-gov", "aws-cn", "aws-eusc")
"""The partitions that the internet reaches, in the order in which keys without a region are tried."""
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
"""Where each partition keeps its global services: IAM, Organizations, CloudFront and their like."""


class UnknownRegionError(LookupError):
    """No partition has a region of the name that was asked for."""

    def __init__(self, region: str) -> None:
        near = difflib.get_close_matches(region, known_regions(), n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Regions look like eu-central-1."
        super().__init__(f"There is no AWS region {region!r}. {hint}")


@cache
def _session() -> Any:
    # boto3 takes 0.2 s to import, which a command that names no region need not wait for.
    import boto3  # noqa: PLC0415

    return boto3.Session()


@cache
def _partitions() -> dict[str, tuple[str, ...]]:
    """Return the regions of each partition in the data of botocore's endpoint rules."""
    data = _session()._session.get_component("data_loader").load_data("partitions")
    return {
        partition["id"]: tuple(sorted(name for name in partition["regions"] if not name.endswith("-global")))
        for partition in data["partitions"]
    }


@cache
def regions_of(partition: str, service: str = "ec2") -> tuple[str, ...]:
    """Return the regions of a partition in which botocore lists a service; none where it has no list.

    EC2 is in every region, also in those of a partition that botocore's endpoints do not list yet.
    """
    listed = tuple(sorted(_session().get_available_regions(service, partition_name=partition)))
    return listed or (_partitions().get(partition, ()) if service == "ec2" else ())


@cache
def known_regions() -> tuple[str, ...]:
    """Return the regions of every partition."""
    return tuple(region for partition in _partitions() for region in regions_of(partition))


def home_region(partition: str, fallback: str) -> str:
    """Return where a partition keeps its global services; ``fallback`` for one newer than this list."""
    return HOME_REGIONS.get(partition) or next(iter(regions_of(partition)), fallback)


def check_known(regions: list[str]) -> None:
    """Raise `UnknownRegionError` for the first region that no partition has."""
    for region in regions:
        if region not in known_regions():
            raise UnknownRegionError(region)

"""Regions and partitions: what botocore knows of them without asking AWS."""

from __future__ import annotations

import difflib
from functools import cache
from typing import Any

PARTITIONS = ("aws", "aws-us-gov", "aws-cn")
HOME_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
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
def regions_of(partition: str, service: str = "ec2") -> tuple[str, ...]:
    """Return the regions of a partition in which botocore's endpoints list a service."""
    return tuple(sorted(_session().get_available_regions(service, partition_name=partition)))


@cache
def known_regions() -> tuple[str, ...]:
    """Return the regions of every partition."""
    return tuple(region for partition in PARTITIONS for region in regions_of(partition))


def check_known(regions: list[str]) -> None:
    """Raise `UnknownRegionError` for the first region that no partition has."""
    for region in regions:
        if region not in known_regions():
            raise UnknownRegionError(region)

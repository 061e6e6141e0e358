"""Extends moto's EC2: DescribeRegions for an account, and two account settings.

moto lists every region of every partition, opted in or not, and ignores AllRegions and filters. It lacks the
account's metadata defaults and its block of public images; here neither is set.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2 import urls
from moto.ec2.responses import EC2Response
from moto.utilities.utils import get_partition

ENABLED_BY_DEFAULT = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    }
)
"""Regions that need no opt-in."""


class Ec2(EC2Response):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's EC2 with DescribeRegions as in AWS."""

    def describe_regions(self) -> Any:
        """Return the enabled regions of the caller's partition, or all with AllRegions."""
        everything = str(self._get_param("AllRegions", "")).lower() == "true"
        filters = self._filters_from_querystring()
        regions = []
        for region in self.ec2_backend.describe_regions(self._get_param("RegionNames", [])):
            if get_partition(region.name) != self.partition:
                continue
            enabled = self.partition != "aws" or region.name in ENABLED_BY_DEFAULT
            description = {
                "RegionName": region.name,
                "Endpoint": region.endpoint,
                "OptInStatus": "opt-in-not-required" if enabled else "not-opted-in",
            }
            facts = {
                "region-name": description["RegionName"],
                "endpoint": description["Endpoint"],
                "opt-in-status": description["OptInStatus"],
            }
            if (enabled or everything) and all(facts.get(k) in v for k, v in filters.items()):
                regions.append(description)
        return ActionResult({"Regions": regions})

    def get_instance_metadata_defaults(self) -> Any:
        """Return empty account defaults."""
        return ActionResult({"AccountLevel": {}})

    def get_image_block_public_access_state(self) -> Any:
        """Return that public sharing of images is not blocked."""
        return ActionResult({"ImageBlockPublicAccessState": "unblocked"})


def install() -> None:
    """Make moto serve EC2's calls with this class."""
    for path, handler in urls.url_paths.items():
        if handler == EC2Response.dispatch:
            urls.url_paths[path] = Ec2.dispatch

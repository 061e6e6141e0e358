"""SageMaker instance types that store an endpoint's data on local NVMe disks, and those with EBS volumes.

SageMaker's documentation refers to EC2's list of instance store volumes, so the tables follow
``InstanceStorageSupported`` of EC2's DescribeInstanceTypes for the type without its ``ml.`` prefix. The value
is the same for all sizes of a family, so the tables have families. Four families that EC2 no longer lists
everywhere (p2, p3, dl1, p6e-gb200) are set from general knowledge, not from a response.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Storage(StrEnum):
    """The storage of a variant of an endpoint; ``NONE`` is that of a serverless variant, without a volume."""

    LOCAL = "local"
    EBS = "ebs"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class InstanceStorage:
    """The storage of an instance type, and whether it was only derived from the type's name."""

    storage: Storage
    by_name: bool = False


# fmt: off
LOCAL_FAMILIES = frozenset(
    {
        "m5d", "m6gd", "m6id", "m7gd", "m8gd", "c5d", "c6gd", "c6id", "c7gd", "c8gd", "r5d", "r6gd", "r6id",
        "r7gd", "r8gd", "g4ad", "g4dn", "g5", "g6", "g6e", "g6f", "g7", "g7e", "gr6", "gr6f", "p3dn", "p4d",
        "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200", "dl1", "trn1", "trn1n", "trn2",
        "trn2u",
    }
)
"""Families whose sizes all have local NVMe disks, which the instance's hardware encrypts."""

EBS_FAMILIES = frozenset(
    {
        "t2", "t3", "m4", "m5", "m6g", "m6i", "m7i", "m8g", "c4", "c5", "c6g", "c6gn", "c6i", "c6in", "c7g",
        "c7i", "c8g", "r5", "r6g", "r6i", "r7i", "r8g", "g5g", "p2", "p3", "inf1", "inf2",
    }
)
"""Families whose sizes all have EBS volumes only."""
# fmt: on

_TYPE = re.compile(
    r"ml\.(?P<family>(?P<kind>[a-z]+)(?P<generation>[0-9]{1,3})(?P<options>[a-z]*)(?:-[a-z0-9]+)?)\.[a-z0-9-]+"
)
_LOCAL_KINDS = frozenset({"d", "h", "i", "im", "is", "trn"})
_LOCAL_SINCE_GENERATION = {"g": 5, "gr": 6, "p": 4}


def instance_storage(instance_type: str) -> InstanceStorage:
    """Return the storage of an ``ml.`` type; unknown for a text that is not such a type.

    A family outside the tables is judged by EC2's naming rule: a ``d`` among the letters after the generation
    means local disks; so do the storage-optimized families, and the accelerated families from the generation
    on that has local disks in all of them.
    """
    type_match = _TYPE.fullmatch(instance_type)
    if type_match is None:
        return InstanceStorage(Storage.UNKNOWN)
    if type_match["family"] in LOCAL_FAMILIES:
        return InstanceStorage(Storage.LOCAL)
    if type_match["family"] in EBS_FAMILIES:
        return InstanceStorage(Storage.EBS)
    local = (
        "d" in type_match["options"]
        or type_match["kind"] in _LOCAL_KINDS
        or int(type_match["generation"]) >= _LOCAL_SINCE_GENERATION.get(type_match["kind"], 1000)
    )
    return InstanceStorage(Storage.LOCAL if local else Storage.EBS, by_name=True)

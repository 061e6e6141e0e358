"""Which SageMaker instance types keep an endpoint's data on local NVMe disks, and which on EBS volumes.

SageMaker's own documents point to EC2's list of instance store volumes, so the tables follow what EC2's
DescribeInstanceTypes gives as ``InstanceStorageSupported`` for the type without its ``ml.`` prefix. EC2 gives
the same answer for all sizes of a family, so the tables hold families. Four families that EC2 no longer lists
everywhere (p2, p3, dl1, p6e-gb200) are set from what is generally known of them, not from a record of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Storage(StrEnum):
    """Where a variant of an endpoint keeps its data; ``NONE`` is a serverless one, which has no volume."""

    LOCAL = "local"
    EBS = "ebs"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class InstanceStorage:
    """Where a type's data is, and whether that was only concluded from the type's name."""

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
"""Families all of whose sizes have local NVMe disks, which the instance's own hardware encrypts."""

EBS_FAMILIES = frozenset(
    {
        "t2", "t3", "m4", "m5", "m6g", "m6i", "m7i", "m8g", "c4", "c5", "c6g", "c6gn", "c6i", "c6in", "c7g",
        "c7i", "c8g", "r5", "r6g", "r6i", "r7i", "r8g", "g5g", "p2", "p3", "inf1", "inf2",
    }
)
"""Families all of whose sizes have EBS volumes only."""
# fmt: on

_TYPE = re.compile(
    r"ml\.(?P<family>(?P<kind>[a-z]+)(?P<generation>[0-9]{1,3})(?P<options>[a-z]*)(?:-[a-z0-9]+)?)\.[a-z0-9-]+"
)
_LOCAL_KINDS = frozenset({"d", "h", "i", "im", "is", "trn"})
_LOCAL_SINCE_GENERATION = {"g": 5, "gr": 6, "p": 4}


def instance_storage(instance_type: str) -> InstanceStorage:
    """Return where an ``ml.`` type keeps its data; unknown for a text that is not such a type.

    A family outside of the tables is judged by EC2's naming rule: a ``d`` among the letters after the
    generation says local disks, and so do the storage-optimised families and the accelerated ones of the
    generations since which all of them have had local disks.
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

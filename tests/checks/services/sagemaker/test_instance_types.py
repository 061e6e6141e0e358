from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session

from cloud_audit_tui.checks.services.sagemaker import instance_types
from cloud_audit_tui.checks.services.sagemaker.instance_types import (
    InstanceStorage,
    Storage,
    instance_storage,
)
from each_row import each_row

NOT_IN_EC2_DATA = {
    "ml.p2.xlarge": Storage.EBS,
    "ml.p2.8xlarge": Storage.EBS,
    "ml.p2.16xlarge": Storage.EBS,
    "ml.p3.2xlarge": Storage.EBS,
    "ml.p3.8xlarge": Storage.EBS,
    "ml.p3.16xlarge": Storage.EBS,
    "ml.dl1.24xlarge": Storage.LOCAL,
    "ml.p6e-gb200.36xlarge": Storage.LOCAL,
}
"""Hosted types for which the recorded DescribeInstanceTypes responses have no EC2 type."""

OLDER_THAN_THE_RULE = {"c1", "c3", "m1", "m2", "m3", "r3", "x1", "x1e"}
"""Families with local disks from before the naming rule; SageMaker hosts on none of them."""


def hosted_types() -> list[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape: Any = model.shape_for("ProductionVariantInstanceType")
    return list(shape.enum)


@cache
def ec2_types() -> dict[str, Any]:
    """Return moto's record of DescribeInstanceTypes, without all of its EC2, which is slow to import."""
    from moto.utilities.utils import load_resource

    types: dict[str, Any] = load_resource("ec2/resources/instance_types.json")
    return types


def storage_in_ec2(ec2_type: str) -> Storage | None:
    """Return what EC2's own DescribeInstanceTypes says of a type."""
    response = ec2_types().get(ec2_type)
    if response is None:
        return None
    return Storage.LOCAL if response.get("InstanceStorageSupported") else Storage.EBS


def test_every_type_of_the_pinned_model_is_decided_by_the_table_as_ec2_says() -> None:
    with each_row() as row:
        for instance_type in hosted_types():
            with row(instance_type):
                expected = storage_in_ec2(instance_type.removeprefix("ml.")) or NOT_IN_EC2_DATA[instance_type]
                assert instance_storage(instance_type) == InstanceStorage(expected, by_name=False)


def test_every_family_of_the_tables_is_what_ec2_says_in_every_size() -> None:
    for ec2_type in ec2_types():
        family = ec2_type.split(".")[0]
        if family in instance_types.LOCAL_FAMILIES:
            assert storage_in_ec2(ec2_type) is Storage.LOCAL, ec2_type
        elif family in instance_types.EBS_FAMILIES:
            assert storage_in_ec2(ec2_type) is Storage.EBS, ec2_type


def test_no_family_is_in_both_tables() -> None:
    assert not instance_types.LOCAL_FAMILIES & instance_types.EBS_FAMILIES


def test_the_naming_rule_agrees_with_ec2_where_the_tables_are_silent() -> None:
    wrong = {
        ec2_type.split(".")[0]
        for ec2_type in ec2_types()
        if not ec2_type.startswith(("mac", "u-"))
        and instance_storage(f"ml.{ec2_type}").storage is not storage_in_ec2(ec2_type)
    }
    assert wrong - {"f2"} <= OLDER_THAN_THE_RULE


def test_a_newer_type_is_judged_by_its_name_and_says_so() -> None:
    rows: list[tuple[str, Storage]] = [
        ("ml.m9d.large", Storage.LOCAL),
        ("ml.c9gdn.48xlarge", Storage.LOCAL),
        ("ml.p7-b400.48xlarge", Storage.LOCAL),
        ("ml.g8e.2xlarge", Storage.LOCAL),
        ("ml.trn4.48xlarge", Storage.LOCAL),
        ("ml.m9g.large", Storage.EBS),
        ("ml.inf3.xlarge", Storage.EBS),
    ]
    with each_row() as row:
        for instance_type, storage in rows:
            with row(instance_type):
                assert instance_storage(instance_type) == InstanceStorage(storage, by_name=True)


def test_what_is_no_instance_type_is_unknown() -> None:
    rows = [
        "",
        "m5.large",
        "ml.",
        "ml.m5",
        "ml..large",
        "ml.m5.large\n",
        "ML.M5.LARGE",
        "ml.५d.large",
        "[/x]",
    ]
    with each_row() as row:
        for text in rows:
            with row(text):
                assert instance_storage(text) == InstanceStorage(Storage.UNKNOWN)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.model import Finding, Severity, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

PUBLIC, ENCRYPTED, MULTI_AZ, UPGRADES = (f"aws-rds-00{number}" for number in (1, 2, 3, 4))
HOSTILE = "[/red]$(reboot)`id`';\"\n${path.module}"


def instance(name: str = "orders", **members: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": f"arn:aws:rds:eu-central-1:111122223333:db:{name}",
        "DBInstanceClass": "db.m6g.large",
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "DBInstanceStatus": "available",
        "PubliclyAccessible": False,
        "MultiAZ": False,
        "StorageEncrypted": False,
        "AutoMinorVersionUpgrade": True,
        "Endpoint": {"Address": "x", "Port": 5432},
        **members,
    }


def instances(aws: Any, *descriptions: dict[str, Any]) -> None:
    aws.answer("rds", "DescribeDBInstances", {"DBInstances": list(descriptions)})


def group(*ranges: str, port: int = 5432, protocol: str = "tcp") -> dict[str, Any]:
    rule: dict[str, Any] = {
        "IpProtocol": protocol,
        "IpRanges": [{"CidrIp": each} for each in ranges if ":" not in each],
        "Ipv6Ranges": [{"CidrIpv6": each} for each in ranges if ":" in each],
    }
    if protocol != "-1":
        rule |= {"FromPort": port, "ToPort": port}
    return {"GroupId": "sg-1", "IpPermissions": [rule]}


async def test_both_pages_are_judged_and_one_that_is_being_deleted_is_not(aws: Any, judge: Judge) -> None:
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (PUBLIC, {"PubliclyAccessible": False}, {"PubliclyAccessible": True}),
        (ENCRYPTED, {"StorageEncrypted": True, "KmsKeyId": "k"}, {"StorageEncrypted": False}),
        (MULTI_AZ, {"MultiAZ": True}, {"MultiAZ": False}),
        (UPGRADES, {"AutoMinorVersionUpgrade": True}, {"AutoMinorVersionUpgrade": False}),
    ]
    with each_row() as row:
        for check, good, bad in rows:
            with row(check):
                aws.restart()
                deleting = instance("going", **bad, DBInstanceStatus="deleting")
                aws.pages(
                    "rds",
                    "DescribeDBInstances",
                    [instance("good", **good), deleting],
                    [instance(HOSTILE, **bad)],
                )
                findings = {finding.resource_name: finding for finding in await judge(check)}
                assert {name: finding.status for name, finding in findings.items()} == {
                    "good": Status.PASS,
                    "going": Status.NOT_ASSESSED,
                    HOSTILE: Status.FAIL,
                }
                assert findings[HOSTILE].resource_type == "AWS::RDS::DBInstance"
                assert "\n" not in findings[HOSTILE].reason
                assert findings[HOSTILE].evidence["instance_id"] == HOSTILE


async def test_a_denied_list_is_not_assessed(aws: Any, judge: Judge) -> None:
    with each_row() as row:
        for check in (PUBLIC, ENCRYPTED, MULTI_AZ, UPGRADES):
            with row(check):
                aws.restart()
                aws.denied("rds", "DescribeDBInstances")
                [finding] = await judge(check)
                assert finding.status is Status.NOT_ASSESSED
                assert "rds:DescribeDBInstances" in finding.reason


async def test_the_security_groups_decide_how_bad_a_public_address_is(aws: Any, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any], Severity]] = [
        (group("0.0.0.0/0"), Severity.CRITICAL),
        (group("0.0.0.0/1", "128.0.0.0/1"), Severity.CRITICAL),
        (group("::/0"), Severity.CRITICAL),
        (group("0.0.0.0/0", protocol="-1"), Severity.CRITICAL),
        (group("0.0.0.0/0", port=22), Severity.HIGH),
        (group("203.0.113.0/24"), Severity.HIGH),
        (group("0.0.0.0/0", protocol="udp"), Severity.HIGH),
    ]
    with each_row() as row:
        for rule, severity in rows:
            with row(rule):
                aws.restart()
                groups = [{"VpcSecurityGroupId": "sg-1", "Status": "active"}]
                instances(aws, instance(PubliclyAccessible=True, VpcSecurityGroups=groups))
                aws.answer("ec2", "DescribeSecurityGroups", {"SecurityGroups": [rule]})
                [finding] = await judge(PUBLIC)
                assert (finding.status, finding.severity) == (Status.FAIL, severity)


@pytest.mark.parametrize(
    ("pages", "severity"),
    [
        ([["203.0.113.0/24"], ["0.0.0.0/0"]], Severity.CRITICAL),
        ([["203.0.113.0/24"], ["198.51.100.0/24"]], Severity.HIGH),
        ([], Severity.CRITICAL),
    ],
)
async def test_a_prefix_list_of_a_rule_counts_as_its_blocks_and_unread_as_everyone(
    aws: Any, judge: Judge, pages: list[list[str]], severity: Severity
) -> None:
    groups = [{"VpcSecurityGroupId": "sg-1", "Status": "active"}]
    instances(aws, instance(PubliclyAccessible=True, VpcSecurityGroups=groups))
    of_a_list = group()
    of_a_list["IpPermissions"][0]["PrefixListIds"] = [{"PrefixListId": "pl-1"}]
    aws.answer("ec2", "DescribeSecurityGroups", {"SecurityGroups": [of_a_list]})
    if pages:
        blocks = [[{"Cidr": block} for block in page] for page in pages]
        aws.pages("ec2", "GetManagedPrefixListEntries", *blocks)
    else:
        aws.denied("ec2", "GetManagedPrefixListEntries")
    [finding] = await judge(PUBLIC)
    assert (finding.status, finding.severity) == (Status.FAIL, severity)


async def test_unread_security_groups_leave_a_public_instance_critical(aws: Any, judge: Judge) -> None:
    instances(aws, instance(PubliclyAccessible=True))
    [finding] = await judge(PUBLIC)
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.CRITICAL)
    assert "could not be read" in finding.reason


async def test_what_an_absent_setting_means(aws: Any, judge: Judge) -> None:
    rows: list[tuple[str, str, Status]] = [
        (PUBLIC, "PubliclyAccessible", Status.PASS),
        (ENCRYPTED, "StorageEncrypted", Status.FAIL),
        (MULTI_AZ, "MultiAZ", Status.FAIL),
        (UPGRADES, "AutoMinorVersionUpgrade", Status.NOT_ASSESSED),
    ]
    with each_row() as row:
        for check, member, status in rows:
            with row(check):
                aws.restart()
                found_instance = instance()
                del found_instance[member]
                instances(aws, found_instance)
                [finding] = await judge(check)
                assert finding.status is status


async def test_who_needs_a_standby(aws: Any, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any], Status | None]] = [
        ({"DBInstanceClass": "db.t3.micro"}, Status.PASS),
        ({"DBInstanceClass": "db.t4g.small"}, Status.PASS),
        ({"DBInstanceClass": "db.smallish.large"}, Status.FAIL),
        ({"ReadReplicaSourceDBInstanceIdentifier": "orders"}, Status.PASS),
        ({"PendingModifiedValues": {"MultiAZ": True}}, Status.FAIL),
        ({"Engine": "custom-oracle-ee"}, None),
        ({"Engine": "sqlserver-ex"}, None),
    ]
    with each_row() as row:
        for members, status in rows:
            with row(members):
                aws.restart()
                instances(aws, instance(**members))
                assert [finding.status for finding in await judge(MULTI_AZ)] == (
                    [] if status is None else [status]
                )


@pytest.mark.parametrize(("multi_az", "status"), [(True, Status.PASS), (False, Status.FAIL)])
async def test_a_member_of_a_cluster_follows_the_cluster(
    aws: Any, judge: Judge, multi_az: bool, status: Status
) -> None:
    instances(aws, instance("one", Engine="aurora-mysql", DBClusterIdentifier="shop"))
    cluster = {
        "DBClusterIdentifier": "shop",
        "MultiAZ": multi_az,
        "Engine": "aurora-mysql",
        "DBClusterMembers": [{"DBInstanceIdentifier": "one", "IsClusterWriter": True}],
    }
    aws.pages("rds", "DescribeDBClusters", [{"DBClusterIdentifier": "other", "MultiAZ": True}], [cluster])
    [finding] = await judge(MULTI_AZ)
    assert finding.status is status
    assert finding.evidence["members"] == ["one"]


async def test_an_unencrypted_cluster_says_what_its_copy_has_to_carry_over(aws: Any, judge: Judge) -> None:
    member = {"Engine": "aurora-mysql", "DBClusterIdentifier": "shop"}
    instances(aws, instance("one", **member), instance("two", DBInstanceClass="db.r6g.xlarge", **member))
    cluster = {
        "DBClusterIdentifier": "shop",
        "Engine": "aurora-mysql",
        "EngineMode": "provisioned",
        "EngineVersion": "8.0",
        "DBSubnetGroup": "private",
        "StorageType": "aurora",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-9", "Status": "active"}],
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 4.0},
    }
    aws.answer("rds", "DescribeDBClusters", {"DBClusters": [cluster]})
    evidence = (await judge(ENCRYPTED))[0].evidence
    assert evidence["cluster_restore_request"] == {
        "Engine": "aurora-mysql",
        "EngineVersion": "8.0",
        "DBSubnetGroupName": "private",
        "VpcSecurityGroupIds": ["sg-9"],
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 4.0},
    }
    request = {"AutoMinorVersionUpgrade": True, "PubliclyAccessible": False}
    assert evidence["cluster_instances"] == [
        {"id": "one", "class": "db.m6g.large", "request": request},
        {"id": "two", "class": "db.r6g.xlarge", "request": request},
    ]


async def test_storage_with_a_key_that_aws_owns_is_encrypted(aws: Any, judge: Judge) -> None:
    rows: list[tuple[str | None, str | None, Status]] = [
        ("sse-rds", None, Status.PASS),
        ("sse-rds", "sse-rds", Status.PASS),
        (None, "sse-rds", Status.PASS),
        ("none", "none", Status.FAIL),
        (None, None, Status.FAIL),
        ("sse-new", None, Status.NOT_ASSESSED),
    ]
    with each_row() as row:
        for of_instance, of_cluster, status in rows:
            with row((of_instance, of_cluster)):
                aws.restart()
                member = {"Engine": "aurora-mysql", "DBClusterIdentifier": "shop"}
                cluster: dict[str, Any] = {"DBClusterIdentifier": "shop", "Engine": "aurora-mysql"}
                if of_instance is not None:
                    member["StorageEncryptionType"] = of_instance
                if of_cluster is not None:
                    cluster["StorageEncryptionType"] = of_cluster
                instances(aws, instance("one", **member))
                aws.answer("rds", "DescribeDBClusters", {"DBClusters": [cluster]})
                [finding] = await judge(ENCRYPTED)
                assert finding.status is status


async def test_an_encrypted_copy_of_a_graph_still_authenticates_its_callers(aws: Any, judge: Judge) -> None:
    instances(aws, instance("one", Engine="neptune", DBClusterIdentifier="graph", PubliclyAccessible=True))
    cluster = {
        "DBClusterIdentifier": "graph",
        "Engine": "neptune",
        "IAMDatabaseAuthenticationEnabled": True,
        "CopyTagsToSnapshot": True,
        "NetworkType": "DUAL",
    }
    aws.answer("rds", "DescribeDBClusters", {"DBClusters": [cluster]})
    evidence = (await judge(ENCRYPTED))[0].evidence
    assert evidence["cluster_restore_request"] == {
        "Engine": "neptune",
        "EnableIAMDatabaseAuthentication": True,
        "CopyTagsToSnapshot": True,
        "NetworkType": "DUAL",
    }
    [member] = evidence["cluster_instances"]
    assert member["request"] == {"AutoMinorVersionUpgrade": True, "PubliclyAccessible": True}


async def test_an_encrypted_copy_of_documents_keeps_its_managed_password(aws: Any, judge: Judge) -> None:
    instances(aws, instance("one", Engine="docdb", DBClusterIdentifier="documents"))
    cluster = {
        "DBClusterIdentifier": "documents",
        "Engine": "docdb",
        "NetworkType": "IPV4",
        "MasterUserSecret": {"SecretArn": "arn", "KmsKeyId": "key"},
    }
    aws.answer("rds", "DescribeDBClusters", {"DBClusters": [cluster]})
    evidence = (await judge(ENCRYPTED))[0].evidence
    assert evidence["cluster_restore_request"] == {"Engine": "docdb"}
    assert evidence["cluster_modify_request"] == {
        "ManageMasterUserPassword": True,
        "MasterUserSecretKmsKeyId": "key",
    }


async def test_clusters_that_cannot_be_read_leave_only_their_members_unassessed(
    aws: Any, judge: Judge
) -> None:
    instances(
        aws,
        instance("member", Engine="aurora-mysql", DBClusterIdentifier="shop"),
        instance("single", MultiAZ=True),
    )
    aws.denied("rds", "DescribeDBClusters")
    findings = {finding.resource_name: finding for finding in await judge(MULTI_AZ)}
    assert findings["member"].status is Status.NOT_ASSESSED
    assert findings["member"].evidence["missing_permission"] == "rds:DescribeDBClusters"
    assert findings["single"].status is Status.PASS


async def test_engines_with_a_service_of_their_own_keep_their_type(aws: Any, judge: Judge) -> None:
    instances(
        aws,
        instance("documents", Engine="docdb", AutoMinorVersionUpgrade=False),
        instance("graph", Engine="neptune", AutoMinorVersionUpgrade=False),
        instance("custom", Engine="custom-sqlserver-ee", AutoMinorVersionUpgrade=False),
    )
    findings = {finding.resource_name: finding for finding in await judge(ENCRYPTED)}
    assert findings["documents"].resource_type == "AWS::DocDB::DBInstance"
    assert findings["graph"].resource_type == "AWS::Neptune::DBInstance"
    assert [finding.resource_name for finding in await judge(UPGRADES)] == ["graph"]


async def test_an_unencrypted_instance_says_what_its_copy_has_to_carry_over(aws: Any, judge: Judge) -> None:
    instances(
        aws,
        instance(
            DBSubnetGroup={"DBSubnetGroupName": "private"},
            VpcSecurityGroups=[{"VpcSecurityGroupId": "sg-9", "Status": "active"}],
            DBParameterGroups=[{"DBParameterGroupName": "tuned", "ParameterApplyStatus": "in-sync"}],
            StorageType="gp2",
            Iops=300,
            MaxAllocatedStorage=500,
            BackupRetentionPeriod=14,
        ),
    )
    [finding] = await judge(ENCRYPTED)
    assert finding.evidence["restore_request"] == {
        "DBInstanceClass": "db.m6g.large",
        "AutoMinorVersionUpgrade": True,
        "PubliclyAccessible": False,
        "StorageType": "gp2",
        "Port": 5432,
        "DBSubnetGroupName": "private",
        "VpcSecurityGroupIds": ["sg-9"],
        "DBParameterGroupName": "tuned",
    }
    assert finding.evidence["modify_request"] == {"BackupRetentionPeriod": 14, "MaxAllocatedStorage": 500}


@pytest.mark.parametrize("public", [None, False, True])
async def test_a_public_copy_of_a_multi_az_cluster_is_asked_for_and_never_a_default(
    aws: Any, judge: Judge, public: bool | None
) -> None:
    instances(aws, instance("one", Engine="postgres", DBClusterIdentifier="shop"))
    cluster: dict[str, Any] = {
        "DBClusterIdentifier": "shop",
        "Engine": "postgres",
        "DBSubnetGroup": "private",
    }
    if public is not None:
        cluster["PubliclyAccessible"] = public
    aws.answer("rds", "DescribeDBClusters", {"DBClusters": [cluster]})
    evidence = (await judge(ENCRYPTED))[0].evidence
    assert evidence["cluster_restore_request"]["PubliclyAccessible"] is bool(public)
    assert evidence["multi_az_cluster"]


async def test_iops_are_carried_over_where_a_restore_takes_them(aws: Any, judge: Judge) -> None:
    rows: list[tuple[dict[str, Any], bool]] = [
        ({"Engine": "postgres", "AllocatedStorage": 399}, False),
        ({"Engine": "postgres", "AllocatedStorage": 400}, True),
        ({"Engine": "oracle-ee", "AllocatedStorage": 199}, False),
        ({"Engine": "oracle-ee", "AllocatedStorage": 200}, True),
        ({"Engine": "sqlserver-se", "AllocatedStorage": 20}, True),
        ({"Engine": "postgres", "AllocatedStorage": 100, "StorageType": "io1"}, True),
        ({"Engine": "postgres", "AllocatedStorage": 1000, "StorageType": "gp2"}, False),
    ]
    with each_row() as row:
        for members, has_iops in rows:
            with row(members):
                aws.restart()
                storage = {"StorageType": "gp3", "Iops": 3000, "StorageThroughput": 125, **members}
                instances(aws, instance(**storage))
                [finding] = await judge(ENCRYPTED)
                assert ("Iops" in finding.evidence["restore_request"]) is has_iops


@pytest.mark.parametrize(
    ("engine", "request_name"), [("postgres", "modify_request"), ("oracle-se2", "restore_request")]
)
async def test_a_managed_password_is_set_after_the_restore_except_for_oracle(
    aws: Any, judge: Judge, engine: str, request_name: str
) -> None:
    instances(aws, instance(Engine=engine, MasterUserSecret={"SecretArn": "arn", "KmsKeyId": "key"}))
    evidence = (await judge(ENCRYPTED))[0].evidence
    managed_password = {"ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": "key"}
    for each in ("modify_request", "restore_request"):
        assert (managed_password.items() <= evidence[each].items()) is (each == request_name), each


async def test_what_a_copy_takes_over_and_what_it_cannot(aws: Any, judge: Judge) -> None:
    instances(
        aws,
        instance(
            AvailabilityZone="eu-central-1b",
            EngineLifecycleSupport="open-source-rds-extended-support-disabled",
            TagList=[
                {"Key": "team", "Value": "shop"},
                {"Key": "aws:cloudformation:stack-name", "Value": "x"},
            ],
            AssociatedRoles=[{"RoleArn": "arn:role", "FeatureName": "s3Import", "Status": "ACTIVE"}],
            DomainMemberships=[{"Domain": "d-1", "Status": "joined", "IAMRoleName": "rds-domain"}],
            DatabaseInsightsMode="advanced",
            ReadReplicaDBInstanceIdentifiers=["copy"],
            ActivityStreamStatus="started",
        ),
    )
    [finding] = await judge(ENCRYPTED)
    restore = finding.evidence["restore_request"]
    assert restore["EngineLifecycleSupport"] == "open-source-rds-extended-support-disabled"
    assert restore["Tags"] == [{"Key": "team", "Value": "shop"}]
    assert (restore["Domain"], restore["DomainIAMRoleName"]) == ("d-1", "rds-domain")
    assert restore["AvailabilityZone"] == "eu-central-1b"
    assert finding.evidence["modify_request"]["DatabaseInsightsMode"] == "advanced"
    assert finding.evidence["roles"] == [{"arn": "arn:role", "feature": "s3Import"}]
    assert finding.evidence["not_carried"] == ["read replicas", "the database activity stream"]


async def test_an_instance_behind_an_internet_access_gateway_is_public(aws: Any, judge: Judge) -> None:
    instances(
        aws, instance(Engine="aurora-postgresql", DBClusterIdentifier="shop", VPCNetworkingEnabled=False)
    )
    [finding] = await judge(PUBLIC)
    assert (finding.status, finding.severity) == (Status.FAIL, Severity.HIGH)
    assert "internet access gateway" in finding.reason


async def test_a_zone_without_the_clusters_storage_is_not_offered(aws: Any, judge: Judge) -> None:
    subnets = [{"SubnetAvailabilityZone": {"Name": f"eu-central-1{zone}"}} for zone in "abcd"]
    one = instance(
        "one",
        Engine="aurora-mysql",
        DBClusterIdentifier="shop",
        AvailabilityZone="eu-central-1a",
        DBSubnetGroup={"Subnets": subnets},
    )
    instances(aws, one)
    cluster = {
        "DBClusterIdentifier": "shop",
        "Engine": "aurora-mysql",
        "MultiAZ": False,
        "AvailabilityZones": ["eu-central-1a", "eu-central-1c", "eu-central-1d"],
        "DBClusterMembers": [{"DBInstanceIdentifier": "one", "IsClusterWriter": True}],
    }
    aws.answer("rds", "DescribeDBClusters", {"DBClusters": [cluster]})
    evidence = (await judge(MULTI_AZ))[0].evidence
    assert evidence["free_zones"] == ["eu-central-1c", "eu-central-1d"]
    assert evidence["first_reader"]
    assert evidence["member_request"] == {"AutoMinorVersionUpgrade": True, "PubliclyAccessible": False}


async def test_pending_changes_are_recorded(aws: Any, judge: Judge) -> None:
    instances(aws, instance(PendingModifiedValues={"MultiAZ": True, "DBInstanceClass": "db.r6g.large"}))
    [finding] = await judge(MULTI_AZ)
    assert (finding.evidence["pending"], finding.evidence["pending_changes"]) == (True, ["DBInstanceClass"])

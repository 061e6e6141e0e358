"""The networks of the accounts: VPCs, subnets, security groups, network ACLs and flow logs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING
from cloud_audit_tui.demo.region_client import tags

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient

ANYWHERE = "0.0.0.0/0"
OFFICE = "203.0.113.0/24"
INSIDE = "10.0.0.0/8"


@dataclass(frozen=True)
class Group:
    """A security group; each rule is a port, or ``None`` for all traffic, and a block of addresses."""

    name: str
    description: str
    rules: tuple[tuple[int | None, str], ...]


@dataclass(frozen=True)
class Network:
    """A VPC with a public subnet and, unless it is ``flat``, a private one.

    A ``tight`` VPC has an empty default security group and a network ACL that blocks administration ports
    from outside; ``flow_logs`` is the traffic that its flow log records, empty for none.
    """

    account: Account
    region: str
    name: str
    block: str
    groups: tuple[Group, ...]
    tight: bool = False
    flat: bool = False
    flow_logs: str = ""
    without_default: bool = field(default=False)


_WEB = Group("web", "HTTPS from everywhere", ((443, ANYWHERE), (80, ANYWHERE)))
_APPS = Group("applications", "Calls from inside", ((8080, INSIDE), (8443, INSIDE)))
_DATABASES = Group("databases", "PostgreSQL and MySQL from inside", ((5432, INSIDE), (3306, INSIDE)))
_BASTION = Group("bastion", "SSH from the office", ((22, OFFICE),))

NETWORKS = (
    Network(
        PRODUCTION,
        "us-east-1",
        "platform",
        "10.20.0.0/16",
        (_WEB, _APPS, _DATABASES, _BASTION, Group("legacy-etl", "Partner uploads", ((22, ANYWHERE),))),
        tight=True,
        flow_logs="ALL",
        without_default=True,
    ),
    Network(
        PRODUCTION,
        "eu-west-1",
        "platform-eu",
        "10.21.0.0/16",
        (_WEB, _APPS, _DATABASES),
        tight=True,
        flow_logs="REJECT",
    ),
    Network(
        STAGING,
        "eu-central-1",
        "staging",
        "10.40.0.0/16",
        (_WEB, _APPS, _DATABASES, Group("debug-redis", "Load tests", ((6379, ANYWHERE),))),
        flow_logs="ACCEPT",
    ),
    Network(STAGING, "us-east-1", "staging-us", "10.41.0.0/16", (_WEB, _DATABASES), tight=True),
    Network(
        RESEARCH,
        "ap-southeast-2",
        "lab",
        "10.60.0.0/16",
        (
            Group("jupyter", "Notebooks for the field teams", ((22, ANYWHERE), (8888, ANYWHERE))),
            Group("open-for-workshop", "Spring workshop, remove afterwards", ((None, ANYWHERE),)),
            Group("postgres-shared", "Soil samples", ((5432, ANYWHERE),)),
            _APPS,
        ),
        flat=True,
    ),
    Network(
        RESEARCH,
        "us-west-2",
        "corpus",
        "10.61.0.0/16",
        (Group("rdp-annotators", "Labels", ((3389, ANYWHERE),)),),
    ),
)


def fill(at: At) -> None:
    """Create the resources of `NETWORKS`."""
    for network in NETWORKS:
        _fill(at(network.account, network.region), network)


def _fill(here: RegionClient, network: Network) -> None:
    if network.without_default:
        _remove_default(here)
    vpc = here("ec2", "CreateVpc", CidrBlock=network.block, **_name_tag("vpc", network.name))["Vpc"]["VpcId"]
    prefix = ".".join(network.block.split(".")[:2])
    gateway = here("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    here("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    kinds = ("public",) if network.flat else ("public", "private")
    for number, kind in enumerate(kinds):
        subnet = here(
            "ec2",
            "CreateSubnet",
            VpcId=vpc,
            CidrBlock=f"{prefix}.{number}.0/24",
            AvailabilityZone=f"{here.region}a",
            **_name_tag("subnet", f"{network.name}-{kind}"),
        )["Subnet"]["SubnetId"]
        if kind == "public":
            table = here("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
            here("ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
            here("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
    for group in network.groups:
        _group(here, vpc, group)
    if network.tight:
        _tighten(here, vpc)
    if network.flow_logs:
        _log_flows(here, vpc, network)


def _name_tag(kind: str, name: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags(Name=name)}]}


def _group(here: RegionClient, vpc: str, group: Group) -> None:
    response = here(
        "ec2", "CreateSecurityGroup", GroupName=group.name, Description=group.description, VpcId=vpc
    )
    permissions = []
    for port, block in group.rules:
        ports = (
            {"IpProtocol": "-1"} if port is None else {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        )
        permissions.append({**ports, "IpRanges": [{"CidrIp": block, "Description": group.description}]})
    here("ec2", "AuthorizeSecurityGroupIngress", GroupId=response["GroupId"], IpPermissions=permissions)


def _of_vpc(vpc: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc]}]


def _tighten(here: RegionClient, vpc: str) -> None:
    """Empty the default security group, and block administration ports from outside."""
    by_name = {"Name": "group-name", "Values": ["default"]}
    groups = here("ec2", "DescribeSecurityGroups", Filters=[*_of_vpc(vpc), by_name])["SecurityGroups"]
    for group in groups:
        for direction, member in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
            if group.get(member):
                here(
                    "ec2",
                    f"RevokeSecurityGroup{direction}",
                    GroupId=group["GroupId"],
                    IpPermissions=[_bare(each) for each in group[member]],
                )
    acls = here("ec2", "DescribeNetworkAcls", Filters=_of_vpc(vpc))["NetworkAcls"]
    for acl in acls:
        for number, port in ((10, 22), (20, 3389)):
            for offset, protocol in enumerate(("6", "17")):
                here(
                    "ec2",
                    "CreateNetworkAclEntry",
                    NetworkAclId=acl["NetworkAclId"],
                    RuleNumber=number + offset,
                    Protocol=protocol,
                    RuleAction="deny",
                    Egress=False,
                    CidrBlock=ANYWHERE,
                    PortRange={"From": port, "To": port},
                )


def _bare(permission: dict[str, Any]) -> dict[str, Any]:
    members = ("IpProtocol", "FromPort", "ToPort", "IpRanges", "UserIdGroupPairs")
    return {name: permission[name] for name in members if permission.get(name) not in (None, [])}


def _log_flows(here: RegionClient, vpc: str, network: Network) -> None:
    group = f"/vpc/{network.name}/flow-logs"
    here(
        "logs",
        "CreateLogGroup",
        logGroupName=group,
        **({"kmsKeyId": here.key} if network.account.rotates_keys and network.without_default else {}),
    )
    here(
        "ec2",
        "CreateFlowLogs",
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType=network.flow_logs,
        LogDestinationType="cloud-watch-logs",
        LogGroupName=group,
        DeliverLogsPermissionArn=here.role_arn("flow-logs"),
    )


def _remove_default(here: RegionClient) -> None:
    default = [{"Name": "is-default", "Values": ["true"]}]
    for vpc in here("ec2", "DescribeVpcs", Filters=default)["Vpcs"]:
        for subnet in here("ec2", "DescribeSubnets", Filters=_of_vpc(vpc["VpcId"]))["Subnets"]:
            here("ec2", "DeleteSubnet", SubnetId=subnet["SubnetId"])
        here("ec2", "DeleteVpc", VpcId=vpc["VpcId"])

"""Facts about networks: VPCs, subnets, routes, and what permits traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.checks.facts import facts_of
from cloud_audit_tui.checks.facts.members import arn, excerpt, fact, members, name_tag, structures
from cloud_audit_tui.model import FactKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.checks.facts.members import Item, Members
    from cloud_audit_tui.model import Fact, Target

VPC = members("VpcId", "OwnerId", "CidrBlock", "IsDefault", CidrBlockAssociationSet=members("CidrBlock"))
SUBNET = members(
    "SubnetId",
    "VpcId",
    "OwnerId",
    "AvailabilityZone",
    "CidrBlock",
    "MapPublicIpOnLaunch",
    Ipv6CidrBlockAssociationSet=members("Ipv6CidrBlock"),
    BlockPublicAccessStates=members("InternetGatewayBlockMode"),
)
ROUTES = members(
    "RouteTableId",
    "VpcId",
    "OwnerId",
    Associations=members("Main", "SubnetId", "GatewayId"),
    Routes=members(
        "DestinationCidrBlock",
        "DestinationIpv6CidrBlock",
        "DestinationPrefixListId",
        "GatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "VpcPeeringConnectionId",
        "EgressOnlyInternetGatewayId",
        "NetworkInterfaceId",
        "InstanceId",
        "State",
    ),
)
_PERMISSION = members(
    "IpProtocol",
    "FromPort",
    "ToPort",
    IpRanges=members("CidrIp"),
    Ipv6Ranges=members("CidrIpv6"),
    PrefixListIds=members("PrefixListId"),
    UserIdGroupPairs=members("GroupId", "UserId", "VpcId", "VpcPeeringConnectionId"),
)
SECURITY_GROUP = members(
    "GroupId", "GroupName", "VpcId", "OwnerId", IpPermissions=_PERMISSION, IpPermissionsEgress=_PERMISSION
)
ACL = members(
    "NetworkAclId",
    "VpcId",
    "OwnerId",
    "IsDefault",
    Associations=members("SubnetId"),
    Entries=members(
        "RuleNumber",
        "RuleAction",
        "Protocol",
        "Egress",
        "CidrBlock",
        "Ipv6CidrBlock",
        PortRange=members("From", "To"),
    ),
)
INTERFACE = members(
    "NetworkInterfaceId",
    "InterfaceType",
    "VpcId",
    "SubnetId",
    "PrivateIpAddress",
    "RequesterManaged",
    Association=members("PublicIp", "AllocationId"),
    Attachment=members("InstanceId", "InstanceOwnerId"),
    Groups=members("GroupId"),
)
ADDRESS = members("AllocationId", "PublicIp", "AssociationId", "InstanceId", "NetworkInterfaceId")

_LISTS: tuple[tuple[str, str, str, str, str, Members], ...] = (
    ("DescribeVpcs", "Vpcs", "VpcId", "vpc", "AWS::EC2::VPC", VPC),
    ("DescribeSubnets", "Subnets", "SubnetId", "subnet", "AWS::EC2::Subnet", SUBNET),
    (
        "DescribeRouteTables",
        "RouteTables",
        "RouteTableId",
        "route-table",
        "AWS::EC2::RouteTable",
        ROUTES,
    ),
    (
        "DescribeSecurityGroups",
        "SecurityGroups",
        "GroupId",
        "security-group",
        "AWS::EC2::SecurityGroup",
        SECURITY_GROUP,
    ),
    (
        "DescribeNetworkAcls",
        "NetworkAcls",
        "NetworkAclId",
        "network-acl",
        "AWS::EC2::NetworkAcl",
        ACL,
    ),
    (
        "DescribeNetworkInterfaces",
        "NetworkInterfaces",
        "NetworkInterfaceId",
        "network-interface",
        "AWS::EC2::NetworkInterface",
        INTERFACE,
    ),
    ("DescribeAddresses", "Addresses", "AllocationId", "elastic-ip", "AWS::EC2::EIP", ADDRESS),
)
"""Operation, list member, id member, ARN path, type and allow-list of each kind of network resource."""


def _declare(operation: str, member: str, id_member: str, path: str, kind: str, allowed: Members) -> None:
    @facts_of(f"ec2:{operation}")
    def networks(response: Item, target: Target, _params: Item) -> Iterator[Fact]:
        for item in structures(response, member):
            identity = str(item.get(id_member) or "")
            yield fact(
                FactKind.NETWORK,
                target,
                kind,
                arn(target, "ec2", f"{path}/{identity}"),
                name=str(item.get("GroupName") or "") or name_tag(item),
                data=excerpt(item, allowed),
            )


for _list in _LISTS:
    _declare(*_list)

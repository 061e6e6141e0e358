"""Amazon VPC: open security groups and network ACLs, missing flow logs, and permissive defaults."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.errors import ReadError
from cloud_audit_tui.checks.api import Item, Region, Verdicts, check
from cloud_audit_tui.checks.services.ec2.instances import id_and_name, name_tag, once, owned
from cloud_audit_tui.checks.services.vpc.prefix_lists import ENTRIES, blocks_of
from cloud_audit_tui.checks.wording import enumeration
from cloud_audit_tui.model import Resource, Status, Verdict
from cloud_audit_tui.network.network_acls import inbound, openings, stopping_rules
from cloud_audit_tui.network.routes import (
    RouteTables,
    blocks_public_access,
    free_block,
    gateway_prefix_lists,
    reaches_internet,
)
from cloud_audit_tui.network.security_groups import (
    ADMIN_PORTS,
    SERVICES,
    Exposure,
    Source,
    exposure,
    prefix_lists,
    rule,
    words,
)
from cloud_audit_tui.plural import plural
from cloud_audit_tui.text import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

VPC_TYPE = "AWS::EC2::VPC"
GROUP_TYPE = "AWS::EC2::SecurityGroup"
ACL_TYPE = "AWS::EC2::NetworkAcl"

LISTED = 4
"""The most rules or ports that a reason names; it counts the others."""


@check("aws-vpc-001", reads=["ec2:DescribeVpcs", "ec2:DescribeNetworkInterfaces"])
def default_vpc_in_use(region: Region) -> Verdicts:
    """Fail a default VPC with a network interface.

    Source: Vpc.IsDefault and the region's network interfaces, read once and only where there is a default
    VPC. Every workload in a VPC has an interface there, including those that AWS manages for load balancers,
    databases and functions, so one is enough. Other VPCs are not judged. The list lacks interfaces of EC2
    managed resources where the account hides these (ModifyManagedResourceVisibility): only a request with
    IncludeManagedResources returns them, which an endpoint without that parameter would refuse.
    """
    interfaces = once(partial(_interfaces_by_vpc, region))
    return region.judge(
        _vpcs(region, default=True),
        partial(_vpc_resource, region),
        partial(_judge_default_vpc, region, interfaces),
    )


@check(
    "aws-vpc-002",
    reads=["ec2:DescribeSecurityGroups", ENTRIES, "ec2:DescribeSecurityGroupRules"],
)
def security_group_open(region: Region) -> Verdicts:
    """Fail a security group that opens a port of administration or of a database to the internet.

    Source: IpPermissions. A rule counts for the protocol it has: all protocols, or TCP for the services
    watched, or UDP for 22 and 3389, which the CIS benchmark names for UDP too. AWS documents that the
    protocol -1 is every port, whatever the rule's port range. A group has one verdict, which names every rule
    that opens a port.

    The sources are the internet if the wide blocks of all rules for a port (larger than any that one
    organization holds: shorter than /8, or /12 for IPv6) cover half of all addresses, so a pair of halves
    counts and a company's list of networks does not. The entries of a prefix list are read only if a rule for
    such a port names it; if they cannot be read, a group that is not open by its other rules is not assessed.

    Critical for all traffic and for SSH, RDP, MySQL and PostgreSQL; high for the others. A group that another
    account shares is judged in that account. The IDs of the rules are read for failing groups only, for the
    Terraform file.
    """
    rules = once(partial(_rule_ids, region))
    return region.judge(
        region.items("ec2", "DescribeSecurityGroups"),
        partial(_group_resource, region),
        partial(_judge_group, region, rules),
    )


@check("aws-vpc-003", reads=["ec2:DescribeVpcs", "ec2:DescribeFlowLogs", "ec2:DescribeSubnets"])
def flow_logs_missing(region: Region) -> Verdicts:
    """Fail a VPC without a flow log of its rejected traffic.

    Source: DescribeFlowLogs, once for the region. A log counts when it is ACTIVE, records REJECT or ALL (the
    CIS benchmark requires at least rejects; a log of accepted traffic shows no probing) and its delivery has
    not FAILED. A VPC also passes when each of its subnets has such a log, since every interface is in a
    subnet; logs of single interfaces do not cover a VPC.

    Default VPCs are judged, since the benchmark covers all VPCs, although another scanner skips them. A VPC
    that another account shares is not judged: only its owner can log it.
    """
    logs = once(partial(_flow_logs, region))
    subnets = once(partial(_subnets_by_vpc, region))
    return region.judge(
        _vpcs(region), partial(_vpc_resource, region), partial(_judge_flow_logs, region, logs, subnets)
    )


@check("aws-vpc-004", reads=["ec2:DescribeNetworkAcls"])
def network_acl_open(region: Region) -> Verdicts:
    """Fail a network ACL that opens SSH or RDP to the internet.

    Source: NetworkAcl.Entries. AWS evaluates rules in ascending order and the first that matches decides, so
    each allow counts only for addresses that no earlier rule matches: a deny of port 22 before an allow of
    everything closes the port. A port is open if at least half of the internet reaches it, over IPv4 or IPv6,
    over TCP or UDP (the CIS benchmark names both).

    Default ACLs are judged too, as in the benchmark. AWS creates them open and Security Hub exempts them, so
    most accounts fail until they change or mute them; an ACL that no subnet uses is also judged, and the
    reason says that it is unused.
    """
    return region.judge(
        region.items("ec2", "DescribeNetworkAcls"),
        partial(_acl_resource, region),
        partial(_judge_acl, region),
    )


@check("aws-vpc-005", reads=["ec2:DescribeSecurityGroups"])
def default_group_has_rules(region: Region) -> Verdicts:
    """Fail a default security group that has any inbound or outbound rule.

    Source: the group named ``default`` of each VPC; AWS reserves the name. Everything launched without a
    group gets this one, and it cannot be deleted, so the CIS benchmark requires it to be empty.
    """
    return region.judge(
        _default_groups(region), partial(_group_resource, region), partial(_judge_default_group, region)
    )


@check(
    "aws-vpc-006",
    reads=["ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", ENTRIES],
)
def vpc_without_private_subnets(region: Region) -> Verdicts:
    """Fail a VPC whose subnets are all public.

    Source: the route table of each subnet: the one associated with it, or else the VPC's main one. A subnet
    is public if a route for the internet (0.0.0.0/0, ::/0, or halves of them) leads to an internet gateway
    and is not a blackhole, and VPC Block Public Access does not block the gateway. A prefix list that such a
    route names is read; if it cannot be read and no other subnet is private, the VPC is not assessed.
    MapPublicIpOnLaunch, which another scanner uses, only says which instances get a public address by
    default.

    The default VPC is public by design and judged by aws-vpc-001, and only the owner of a shared VPC sees its
    route tables: both are not judged. A VPC without subnets passes.
    """
    subnets = once(partial(_subnets_by_vpc, region))
    tables = once(partial(_route_tables, region))
    return region.judge(
        _vpcs(region, default=False),
        partial(_vpc_resource, region),
        partial(_judge_subnets, region, subnets, tables),
    )


async def _vpcs(region: Region, *, default: bool | None = None) -> AsyncIterator[Item]:
    async for vpc in region.items("ec2", "DescribeVpcs"):
        if owned(region, vpc) and default in (None, bool(vpc.get("IsDefault"))):
            yield vpc


def _vpc_resource(region: Region, vpc: Item) -> Resource:
    vpc_id = str(vpc.get("VpcId") or "")
    return Resource(region.arn("ec2", f"vpc/{vpc_id}"), name_tag(vpc) or vpc_id, VPC_TYPE)


def _vpc_facts(vpc: Item) -> Item:
    return {
        "vpc_id": str(vpc.get("VpcId") or ""),
        "is_default": bool(vpc.get("IsDefault")),
        "cidr_block": str(vpc.get("CidrBlock") or ""),
    }


async def _interfaces_by_vpc(region: Region) -> dict[str, list[Item]]:
    interfaces: dict[str, list[Item]] = defaultdict(list)
    async for interface in region.items("ec2", "DescribeNetworkInterfaces"):
        interfaces[str(interface.get("VpcId") or "")].append(interface)
    return interfaces


async def _judge_default_vpc(
    region: Region, interfaces: Callable[[], Awaitable[dict[str, list[Item]]]], vpc: Item
) -> Verdict:
    resource = _vpc_resource(region, vpc)
    inside = (await interfaces()).get(str(vpc.get("VpcId") or ""), [])
    kinds = Counter(str(each.get("InterfaceType") or "interface") for each in inside)
    evidence = _vpc_facts(vpc) | {
        "network_interfaces": len(inside),
        "interface_types": dict(sorted(kinds.items())),
        "availability_zones": sorted({str(each.get("AvailabilityZone") or "") for each in inside} - {""}),
    }
    name = f"Default VPC {id_and_name(vpc, 'VpcId')}"
    if not inside:
        return Verdict(Status.PASS, resource, f"{name} has no network interface in it.", evidence)
    count = f"{len(inside)} {plural(len(inside), 'network interface')}"
    return Verdict(Status.FAIL, resource, f"{name} is in use: {count} in it.", evidence)


def _group_resource(region: Region, group: Item) -> Resource:
    group_id = str(group.get("GroupId") or "")
    arn = str(group.get("SecurityGroupArn") or region.arn("ec2", f"security-group/{group_id}"))
    return Resource(arn, str(group.get("GroupName") or "") or group_id, GROUP_TYPE)


def _group_words(group: Item) -> str:
    group_id, name = str(group.get("GroupId") or ""), str(group.get("GroupName") or "")
    return f'Security group {quoted(group_id)} ("{quoted(name)}")'


def _group_facts(group: Item) -> Item:
    return {
        "group_id": str(group.get("GroupId") or ""),
        "group_name": str(group.get("GroupName") or ""),
        "vpc_id": str(group.get("VpcId") or ""),
    }


async def _rule_ids(region: Region) -> dict[str, list[Item]] | None:
    """Return the inbound rules with their IDs by group, for the remediation; ``None`` if unread."""
    rules: dict[str, list[Item]] = defaultdict(list)
    try:
        async for listed_rule in region.items("ec2", "DescribeSecurityGroupRules"):
            if not listed_rule.get("IsEgress"):
                rules[str(listed_rule.get("GroupId") or "")].append(listed_rule)
    except ReadError:
        return None
    return rules


async def _judge_group(
    region: Region, rules: Callable[[], Awaitable[dict[str, list[Item]] | None]], group: Item
) -> Verdict | None:
    if not owned(region, group):
        return None
    resource = _group_resource(region, group)
    evidence = _group_facts(group)
    prefixes: dict[str, list[str]] = {}
    unread: ReadError | None = None
    for list_id in prefix_lists(group):
        try:
            prefixes[list_id] = await blocks_of(region, list_id)
        except ReadError as error:
            # Raised below only if no other rule opens a port, since the list cannot close one.
            unread = error
    exposed = exposure(group, prefixes)
    if not exposed.sources:
        if unread is not None:
            raise unread
        words_ = f"{_group_words(group)} opens no watched port to the internet."
        return Verdict(Status.PASS, resource, words_, evidence)
    rules_by_group = await rules()
    evidence |= _exposure_facts(
        group, exposed, None if rules_by_group is None else rules_by_group.get(evidence["group_id"], [])
    )
    reason = f"{_group_words(group)} is open to the internet: {_opened(evidence['open_rules'])}."
    if unread is not None:
        reason += " A prefix list that it names could not be read."
    return Verdict(Status.FAIL, resource, reason, evidence, severity=exposed.severity)


def _exposure_facts(group: Item, exposed: Exposure, rules: list[Item] | None) -> Item:
    open_rules = []
    for source in exposed.sources:
        permission = rule(group, source)
        open_rules.append(
            {
                "what": words(permission),
                "source": source.value,
                "kind": source.kind,
                "permission": permission,
                "rule_id": _rule_id(permission, source, rules or []),
            }
        )
    ports = sorted({port for _, port in exposed.ports})
    return {
        "open_rules": open_rules,
        "revoke": [entry["permission"] for entry in open_rules],
        "ports": [{"port": port, "service": SERVICES[port]} for port in ports],
        "everything": exposed.everything,
        "admin_ports": [port for port in ports if port in ADMIN_PORTS],
        "rule_ids_read": rules is not None,
    }


def _rule_id(permission: Item, source: Source, rules: list[Item]) -> str:
    member = {"ipv4": "CidrIpv4", "ipv6": "CidrIpv6", "prefix_list": "PrefixListId"}[source.kind]
    for listed_rule in rules:
        same_ports = all(
            listed_rule.get(name, -1) == permission.get(name, -1) for name in ("FromPort", "ToPort")
        )
        same_protocol = str(listed_rule.get("IpProtocol")) == str(permission.get("IpProtocol"))
        if listed_rule.get(member) == source.value and same_protocol and same_ports:
            return str(listed_rule.get("SecurityGroupRuleId") or "")
    return ""


def _opened(open_rules: list[Item]) -> str:
    return enumeration((f"{entry['what']} from {quoted(entry['source'])}" for entry in open_rules), LISTED)


async def _flow_logs(region: Region) -> dict[str, list[Item]]:
    logs: dict[str, list[Item]] = defaultdict(list)
    async for log in region.items("ec2", "DescribeFlowLogs"):
        logs[str(log.get("ResourceId") or "")].append(log)
    return logs


async def _subnets_by_vpc(region: Region) -> dict[str, list[Item]]:
    subnets: dict[str, list[Item]] = defaultdict(list)
    async for subnet in region.items("ec2", "DescribeSubnets"):
        subnets[str(subnet.get("VpcId") or "")].append(subnet)
    return subnets


def _log_fault(log: Item) -> str:
    """Return why a flow log does not count, empty if it counts."""
    log_id = quoted(str(log.get("FlowLogId") or ""))
    status = str(log.get("FlowLogStatus") or "ACTIVE")
    if status != "ACTIVE":
        return f"{log_id} is {quoted(status)}"
    if log.get("DeliverLogsStatus") == "FAILED":
        why = str(log.get("DeliverLogsErrorMessage") or "")
        return f"{log_id} fails to deliver" + (f" ({quoted(why)})" if why else "")
    if log.get("TrafficType") == "ACCEPT":
        return f"{log_id} records accepted traffic only"
    return ""


async def _judge_flow_logs(
    region: Region,
    logs: Callable[[], Awaitable[dict[str, list[Item]]]],
    subnets: Callable[[], Awaitable[dict[str, list[Item]]]],
    vpc: Item,
) -> Verdict:
    resource = _vpc_resource(region, vpc)
    by_resource = await logs()
    own_logs = by_resource.get(str(vpc.get("VpcId") or ""), [])
    faults = [(log, fault) for log in own_logs if (fault := _log_fault(log))]
    evidence = _vpc_facts(vpc) | {
        "flow_logs": [_log_facts(log, _log_fault(log)) for log in own_logs],
        "subnets_without": [],
    }
    name = f"VPC {id_and_name(vpc, 'VpcId')}"
    if len(faults) < len(own_logs):
        return Verdict(Status.PASS, resource, f"{name} has a flow log of rejected traffic.", evidence)
    reason = f"{name} has no flow log."
    if faults:
        reason = f"No flow log of {name} records its rejected traffic: {'; '.join(why for _, why in faults)}."
    if any(resource_id.startswith("subnet-") for resource_id in by_resource):
        inside = [str(each.get("SubnetId") or "") for each in (await subnets()).get(evidence["vpc_id"], [])]
        without = [each for each in inside if all(map(_log_fault, by_resource.get(each, [])))]
        evidence["subnets_without"] = without
        if inside and not without:
            reason = f"Each of the {len(inside)} subnets of {name} has a flow log of rejected traffic."
            return Verdict(Status.PASS, resource, reason, evidence)
        if len(without) < len(inside):
            reason += f" {len(inside) - len(without)} of its {len(inside)} subnets have one."
    return Verdict(Status.FAIL, resource, reason, evidence)


def _log_facts(log: Item, fault: str) -> Item:
    return {
        "flow_log_id": str(log.get("FlowLogId") or ""),
        "traffic_type": str(log.get("TrafficType") or ""),
        "destination": str(log.get("LogDestination") or log.get("LogGroupName") or ""),
        "fault": fault,
    }


def _acl_resource(region: Region, acl: Item) -> Resource:
    acl_id = str(acl.get("NetworkAclId") or "")
    return Resource(region.arn("ec2", f"network-acl/{acl_id}"), name_tag(acl) or acl_id, ACL_TYPE)


async def _judge_acl(region: Region, acl: Item) -> Verdict | None:
    if not owned(region, acl):
        return None
    resource = _acl_resource(region, acl)
    open_ports = openings(acl)
    subnets = [str(each.get("SubnetId") or "") for each in acl.get("Associations") or []]
    evidence: Item = {
        "network_acl_id": str(acl.get("NetworkAclId") or ""),
        "vpc_id": str(acl.get("VpcId") or ""),
        "is_default": bool(acl.get("IsDefault")),
        "subnets": subnets,
    }
    name = (
        f"{'Default network' if evidence['is_default'] else 'Network'} ACL {id_and_name(acl, 'NetworkAclId')}"
    )
    if not open_ports:
        return Verdict(Status.PASS, resource, f"{name} opens neither SSH nor RDP to the internet.", evidence)
    evidence |= {
        "openings": [
            {"what": str(opening), "port": opening.port, "rules": list(opening.rules)}
            for opening in open_ports
        ],
        "opening_rules": sorted({number for opening in open_ports for number in opening.rules}),
        "rule_numbers": [int(entry.get("RuleNumber") or 0) for entry in inbound(acl)],
        "stopping_rules": stopping_rules(acl, open_ports),
    }
    rules = ", ".join(map(str, evidence["opening_rules"]))
    reason = f"{name} lets in {enumeration(map(str, open_ports), LISTED)} (rule {rules})."
    if not subnets:
        reason += " No subnet uses it at the moment."
    return Verdict(Status.FAIL, resource, reason, evidence)


async def _default_groups(region: Region) -> AsyncIterator[Item]:
    async for group in region.items("ec2", "DescribeSecurityGroups"):
        if group.get("GroupName") == "default" and owned(region, group):
            yield group


async def _judge_default_group(region: Region, group: Item) -> Verdict:
    resource = _group_resource(region, group)
    evidence = _group_facts(group) | {
        "ingress": [_bare(each) for each in group.get("IpPermissions") or []],
        "egress": [_bare(each) for each in group.get("IpPermissionsEgress") or []],
    }
    name = f"Default security group {quoted(evidence['group_id'])} of {quoted(evidence['vpc_id'])}"
    counts = [
        f"{sum(map(_rules_in, rules))} {word}"
        for word, rules in (("inbound", evidence["ingress"]), ("outbound", evidence["egress"]))
        if rules
    ]
    if not counts:
        return Verdict(Status.PASS, resource, f"{name} has no rules.", evidence)
    return Verdict(Status.FAIL, resource, f"{name} has rules: {' and '.join(counts)}.", evidence)


_SOURCES = {
    "IpRanges": ("CidrIp",),
    "Ipv6Ranges": ("CidrIpv6",),
    "PrefixListIds": ("PrefixListId",),
    "UserIdGroupPairs": ("GroupId", "UserId", "VpcId", "VpcPeeringConnectionId"),
}
"""The members that identify the sources of a permission; descriptions do not."""


def _bare(permission: Item) -> Item:
    """Return only the members of a permission that a revocation needs."""
    revocable: Item = {
        name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission
    }
    for member, keys in _SOURCES.items():
        if sources := permission.get(member):
            revocable[member] = [{key: each[key] for key in keys if each.get(key)} for each in sources]
    return revocable


def _rules_in(permission: Item) -> int:
    return sum(len(permission.get(member) or []) for member in _SOURCES) or 1


async def _route_tables(region: Region) -> dict[str, list[Item]]:
    tables: dict[str, list[Item]] = defaultdict(list)
    async for table in region.items("ec2", "DescribeRouteTables"):
        tables[str(table.get("VpcId") or "")].append(table)
    return tables


async def _prefixes(region: Region, table: Item) -> dict[str, list[str]]:
    """Return the blocks of the prefix lists that lead to an internet gateway; raises `ReadError`."""
    return {list_id: await blocks_of(region, list_id) for list_id in gateway_prefix_lists(table)}


async def _judge_subnets(
    region: Region,
    subnets: Callable[[], Awaitable[dict[str, list[Item]]]],
    tables: Callable[[], Awaitable[dict[str, list[Item]]]],
    vpc: Item,
) -> Verdict:
    resource = _vpc_resource(region, vpc)
    evidence = _vpc_facts(vpc)
    inside = (await subnets()).get(evidence["vpc_id"], [])
    name = f"VPC {id_and_name(vpc, 'VpcId')}"
    if not inside:
        return Verdict(Status.PASS, resource, f"{name} has no subnets.", evidence)
    route_tables = RouteTables((await tables()).get(evidence["vpc_id"], []))
    private, unknown = [], []
    unread: ReadError | None = None
    for subnet in inside:
        subnet_id = str(subnet.get("SubnetId") or "")
        table = route_tables.of_subnet(subnet_id)
        if table is None:
            unknown.append(subnet_id)
        elif blocks_public_access(subnet):
            private.append(subnet_id)
        else:
            try:
                prefixes = await _prefixes(region, table)
            except ReadError as error:
                # Raised below only if no other subnet is private, since one private subnet decides.
                unread = error
                continue
            if not reaches_internet(table, prefixes):
                private.append(subnet_id)
    evidence |= {
        "subnets": len(inside),
        "private_subnets": private,
        "subnet_cidr_blocks": sorted(str(each.get("CidrBlock") or "") for each in inside),
        "availability_zones": sorted({str(each.get("AvailabilityZone") or "") for each in inside} - {""}),
        "free_cidr_block": free_block(
            evidence["cidr_block"], [str(each.get("CidrBlock") or "") for each in inside]
        ),
    }
    count = f"{len(inside)} {plural(len(inside), 'subnet')}"
    if private:
        return Verdict(
            Status.PASS, resource, f"{len(private)} of the {count} of {name} are private.", evidence
        )
    if unread is not None:
        raise unread
    if unknown:
        reason = f"AWS shows no route table for {quoted(', '.join(unknown[:LISTED]))} of {name}."
        return Verdict(Status.NOT_ASSESSED, resource, reason, evidence)
    reason = f"{name} has no private subnet: all {count} route to an internet gateway."
    if len(inside) == 1:
        reason = f"{name} has no private subnet: its only subnet routes to an internet gateway."
    return Verdict(Status.FAIL, resource, reason, evidence)

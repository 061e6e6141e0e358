from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

HERE = "arn:aws:ec2:eu-central-1:111122223333"
ACCOUNT, OTHER = "111122223333", "999988887777"
HOSTILE = "[/red]$(reboot)`id`';\"\u202e${path.module}"
FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED
ANYWHERE, ANYWHERE6 = "0.0.0.0/0", "::/0"


def vpc(vpc_id: str, **members: Any) -> dict[str, Any]:
    return {"VpcId": vpc_id, "OwnerId": ACCOUNT, "IsDefault": False, "CidrBlock": "10.0.0.0/16", **members}


def allow(protocol: str, first: int | None, last: int | None, *cidrs: str, **members: Any) -> dict[str, Any]:
    permission: dict[str, Any] = {
        "IpProtocol": protocol,
        "IpRanges": [{"CidrIp": cidr} for cidr in cidrs if ":" not in cidr],
        "Ipv6Ranges": [{"CidrIpv6": cidr} for cidr in cidrs if ":" in cidr],
        **members,
    }
    if first is not None:
        permission |= {"FromPort": first, "ToPort": last}
    return permission


def group(group_id: str, *permissions: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "GroupId": group_id,
        "GroupName": group_id,
        "OwnerId": ACCOUNT,
        "VpcId": "vpc-1",
        "IpPermissions": list(permissions),
        "IpPermissionsEgress": [],
        **members,
    }


def entry(
    number: int, action: str, protocol: str, ports: tuple[int, int] | None, cidr: str
) -> dict[str, Any]:
    members: dict[str, Any] = {
        "RuleNumber": number,
        "RuleAction": action,
        "Protocol": protocol,
        "Egress": False,
    }
    if ports:
        members["PortRange"] = {"From": ports[0], "To": ports[1]}
    return members | {"Ipv6CidrBlock" if ":" in cidr else "CidrBlock": cidr}


DENY_ALL = entry(32767, "deny", "-1", None, ANYWHERE)


def acl(acl_id: str, *entries: dict[str, Any], **members: Any) -> dict[str, Any]:
    answer = {"RuleNumber": 1, "RuleAction": "allow", "Protocol": "-1", "Egress": True, "CidrBlock": ANYWHERE}
    return {
        "NetworkAclId": acl_id,
        "VpcId": "vpc-1",
        "OwnerId": ACCOUNT,
        "IsDefault": False,
        "Entries": [DENY_ALL, answer, *entries],
        "Associations": [{"SubnetId": "subnet-1"}],
        **members,
    }


def by_id(findings: list[Finding]) -> dict[str, Finding]:
    by_resource = {finding.resource_id.rpartition("/")[2]: finding for finding in findings}
    assert len(by_resource) == len(findings)
    return by_resource


def statuses(findings: list[Finding]) -> dict[str, Status]:
    return {name: finding.status for name, finding in by_id(findings).items()}


class TestDefaultVpc:
    async def test_one_interface_is_use(self, aws: Any, judge: Judge) -> None:
        aws.pages("ec2", "DescribeVpcs", [vpc("vpc-own")], [vpc("vpc-a", IsDefault=True)], MaxResults="1000")
        interface = {"VpcId": "vpc-a", "InterfaceType": "lambda", "AvailabilityZone": "eu-central-1b"}
        aws.pages("ec2", "DescribeNetworkInterfaces", [{"VpcId": "vpc-own"}], [interface])
        [finding] = await judge("aws-vpc-001")
        assert (finding.status, finding.resource_id) == (FAIL, f"{HERE}:vpc/vpc-a")
        assert finding.evidence["interface_types"] == {"lambda": 1}

    async def test_an_empty_default_vpc_passes(self, aws: Any, judge: Judge) -> None:
        aws.answer("ec2", "DescribeVpcs", {"Vpcs": [vpc("vpc-a", IsDefault=True)]})
        aws.answer("ec2", "DescribeNetworkInterfaces", {"NetworkInterfaces": [{"VpcId": "vpc-own"}]})
        assert statuses(await judge("aws-vpc-001")) == {"vpc-a": PASS}

    async def test_without_the_interfaces_it_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.answer("ec2", "DescribeVpcs", {"Vpcs": [vpc("vpc-a", IsDefault=True)]})
        [finding] = await judge("aws-vpc-001")
        assert (finding.status, finding.resource_id) == (UNKNOWN, f"{HERE}:vpc/vpc-a")
        assert finding.evidence["missing_permission"] == "ec2:DescribeNetworkInterfaces"


class TestOpenSecurityGroups:
    async def test_open(self, aws: Any, judge: Judge) -> None:
        rows: list[tuple[dict[str, Any], str]] = [
            (allow("tcp", 22, 22, ANYWHERE), "critical"),
            (allow("tcp", 20, 25, ANYWHERE6), "critical"),
            (allow("-1", None, None, ANYWHERE), "critical"),
            (allow("tcp", 0, 65535, ANYWHERE), "critical"),
            (allow("tcp", -1, -1, ANYWHERE), "critical"),
            (allow("6", 5432, 5432, ANYWHERE), "critical"),
            (allow("udp", 3389, 3389, ANYWHERE), "critical"),
            (allow("tcp", 6379, 6379, ANYWHERE), "high"),
            (allow("tcp", 9000, 9999, ANYWHERE6), "high"),
            (allow("tcp", 22, 22, "0.0.0.0/1", "128.0.0.0/1"), "critical"),
            (allow("tcp", 22, 22, "2000::/3"), "critical"),
        ]
        with each_row() as row:
            for permission, severity in rows:
                with row(permission):
                    aws.restart()
                    aws.answer(
                        "ec2", "DescribeSecurityGroups", {"SecurityGroups": [group("sg-1", permission)]}
                    )
                    [finding] = await judge("aws-vpc-002")
                    assert (finding.status, finding.severity.value) == (FAIL, severity)
                    [revoked] = {
                        (each["IpProtocol"], each.get("FromPort"), each.get("ToPort"))
                        for each in finding.evidence["revoke"]
                    }
                    assert revoked == (
                        permission["IpProtocol"],
                        permission.get("FromPort"),
                        permission.get("ToPort"),
                    )

    async def test_closed(self, aws: Any, judge: Judge) -> None:
        rows: list[dict[str, Any]] = [
            allow("tcp", 443, 443, ANYWHERE, ANYWHERE6),
            allow("udp", 6379, 6379, ANYWHERE),
            allow("udp", 53, 53, ANYWHERE),
            allow("icmp", -1, -1, ANYWHERE),
            allow("47", None, None, ANYWHERE),
            allow("tcp", 22, 22, "10.0.0.0/8", "203.0.113.0/24"),
            allow("tcp", 22, 22, "128.0.0.0/2"),
            allow("tcp", 22, 22, "fd00::/8"),
            allow("-1", None, None, UserIdGroupPairs=[{"GroupId": "sg-1", "UserId": ACCOUNT}]),
        ]
        with each_row() as row:
            for permission in rows:
                with row(permission):
                    aws.restart()
                    aws.answer(
                        "ec2", "DescribeSecurityGroups", {"SecurityGroups": [group("sg-1", permission)]}
                    )
                    assert statuses(await judge("aws-vpc-002")) == {"sg-1": PASS}

    async def test_a_group_has_one_verdict_with_exactly_the_open_rules(self, aws: Any, judge: Judge) -> None:
        open_group = group(
            "sg-1",
            allow("tcp", 6379, 6379, ANYWHERE, "10.0.0.0/8"),
            allow("tcp", 443, 443, ANYWHERE),
            allow("tcp", 0, 1024, ANYWHERE, ANYWHERE6),
            GroupName=HOSTILE,
        )
        theirs = group("sg-2", allow("tcp", 22, 22, ANYWHERE), OwnerId=OTHER)
        aws.pages("ec2", "DescribeSecurityGroups", [group("sg-0"), theirs], [open_group])
        rule = {
            "SecurityGroupRuleId": "sgr-1",
            "GroupId": "sg-1",
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 0,
            "ToPort": 1024,
            "CidrIpv4": ANYWHERE,
        }
        aws.answer("ec2", "DescribeSecurityGroupRules", {"SecurityGroupRules": [rule]})
        findings = by_id(await judge("aws-vpc-002"))
        assert statuses(list(findings.values())) == {"sg-0": PASS, "sg-1": FAIL}
        assert findings["sg-1"].resource_name == HOSTILE
        assert findings["sg-1"].severity.value == "critical"
        assert findings["sg-1"].evidence["revoke"] == [
            {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "IpRanges": [{"CidrIp": ANYWHERE}]},
            {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 1024, "IpRanges": [{"CidrIp": ANYWHERE}]},
            {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 1024, "Ipv6Ranges": [{"CidrIpv6": ANYWHERE6}]},
        ]
        assert [rule["rule_id"] for rule in findings["sg-1"].evidence["open_rules"]] == ["", "sgr-1", ""]

    async def test_a_prefix_list_is_read_where_a_rule_names_it(self, aws: Any, judge: Judge) -> None:
        def by(list_id: str, port: int) -> dict[str, Any]:
            return allow("tcp", port, port, PrefixListIds=[{"PrefixListId": list_id}])

        groups = [
            group("sg-open", by("pl-halves", 22)),
            group("sg-office", by("pl-office", 22)),
            group("sg-web", by("pl-unread", 443)),
            group("sg-unknown", by("pl-denied", 22)),
            group("sg-both", by("pl-denied", 22), allow("tcp", 3306, 3306, ANYWHERE)),
        ]
        aws.answer("ec2", "DescribeSecurityGroups", {"SecurityGroups": groups})
        halves = [[{"Cidr": "0.0.0.0/1"}], [{"Cidr": "128.0.0.0/1"}]]
        aws.pages("ec2", "GetManagedPrefixListEntries", *halves, PrefixListId="pl-halves")
        office = {"Entries": [{"Cidr": "203.0.113.0/24"}]}
        aws.answer("ec2", "GetManagedPrefixListEntries", office, PrefixListId="pl-office")
        findings = by_id(await judge("aws-vpc-002"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "sg-open": FAIL,
            "sg-office": PASS,
            "sg-web": PASS,
            "sg-unknown": UNKNOWN,
            "sg-both": FAIL,
        }
        assert findings["sg-unknown"].evidence["missing_permission"] == "ec2:GetManagedPrefixListEntries"
        assert findings["sg-open"].evidence["revoke"][0]["PrefixListIds"] == [{"PrefixListId": "pl-halves"}]
        assert "pl-unread" not in str(aws.requests("GetManagedPrefixListEntries"))

    async def test_a_denied_list_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("ec2", "DescribeSecurityGroups")
        assert [finding.status for finding in await judge("aws-vpc-002", "aws-vpc-005")] == [UNKNOWN, UNKNOWN]


def log(resource_id: str, traffic: str = "ALL", **members: Any) -> dict[str, Any]:
    return {
        "FlowLogId": f"fl-{resource_id}",
        "ResourceId": resource_id,
        "TrafficType": traffic,
        "FlowLogStatus": "ACTIVE",
        **members,
    }


class TestFlowLogs:
    async def test_a_log_counts_when_it_records_rejects_and_delivers(self, aws: Any, judge: Judge) -> None:
        names = ["vpc-all", "vpc-reject", "vpc-accept", "vpc-failing", "vpc-none", "vpc-eni"]
        vpcs = [vpc(name) for name in names]
        vpcs += [vpc("vpc-default", IsDefault=True), vpc("vpc-shared", OwnerId=OTHER)]
        aws.pages("ec2", "DescribeVpcs", vpcs[:3], vpcs[3:])
        failure = {"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error"}
        logs = [
            log("vpc-all", DeliverLogsStatus="SUCCESS"),
            log("vpc-reject", "REJECT"),
            log("vpc-accept", "ACCEPT"),
            log("vpc-failing", **failure),
            log("eni-1"),
        ]
        aws.pages("ec2", "DescribeFlowLogs", logs[1:], logs[:1])
        findings = by_id(await judge("aws-vpc-003"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "vpc-all": PASS,
            "vpc-reject": PASS,
            "vpc-accept": FAIL,
            "vpc-failing": FAIL,
            "vpc-none": FAIL,
            "vpc-eni": FAIL,
            "vpc-default": FAIL,
        }
        assert "Access error" in findings["vpc-failing"].reason
        assert "accepted traffic only" in findings["vpc-accept"].reason
        assert aws.requests("DescribeSubnets") == []
        assert len(aws.requests("DescribeFlowLogs")) == 2

    async def test_logs_of_all_subnets_are_as_good(self, aws: Any, judge: Judge) -> None:
        aws.answer("ec2", "DescribeVpcs", {"Vpcs": [vpc("vpc-all"), vpc("vpc-part"), vpc("vpc-empty")]})
        logs = [log("subnet-1"), log("subnet-2", "REJECT"), log("subnet-3"), log("subnet-4", "ACCEPT")]
        aws.answer("ec2", "DescribeFlowLogs", {"FlowLogs": logs})
        subnets = [
            {"SubnetId": name, "VpcId": where}
            for name, where in (
                ("subnet-1", "vpc-all"),
                ("subnet-2", "vpc-all"),
                ("subnet-3", "vpc-part"),
                ("subnet-4", "vpc-part"),
            )
        ]
        aws.pages("ec2", "DescribeSubnets", subnets[:1], subnets[1:])
        findings = by_id(await judge("aws-vpc-003"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "vpc-all": PASS,
            "vpc-part": FAIL,
            "vpc-empty": FAIL,
        }
        assert findings["vpc-part"].evidence["subnets_without"] == ["subnet-4"]

    async def test_what_cannot_be_read_leaves_every_vpc_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.answer("ec2", "DescribeVpcs", {"Vpcs": [vpc("vpc-1"), vpc("vpc-2")]})
        findings = await judge("aws-vpc-003")
        assert statuses(findings) == {"vpc-1": UNKNOWN, "vpc-2": UNKNOWN}
        assert findings[0].evidence["missing_permission"] == "ec2:DescribeFlowLogs"


class TestNetworkAcls:
    async def test_open(self, aws: Any, judge: Judge) -> None:
        rows: list[list[dict[str, Any]]] = [
            [entry(100, "allow", "-1", None, ANYWHERE)],
            [entry(100, "allow", "6", (22, 22), ANYWHERE)],
            [entry(100, "allow", "6", (1024, 65535), ANYWHERE)],
            [entry(100, "allow", "17", (3389, 3389), ANYWHERE)],
            [entry(100, "allow", "6", (22, 22), ANYWHERE6)],
            [entry(100, "allow", "-1", None, ANYWHERE), entry(110, "deny", "6", (22, 22), ANYWHERE)],
            [entry(90, "deny", "17", (22, 22), ANYWHERE), entry(100, "allow", "6", (22, 22), ANYWHERE)],
            [
                entry(90, "deny", "6", (22, 22), "203.0.113.0/24"),
                entry(100, "allow", "6", (22, 22), ANYWHERE),
            ],
            [entry(1, "allow", "6", (22, 22), "0.0.0.0/1"), entry(2, "allow", "6", (22, 22), "128.0.0.0/1")],
        ]
        with each_row() as row:
            for entries in rows:
                with row(entries):
                    aws.restart()
                    aws.answer("ec2", "DescribeNetworkAcls", {"NetworkAcls": [acl("acl-1", *entries)]})
                    assert statuses(await judge("aws-vpc-004")) == {"acl-1": FAIL}

    async def test_closed(self, aws: Any, judge: Judge) -> None:
        rows: list[list[dict[str, Any]]] = [
            [],
            [entry(100, "allow", "6", (443, 443), ANYWHERE)],
            [entry(100, "allow", "6", (32768, 65535), ANYWHERE)],
            [entry(100, "allow", "1", None, ANYWHERE)],
            [entry(100, "allow", "6", (22, 22), "10.0.0.0/8")],
            [entry(50, "deny", "6", (22, 22), ANYWHERE), entry(100, "allow", "6", (22, 22), ANYWHERE)],
            [entry(50, "deny", "-1", None, ANYWHERE), entry(100, "allow", "-1", None, ANYWHERE)],
            [
                entry(50, "deny", "6", (1, 4000), "0.0.0.0/1"),
                entry(60, "deny", "6", (1, 4000), "128.0.0.0/1"),
                entry(100, "allow", "6", (0, 65535), ANYWHERE),
            ],
        ]
        with each_row() as row:
            for entries in rows:
                with row(entries):
                    aws.restart()
                    aws.answer("ec2", "DescribeNetworkAcls", {"NetworkAcls": [acl("acl-1", *entries)]})
                    assert statuses(await judge("aws-vpc-004")) == {"acl-1": PASS}

    async def test_default_acls_are_judged_and_those_of_other_accounts_are_not(
        self, aws: Any, judge: Judge
    ) -> None:
        everything = entry(100, "allow", "-1", None, ANYWHERE)
        default = acl("acl-1", everything, IsDefault=True, Associations=[])
        aws.pages("ec2", "DescribeNetworkAcls", [acl("acl-2", everything, OwnerId=OTHER)], [default])
        [finding] = await judge("aws-vpc-004")
        assert (finding.status, finding.resource_id) == (FAIL, f"{HERE}:network-acl/acl-1")
        assert finding.reason.startswith("Default network ACL acl-1 lets in tcp 22 from 0.0.0.0/0")
        assert finding.reason.endswith("No subnet uses it at the moment.")

    async def test_the_rules_that_close_it_stand_directly_before_the_one_that_opens(
        self, aws: Any, judge: Judge
    ) -> None:
        entries = [
            entry(90, "allow", "6", (22, 22), "10.0.0.0/8"),
            entry(100, "allow", "6", (20, 25), ANYWHERE),
            entry(101, "allow", "6", (22, 22), ANYWHERE6),
        ]
        tight = acl("acl-2", entry(1, "allow", "-1", None, ANYWHERE))
        aws.answer("ec2", "DescribeNetworkAcls", {"NetworkAcls": [acl("acl-1", *entries[:2]), tight]})
        findings = by_id(await judge("aws-vpc-004"))
        rules = findings["acl-1"].evidence["stopping_rules"]
        assert [(each["rule_number"], each["action"], each["trusted"]) for each in rules] == [
            (98, "allow", True),
            (99, "deny", False),
        ]
        assert findings["acl-2"].evidence["stopping_rules"] is None

    async def test_the_default_acl_of_a_dual_stack_vpc_can_be_closed(self, aws: Any, judge: Judge) -> None:
        entries = [
            entry(100, "allow", "-1", None, ANYWHERE),
            entry(101, "allow", "-1", None, ANYWHERE6),
            entry(32767, "deny", "-1", None, ANYWHERE),
            entry(32768, "deny", "-1", None, ANYWHERE6),
        ]
        aws.answer("ec2", "DescribeNetworkAcls", {"NetworkAcls": [acl("acl-1", *entries)]})
        [finding] = await judge("aws-vpc-004")
        rules = finding.evidence["stopping_rules"]
        numbers = [each["rule_number"] for each in rules]
        assert len(set(numbers)) == len(numbers)
        assert max(numbers) < 100
        assert {
            (each["version"], each["port"], each["protocol"]) for each in rules if each["action"] == "deny"
        } == {
            (version, port, protocol) for version in (4, 6) for port in (22, 3389) for protocol in ("6", "17")
        }
        allow_numbers = [each["rule_number"] for each in rules if each["trusted"]]
        deny_numbers = [each["rule_number"] for each in rules if not each["trusted"] and each["version"] == 4]
        assert max(allow_numbers) < min(deny_numbers)

    async def test_a_denied_list_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("ec2", "DescribeNetworkAcls")
        [finding] = await judge("aws-vpc-004")
        assert finding.status is UNKNOWN


class TestDefaultGroups:
    async def test_any_rule_fails_and_is_kept_as_it_has_to_be_revoked(self, aws: Any, judge: Judge) -> None:
        own_group_rule = {
            "IpProtocol": "-1",
            "UserIdGroupPairs": [{"GroupId": "sg-a", "UserId": ACCOUNT, "Description": "members"}],
        }
        outward = allow("-1", None, None, ANYWHERE)
        groups = [
            group("sg-a", own_group_rule, GroupName="default", IpPermissionsEgress=[outward]),
            group("sg-b", GroupName="default"),
            group("sg-c", GroupName="default", IpPermissionsEgress=[allow("-1", None, None, ANYWHERE6)]),
            group("sg-d", own_group_rule, GroupName="web"),
            group("sg-e", own_group_rule, GroupName="default", OwnerId=OTHER),
        ]
        aws.pages("ec2", "DescribeSecurityGroups", groups[:2], groups[2:])
        findings = by_id(await judge("aws-vpc-005"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "sg-a": FAIL,
            "sg-b": PASS,
            "sg-c": FAIL,
        }
        assert findings["sg-a"].evidence["ingress"] == [
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-a", "UserId": ACCOUNT}]}
        ]
        assert findings["sg-a"].evidence["egress"] == [
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}
        ]
        assert "1 inbound and 1 outbound" in findings["sg-a"].reason


def subnet(subnet_id: str, vpc_id: str, block: str = "10.0.0.0/24", **members: Any) -> dict[str, Any]:
    return {
        "SubnetId": subnet_id,
        "VpcId": vpc_id,
        "CidrBlock": block,
        "AvailabilityZone": "eu-central-1a",
        **members,
    }


def table(vpc_id: str, *routes: dict[str, Any], main: bool = False, subnets: tuple[str, ...] = ()) -> Any:
    associations: list[dict[str, Any]] = [{"Main": False, "SubnetId": name} for name in subnets]
    if main:
        associations.append({"Main": True})
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
    return {"VpcId": vpc_id, "Routes": [local, *routes], "Associations": associations}


OUT = {"DestinationCidrBlock": ANYWHERE, "GatewayId": "igw-1", "State": "active"}
OUT6 = {"DestinationIpv6CidrBlock": ANYWHERE6, "GatewayId": "igw-1", "State": "active"}
NAT = {"DestinationCidrBlock": ANYWHERE, "NatGatewayId": "nat-1", "State": "active"}
BLACKHOLE = {"DestinationCidrBlock": ANYWHERE, "GatewayId": "igw-1", "State": "blackhole"}
PARTNER = {"DestinationCidrBlock": "203.0.113.0/24", "GatewayId": "igw-1", "State": "active"}


class TestPrivateSubnets:
    async def test_routes_decide(self, aws: Any, judge: Judge) -> None:
        rows: list[tuple[list[Any], Status]] = [
            ([table("vpc-1", OUT, main=True)], FAIL),
            ([table("vpc-1", OUT6, main=True)], FAIL),
            ([table("vpc-1", main=True), table("vpc-1", OUT, subnets=("subnet-1", "subnet-2"))], FAIL),
            ([table("vpc-1", main=True), table("vpc-1", OUT, subnets=("subnet-1",))], PASS),
            ([table("vpc-1", NAT, main=True)], PASS),
            ([table("vpc-1", BLACKHOLE, main=True)], PASS),
            ([table("vpc-1", PARTNER, main=True)], PASS),
            ([table("vpc-1", OUT, main=True), table("vpc-1", NAT, subnets=("subnet-2",))], PASS),
            ([table("vpc-2", OUT, main=True)], UNKNOWN),
        ]
        with each_row() as row:
            for tables, expected in rows:
                with row(tables):
                    aws.restart()
                    aws.answer("ec2", "DescribeVpcs", {"Vpcs": [vpc("vpc-1")]})
                    inside = [
                        subnet("subnet-1", "vpc-1", MapPublicIpOnLaunch=False),
                        subnet("subnet-2", "vpc-1", "10.0.1.0/24", MapPublicIpOnLaunch=True),
                    ]
                    aws.pages("ec2", "DescribeSubnets", inside[:1], inside[1:])
                    aws.pages("ec2", "DescribeRouteTables", tables[:1], tables[1:])
                    [finding] = await judge("aws-vpc-006")
                    assert finding.status is expected
                    assert finding.evidence["free_cidr_block"] == "10.0.2.0/24"

    async def test_vpcs_that_are_outside_or_have_no_subnets(self, aws: Any, judge: Judge) -> None:
        vpcs = [vpc("vpc-d", IsDefault=True), vpc("vpc-s", OwnerId=OTHER), vpc("vpc-0"), vpc("vpc-b")]
        aws.answer("ec2", "DescribeVpcs", {"Vpcs": vpcs})
        barred = {"InternetGatewayBlockMode": "block-bidirectional"}
        blocked_subnet = subnet("subnet-1", "vpc-b", BlockPublicAccessStates=barred)
        aws.answer("ec2", "DescribeSubnets", {"Subnets": [blocked_subnet]})
        aws.answer("ec2", "DescribeRouteTables", {"RouteTables": [table("vpc-b", OUT, main=True)]})
        assert statuses(await judge("aws-vpc-006")) == {"vpc-0": PASS, "vpc-b": PASS}

    async def test_a_prefix_list_leads_to_the_internet_as_its_blocks_do(self, aws: Any, judge: Judge) -> None:
        by_list = {"DestinationPrefixListId": "pl-1", "GatewayId": "igw-1", "State": "active"}
        rows: list[tuple[list[str] | None, Status, Status]] = [
            ([ANYWHERE], FAIL, PASS),
            (["203.0.113.0/24"], PASS, PASS),
            (None, UNKNOWN, PASS),
        ]
        with each_row() as row:
            for blocks, alone, beside_a_private_one in rows:
                with row(blocks):
                    aws.restart()
                    aws.answer("ec2", "DescribeVpcs", {"Vpcs": [vpc("vpc-1"), vpc("vpc-2")]})
                    subnets = [
                        subnet("subnet-1", "vpc-1"),
                        subnet("subnet-2", "vpc-2"),
                        subnet("s-3", "vpc-2"),
                    ]
                    aws.answer("ec2", "DescribeSubnets", {"Subnets": subnets})
                    tables = [
                        table("vpc-1", by_list, main=True),
                        table("vpc-2", by_list, main=True),
                        table("vpc-2", NAT, subnets=("s-3",)),
                    ]
                    aws.answer("ec2", "DescribeRouteTables", {"RouteTables": tables})
                    if blocks is None:
                        aws.denied("ec2", "GetManagedPrefixListEntries")
                    else:
                        entries = [{"Cidr": block} for block in blocks]
                        aws.answer("ec2", "GetManagedPrefixListEntries", {"Entries": entries})
                    assert statuses(await judge("aws-vpc-006")) == {
                        "vpc-1": alone,
                        "vpc-2": beside_a_private_one,
                    }

    async def test_without_route_tables_it_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.answer("ec2", "DescribeVpcs", {"Vpcs": [vpc("vpc-1"), vpc("vpc-0")]})
        aws.answer("ec2", "DescribeSubnets", {"Subnets": [subnet("subnet-1", "vpc-1")]})
        findings = by_id(await judge("aws-vpc-006"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "vpc-1": UNKNOWN,
            "vpc-0": PASS,
        }
        assert findings["vpc-1"].evidence["missing_permission"] == "ec2:DescribeRouteTables"

"""Failed findings of the checks of EC2, VPC and Systems Manager, ordinary ones and hostile ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remediation.findings_to_fix import ACCOUNT, REGION, finding_of

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

INPUTS = {
    "TRUSTED_CIDR": "203.0.113.0/24",
    "RELEASE_ADDRESS": "198.51.100.1",
    "FLOW_LOG_BUCKET_ARN": "arn:aws:s3:::flow-logs",
    "SUBNET_CIDR": "10.0.2.0/24",
    "AVAILABILITY_ZONE": "eu-central-1a",
    "INSTANCE_PROFILE_NAME": "ssm-managed",
    "NEW_NAME": "/app/db_password-secure",
    "REBOOT_INSTANCE": "i-0123456789abcdef0",
}
ANSWERS = {
    "sts get-caller-identity": f"{ACCOUNT}\n",
    "ec2 create-snapshot": "snap-0123456789abcdef0\n",
    "ec2 create-volume": "vol-0fedcba9876543210\n",
    "ec2 describe-instances": "running\n/dev/sdf\tvol-0123456789abcdef0\n",
    "ec2 create-image": "ami-0123456789abcdef0\n",
    "ec2 describe-addresses": "None\n",
    "ec2 create-flow-logs": "\n",
    "ec2 create-subnet": "subnet-0123456789abcdef0\n",
    "ec2 create-route-table": "rtb-0123456789abcdef0\n",
    "iam get-instance-profile": "web-role\n",
    "ssm send-command": "01234567-89ab-cdef-0123-456789abcdef\n",
}

INSTANCE: dict[str, Any] = {
    "instance_id": "i-0123456789abcdef0",
    "instance_name": "web",
    "state": "running",
    "instance_type": "t3.micro",
    "image_id": "ami-0123456789abcdef0",
    "auto_scaling_group": "",
    "lifecycle": "",
    "operator": "",
    "replaced_by": "",
}
IMDS = INSTANCE | {
    "http_tokens": "optional",
    "http_endpoint": "enabled",
    "http_put_response_hop_limit": 2,
    "http_protocol_ipv6": "disabled",
    "instance_metadata_tags": "disabled",
    "account_default_http_tokens": "",
}
ATTACHMENT: dict[str, Any] = {
    "instance_id": "i-0123456789abcdef0",
    "device": "/dev/sdf",
    "delete_on_termination": True,
    "instance_state": "running",
    "instance_type": "t3.micro",
    "auto_scaling_group": "",
    "replaced_by": "",
    "lifecycle": "",
    "root_device_type": "ebs",
}
VOLUME: dict[str, Any] = {
    "volume_id": "vol-0123456789abcdef0",
    "state": "available",
    "availability_zone": "eu-central-1a",
    "outpost_arn": "",
    "size": 20,
    "volume_type": "gp3",
    "iops": 3000,
    "throughput": 125,
    "multi_attach": False,
    "operator": "",
    "kubernetes_volume": "",
    "tags": [{"Key": "Name", "Value": "data"}],
    "attachments": [],
    "ebs_encryption_by_default": False,
}
STOPPED = INSTANCE | {
    "state": "stopped",
    "stopped_since": "2025-01-31T09:00:00+00:00",
    "stopped_days": 40,
    "state_reason": "Client.UserInitiatedShutdown",
    "volumes": [
        {"volume_id": "vol-0a", "delete_on_termination": True},
        {"volume_id": "vol-0b", "delete_on_termination": False},
    ],
}
ADDRESS = {
    "allocation_id": "eipalloc-0123456789abcdef0",
    "public_ip": "198.51.100.1",
    "network_border_group": REGION,
    "association_id": "",
}
VPC: dict[str, Any] = {"vpc_id": "vpc-0123456789abcdef0", "is_default": False, "cidr_block": "10.0.0.0/16"}
DEFAULT_VPC = VPC | {
    "is_default": True,
    "network_interfaces": 2,
    "interface_types": {"interface": 2},
    "availability_zones": ["eu-central-1a", "eu-central-1b"],
}
GROUP: dict[str, Any] = {"group_id": "sg-0123456789abcdef0", "group_name": "web", "vpc_id": VPC["vpc_id"]}


def opened(
    what: str, kind: str, source: str, permission: dict[str, Any], rule_id: str = ""
) -> dict[str, Any]:
    member, key = {
        "ipv4": ("IpRanges", "CidrIp"),
        "ipv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefix_list": ("PrefixListIds", "PrefixListId"),
    }[kind]
    whole = {**permission, member: [{key: source}]}
    return {"what": what, "kind": kind, "source": source, "permission": whole, "rule_id": rule_id}


def open_group(*rules: dict[str, Any], ports: tuple[int, ...] = (22,), **evidence: Any) -> dict[str, Any]:
    return {
        **GROUP,
        "open_rules": list(rules),
        "revoke": [rule["permission"] for rule in rules],
        "ports": [{"port": port, "service": "a service"} for port in ports],
        "everything": False,
        "admin_ports": [port for port in ports if port in (22, 3389)],
        "rule_ids_read": True,
        **evidence,
    }


SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
REDIS = {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379}
SSH4 = opened("tcp 22", "ipv4", "0.0.0.0/0", SSH, "sgr-0aaaaaaaaaaaaaaaa")
SSH6 = opened("tcp 22", "ipv6", "::/0", SSH, "sgr-0bbbbbbbbbbbbbbbb")
EVERYTHING = opened("all traffic", "ipv4", "0.0.0.0/0", {"IpProtocol": "-1"}, "sgr-0cccccccccccccccc")
HALVES = (
    opened("tcp 22", "ipv4", "0.0.0.0/1", SSH, "sgr-0dddddddddddddddd"),
    opened("tcp 22", "ipv4", "128.0.0.0/1", SSH, "sgr-0eeeeeeeeeeeeeeee"),
)
LISTED = opened("tcp 6379", "prefix_list", "pl-0123456789abcdef0", REDIS)


def stopping(
    number: int, version: int, *, trusted: bool, protocol: str = "6", port: int = 22
) -> dict[str, Any]:
    return {
        "rule_number": number,
        "action": "allow" if trusted else "deny",
        "trusted": trusted,
        "protocol": protocol,
        "port": port,
        "version": version,
        "cidr": "0.0.0.0/0" if version == 4 else "::/0",
    }


ACL: dict[str, Any] = {
    "network_acl_id": "acl-0123456789abcdef0",
    "vpc_id": VPC["vpc_id"],
    "is_default": True,
    "subnets": ["subnet-1", "subnet-2"],
    "openings": [],
    "opening_rules": [100],
    "rule_numbers": [100, 32767],
    "stopping_rules": [
        stopping(97, 4, trusted=True),
        stopping(98, 4, trusted=False),
        stopping(99, 6, trusted=False, protocol="17", port=3389),
    ],
}
DEFAULT_GROUP = GROUP | {
    "group_name": "default",
    "ingress": [
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": GROUP["group_id"], "UserId": ACCOUNT}]}
    ],
    "egress": [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
    ],
}
PUBLIC_VPC = VPC | {
    "subnets": 2,
    "private_subnets": [],
    "subnet_cidr_blocks": ["10.0.0.0/24", "10.0.1.0/24"],
    "availability_zones": ["eu-central-1a"],
    "free_cidr_block": "10.0.2.0/24",
}
UNMANAGED = INSTANCE | {"instance_profile": "", "ping_status": "", "agent_version": ""}
PARAMETER: dict[str, Any] = {
    "parameter_name": "/app/db_password",
    "type": "String",
    "data_type": "text",
    "tier": "Standard",
    "description": "",
    "allowed_pattern": "",
    "has_policies": False,
    "tags": [],
}
PATCHES = INSTANCE | {
    "scanned": True,
    "missing": 3,
    "failed": 0,
    "pending_reboot": 0,
    "rejected": 0,
    "ping_status": "Online",
}
IMAGE = {"image_id": "ami-0123456789abcdef0", "image_name": "base", "block_public_access": "unblocked"}
OLD_LOG = {"flow_log_id": "fl-1", "traffic_type": "ACCEPT", "destination": "x", "fault": "fl-1 is too narrow"}
FLOW_LOGS = VPC | {"flow_logs": [], "subnets_without": []}

_EVIDENCE: dict[str, tuple[str, dict[str, Any]]] = {
    "public image": ("aws-ec2-001", IMAGE),
    "free volume": ("aws-ec2-002", VOLUME),
    "attached volume": ("aws-ec2-002", VOLUME | {"attachments": [ATTACHMENT]}),
    "volume of a stopped instance": (
        "aws-ec2-002",
        VOLUME
        | {
            "volume_type": "gp2",
            "iops": 100,
            "throughput": 0,
            "tags": [],
            "attachments": [ATTACHMENT | {"instance_state": "stopped", "delete_on_termination": False}],
        },
    ),
    "old volume": ("aws-ec2-002", VOLUME | {"volume_type": "io1", "throughput": 0}),
    "stopped instance": ("aws-ec2-003", STOPPED),
    "imdsv1": ("aws-ec2-004", IMDS),
    "unprotected": ("aws-ec2-005", INSTANCE | {"disable_api_termination": False}),
    "region without encryption": ("aws-ec2-006", {"ebs_encryption_by_default": False}),
    "idle address": ("aws-eip-001", ADDRESS),
    "address of a local zone": (
        "aws-eip-001",
        ADDRESS | {"network_border_group": "eu-central-1-ham-1a"},
    ),
    "default vpc": ("aws-vpc-001", DEFAULT_VPC),
    "open ssh": ("aws-vpc-002", open_group(SSH4, SSH6)),
    "open to all": ("aws-vpc-002", open_group(EVERYTHING, ports=(22, 3306, 3389), everything=True)),
    "open halves": ("aws-vpc-002", open_group(*HALVES)),
    "open list": ("aws-vpc-002", open_group(SSH4, LISTED, ports=(22, 6379))),
    "vpc without a log": ("aws-vpc-003", FLOW_LOGS),
    "vpc with a useless log": ("aws-vpc-003", FLOW_LOGS | {"flow_logs": [OLD_LOG]}),
    "open acl": ("aws-vpc-004", ACL),
    "acl open over ipv6": ("aws-vpc-004", ACL | {"stopping_rules": [stopping(99, 6, trusted=False)]}),
    "default group": ("aws-vpc-005", DEFAULT_GROUP),
    "public vpc": ("aws-vpc-006", PUBLIC_VPC),
    "unmanaged instance": ("aws-ssm-001", UNMANAGED),
    "unmanaged instance with a profile": ("aws-ssm-001", UNMANAGED | {"instance_profile": "web"}),
    "plain secret": ("aws-ssm-002", PARAMETER),
    "rich plain secret": (
        "aws-ssm-002",
        PARAMETER
        | {
            "tier": "Advanced",
            "description": "of the shop's `db`!",
            "allowed_pattern": "^.{8,}$",
            "data_type": "json",
            "has_policies": True,
            "tags": [{"Key": "team", "Value": "it's"}],
        },
    ),
    "missing patches": ("aws-ssm-003", PATCHES),
    "never scanned": ("aws-ssm-003", PATCHES | {"scanned": False, "missing": 0, "ping_status": None}),
    "not scanned for long": ("aws-ssm-003", PATCHES | {"missing": 0, "stale": True}),
    "waiting for a reboot": ("aws-ssm-003", PATCHES | {"missing": 0, "pending_reboot": 2}),
}
ORDINARY: dict[str, Finding] = {
    name: finding_of(check, evidence) for name, (check, evidence) in _EVIDENCE.items()
}

WITHOUT_TERRAFORM = {"stopped instance"}
"""Findings for which no Terraform file would help."""


def hostile(name: str, text: str) -> Finding:
    """Return an ordinary finding in which every text of AWS's that is not checked by form is an enemy's."""
    check, evidence = _EVIDENCE[name]
    return finding_of(
        check,
        {key: text if key in _FREE_TEXT else value for key, value in evidence.items()}
        | _free_lists(evidence, text),
    )


_FREE_TEXT = {"image_name", "instance_name", "group_name", "description", "allowed_pattern", "parameter_name"}


def _free_lists(evidence: dict[str, Any], text: str) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if evidence.get("tags"):
        changed["tags"] = [{"Key": "note", "Value": text}]
    if evidence.get("flow_logs"):
        changed["flow_logs"] = [{**OLD_LOG, "fault": text, "destination": text}]
    return changed

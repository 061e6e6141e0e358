"""Failed findings of the checks of Config, GuardDuty, Security Hub, Inspector, WAF, Bedrock and AgentCore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remediation.findings_to_fix import ACCOUNT, KEY, REGION, ROLE, finding_of

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

CORE = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}"
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/shop/0123456789abcdef"
ACL = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/edge/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:certificate-AbCdEf"
DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"
ENGINE = f"{CORE}:policy-engine/rules-a1b2c3d4e5"
INPUTS = {
    "CONFIG_BUCKET": "config-logs",
    "LOG_BUCKET": "model-logs",
    "KMS_KEY_ARN": KEY,
    "RESOURCE_ARN": ELB,
    "WEB_ACL_ARN": ACL,
    "FINDING_IDS": '["a1", "b2"]',
    "SUBNET_IDS": "subnet-0123456789abcdef0,subnet-0fedcba9876543210",
    "SECURITY_GROUP_IDS": "sg-0123456789abcdef0",
    "POLICY_ENGINE_ARN": ENGINE,
    "SCAN_ECR_IMAGES": "yes",
}

STRATEGY = "ALL_SUPPORTED_RESOURCE_TYPES"
RECORDER: dict[str, Any] = {
    "recorder_name": "default",
    "role_arn": ROLE,
    "recording_group": {},
    "recording_mode": {},
    "strategy": STRATEGY,
    "left_out": [],
    "fixed_group": {
        "allSupported": True,
        "includeGlobalResourceTypes": True,
        "recordingStrategy": {"useOnly": STRATEGY},
    },
}
KEPT_OUT = {
    "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
    "exclusionByResourceTypes": {"resourceTypes": ["AWS::IAM::Role", "AWS::IAM::User"]},
}
MODE = {
    "recordingFrequency": "CONTINUOUS",
    "recordingModeOverrides": [{"resourceTypes": ["AWS::EC2::Volume"], "recordingFrequency": "DAILY"}],
}
STOPPED = {
    "recorder_name": "default",
    "role_arn": ROLE,
    "recording": False,
    "last_status": "Success",
    "last_error_code": "",
    "last_error_message": "",
    "has_delivery_channel": True,
}
CHANNEL = {
    "name": "main",
    "s3BucketName": "config-logs",
    "s3KeyPrefix": "it's/a prefix, =",
    "snsTopicARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:config",
}
OFTEN = {"configSnapshotDeliveryProperties": {"deliveryFrequency": "Six_Hours"}}
NO_RECORDER = {
    "delivery_channel": {},
    "service_role_exists": False,
    "service_role_arn": (
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    ),
    "is_home_region": False,
}
OLD = {
    "detector_id": DETECTOR,
    "days": 30,
    "old_findings": 2,
    "finding_ids": ["a1", "b2"],
    "may_be_more": False,
    "worst_severity": 8.0,
    "worst_type": "Recon:EC2/Portscan",
    "types": ["Recon:EC2/Portscan"],
}
HUB = {"has_recorder": True, "standards_prefix": f"arn:aws:securityhub:{REGION}::standards"}
SCANS = {
    "account_id": ACCOUNT,
    "statuses": {"EC2": "ENABLED", "ECR": "ENABLED", "LAMBDA": "DISABLED", "LAMBDA_CODE": "DISABLED"},
    "off": ["LAMBDA", "LAMBDA_CODE"],
    "on_besides": ["CODE_REPOSITORY"],
}
UNSCANNED = {
    "account_id": ACCOUNT,
    "statuses": dict.fromkeys(("EC2", "ECR", "LAMBDA"), "DISABLED"),
    "off": ["EC2", "ECR", "LAMBDA"],
    "on_besides": [],
}
SHOP = {"kind": "load balancer", "name": "shop", "arn": ELB}
FEED = {"kind": "AppSync API", "name": "feed", "arn": f"arn:aws:appsync:{REGION}:{ACCOUNT}:apis/abc"}
ORDERS = {"kind": "REST API", "name": "orders", "arn": ""}
EDGE = {"name": "edge", "arn": ACL}
LOGGED: dict[str, Any] = {
    "bucket": "model-logs",
    "log_group": "/bedrock",
    "logging_config": {
        "cloudWatchConfig": {
            "logGroupName": "/bedrock",
            "roleArn": ROLE,
            "largeDataDeliveryS3Config": {"bucketName": "large-logs", "keyPrefix": "large"},
        },
        "s3Config": {"bucketName": "model-logs", "keyPrefix": "calls"},
        "textDataDeliveryEnabled": False,
        "imageDataDeliveryEnabled": False,
        "embeddingDataDeliveryEnabled": True,
        "videoDataDeliveryEnabled": True,
    },
}
RUNTIME = {
    "runtime_id": "planner-0123456789",
    "runtime_name": "planner",
    "runtime_version": "3",
    "status": "READY",
    "network_mode": "PUBLIC",
    "require_mmdsv2": None,
    "container_uri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/planner:1",
    "role_arn": ROLE,
}
MEMORY = {
    "memory_id": "notes-0123456789",
    "memory_name": "notes",
    "encryption_key_arn": "",
    "event_expiry_days": 90,
    "execution_role_arn": "",
    "strategies": [],
    "strategies_left_out": [],
}
REMEMBERING = {
    "execution_role_arn": ROLE,
    "event_expiry_days": 3,
    "strategies": [
        {"semanticMemoryStrategy": {"name": "facts", "namespaces": ["/facts/{actorId}"]}},
        {"summaryMemoryStrategy": {"name": "short"}},
    ],
    "strategies_left_out": ["own"],
}
GATEWAY = {
    "gateway_id": "tools-0123456789",
    "gateway_name": "tools",
    "status": "READY",
    "authorizer_type": "NONE",
    "protocol_type": "MCP",
    "role_arn": ROLE,
    "policy_engine_arn": "",
    "policy_mode": "",
}
NO_ENGINE = {**GATEWAY, "authorizer_type": "AWS_IAM"}
LOG_ONLY = {**NO_ENGINE, "policy_engine_arn": ENGINE, "policy_mode": "LOG_ONLY"}


def cfg(number: int, evidence: dict[str, Any], **changes: Any) -> Finding:
    return finding_of(f"aws-cfg-00{number}", evidence, **changes)


def waf(*entrances: dict[str, str], acls: list[dict[str, str]] | None = None) -> Finding:
    return finding_of("aws-waf-001", {"web_acls": acls or [], "entrances": list(entrances)})


def agc(number: int, evidence: dict[str, Any], name: str, **changes: Any) -> Finding:
    return finding_of(f"aws-agc-00{number}", evidence, resource_name=name, **changes)


def channel(**evidence: Any) -> Finding:
    facts = {
        "channel": CHANNEL | OFTEN,
        "seldom": False,
        "without_kms_key": False,
        "bucket_missing": False,
        "role_arn": ROLE,
        "service_linked": False,
    }
    return cfg(4, {**facts, **evidence})


ORDINARY: dict[str, Finding] = {
    "no recorder": cfg(1, NO_RECORDER),
    "no recorder at home": cfg(
        1,
        {**NO_RECORDER, "is_home_region": True, "service_role_exists": True, "delivery_channel": CHANNEL},
        region="us-east-1",
        profile="default",
    ),
    "stopped": cfg(2, STOPPED),
    "no iam": cfg(3, RECORDER),
    "volumes left out": cfg(
        3, {**RECORDER, "left_out": ["AWS::EC2::Volume"], "fixed_group": KEPT_OUT, "recording_mode": MODE}
    ),
    "no channel": channel(channel={}, seldom=True, without_kms_key=True, bucket_missing=True),
    "bucket gone": channel(bucket_missing=True, without_kms_key=True),
    "no key": channel(without_kms_key=True),
    "no key and a service-linked role": channel(
        without_kms_key=True, role_arn=NO_RECORDER["service_role_arn"], service_linked=True
    ),
    "no key and seldom": channel(channel=CHANNEL, seldom=True, without_kms_key=True),
    "seldom": channel(channel=CHANNEL | {"s3KmsKeyArn": KEY}, seldom=True),
    "no detector": finding_of("aws-gd-001", {"detector_id": ""}),
    "suspended": finding_of("aws-gd-001", {"detector_id": DETECTOR, "detector_status": "DISABLED"}),
    "old findings": finding_of("aws-gd-002", OLD),
    "no hub": finding_of("aws-sh-001", HUB),
    "no hub in China": finding_of(
        "aws-sh-001", {**HUB, "has_recorder": False}, partition="aws-cn", region="cn-north-1"
    ),
    "half scanned": finding_of("aws-inspector-001", SCANS),
    "not scanned": finding_of("aws-inspector-001", UNSCANNED),
    "images not scanned": finding_of("aws-inspector-001", {**UNSCANNED, "off": ["ECR"]}),
    "one entrance": waf(SHOP),
    "two entrances": waf(SHOP, FEED),
    "an api": waf(ORDERS),
    "a web acl": waf(SHOP, acls=[EDGE]),
    "two web acls": waf(SHOP, FEED, acls=[EDGE, EDGE]),
    "not logged": finding_of("aws-bedrock-001", {"bucket": "", "log_group": "", "logging_config": {}}),
    "text left out": finding_of("aws-bedrock-001", LOGGED),
    "no guardrail": finding_of("aws-bedrock-002", {"guardrails": []}),
    "interpreter": agc(
        1,
        {"interpreter_id": "calc-0123456789", "network_mode": "PUBLIC", "execution_role_arn": ROLE},
        "calc",
    ),
    "interpreter without a role": agc(
        1,
        {"interpreter_id": "calc-0123456789", "network_mode": "PUBLIC", "execution_role_arn": ""},
        "c" * 48,
    ),
    "interpreter with a certificate": agc(
        1,
        {
            "interpreter_id": "calc-0123456789",
            "network_mode": "PUBLIC",
            "execution_role_arn": ROLE,
            "certificates": [{"location": {"secretsManager": {"secretArn": SECRET}}}],
            "file_systems": 1,
        },
        "calc",
    ),
    "public runtime": agc(2, RUNTIME, "planner"),
    "public runtime with MMDSv2": agc(2, {**RUNTIME, "require_mmdsv2": True}, "planner"),
    "old metadata": agc(3, RUNTIME, "planner"),
    "memory": agc(4, MEMORY, "notes"),
    "remembering memory": agc(4, {**MEMORY, **REMEMBERING}, "n" * 48),
    "open gateway": agc(5, GATEWAY, "tools"),
    "open gateway with policies": agc(
        5, {**GATEWAY, "policy_engine_arn": ENGINE, "policy_mode": "ENFORCE"}, "tools"
    ),
    "no policy engine": agc(6, NO_ENGINE, "tools"),
    "logged policies": agc(6, LOG_ONLY, "tools"),
}

WITHOUT_TERRAFORM = {"interpreter with a certificate", "old findings", "old metadata"}


def hostile(name: str) -> list[Finding]:
    """Return findings in which everything that a stranger can name is called so."""
    return [
        cfg(2, {**STOPPED, "recorder_name": name}, resource_name=name),
        cfg(3, {**RECORDER, "recorder_name": name, "left_out": [name]}, resource_name=name),
        channel(
            channel={**CHANNEL, **OFTEN, "name": name or "default", "s3KeyPrefix": name},
            without_kms_key=True,
        ),
        finding_of("aws-gd-001", {"detector_id": name or "x", "detector_status": "DISABLED"}),
        waf({**SHOP, "name": name}, {**FEED, "name": name, "arn": name}),
        agc(
            1,
            {"interpreter_id": name, "network_mode": "PUBLIC", "execution_role_arn": ROLE},
            name,
        ),
        agc(2, {**RUNTIME, "runtime_name": name or "x"}, name),
        agc(3, RUNTIME, name),
        agc(4, {**MEMORY, "memory_id": name, "strategies_left_out": [name]}, name),
        agc(5, {**GATEWAY, "gateway_name": name or "x"}, name),
        agc(6, {**LOG_ONLY, "gateway_name": name or "x", "policy_engine_arn": name or "x"}, name),
    ]

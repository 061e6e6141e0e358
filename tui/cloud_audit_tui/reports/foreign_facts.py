"""The facts of a remediation in another scanner's report: those of the identity and those of the resource.

Only a statement of the report is a fact. Anything else is left out, so that a template that requires it
reports it as missing; a template whose fix is safe without a fact does not require it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.arn import parse_arn
from cloud_audit_tui.aws.regions import HOME_REGIONS
from cloud_audit_tui.checks.services.iam.documents import cli_text, own_account_trust, permissions_group
from cloud_audit_tui.checks.services.iam.limits import LONGEST_UNUSED
from cloud_audit_tui.checks.services.inspector.scan_types import LAMBDA_CODE_REGIONS, ON, SCAN_TYPES
from cloud_audit_tui.checks.services.lambda_functions.runtimes import RUNTIMES, dates_on
from cloud_audit_tui.checks.services.s3.bucket_policies import with_deny_of_http
from cloud_audit_tui.model import Status
from cloud_audit_tui.reports.resource_name import last_part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud_audit_tui.model import Finding

Facts = dict[str, Any]

PROWLER = "prowler"
_ACCESS_KEY = re.compile("AKIA[A-Z2-7]{12,124}")
_NAMES: Mapping[str, Mapping[str, str]] = {
    "aws-cw-016": {"log_group_name": "name", "log_group_arn": "id"},
    "aws-ct-002": {"trail_name": "name"},
    "aws-ct-005": {"trail_name": "name"},
    "aws-ct-008": {"trail_name": "name"},
    "aws-ddb-001": {"table": "name"},
    "aws-ddb-002": {"table": "name"},
    "aws-ec2-001": {"image_id": "last"},
    "aws-ec2-004": {"instance_id": "last"},
    "aws-ec2-005": {"instance_id": "last"},
    "aws-iam-001": {"account_id": "account"},
    "aws-iam-002": {"user_name": "name"},
    "aws-iam-008": {"account_id": "account"},
    "aws-iam-010": {"user_name": "last"},
    "aws-iam-015": {"account_id": "account"},
    "aws-iam-016": {"instance_id": "last"},
    "aws-kms-001": {"key_id": "last", "key_arn": "id"},
    "aws-vpc-001": {"vpc_id": "last"},
    "aws-vpc-003": {"vpc_id": "last"},
    "aws-vpc-005": {"group_id": "last"},
}
"""The facts that equal the name, the id or the last part of the id of the resource, or the account."""

_COPIED: Mapping[str, Mapping[str, str]] = {
    "aws-ct-002": {"trail_name": "name", "trail_arn": "arn", "trail_bucket": "s3_bucket"},
    "aws-ct-004": {"bucket_name": "s3_bucket"},
    "aws-ct-005": {"trail_name": "name", "trail_arn": "arn", "trail_bucket": "s3_bucket"},
    "aws-ct-008": {"trail_name": "name", "trail_arn": "arn", "trail_bucket": "s3_bucket"},
    "aws-ec2-004": {"image_id": "image_id", "instance_type": "type", "http_endpoint": "http_endpoint"},
    "aws-eip-001": {"allocation_id": "allocation_id", "public_ip": "public_ip"},
    "aws-iam-016": {"image_id": "image_id", "instance_type": "type"},
    "aws-vpc-005": {"vpc_id": "vpc_id"},
}
"""The facts that Prowler's description of a resource contains as texts, each with Prowler's name for it."""

_STATUSES = {
    "ec2": "ec2_status",
    "ecr": "ecr_status",
    "lambda": "lambda_status",
    "lambdaCode": "lambda_code_status",
}
"""Prowler's names for the status of each of Inspector's scan types, by AWS's name of the type."""


def foreign_facts(check_id: str, finding: Finding, details: Mapping[str, Any]) -> Facts:
    """Return the facts for our check's remediation that another scanner's failure contains.

    ``details`` is the report's description of the resource beyond its identity.
    """
    if finding.status is not Status.FAIL:
        return {}
    owner = parse_arn(finding.resource_id).account
    if check_id.startswith("aws-ct-") and owner not in ("", finding.account_id):
        # Only the account that a trail belongs to can change it.
        return {}
    facts = _of_identity(check_id, finding)
    if finding.source == PROWLER:
        facts |= _copied(_COPIED.get(check_id, {}), details)
        if read := _READ.get(check_id):
            facts |= read(finding, details)
    return facts


def _of_identity(check_id: str, finding: Finding) -> Facts:
    parts = {
        "name": finding.resource_name,
        "id": finding.resource_id,
        "last": last_part(finding.resource_id),
        "account": finding.account_id,
    }
    facts: Facts = {fact: parts[part] for fact, part in _NAMES.get(check_id, {}).items() if parts[part]}
    match check_id:
        case "aws-eip-001" if parts["last"].startswith("eipalloc-"):
            facts["allocation_id"] = parts["last"]
        case "aws-ct-003" | "aws-ct-004" if finding.resource_type == "AWS::S3::Bucket":
            facts["bucket_name"] = finding.resource_name
        case "aws-iam-004" if _ACCESS_KEY.fullmatch(finding.resource_id):
            # The script itself checks whether the key has been used since.
            since = datetime.now(UTC) - timedelta(days=LONGEST_UNUSED)
            facts |= {
                "credential": "access key",
                "access_key_id": finding.resource_id,
                "used_since": since.isoformat(timespec="seconds"),
            }
        case "aws-iam-011" if finding.account_id:
            trust = own_account_trust(finding.partition, finding.account_id)
            facts |= {
                "policy_arn": f"arn:{finding.partition}:iam::aws:policy/AWSSupportAccess",
                "trust": trust,
                "trust_text": cli_text(trust),
            }
        case "aws-cfg-001":
            facts |= {
                "service_role_arn": f"arn:{finding.partition}:iam::{finding.account_id}"
                ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
                "is_home_region": finding.region == HOME_REGIONS.get(finding.partition),
            }
        case "aws-sh-001":
            facts["standards_prefix"] = f"arn:{finding.partition}:securityhub:{finding.region}::standards"
    return facts


def _copied(names: Mapping[str, str], details: Mapping[str, Any]) -> Facts:
    return {
        fact: value for fact, name in names.items() if isinstance(value := details.get(name), str) and value
    }


def _public_access(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    block = details.get("public_access_block")
    # Prowler reports four false values for a bucket without the setting too.
    return {"bucket_settings": block} if isinstance(block, dict) and True in block.values() else {}


def _versioning(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    if details.get("versioning_retrieved") is not True or not isinstance(details.get("mfa_delete"), bool):
        return {}
    return {"mfa_delete": "Enabled" if details["mfa_delete"] else ""}


def _transport(finding: Finding, details: Mapping[str, Any]) -> Facts:
    """Return the facts of a bucket without a policy: the report lacks the text of an existing one."""
    if details.get("policy") != {}:
        return {}
    arn = f"arn:{finding.partition}:s3:::{finding.resource_name}"
    facts: Facts = {"merged_policy": with_deny_of_http("", arn)}
    block = details.get("public_access_block")
    if isinstance(block, dict) and block.get("ignore_public_acls") is True:
        # Without a policy and with ACLs ignored, nothing admits the visitors of a website.
        facts |= {"policy": None, "website": False}
    return facts


def _lifecycle(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    rules = details.get("lifecycle")
    # Prowler also reports an empty list for rules that could not be read.
    return {"lifecycle_rules": len(rules)} if isinstance(rules, list) and rules else {}


def _detector(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    match details:
        case {"enabled_in_account": False}:
            return {"detector_id": ""}
        case {"enabled_in_account": True, "id": str(detector)}:
            return {"detector_id": detector}
        case _:
            return {}


def _analyzers(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    match details:
        case {"status": "NOT_AVAILABLE"}:
            return {"analyzers": {}}
        case {"name": str(name), "status": str(status)}:
            return {"analyzers": {name: status}}
        case _:
            return {}


def _invocation_logging(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    off = details.get("enabled") is False
    return {"bucket": "", "log_group": "", "logging_config": {}} if off else {}


def _guardrails(_finding: Finding, _details: Mapping[str, Any]) -> Facts:
    # The check fails only where there is none at all.
    return {"guardrails": []}


def _plans(_finding: Finding, _details: Mapping[str, Any]) -> Facts:
    # The check fails only where there is none at all.
    return {"own_plans": []}


def _log_delivery(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    none = "log_group_arn" in details and not details["log_group_arn"]
    return {"log_group_arn": ""} if none else {}


def _inspector(finding: Finding, details: Mapping[str, Any]) -> Facts:
    statuses = {kind: details.get(name) for kind, name in _STATUSES.items()}
    if finding.region not in LAMBDA_CODE_REGIONS:
        # AWS enables nothing in a call that names a scan type that the region lacks.
        del statuses["lambdaCode"]
    if not all(isinstance(status, str) for status in statuses.values()):
        return {}
    off = [SCAN_TYPES[kind] for kind, status in statuses.items() if status not in ON]
    return {"account_id": finding.account_id, "off": off} if off else {}


def _managed_instance(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    match details:
        case {"id": str(instance), "instance_profile": None}:
            return {"instance_id": instance, "instance_profile": "", "ping_status": ""}
        case {"id": str(instance), "instance_profile": {"Arn": str(arn)}}:
            return {"instance_id": instance, "instance_profile": last_part(arn), "ping_status": ""}
        case _:
            return {}


def _rotation(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    match details:
        case {"arn": str(arn), "name": str(name), "rotation_enabled": False}:
            return {
                "arn": arn,
                "name": name,
                "rotation_enabled": False,
                "rotation_days": None,
                "rotation_lambda": "",
            }
        case _:
            return {}


def _instance(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    """Return the facts of a database instance that belongs to no cluster."""
    match details:
        case {
            "id": str(instance),
            "status": str(status),
            "engine": str(engine),
            "engine_version": str(version),
            "cluster_id": None | "",
        } if not engine.startswith(("docdb", "neptune")):
            return {
                "api": "rds",
                "instance_id": instance,
                "status": status,
                "engine": engine,
                "engine_version": version,
                "cluster_id": "",
            }
        case _:
            return {}


def _user_policies(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    """Return the facts of a user with attached policies only: the report contains no policy documents."""
    match details:
        case {"name": str(name), "attached_policies": list(attached), "inline_policies": []}:
            arns = [one.get("PolicyArn") for one in attached if isinstance(one, dict)]
            texts = [arn for arn in arns if isinstance(arn, str)]
            if not texts or len(texts) < len(attached):
                return {}
            return {
                "user_name": name,
                "attached": texts,
                "inline": [],
                "group_name": permissions_group(name, texts, []),
            }
        case _:
            return {}


def _runtime(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    match details:
        case {"name": str(name), "runtime": str(runtime)} if runtime in RUNTIMES:
            today = datetime.now(UTC).date()
            return {"function": name, "runtime": runtime, **dates_on(runtime, today)}
        case _:
            return {}


def _notebook(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    match details:
        case {"lifecycle_config_name": None | str() as name}:
            return {"lifecycle_config": name or ""}
        case _:
            return {}


def _file_system(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    # Prowler reports the zone's id, and a copy needs its name; an empty id means all zones.
    return {"availability_zone": ""} if details.get("availability_zone_id") == "" else {}


def _certificate(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    match details:
        case {"name": str(name), "id": str(identity), "arn": str(arn), "expiration": str(expiration)}:
            return {
                "certificate_name": name,
                "certificate_id": identity,
                "certificate_arn": arn,
                "expires": expiration[:10],
            }
        case _:
            return {}


def _url(_finding: Finding, details: Mapping[str, Any]) -> Facts:
    match details:
        case {"name": str(name), "url_config": {"auth_type": "NONE", "url": str(url)}}:
            # Prowler reads only the URL of the function itself, not those of its aliases.
            one = {"url": url, "qualifier": "", "auth_type": "NONE", "admits_everyone": None}
            return {"function": name, "open": [one]}
        case _:
            return {}


_READ: Mapping[str, Callable[[Finding, Mapping[str, Any]], Facts]] = {
    "aws-backup-001": _plans,
    "aws-bedrock-001": _invocation_logging,
    "aws-bedrock-002": _guardrails,
    "aws-ct-008": _log_delivery,
    "aws-gd-001": _detector,
    "aws-iam-010": _user_policies,
    "aws-efs-001": _file_system,
    "aws-iam-012": _analyzers,
    "aws-iam-013": _certificate,
    "aws-inspector-001": _inspector,
    "aws-lambda-001": _url,
    "aws-lambda-002": _runtime,
    "aws-rds-003": _instance,
    "aws-rds-004": _instance,
    "aws-s3-001": _public_access,
    "aws-s3-003": _versioning,
    "aws-s3-006": _transport,
    "aws-s3-007": _lifecycle,
    "aws-sagemaker-001": _notebook,
    "aws-sm-001": _rotation,
    "aws-ssm-001": _managed_instance,
}
"""The function that reads the facts of a check from Prowler's description of the resource."""

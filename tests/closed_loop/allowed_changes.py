"""The column "nothing else changed": the changes that a fix may make in a rich account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.fault import MAY_CHANGE, verdict
from closed_loop.treatment import unintended_changes

if TYPE_CHECKING:
    from closed_loop.treatment import Treatment

COLUMN = "nothing else changed"

_ALARM = ("cloudwatch/us-east-1/alarms/*", "logs/us-east-1/filters/metric_filters/*")
_BUCKET = "s3/aws/buckets"
_EC2 = "ec2/us-east-1"
_AGENTS = "bedrock-agentcore-control/us-east-1"
_RDS = "rds/us-east-1"
_SECRETS = "secretsmanager/us-east-1/secrets"
_FUNCTION = "lambda/us-east-1/_lambdas/_arns/arn:aws:lambda:us-east-1:123456789012:function:{}"

_OF_FIRST_CHECKS: dict[str, tuple[str, ...]] = {
    **{f"aws-cw-{number:03}": _ALARM for number in range(1, 16)},
    "aws-account-001": ("account/aws/_alternate_contacts/SECURITY",),
    "aws-agc-001": (f"{_AGENTS}/_kept_interpreters/{{}}_sandbox-*",),
    "aws-agc-002": (
        f"{_AGENTS}/agent_runtimes/*/network_configuration",
        f"{_AGENTS}/agent_runtimes/*/agent_runtime_version",
        f"{_AGENTS}/agent_runtimes/*/versions/1",
        f"{_AGENTS}/_kept_metadata/*",
    ),
    "aws-agc-003": (
        f"{_AGENTS}/agent_runtimes/*/agent_runtime_version",
        f"{_AGENTS}/agent_runtimes/*/versions/1",
        f"{_AGENTS}/_kept_metadata/*",
    ),
    "aws-agc-004": (f"{_AGENTS}/memories/*",),
    "aws-agc-005": (f"{_AGENTS}/gateways/*/authorizer_type",),
    "aws-agc-006": (f"{_AGENTS}/gateways/*/policy_engine_configuration",),
    "aws-backup-001": (
        "backup/us-east-1/_kept_selections",
        "backup/us-east-1/plans/*",
        "backup/us-east-1/vaults/*",
        "backup/us-east-1/tagger/tags/*",
    ),
    "aws-bedrock-001": ("bedrock/us-east-1/model_invocation_logging_configuration",),
    "aws-bedrock-002": (
        "+bedrock/us-east-1/_kept_guardrails/*",
        "+bedrock/us-east-1/_kept_guardrail_settings/*",
    ),
    "aws-cfg-001": (
        "config/us-east-1/recorders/default",
        "config/us-east-1/delivery_channels/default",
        "iam/aws/roles/*",
    ),
    "aws-cfg-002": ("config/us-east-1/recorders/default/status",),
    "aws-cfg-003": ("config/us-east-1/recorders/default/recording_group",),
    "aws-cfg-004": (
        "config/us-east-1/delivery_channels/default/config_snapshot_delivery_properties",
        "config/us-east-1/delivery_channels/default/s3_kms_key_arn",
    ),
    "aws-ct-001": (
        "cloudtrail/us-east-1/trails/*/is_multi_region",
        "cloudtrail/us-east-1/trails/all-regions",
        "cloudtrail/us-east-1/tagging_service/tags/*",
        f"{_BUCKET}/cloudtrail-logs-123456789012-us-east-1",
        "s3/aws/tagger/tags/*",
    ),
    "aws-ct-002": ("cloudtrail/us-east-1/trails/{}/log_validation",),
    "aws-ct-003": (f"{_BUCKET}/{{}}/public_access_block",),
    "aws-ct-004": (f"{_BUCKET}/{{}}/logging",),
    "aws-ct-005": ("cloudtrail/us-east-1/trails/{}/kms_key_id",),
    "aws-ct-006": ("cloudtrail/us-east-1/trails/*/event_selectors",),
    "aws-ct-007": ("cloudtrail/us-east-1/trails/*/event_selectors",),
    "aws-ct-008": (
        "cloudtrail/us-east-1/trails/{}/cw_log_group_arn",
        "cloudtrail/us-east-1/trails/{}/cw_role_arn",
        "iam/aws/roles/*",
        "logs/us-east-1/groups/aws-cloudtrail-logs-{}",
        "logs/us-east-1/tagger/tags/*",
    ),
    "aws-cw-016": ("logs/us-east-1/groups/{}/kms_key_id",),
    "aws-ddb-001": ("dynamodb/us-east-1/tables/{}/sse_specification", "kms/us-east-1/keys/*"),
    "aws-ddb-002": ("dynamodb/us-east-1/tables/{}/continuous_backups",),
    "aws-ddb-003": (
        "application-autoscaling/us-east-1/policies/*",
        "application-autoscaling/us-east-1/targets/*",
        "cloudwatch/us-east-1/alarms/TargetTracking-*",
    ),
    "aws-dp-001": (f"{_BUCKET}/{{}}/policy",),
    "aws-dp-002": ("sns/us-east-1/topics/*:{}/_policy_json",),
    "aws-dp-003": ("sqs/us-east-1/queues/{}/_policy_json",),
    "aws-dp-004": (f"{_SECRETS}/{{}}/policy",),
    "aws-dp-005": (f"{_FUNCTION}/policy",),
    "aws-ec2-001": (f"{_EC2}/amis/*/launch_permissions",),
    "aws-ec2-002": (
        f"{_EC2}/volumes/*",
        f"{_EC2}/snapshots/*",
        f"{_EC2}/enis/*/instance/block_device_mapping",
        f"{_EC2}/reservations/*/instances/*/block_device_mapping",
        f"+{_EC2}/tags/*",
        # moto makes AWS's own key for EBS when it is first needed.
        f"{_EC2}/default_kms_key_id",
        "+kms/us-east-1/keys/*",
    ),
    "aws-ec2-003": (f"{_EC2}/amis/*", f"{_EC2}/snapshots/*", f"{_EC2}/tags/*"),
    "aws-ec2-004": (
        f"{_EC2}/enis/*/instance/metadata_options",
        f"{_EC2}/reservations/*/instances/*/metadata_options",
    ),
    "aws-ec2-005": (
        f"{_EC2}/enis/*/instance/disable_api_termination",
        f"{_EC2}/reservations/*/instances/*/disable_api_termination",
    ),
    "aws-ec2-006": (f"{_EC2}/ebs_encryption_by_default",),
    "aws-ecs-001": ("ecs/us-east-1/task_definitions/*/2",),
    "aws-ecs-002": (
        "ecs/us-east-1/task_definitions/*/2",
        "logs/us-east-1/groups/|ecs|*",
        "logs/us-east-1/tagger/tags/*",
    ),
    "aws-ecs-003": (
        "ecs/us-east-1/services/*/enable_execute_command",
        "ecs/us-east-1/services/*/deployments/*",
    ),
    "aws-efs-001": (
        "efs/us-east-1/_kept_replications/*",
        "efs/us-east-1/file_systems_by_id/*",
        "efs/us-east-1/creation_tokens",
    ),
    "aws-eip-001": (f"{_EC2}/addresses/*",),
    "aws-gd-001": ("guardduty/us-east-1/detectors/*",),
    "aws-gd-002": ("guardduty/us-east-1/_kept_findings/*",),
    "aws-iam-002": ("iam/aws/virtual_mfa_devices/*",),
    "aws-iam-003": ("iam/aws/access_keys/*", "iam/aws/users/*/access_keys/*"),
    "aws-iam-004": ("iam/aws/access_keys/*/status",),
    "aws-iam-005": (
        "iam/aws/managed_policies/*|{}/versions",
        "iam/aws/managed_policies/*|{}/default_version_id",
        "iam/aws/managed_policies/*|{}/next_version_num",
    ),
    "aws-iam-006": ("iam/aws/account_password_policy",),
    "aws-iam-007": ("iam/aws/roles/*/assume_role_policy_document",),
    "aws-iam-009": ("iam/aws/access_keys/*/status",),
    "aws-iam-010": (
        "iam/aws/groups/*",
        "iam/aws/users/*/managed_policies",
        "iam/aws/users/*/policies",
        "iam/aws/managed_policies/*/attachment_count",
    ),
    "aws-iam-011": ("iam/aws/roles/*", "iam/aws/managed_policies/*/attachment_count"),
    "aws-iam-012": ("accessanalyzer/us-east-1/analyzers/*",),
    "aws-iam-013": ("iam/aws/certificates/*",),
    "aws-iam-014": ("iam/aws/groups/*/managed_policies", "iam/aws/managed_policies/*/attachment_count"),
    "aws-iam-016": (
        f"{_EC2}/iam_instance_profile_associations/*",
        f"{_EC2}/enis/*/instance/iam_instance_profile",
        f"{_EC2}/reservations/*/instances/*/iam_instance_profile",
    ),
    "aws-iam-017": ("iam/aws/roles/*/max_session_duration",),
    "aws-iam-018": ("iam/aws/groups/*",),
    "aws-inspector-001": ("inspector2/us-east-1/account_status/*",),
    "aws-kms-001": ("kms/us-east-1/keys/{}/key_rotation_status",),
    "aws-kms-002": ("kms/us-east-1/keys/{}/policy",),
    "aws-lambda-001": (f"{_FUNCTION}/url_config/config/AuthType",),
    "aws-lambda-002": (f"{_FUNCTION}/run_time", f"{_FUNCTION}/code_or_config_updated"),
    "aws-lambda-003": ("iam/aws/roles/*/policies/read-*", f"{_SECRETS}/lambda|{{}}|*"),
    "aws-rds-001": (f"{_RDS}/databases/{{}}/publicly_accessible",),
    "aws-rds-002": (
        f"+{_RDS}/database_snapshots/{{}}-*",
        # The first automatic snapshot of the new instance.
        f"+{_RDS}/database_snapshots/rds:{{}}-*",
        f"+{_RDS}/databases/{{}}-*",
        f"+{_RDS}/events/*",
    ),
    "aws-rds-003": (f"{_RDS}/databases/{{}}/multi_az", f"{_RDS}/databases/{{}}/apply_immediately"),
    "aws-rds-004": (f"{_RDS}/databases/{{}}/auto_minor_version_upgrade",),
    "aws-s3-001": (f"{_BUCKET}/{{}}/public_access_block",),
    "aws-s3-002": (f"{_BUCKET}/{{}}/encryption",),
    "aws-s3-003": (f"{_BUCKET}/{{}}/versioning_status",),
    "aws-s3-004": (f"+{_BUCKET}/{{}}/rules/clear-away", f"+{_BUCKET}/{{}}/given_rules/clear-away"),
    "aws-s3-005": (f"{_BUCKET}/{{}}/logging", f"{_BUCKET}/123456789012-s3-access-logs-us-east-1"),
    "aws-s3-006": (f"{_BUCKET}/{{}}/policy",),
    "aws-sagemaker-001": ("sagemaker/us-east-1/notebook_instances/{}/root_access",),
    "aws-sagemaker-002": ("sagemaker/us-east-1/notebook_instances/{}-in-vpc",),
    "aws-sagemaker-003": (
        "sagemaker/us-east-1/endpoint_configs/{}-with-key",
        "sagemaker/us-east-1/endpoints/{}/endpoint_config_name",
    ),
    "aws-sh-001": (
        "securityhub/us-east-1/_kept_standards/*",
        "securityhub/us-east-1/enabled",
        "securityhub/us-east-1/enabled_at",
        "securityhub/us-east-1/hub*",
    ),
    "aws-sm-001": (
        f"{_SECRETS}/{{}}/*rotat*",
        f"{_SECRETS}/{{}}/versions",
        f"{_SECRETS}/{{}}/default_version_id",
    ),
    "aws-sm-002": (f"{_SECRETS}/{{}}/deleted_date",),
    "aws-ssm-001": ("iam/aws/roles/*/managed_policies", "iam/aws/managed_policies/*/attachment_count"),
    "aws-ssm-002": (
        "+ssm/us-east-1/_parameters/|app|db-password-secure",
        "+ssm/us-east-1/_resource_tags/Parameter/|app|db-password-secure",
        "+kms/us-east-1/keys/*",
    ),
    "aws-ssm-003": ("+ssm/us-east-1/_commands", "ssm/us-east-1/_kept_patches/*/MissingCount"),
    "aws-vpc-002": (f"{_EC2}/groups/*/*/ingress_rules", f"{_EC2}/groups/*/*/_ingress_rules"),
    "aws-vpc-003": (f"{_EC2}/flow_logs/*", f"{_BUCKET}/flow-logs/policy"),
    "aws-vpc-004": (f"{_EC2}/network_acls/{{}}/network_acl_entries",),
    "aws-vpc-005": (f"{_EC2}/groups/*/*/*gress_rules",),
    "aws-vpc-006": (
        f"+{_EC2}/subnets/*",
        f"+{_EC2}/route_tables/*",
        f"+{_EC2}/network_acls/*/_associations",
        f"+{_EC2}/tags/*",
    ),
    "aws-waf-001": ("wafv2/us-east-1/wacls/*", "wafv2/us-east-1/load_balancers*"),
}
MAY_CHANGE.update(_OF_FIRST_CHECKS)


def faults_of(check_id: str, treatment: Treatment) -> list[str]:
    """Return the changes of a fix that it may not make."""
    return unintended_changes(treatment, MAY_CHANGE[check_id])


def cell(check_id: str) -> str:
    """Return the cell of the document for a check."""
    return verdict(check_id, {})

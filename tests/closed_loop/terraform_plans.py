"""What the Terraform file of each check plans: exactly these changes, written as `str(terraform.Change)`.

A check of this table is proven by the program; `UNPROVEN` says why another is not, and `NO_FILE` names the
checks whose fault no file can repair, which their explanations state.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_loop.account import Account
    from cloud_audit_tui.model import Finding

Inputs = dict[str, str]


@dataclass(frozen=True)
class Plan:
    """The changes of a file, and what comes after it.

    ``rest`` is what the explanation leaves to the user after the file, so that the finding stays until then.
    ``in_two_steps``: the file only imports, and the finding goes when its blocks are deleted and applied.
    ``in_group`` has the changes of a fault that another group makes in another way.
    ``inputs`` gives the variables that the script does not ask for; ``secrets`` are those that no form holds.
    """

    changes: tuple[str, ...]
    rest: str = ""
    in_two_steps: bool = False
    in_group: tuple[tuple[str, tuple[str, ...]], ...] = ()
    inputs: Callable[[Account, Finding], Inputs] | None = None
    secrets: Inputs = field(default_factory=dict)

    def changes_of(self, group: str) -> list[str]:
        """Return the changes for the fault of a group, sorted."""
        return sorted(dict(self.in_group).get(group, self.changes))

    @property
    def outcome(self) -> str:
        """Say how much of the fix the file is."""
        if self.in_two_steps:
            return "applied, then its blocks deleted and applied"
        return f"applied; left to do: {self.rest}" if self.rest else "applied"


_SIX = "the resource exists in version 6 of the provider only, which is checked by its schema"

UNPROVEN: dict[str, str] = {
    "aws-agc-001": _SIX,
    "aws-agc-002": _SIX,
    "aws-agc-004": _SIX,
    "aws-agc-005": _SIX,
    "aws-agc-006": _SIX,
}
NO_FILE = {
    "aws-agc-003",
    "aws-ec2-003",
    "aws-ecs-001",
    "aws-ecs-002",
    "aws-gd-002",
    "aws-iam-001",
    "aws-iam-002",
    "aws-iam-003",
    "aws-iam-008",
    "aws-iam-013",
    "aws-iam-015",
    "aws-rds-002",
    "aws-s3-007",
    "aws-sm-002",
}
_ALARM = Plan(("aws_cloudwatch_log_metric_filter create", "aws_cloudwatch_metric_alarm create"))
_IN_GROUP = (
    "aws_iam_group create",
    "aws_iam_group_policy_attachment create",
    "aws_iam_policy create",
    "aws_iam_user_group_membership create",
)


_NARROWER = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
)


def _snapshot(account: Account, finding: Finding) -> Inputs:
    snapshot = account.client("ec2").create_snapshot(VolumeId=finding.evidence["volume_id"])
    return {"SNAPSHOT_ID": snapshot["SnapshotId"]}


def _notebook(account: Account, finding: Finding) -> Inputs:
    notebook = account.client("sagemaker").describe_notebook_instance(
        NotebookInstanceName=finding.evidence["notebook_name"]
    )
    return {"INSTANCE_TYPE": notebook["InstanceType"], "ROLE_ARN": notebook["RoleArn"]}


PLANS: dict[str, Plan] = {
    **{f"aws-cw-{number:03}": _ALARM for number in range(1, 16)},
    "aws-account-001": Plan(("aws_account_alternate_contact create",)),
    "aws-backup-001": Plan(
        ("aws_backup_plan create", "aws_backup_selection create", "aws_backup_vault create"),
    ),
    "aws-bedrock-001": Plan(("aws_bedrock_model_invocation_logging_configuration create",)),
    "aws-bedrock-002": Plan(("aws_bedrock_guardrail create",)),
    "aws-cfg-001": Plan(
        (
            "aws_config_configuration_recorder create",
            "aws_config_configuration_recorder_status create",
            "aws_config_delivery_channel create",
            "aws_iam_service_linked_role create",
        )
    ),
    "aws-cfg-002": Plan(("aws_config_configuration_recorder_status import update is_enabled",)),
    "aws-cfg-003": Plan(
        (
            "aws_config_configuration_recorder import update recording_group.all_supported"
            " recording_group.include_global_resource_types recording_group.recording_strategy.use_only"
            " recording_group.resource_types-",
        )
    ),
    "aws-cfg-004": Plan(
        (
            "aws_config_delivery_channel import update s3_kms_key_arn"
            " snapshot_delivery_properties.delivery_frequency",
        )
    ),
    "aws-ct-001": Plan(
        (
            "aws_cloudtrail create",
            "aws_s3_bucket create",
            "aws_s3_bucket_policy create",
            "aws_s3_bucket_public_access_block create",
        ),
        in_group=(
            ("trails", ("aws_cloudtrail import update include_global_service_events is_multi_region_trail",)),
        ),
    ),
    "aws-ct-002": Plan(("aws_cloudtrail import update enable_log_file_validation",)),
    "aws-ct-003": Plan(("aws_s3_bucket_public_access_block create",)),
    "aws-ct-004": Plan(("aws_s3_bucket_logging create",)),
    "aws-ct-005": Plan(("aws_cloudtrail import update kms_key_id",)),
    "aws-ct-006": Plan(("aws_cloudtrail import update event_selector",)),
    "aws-ct-007": Plan(("aws_cloudtrail import update event_selector",)),
    "aws-ct-008": Plan(
        (
            "aws_cloudtrail import update cloud_watch_logs_group_arn cloud_watch_logs_role_arn?",
            "aws_cloudwatch_log_group create",
            "aws_iam_role create",
            "aws_iam_role_policy create",
        )
    ),
    "aws-cw-016": Plan(("aws_cloudwatch_log_group import update kms_key_id",)),
    "aws-ddb-001": Plan(("aws_dynamodb_table import update server_side_encryption",)),
    "aws-ddb-002": Plan(("aws_dynamodb_table import update point_in_time_recovery.enabled",)),
    "aws-ddb-003": Plan(("aws_dynamodb_table import update billing_mode",)),
    "aws-dp-001": Plan(("aws_s3_bucket_policy import update policy",)),
    "aws-dp-002": Plan(("aws_sns_topic_policy import update policy",)),
    "aws-dp-003": Plan(("aws_sqs_queue_policy import update policy",)),
    "aws-dp-004": Plan(("aws_secretsmanager_secret_policy import update block_public_policy policy",)),
    "aws-dp-005": Plan(("aws_lambda_permission import replace",)),
    "aws-ec2-001": Plan(("aws_ami_launch_permission import no-op",), in_two_steps=True),
    "aws-ec2-002": Plan(
        ("aws_ebs_volume create",), rest="attach the new volume, delete the old one", inputs=_snapshot
    ),
    "aws-ec2-004": Plan(("aws_instance import update metadata_options.http_tokens",)),
    "aws-ec2-005": Plan(("aws_instance import update disable_api_termination",)),
    "aws-ec2-006": Plan(("aws_ebs_encryption_by_default create",)),
    "aws-ecs-003": Plan(("aws_ecs_service import update enable_execute_command force_new_deployment",)),
    "aws-efs-001": Plan(("aws_efs_file_system create",), rest="copy the files, delete the old file system"),
    "aws-eip-001": Plan(("aws_eip import no-op",), in_two_steps=True),
    "aws-gd-001": Plan(
        ("aws_guardduty_detector create",),
        in_group=(("data", ("aws_guardduty_detector import update enable",)),),
    ),
    "aws-iam-004": Plan(("aws_iam_access_key import update status",)),
    "aws-iam-005": Plan(
        ("aws_iam_policy import update policy",),
        in_group=(
            ("buckets", ("aws_iam_user_policy import update policy",)),
            ("machines", ("aws_iam_group_policy import update policy",)),
            ("trails", ("aws_iam_role_policy import update policy",)),
        ),
        inputs=lambda _account, _finding: {"POLICY_DOCUMENT": _NARROWER},
    ),
    "aws-iam-006": Plan(
        (
            "aws_iam_account_password_policy import update minimum_password_length password_reuse_prevention"
            " require_lowercase_characters require_symbols require_uppercase_characters",
        )
    ),
    "aws-iam-007": Plan(("aws_iam_role import update assume_role_policy",)),
    "aws-iam-009": Plan(("aws_iam_access_key import update status",)),
    "aws-iam-010": Plan(
        tuple(sorted((*_IN_GROUP, "aws_iam_group_policy_attachment create"))),
        rest="the script removes the user's own policies",
    ),
    "aws-iam-011": Plan(("aws_iam_role create", "aws_iam_role_policy_attachment create")),
    "aws-iam-012": Plan(("aws_accessanalyzer_analyzer create",)),
    "aws-iam-014": Plan(("aws_iam_policy create",), rest="the script detaches AWSCloudShellFullAccess"),
    "aws-iam-016": Plan(("aws_instance import update iam_instance_profile",)),
    "aws-iam-017": Plan(("aws_iam_role import update max_session_duration",)),
    "aws-iam-018": Plan(_IN_GROUP),
    "aws-inspector-001": Plan(("aws_inspector2_enabler create",)),
    "aws-kms-001": Plan(("aws_kms_key import update enable_key_rotation",)),
    "aws-kms-002": Plan(("aws_kms_key_policy import update policy",)),
    "aws-lambda-001": Plan(("aws_lambda_function_url import update authorization_type",)),
    "aws-lambda-002": Plan(("aws_lambda_function import update runtime",)),
    "aws-lambda-003": Plan(
        ("aws_iam_role_policy create", "aws_secretsmanager_secret create"),
        rest="let the code read the secret, remove the variable",
    ),
    "aws-rds-001": Plan(("aws_db_instance import update publicly_accessible",)),
    "aws-rds-003": Plan(("aws_db_instance import update apply_immediately multi_az",)),
    "aws-rds-004": Plan(("aws_db_instance import update auto_minor_version_upgrade",)),
    "aws-s3-001": Plan(
        ("aws_s3_bucket_public_access_block import update block_public_policy restrict_public_buckets",)
    ),
    "aws-s3-002": Plan(
        (
            "aws_s3_bucket_server_side_encryption_configuration import update"
            " rule.apply_server_side_encryption_by_default.kms_master_key_id"
            " rule.apply_server_side_encryption_by_default.sse_algorithm rule.bucket_key_enabled",
        )
    ),
    "aws-s3-003": Plan(("aws_s3_bucket_versioning create",)),
    "aws-s3-004": Plan(("aws_s3_bucket_lifecycle_configuration import update rule",)),
    "aws-s3-005": Plan(
        (
            "aws_s3_bucket create",
            "aws_s3_bucket_logging create",
            "aws_s3_bucket_policy create",
            "aws_s3_bucket_public_access_block create",
        )
    ),
    "aws-s3-006": Plan(("aws_s3_bucket_policy import update policy",)),
    "aws-sagemaker-001": Plan(
        ("aws_sagemaker_notebook_instance import update root_access",), inputs=_notebook
    ),
    "aws-sagemaker-002": Plan(
        ("aws_sagemaker_notebook_instance create",), rest="move the files, delete the old instance"
    ),
    "aws-sagemaker-003": Plan(
        (
            "aws_sagemaker_endpoint import update endpoint_config_name?",
            "aws_sagemaker_endpoint_configuration create",
        )
    ),
    "aws-sh-001": Plan(
        (
            "aws_securityhub_account create",
            "aws_securityhub_standards_subscription create",
            "aws_securityhub_standards_subscription create",
        )
    ),
    "aws-sm-001": Plan(("aws_secretsmanager_secret_rotation create",)),
    "aws-ssm-001": Plan(
        ("aws_iam_role_policy_attachment create",), inputs=lambda _account, _finding: {"ROLE_NAME": "batch"}
    ),
    "aws-ssm-002": Plan(
        ("aws_ssm_parameter create",),
        rest="delete the old parameter",
        inputs=lambda _account, _finding: {"PARAMETER_NAME": "/app/db-password-secure"},
        secrets={"secret_value": "new secret"},
    ),
    "aws-ssm-003": Plan(("aws_ssm_association create",), rest="Patch Manager scans or installs"),
    "aws-vpc-001": Plan(
        ("aws_subnet create", "aws_vpc create"),
        rest="move what runs in the default VPC",
        inputs=lambda _account, _finding: {"VPC_CIDR": "10.99.0.0/16"},
    ),
    "aws-vpc-002": Plan(("aws_vpc_security_group_ingress_rule import update cidr_ipv4",)),
    "aws-vpc-003": Plan(
        (
            "aws_flow_log create",
            "aws_s3_bucket create",
            "aws_s3_bucket_policy create",
            "aws_s3_bucket_public_access_block create",
        )
    ),
    "aws-vpc-004": Plan(("aws_network_acl_rule create",) * 6),
    "aws-vpc-005": Plan(("aws_default_security_group create",)),
    "aws-vpc-006": Plan(
        ("aws_route_table create", "aws_route_table_association create", "aws_subnet create")
    ),
    "aws-waf-001": Plan(("aws_wafv2_web_acl create", "aws_wafv2_web_acl_association create")),
}

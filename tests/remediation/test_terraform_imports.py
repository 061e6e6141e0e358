"""A file that imports a resource states or ignores every argument that the provider would otherwise reset.

The provider takes an optional argument that a file does not name for one that is to be unset, unless it is
computed, too. What a resource has there would be lost, or the resource replaced.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation
from remediation.terraform_proof import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONLY_IN_TERRAFORM = {
    # How Terraform itself goes about it; AWS keeps nothing of these.
    "aws_dynamodb_table": "restore_backup_arn restore_date_time restore_source_name restore_source_table_arn"
    " restore_to_latest_time",
    "aws_ecs_service": "force_delete sigint_rollback wait_for_steady_state",
    "aws_iam_access_key": "pgp_key",
    "aws_iam_policy": "delay_after_policy_creation_in_ms",
    "aws_instance": "force_destroy",
    "aws_kms_key_policy": "bypass_policy_lockout_safety_check",
    "aws_lambda_function": "replace_security_groups_on_destroy replacement_security_group_ids skip_destroy"
    " use_resource_timeout_for_propagation",
    "aws_s3_bucket_public_access_block": "skip_destroy",
    "aws_s3_bucket_server_side_encryption_configuration": "expected_bucket_owner",
    "aws_s3_bucket_versioning": "expected_bucket_owner mfa",
    "aws_db_instance": "password_wo password_wo_version upgrade_storage_config",
}
_NOT_OF_THESE = {
    # Permissions of a whole account or group, and rules of a network, name nothing of the other kinds.
    "aws_ami_launch_permission": "account_id organization_arn organizational_unit_arn",
    "aws_vpc_security_group_ingress_rule": "prefix_list_id referenced_security_group_id",
    # A permission is replaced, with what it allows written anew.
    "aws_lambda_permission": "event_source_token invoked_via_function_url principal_org_id",
    # The check leaves functions with these to the script: `newer_settings` in its evidence.
    "aws_lambda_function": "publish_to source_kms_key_arn",
    # Version 5 of the provider has no such arguments; a file that names them would be for version 6 only.
    "aws_db_instance": "warning_event_categories",
    # `arguments` of the template's language states it.
    "aws_sagemaker_notebook_instance": "root_access",
    # The check leaves managed external secrets to the script.
    "aws_secretsmanager_secret_rotation": "external_secret_rotation_role_arn",
}


def test_no_import_leaves_an_argument_to_be_reset() -> None:
    rest = [
        f"{check_id}: {resource}.{name}"
        for check_id in all_checks()
        for resource, body in _imported(explanation(check_id).terraform)
        for name in sorted(_resettable(resource) - _argument_names(body))
    ]
    assert not rest, "\n".join(rest)


def _imported(template: str) -> Iterator[tuple[str, str]]:
    """Yield the type and the body of each resource that a template imports.

    A template that creates a resource of the type in another case names fewer arguments there.
    """
    for resource in set(re.findall(r"to = (aws_\w+)\.", template)):
        bodies = re.findall(rf'(?ms)^resource "{resource}".*?^\}}', template)
        yield resource, max(bodies, key=lambda body: len(_argument_names(body)))


def _argument_names(body: str) -> set[str]:
    """Return the arguments that a body states or ignores; the templates' own tags stand on other lines."""
    stated = set(re.findall(r"(?m)^  ([a-z_0-9]+)(?: *=| \{)", body))
    ignored = re.search(r"ignore_changes\s*=\s*\[(.*?)\]", body, re.DOTALL)
    return stated | set(re.findall(r"[a-z_0-9]+", ignored[1] if ignored else ""))


def _resettable(resource: str) -> set[str]:
    attributes = SCHEMA["resources"].get(resource, {}).get("a", {})
    exempt = f"{_ONLY_IN_TERRAFORM.get(resource, '')} {_NOT_OF_THESE.get(resource, '')}".split()
    return {name for name, kind in attributes.items() if kind.startswith("o ")} - set(exempt)

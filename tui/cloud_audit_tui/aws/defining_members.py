"""The members that make a response valid: a missing one means "none" only where AWS documents that.

A list response must contain its list and a describe response its subject. The rule is derived from botocore's
models (required members, the paginator's result keys, an output of one member) and corrected by two tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from cloud_audit_tui.aws.paging import Paging

MEMBERS: dict[str, tuple[str, ...]] = {
    "cloudtrail:GetEventSelectors": ("TrailARN|EventSelectors|AdvancedEventSelectors",),
    "cloudtrail:GetTrailStatus": ("IsLogging",),
    "ec2:GetEbsEncryptionByDefault": ("EbsEncryptionByDefault",),
    "ec2:GetImageBlockPublicAccessState": ("ImageBlockPublicAccessState",),
    "ecs:DescribeServices": ("services",),
    "ecs:DescribeTaskDefinition": ("taskDefinition",),
    "ecs:DescribeTasks": ("tasks",),
    "iam:GenerateCredentialReport": ("State",),
    "iam:GetAccountSummary": ("SummaryMap",),
    "iam:GetCredentialReport": ("Content",),
    "kms:GetKeyPolicy": ("Policy",),
    "kms:GetKeyRotationStatus": ("KeyRotationEnabled",),
    "lambda:GetPolicy": ("Policy",),
    "sagemaker:DescribeNotebookInstance": ("NotebookInstanceName",),
    "secretsmanager:DescribeSecret": ("ARN",),
    "secretsmanager:GetResourcePolicy": ("ARN",),
    "securityhub:DescribeHub": ("HubArn",),
    "sns:GetTopicAttributes": ("Attributes",),
    "sts:GetCallerIdentity": ("Account", "Arn"),
}
"""Members that the AWS API reference shows in every response but the model does not require.

``A|B`` stands for either of two.
"""

MAY_BE_EMPTY = {
    "bedrock:GetModelInvocationLoggingConfiguration": "no loggingConfig where logging is off",
    "sqs:GetQueueAttributes": "no Attributes where none of those asked for is set",
    "sqs:ListQueues": "no QueueUrls where there is no queue",
    "wafv2:GetWebACLForResource": "no WebACL where none is associated with the resource",
}
"""Operations that omit an empty member, by their AWS API reference or by observation."""

_XML = frozenset({"ec2", "query", "rest-xml"})


def defining_members(model: Any, paging: Paging | None) -> tuple[str, ...]:
    """Return the members that every successful response of an operation has; ``model`` is botocore's.

    The XML protocols omit empty lists, and their result element identifies the operation, so only the members
    that the model requires are expected there.
    """
    name = f"{model.service_model.service_name}:{model.name}"
    if name in MAY_BE_EMPTY or model.output_shape is None:
        return ()
    if name in MEMBERS:
        return MEMBERS[name]
    members = model.output_shape.members
    required = [member for member in model.output_shape.required_members if member in members]
    if model.service_model.resolved_protocol in _XML:
        return tuple(required)
    results = [key.split(".")[0].split("[")[0] for key in paging.result_keys] if paging else []
    only = list(members) if len(members) == 1 else []
    return tuple(dict.fromkeys([*required, *(key for key in results if key in members), *only]))


def missing_members(answer: dict[str, Any], expected: Collection[str]) -> list[str]:
    """Return the expected members that a response lacks."""
    return [
        names.replace("|", " or ")
        for names in expected
        if all(answer.get(name) is None for name in names.split("|"))
    ]

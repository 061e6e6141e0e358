"""Which AWS services send the account on whose behalf they call, and by which condition key.

`aws:SourceAccount` and `aws:SourceArn` are in a request only if the calling service sends them, so a
condition on them locks out a service that does not. This table has the services whose guides use the key in
the policy of the receiving resource; a service that is not in it gets no condition. `aws:SourceOrgID` and
`aws:SourceOrgPaths` come with `aws:SourceAccount`:
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>. EventBridge
supports no condition in the policy of an SNS topic:
<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html>.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE_ACCOUNT = frozenset(
    {
        # AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
        "s3.amazonaws.com",
        # AmazonS3/latest/userguide/enable-server-access-logging.html
        "logging.s3.amazonaws.com",
        # config/latest/developerguide: s3-bucket-policy, sns-topic-policy
        "config.amazonaws.com",
        # AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
        "delivery.logs.amazonaws.com",
        # AmazonCloudWatch/latest/logs/SubscriptionFilters.html
        "logs.amazonaws.com",
        # AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
        "lambda.alarms.cloudwatch.amazonaws.com",
        # ses/latest/dg/receiving-email-permissions.html
        "ses.amazonaws.com",
        # guardduty/latest/ug/guardduty_exportfindings.html
        "guardduty.amazonaws.com",
        # macie/latest/user/discovery-results-repository-s3.html
        "macie.amazonaws.com",
        # inspector/latest/user/findings-managing-exporting-reports.html
        "inspector2.amazonaws.com",
        # cost-management/latest/userguide: budgets-sns-policy, ad-SNS
        "budgets.amazonaws.com",
        "costalerts.amazonaws.com",
        # cur/latest/userguide: dataexports-s3-bucket
        "billingreports.amazonaws.com",
        "bcm-data-exports.amazonaws.com",
        # secretsmanager/latest/userguide/troubleshoot_rotation.html
        "secretsmanager.amazonaws.com",
        # appflow/latest/userguide/s3-policies-management.html
        "appflow.amazonaws.com",
        # lexv2/latest/dg/lambda-attach.html
        "lexv2.amazonaws.com",
        # bedrock/latest/userguide/agents-permissions.html
        "bedrock.amazonaws.com",
    }
)
"""Services that send `aws:SourceAccount`, each under the guide of docs.aws.amazon.com that shows it."""

SOURCE_ARNS: Mapping[str, str] = {
    # AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    "cloudfront.amazonaws.com": "arn:{partition}:cloudfront::{account}:distribution/*",
    # awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    "cloudtrail.amazonaws.com": "arn:{partition}:cloudtrail:{region}:{account}:trail/*",
    # elasticloadbalancing/latest/application/enable-access-logging.html
    "logdelivery.elasticloadbalancing.amazonaws.com": (
        "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/*"
    ),
    # elasticloadbalancing/latest/application/lambda-functions.html
    "elasticloadbalancing.amazonaws.com": (
        "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/*"
    ),
    # AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-subscribe-queue-sns-topic.html
    "sns.amazonaws.com": "arn:{partition}:sns:{region}:{account}:*",
    # eventbridge/latest/userguide/eb-use-resource-based.html
    "events.amazonaws.com": "arn:{partition}:events:{region}:{account}:rule/*",
    # sns/latest/dg/sns-access-policy-use-cases.html
    "cloudwatch.amazonaws.com": "arn:{partition}:cloudwatch:{region}:{account}:alarm:*",
    # apigateway/latest/developerguide/permissions.html
    "apigateway.amazonaws.com": "arn:{partition}:execute-api:{region}:{account}:*",
    # cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
    "cognito-idp.amazonaws.com": "arn:{partition}:cognito-idp:{region}:{account}:userpool/*",
    # iot/latest/developerguide/lambda-rule-action.html
    "iot.amazonaws.com": "arn:{partition}:iot:{region}:{account}:rule/*",
    # redshift/latest/mgmt/db-auditing.html
    "redshift.amazonaws.com": "arn:{partition}:redshift:{region}:{account}:cluster:*",
    # AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html
    "events.rds.amazonaws.com": "arn:{partition}:rds:{region}:{account}:*",
}
"""Services that send `aws:SourceArn`, each under the guide of docs.aws.amazon.com that shows it, and the
pattern of an account's ARNs. ``{region}`` is ``*`` in a policy; Lambda's AddPermission allows no wildcard."""

WITHOUT_CONDITIONS = frozenset({("events.amazonaws.com", "sns")})
"""Services, and the kind of resource in whose policy no condition works for them."""


_REGION_LABEL = re.compile(r"\.[a-z]{2}(?:-[a-z]+)+-\d(?=\.amazonaws\.com)")


def sends_account(service: str) -> bool:
    """Say whether a service, given by its principal, is documented to send `aws:SourceAccount`."""
    return general_principal(service) in SOURCE_ACCOUNT


def source_arn(service: str, partition: str, account_id: str, region: str = "*") -> str:
    """Return the pattern of a service's `aws:SourceArn` for one account, empty where none is documented."""
    pattern = SOURCE_ARNS.get(general_principal(service), "")
    return pattern.format(partition=partition, account=account_id, region=region)


def can_be_limited(service: str, resource_kind: str) -> bool:
    """Say whether a service still works for the account under a condition on the source.

    ``resource_kind`` is the service that the policy's resource belongs to, such as ``sns``.
    """
    return supports_conditions(service, resource_kind) and (
        sends_account(service) or general_principal(service) in SOURCE_ARNS
    )


def supports_conditions(service: str, resource_kind: str) -> bool:
    """Say whether any condition in the policy of such a resource works for the service."""
    return (general_principal(service), resource_kind) not in WITHOUT_CONDITIONS


def general_principal(service: str) -> str:
    """Return a principal without region and partition: ``logs.amazonaws.com`` for ``logs.eu-west-1...``."""
    return _REGION_LABEL.sub("", service).removesuffix(".cn")

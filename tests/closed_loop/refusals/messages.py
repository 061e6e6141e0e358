"""What SNS and SQS refuse of the policies of topics and queues, and of subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.refusals.policies import policy_refusal
from closed_loop.refusals.rule import Refusal, refuses
from cloud_audit_tui.iam.policy import parse

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_TOPIC_ACTIONS = frozenset(
    f"sns:{name}".lower()
    for name in (
        "AddPermission",
        "DeleteTopic",
        "GetDataProtectionPolicy",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "ListTagsForResource",
        "Publish",
        "PutDataProtectionPolicy",
        "Receive",
        "RemovePermission",
        "SetTopicAttributes",
        "Subscribe",
    )
)


@refuses(
    "sns:SetTopicAttributes",
    document="https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html",
)
def topic_policy(call: Call) -> Refusal | None:
    """A topic's policy has statements with principals that exist, and actions on topics alone."""
    if call["AttributeName"] != "Policy":
        return None
    document = call["AttributeValue"]
    if refusal := policy_refusal(call, document, "InvalidParameter", limit=30 * 1024, kind="topic"):
        return refusal
    for statement in parse(document).statements:
        for action in statement.actions:
            if "*" not in action and action.lower() not in _TOPIC_ACTIONS:
                return Refusal(
                    "InvalidParameter", "Invalid parameter: Policy statement action out of service scope!"
                )
            if action.lower() == "sns:*" or action == "*":
                return Refusal(
                    "InvalidParameter", "Invalid parameter: Policy statement action out of service scope!"
                )
        for arn in statement.resources:
            if arn not in (call["TopicArn"], "*"):
                return Refusal(
                    "InvalidParameter", "Invalid parameter: Policy Error: resource is another topic"
                )
    return None


@refuses("sns:Subscribe", document="https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html")
def subscription_of_a_fifo_topic(call: Call) -> Refusal | None:
    """A FIFO topic delivers to queues alone."""
    if not (call["TopicArn"] or "").endswith(".fifo") or call["Protocol"] == "sqs":
        return None
    return Refusal("InvalidParameter", f"Invalid parameter: Invalid protocol type: {call['Protocol']}")


@refuses(
    "sqs:SetQueueAttributes",
    document="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html",
)
def queue_policy(call: Call) -> Refusal | None:
    """At most 20 statements, 10 conditions and 50 principals, all of which exist."""
    document = (call["Attributes"] or {}).get("Policy")
    if not document:
        return None
    if refusal := policy_refusal(call, document, "InvalidAttributeValue", limit=8_192, kind="queue"):
        return refusal
    policy = parse(document)
    principals = {principal.name for each in policy.statements for principal in each.principals}
    conditions = sum(len(each.conditions) for each in policy.statements)
    if len(policy.statements) > 20 or len(principals) > 50 or conditions > 10:
        return Refusal("OverLimit", "The policy is over a limit of queues.")
    if any("sqs:" not in action and action != "*" for each in policy.statements for action in each.actions):
        return Refusal("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    return None

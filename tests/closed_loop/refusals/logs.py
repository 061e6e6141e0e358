"""What CloudWatch Logs and CloudWatch refuse of keys, filters and alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.policies import as_text, key_of, service_may
from closed_loop.refusals.rule import Refusal, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_GUIDE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest"
_RETENTION = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)


@refuses("logs:AssociateKmsKey", "logs:CreateLogGroup", document=f"{_GUIDE}/logs/encrypt-log-data-kms.html")
def key_of_a_log_group(call: Call) -> Refusal | None:
    """The key is enabled and symmetric, and its policy lets the region's service use it for the group."""
    if not call["kmsKeyId"]:
        return None
    key = key_of(call, call["kmsKeyId"])
    if key is None or key.key_state != "Enabled" or key.key_spec != "SYMMETRIC_DEFAULT":
        return Refusal("InvalidParameterException", "The specified KMS Key Id could not be found.")
    name = call["logGroupName"] or (call["resourceIdentifier"] or "").partition(":log-group:")[2]
    group = f"arn:aws:logs:{call.region}:{ACCOUNT}:log-group:{name}"
    keys = {
        "kms:EncryptionContext:aws:logs:arn": group,
        "aws:SourceAccount": ACCOUNT,
        "aws:SourceArn": group,
    }
    service = f"logs.{call.region}.amazonaws.com"
    if service_may(as_text(key.policy), service, "kms:GenerateDataKey", key.arn, keys):
        return None
    return Refusal(
        "InvalidParameterException",
        f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'.",
    )


@refuses(
    "logs:PutRetentionPolicy",
    document="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
)
def retention_days(call: Call) -> Refusal | None:
    """Only some numbers of days are possible."""
    if int(call["retentionInDays"] or 0) in _RETENTION:
        return None
    return Refusal(
        "InvalidParameterException", "1 validation error detected: Value at 'retentionInDays' failed"
    )


@refuses(
    "logs:PutMetricFilter",
    document="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html",
)
def hundred_metric_filters(call: Call) -> Refusal | None:
    """A log group has at most 100 metric filters, and a pattern at most 1,024 characters."""
    if len(call["filterPattern"] or "") > 1_024:
        return Refusal("InvalidParameterException", "Value at 'filterPattern' failed to satisfy constraint")
    filters = [
        each for each in call.backend().filters.metric_filters if each["logGroupName"] == call["logGroupName"]
    ]
    if len(filters) < 100 or any(each["filterName"] == call["filterName"] for each in filters):
        return None
    return Refusal("LimitExceededException", "Resource limit exceeded.")


@refuses("cloudwatch:PutMetricAlarm", document=f"{_GUIDE}/APIReference/API_PutMetricAlarm.html")
def alarm(call: Call) -> Refusal | None:
    """Periods of 10, 20, 30 or a multiple of 60 s, together at most 7 days; at most 5 actions, all ARNs."""
    period, times = int(call["Period"] or 60), int(call["EvaluationPeriods"] or 1)
    if period not in (10, 20, 30) and period % 60:
        return Refusal("ValidationError", "Period must be 10, 20, 30 or a multiple of 60")
    if period * times > (604_800 if period >= 3_600 else 86_400):
        return Refusal(
            "ValidationError", "Metrics cannot be checked across more than a day (EvaluationPeriods * Period)"
        )
    actions = call["AlarmActions"] or []
    if len(actions) > 5 or not all(action.startswith("arn:") for action in actions):
        return Refusal("ValidationError", "Invalid arn syntax or too many actions")
    datapoints = int(call["DatapointsToAlarm"] or 1)
    return Refusal("ValidationError", "DatapointsToAlarm is too high") if datapoints > times else None

"""Every declared read of every check, denied once: no verdict flips, no row is lost, no identity changes.

What needs the denied read is not assessed: the resource, or the scope whose list is missing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import eq
from typing import TYPE_CHECKING, Any

from alarm_checks import ALARM_CHECKS
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.model import Severity, Status, Target
from recorded_reads import RecordedAccount, Replay, Row, rows_of, targets_of

if TYPE_CHECKING:
    from cloud_audit_tui.checks.api import Reads
    from recorded_reads import Call, Identity

ASSESSED = {Status.FAIL, Status.PASS}
ACCOUNT, REGION = "111122223333", "eu-central-1"
LONG_AGO = datetime.now(UTC) - timedelta(days=200)
WORST_FIRST = list(Severity)


def faults(before: dict[Identity, Row], after: dict[Identity, Row]) -> list[str]:
    """Return the changes to the rows of a check that a denied read must not cause."""
    scope_is_open = any(row.is_scope and row.status is Status.NOT_ASSESSED for row in after.values())
    words = [f"{row.name or row.identity}: {row.fault}" for row in after.values() if row.fault]
    for identity, row in before.items():
        now = after.get(identity)
        if now is None:
            if not scope_is_open:
                words.append(f"{row.name or identity} is lost")
        elif now.status in ASSESSED and now.status is not row.status:
            words.append(f"{row.name or identity} turns from {row.status} into {now.status}")
        elif now.status is Status.FAIL and WORST_FIRST.index(now.severity) > WORST_FIRST.index(row.severity):
            words.append(f"{row.name or identity} becomes milder: {row.severity} -> {now.severity}")
    words += [
        f"{row.name or identity} is new ({row.status})"
        for identity, row in after.items()
        if identity not in before and not (row.is_scope and row.status is Status.NOT_ASSESSED)
    ]
    return words


def _is_of(operation: str, call: Call) -> bool:
    return call.operation == operation


async def test_a_denied_operation_turns_no_verdict_of_the_demo(
    recorded_accounts: list[RecordedAccount],
) -> None:
    bad: dict[str, list[str]] = defaultdict(list)
    sweeps = rows = 0
    for account in recorded_accounts:
        for check in all_checks().values():
            for target in targets_of(account, check):
                before = await rows_of(check, target, Replay(account.answers), account.regions)
                rows += len(before)
                for operation in check.reads:
                    reads = Replay(account.answers, denied=partial(_is_of, operation))
                    after = await rows_of(check, target, reads, account.regions)
                    sweeps += 1
                    bad[f"{check.id} without {operation}"] += faults(before, after)
    faults_by_read = {name: words for name, words in bad.items() if words}
    print(
        f"\n{sweeps} denials of operations over {rows} rows: {len(faults_by_read)} turn, lose or rename rows"
    )
    assert faults_by_read == {}


async def test_a_single_denied_call_turns_no_verdict_of_the_demo(
    recorded_accounts: list[RecordedAccount],
) -> None:
    """The same for one call alone, such as the policy of one bucket: other resources stay assessed."""
    bad: dict[str, list[str]] = defaultdict(list)
    sweeps = 0
    for account in recorded_accounts:
        for check in all_checks().values():
            for target in targets_of(account, check):
                before = await rows_of(check, target, Replay(account.answers), account.regions)
                for one in dict.fromkeys(account.calls[check.id, target.region]):
                    reads = Replay(account.answers, denied=partial(eq, one))
                    after = await rows_of(check, target, reads, account.regions)
                    sweeps += 1
                    bad[f"{check.id} without {one.operation} {one.params}"] += faults(before, after)
    faults_by_call = {name: words for name, words in bad.items() if words}
    print(f"\n{sweeps} denials of single calls: {len(faults_by_call)} turn, lose or rename rows")
    assert faults_by_call == {}


# Scenarios for the reads that the demo's accounts never cause.


class Scripted:
    """Reads that answer an operation with a value, or with a function of the parameters."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.operations: set[str] = set()

    async def read(self, region: str, service: str, operation: str, params: Any) -> Any:
        return self._answer("read", region, service, operation, params)

    async def poll(self, region: str, service: str, operation: str, params: Any, pending: Any) -> Any:
        return self._answer("poll", region, service, operation, params)

    async def items(self, region: str, service: str, operation: str, params: Any) -> Any:
        for item in self._answer("items", region, service, operation, params):
            yield item

    def _answer(self, kind: str, region: str, service: str, operation: str, params: Any) -> Any:
        name = f"{service}:{operation}"
        self.operations.add(name)
        answer = self.answers[name]
        return answer(params) if callable(answer) else answer


class _Without:
    """The same reads with one operation denied."""

    def __init__(self, reads: Reads, operation: str) -> None:
        self._reads, self._denied = reads, Replay({})
        self._operation = operation

    def _for(self, service: str, operation: str) -> Reads:
        return self._denied if f"{service}:{operation}" == self._operation else self._reads

    async def read(self, region: str, service: str, operation: str, params: Any) -> Any:
        return await self._for(service, operation).read(region, service, operation, params)

    async def poll(self, region: str, service: str, operation: str, params: Any, pending: Any) -> Any:
        return await self._for(service, operation).poll(region, service, operation, params, pending)

    async def items(self, region: str, service: str, operation: str, params: Any) -> Any:
        async for item in self._for(service, operation).items(region, service, operation, params):
            yield item


AGENTS = "bedrock-agentcore-control"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/all"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
CLUSTER = {
    "DBClusterIdentifier": "orders",
    "Engine": "aurora-postgresql",
    "MultiAZ": False,
    "DBClusterMembers": [{"DBInstanceIdentifier": "orders-1"}],
}
MEMBER = {
    "DBInstanceIdentifier": "orders-1",
    "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders-1",
    "DBInstanceClass": "db.r6g.large",
    "DBClusterIdentifier": "orders",
    "Engine": "aurora-postgresql",
}
TASK = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/batch:1"
ECS = {
    "ecs:ListTaskDefinitionFamilies": ["batch"],
    "ecs:DescribeTaskDefinition": lambda params: {
        "taskDefinition": {
            "taskDefinitionArn": TASK if params["taskDefinition"] == TASK else TASK[:-1] + "2",
            "family": "batch",
            "status": "ACTIVE",
            "containerDefinitions": [{"name": "app", "privileged": True}],
        }
    },
    "ecs:ListClusters": ["arn:cluster"],
    "ecs:ListServices": [],
    "ecs:DescribeServices": {},
    "ecs:ListTasks": ["arn:task"],
    "ecs:DescribeTasks": {"tasks": [{"taskDefinitionArn": TASK}]},
}
FOR_A_BUCKET = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "*",
                "Resource": "*",
                "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"}},
            }
        ],
    }
)
"""A resource policy for what S3 does for a bucket, whose ARN names no account."""

BUCKET_SENDERS: dict[str, dict[str, Any]] = {
    "aws-dp-002": {
        "sns:ListTopics": [{"TopicArn": TOPIC}],
        "sns:GetTopicAttributes": {"Attributes": {"Policy": FOR_A_BUCKET}},
    },
    "aws-dp-003": {
        "sqs:ListQueues": [f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/queue"],
        "sqs:GetQueueAttributes": {
            "Attributes": {
                "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
                "Policy": FOR_A_BUCKET,
            }
        },
    },
    "aws-dp-004": {
        "secretsmanager:ListSecrets": [{"ARN": "arn:s", "Name": "s"}],
        "secretsmanager:GetResourcePolicy": {"ResourcePolicy": FOR_A_BUCKET},
    },
    "aws-dp-005": {
        "lambda:ListFunctions": [{"FunctionName": "f", "FunctionArn": "arn:f"}],
        "lambda:ListAliases": [],
        "lambda:GetPolicy": {"Policy": FOR_A_BUCKET},
    },
}
SCENARIOS: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (
        ("aws-agc-001",),
        {
            f"{AGENTS}:ListCodeInterpreters": [{"codeInterpreterId": "one", "codeInterpreterArn": "arn:one"}],
            f"{AGENTS}:GetCodeInterpreter": {"networkConfiguration": {"networkMode": "PUBLIC"}},
        },
    ),
    (
        ALARM_CHECKS,
        {
            "cloudtrail:DescribeTrails": {
                "trailList": [
                    {
                        "Name": "all",
                        "TrailARN": TRAIL,
                        "HomeRegion": REGION,
                        "IsMultiRegionTrail": True,
                        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*",
                    }
                ]
            },
            "cloudtrail:GetTrailStatus": {"IsLogging": True},
            "logs:DescribeLogGroups": [{"logGroupName": "trail", "logGroupClass": "STANDARD"}],
            "cloudtrail:GetEventSelectors": {},
            "logs:DescribeMetricFilters": [
                {
                    "filterName": "every-event",
                    "filterPattern": '{ $.eventName = "*" }',
                    "metricTransformations": [
                        {"metricNamespace": "n", "metricName": "m", "metricValue": "1"}
                    ],
                }
            ],
            "cloudwatch:DescribeAlarms": [
                {
                    "AlarmName": "told",
                    "Statistic": "Sum",
                    "Threshold": 1.0,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "Namespace": "n",
                    "MetricName": "m",
                    "ActionsEnabled": True,
                    "AlarmActions": [TOPIC],
                }
            ],
            "sns:ListSubscriptionsByTopic": [{"SubscriptionArn": f"{TOPIC}:1"}],
        },
    ),
    *(
        ((check_id,), {"s3:ListBuckets": [{"Name": "uploads", "BucketRegion": REGION}], **answers})
        for check_id, answers in BUCKET_SENDERS.items()
    ),
    (("aws-ecs-001", "aws-ecs-002"), ECS),
    (
        ("aws-rds-001",),
        {
            "rds:DescribeDBInstances": [
                MEMBER
                | {
                    "PubliclyAccessible": True,
                    "DbInstancePort": 5432,
                    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
                }
            ],
            "ec2:DescribeSecurityGroups": [
                {
                    "GroupId": "sg-1",
                    "IpPermissions": [{"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-1"}]}],
                }
            ],
            "ec2:GetManagedPrefixListEntries": [{"Cidr": "203.0.113.0/24"}],
        },
    ),
    (
        ("aws-rds-002", "aws-rds-003"),
        {"rds:DescribeDBInstances": [MEMBER], "rds:DescribeDBClusters": [CLUSTER]},
    ),
    (
        ("aws-sm-002",),
        {
            "secretsmanager:ListSecrets": [
                {"ARN": "arn:s", "Name": "s", "PrimaryRegion": REGION, "CreatedDate": LONG_AGO}
            ],
            "secretsmanager:DescribeSecret": {"ReplicationStatus": [{"LastAccessedDate": datetime.now(UTC)}]},
        },
    ),
    (
        ("aws-vpc-002",),
        {
            "ec2:DescribeSecurityGroups": [
                {
                    "GroupId": "sg-1",
                    "GroupName": "lists",
                    "IpPermissions": [
                        {
                            "IpProtocol": "tcp",
                            "FromPort": 22,
                            "ToPort": 22,
                            "PrefixListIds": [{"PrefixListId": "pl-1"}],
                        }
                    ],
                }
            ],
            "ec2:GetManagedPrefixListEntries": [{"Cidr": "0.0.0.0/0"}],
            "ec2:DescribeSecurityGroupRules": [],
        },
    ),
    (
        ("aws-vpc-006",),
        {
            "ec2:DescribeVpcs": [{"VpcId": "vpc-1"}],
            "ec2:DescribeSubnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}],
            "ec2:DescribeRouteTables": [
                {
                    "VpcId": "vpc-1",
                    "Associations": [{"Main": True}],
                    "Routes": [{"DestinationPrefixListId": "pl-1", "GatewayId": "igw-1", "State": "active"}],
                }
            ],
            "ec2:GetManagedPrefixListEntries": [{"Cidr": "0.0.0.0/0"}],
        },
    ),
    (
        ("aws-vpc-003",),
        {
            "ec2:DescribeVpcs": [{"VpcId": "vpc-1"}],
            "ec2:DescribeFlowLogs": [
                {
                    "FlowLogId": "fl-1",
                    "ResourceId": "subnet-1",
                    "FlowLogStatus": "ACTIVE",
                    "TrafficType": "ALL",
                }
            ],
            "ec2:DescribeSubnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}],
        },
    ),
    (
        ("aws-waf-001",),
        {
            "wafv2:ListWebACLs": [{"Name": "acl", "ARN": "arn:acl"}],
            "elbv2:DescribeLoadBalancers": [
                {"Type": "application", "LoadBalancerArn": "arn:lb", "LoadBalancerName": "lb"}
            ],
            "wafv2:GetWebACLForResource": {},
            "appsync:ListGraphqlApis": [],
            "apigateway:GetRestApis": [{"id": "api", "name": "api"}],
            "apigateway:GetStages": {"item": [{"stageName": "prod", "webAclArn": "arn:acl"}]},
        },
    ),
]


CALLED_ELSEWHERE = {"ecs:DescribeServices", "logs:DescribeLogGroups"}
"""Reads that the scenarios do not cause: an alarm check reads log groups only where it fails."""


async def test_a_denied_operation_turns_no_verdict_that_the_demo_has_not() -> None:
    bad: dict[str, list[str]] = {}
    for check_ids, answers in SCENARIOS:
        for check_id in check_ids:
            check, target = all_checks()[check_id], Target("p", ACCOUNT, REGION)
            reads = Scripted(answers)
            before = await rows_of(check, target, reads, {REGION})
            assert before, check_id
            if missing := set(check.reads) - reads.operations - CALLED_ELSEWHERE:
                bad[check_id] = [f"the scenario leads to no {' '.join(missing)}"]
            for operation in check.reads:
                after = await rows_of(check, target, _Without(reads, operation), {REGION})
                if words := faults(before, after):
                    bad[f"{check_id} without {operation}"] = words
    assert bad == {}


MADE_ONCE = {"iam:GenerateCredentialReport"}
"""Calls that an account needs once: a scan by another test may have made them before the recording."""


async def test_every_declared_operation_is_called_somewhere(recorded_accounts: list[RecordedAccount]) -> None:
    operations: dict[str, set[str]] = defaultdict(set)
    for account in recorded_accounts:
        for (check_id, _), calls in account.calls.items():
            operations[check_id] |= {call.operation for call in calls}
    for check_ids, answers in SCENARIOS:
        for check_id in check_ids:
            operations[check_id] |= answers.keys()
    never = {
        check.id: reads
        for check in all_checks().values()
        if (reads := set(check.reads) - operations[check.id] - MADE_ONCE)
    }
    assert never == {}

"""One malformed item of an answer costs only itself: the check goes on, and the other resources stay judged.

The answers of the demo are replayed with one change each: a member that is missing, null or empty, of
another type where botocore's parsers let one through, or a null entry in a list.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.model import Status
from recorded_reads import RecordedAccount, Replay, Row, rows_of, targets_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recorded_reads import Identity, RecordedAccount, Row

SEED = 20_261_126
CHANGES_A_CALL = 12
CALLS_OF_A_SHAPE = 3
"""How many answers of one operation with the same members are changed for a check in a region."""
DOCUMENTS = ("Document", "PolicyDocument")
"""Members under which any JSON may be: botocore decodes policy documents without a model."""
SHARED = {
    "iam:GetAccountAuthorizationDetails",
    "iam:GetCredentialReport",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSubnets",
    "logs:DescribeMetricFilters",
    "s3:GetBucketLogging",
    "s3control:GetPublicAccessBlock",
    "ssm:DescribeInstanceInformation",
    "ssm:DescribeInstancePatchStates",
    "ecs:ListTaskDefinitionFamilies",
    "ecs:DescribeServices",
    "ecs:DescribeTasks",
    "ecs:ListClusters",
    "ecs:ListServices",
    "ecs:ListTasks",
    "iam:ListVirtualMFADevices",
    "ec2:DescribeRegions",
    "config:DescribeConfigurationRecorders",
    "sagemaker:DescribeEndpointConfig",
}
"""Reads on which more than one resource of a check depends: an item may cost any number of them."""
SHARED_IN = {
    ("aws-s3-002", "s3:ListBuckets"),
    ("aws-s3-005", "s3:ListBuckets"),
    ("aws-ssm-003", "ec2:DescribeInstances"),
    ("aws-lambda-001", "lambda:ListFunctions"),
}
"""Lists in which an item decides about other resources: a bucket without a name may log to every bucket of
its region, and with another id the check makes a call that the recording has no answer to."""


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside an answer."""
    if path:
        yield path
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, entry in entries:
        yield from paths(entry, (*path, key))


def replacements(value: Any, path: tuple[Any, ...]) -> list[Any]:
    """Return the replacements of a value that botocore's parsers would let through."""
    anything: list[Any] = [None, 7, "text", [], {}, [None], {"x": None}, True]
    if any(str(key).endswith(DOCUMENTS) for key in path[:-1]):
        return anything
    if isinstance(value, str):
        if value.startswith("{"):
            return [*anything, "{", "[]", "null", json.dumps({"Statement": [None, {"Effect": 1}]})]
        return [None, "", 7, True, [], {"x": 1}, ["a"]]
    if isinstance(value, bool | int | float):
        return [None, "text", -1, {}, []]
    if isinstance(value, list):
        return [None, [], [None, *value]]
    return [None] if isinstance(value, datetime | bytes) else [None, {}]


MISSING = object()


def shape(answer: Any) -> frozenset[tuple[Any, ...]]:
    """Return the paths inside an answer; the entries of a list share one."""
    return frozenset(tuple("*" if isinstance(key, int) else key for key in path) for path in paths(answer))


def changed_copy(answer: Any, path: tuple[Any, ...], replacement: Any) -> Any:
    """Return an answer with another value at a path, or without the member; the rest is shared."""
    result = holder = copy.copy(answer)
    for key in path[:-1]:
        holder[key] = copy.copy(holder[key])
        holder = holder[key]
    if replacement is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = replacement
    return result


def changes(answer: Any, chance: random.Random) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield a sample of the changes to an answer: a path and the replacement there."""
    places = list(paths(answer))
    for path in chance.sample(places, min(CHANGES_A_CALL, len(places))):
        value: Any = answer
        for key in path:
            value = value[key]
        yield path, chance.choice([MISSING, *replacements(value, path)])


def cost(before: dict[Identity, Row], after: dict[Identity, Row]) -> int:
    """Return how many resources have another verdict than before, or none."""
    return sum(
        row.status is not Status.NOT_ASSESSED
        and (identity not in after or after[identity].status is not row.status)
        for identity, row in before.items()
        if not row.is_scope
    )


@pytest.mark.long
async def test_a_malformed_item_costs_only_itself(recorded_accounts: list[RecordedAccount]) -> None:
    chance = random.Random(SEED)
    crashes: dict[str, set[str]] = defaultdict(set)
    wide: dict[str, set[str]] = defaultdict(set)
    changes_count = 0
    for account in recorded_accounts:
        for check in all_checks().values():
            for target in targets_of(account, check):
                before = await rows_of(check, target, Replay(account.answers), account.regions)
                shapes: Counter[Any] = Counter()
                for call in dict.fromkeys(account.calls[check.id, target.region]):
                    answer = account.answers[call]
                    if isinstance(answer, Exception):
                        continue
                    shapes[alike := (call.operation, shape(answer))] += 1
                    if shapes[alike] > CALLS_OF_A_SHAPE:
                        continue
                    for path, replacement in changes(answer, chance):
                        words = f"{call.operation} {list(path)} := {_text_of(replacement)}"
                        answers = {**account.answers, call: changed_copy(answer, path, replacement)}
                        after = await rows_of(check, target, Replay(answers), account.regions)
                        changes_count += 1
                        crashes[check.id] |= {
                            f"{row.fault} by {words}" for row in after.values() if row.fault
                        }
                        shared = call.operation in SHARED or (check.id, call.operation) in SHARED_IN
                        if not shared and len(path) > 1 and cost(before, after) > 1:
                            wide[check.id].add(f"{cost(before, after)} resources by {words}")
    crashed = [f"{check_id}: {words}" for check_id in crashes for words in sorted(crashes[check_id])]
    spread = [f"{check_id}: {words}" for check_id in wide for words in sorted(wide[check_id])]
    print(
        f"\n{changes_count} malformed items: {len(crashed)} crash a check, {len(spread)} cost other resources"
    )
    assert not crashed, "\n".join(crashed)
    assert not spread, "\n".join(spread)


def _text_of(replacement: Any) -> str:
    return "missing" if replacement is MISSING else repr(replacement)[:60]

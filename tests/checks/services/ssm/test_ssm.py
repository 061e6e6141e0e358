from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.secret_names import parameter_holds_a_secret
from cloud_audit_tui.model import Finding, Status
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

FAIL, PASS, UNKNOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED
HOSTILE = "/token/[/red]$(reboot)`id`';\"\x1b[31m\u202e\n${path.module}"
PROFILE = {"Arn": "arn:aws:iam::111122223333:instance-profile/team/web", "Id": "AIPA"}


def have(aws: Any, *states: tuple[str, str], **members: Any) -> None:
    instances = [{"InstanceId": name, "State": {"Name": state}, **members} for name, state in states]
    aws.answer("ec2", "DescribeInstances", {"Reservations": [{"Instances": instances}]})


def node(instance_id: str, status: str) -> dict[str, Any]:
    return {"InstanceId": instance_id, "PingStatus": status, "AgentVersion": "3.3.0.0"}


def by_id(findings: list[Finding]) -> dict[str, Finding]:
    by_resource = {finding.resource_id.rpartition("/")[2]: finding for finding in findings}
    assert len(by_resource) == len(findings)
    return by_resource


def statuses(findings: list[Finding]) -> dict[str, Status]:
    return {name: finding.status for name, finding in by_id(findings).items()}


class TestManagedInstances:
    async def test_only_an_agent_that_is_online_counts(self, aws: Any, judge: Judge) -> None:
        names = ["i-online", "i-lost", "i-absent", "i-silent"]
        have(aws, *((name, "running") for name in names), ("i-off", "stopped"), IamInstanceProfile=PROFILE)
        without_status = {"InstanceId": "i-silent"}
        aws.pages(
            "ssm",
            "DescribeInstanceInformation",
            [node("i-lost", "ConnectionLost"), without_status],
            [node("i-online", "Online")],
        )
        findings = by_id(await judge("aws-ssm-001"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "i-online": PASS,
            "i-lost": FAIL,
            "i-absent": FAIL,
            "i-silent": UNKNOWN,
        }
        assert findings["i-absent"].evidence["instance_profile"] == "web"
        assert "ConnectionLost" in findings["i-lost"].reason

    async def test_without_the_list_no_instance_is_assessed(self, aws: Any, judge: Judge) -> None:
        have(aws, ("i-1", "running"), ("i-2", "running"))
        aws.denied("ssm", "DescribeInstanceInformation")
        findings = await judge("aws-ssm-001")
        assert statuses(findings) == {"i-1": UNKNOWN, "i-2": UNKNOWN}
        assert findings[0].evidence["missing_permission"] == "ssm:DescribeInstanceInformation"

    async def test_a_region_without_running_instances_asks_nothing_more(self, aws: Any, judge: Judge) -> None:
        have(aws, ("i-1", "stopped"))
        assert await judge("aws-ssm-001", "aws-ssm-003") == []
        assert {call.service for call in aws.calls} <= {"ec2", "sts", "iam"}


class TestPlainSecrets:
    async def test_the_name_and_the_type_decide_and_values_are_never_read(
        self, aws: Any, judge: Judge
    ) -> None:
        parameters = [
            {"Name": "/app/db_password", "Type": "String", "Description": "of the shop", "Tier": "Standard"},
            {"Name": "/app/safe_password", "Type": "SecureString"},
            {"Name": "/app/tokens", "Type": "StringList"},
            {"Name": "/app/region", "Type": "String"},
            {"Name": "/ami/token-service", "Type": "String", "DataType": "aws:ec2:image"},
            {"Name": HOSTILE, "Type": "String"},
            {"Name": "/app/secret"},
        ]
        aws.pages("ssm", "DescribeParameters", parameters[:2], parameters[2:])
        tags = [{"Key": "team", "Value": "shop"}, {"Key": "aws:cloudformation:stack-id", "Value": "x"}]
        aws.answer("ssm", "ListTagsForResource", {"TagList": tags}, ResourceId="/app/db_password")
        findings = {finding.resource_name: finding for finding in await judge("aws-ssm-002")}
        assert {name: finding.status for name, finding in findings.items()} == {
            "/app/db_password": FAIL,
            "/app/safe_password": PASS,
            "/app/tokens": FAIL,
            "/app/region": PASS,
            "/ami/token-service": PASS,
            HOSTILE: FAIL,
            "/app/secret": UNKNOWN,
        }
        plain = findings["/app/db_password"]
        assert plain.resource_id == "arn:aws:ssm:eu-central-1:111122223333:parameter/app/db_password"
        assert plain.severity.value == "high"
        assert plain.evidence["tags"] == [{"Key": "team", "Value": "shop"}]
        assert findings["/app/tokens"].evidence["tags"] is None
        assert "\x1b" not in findings[HOSTILE].reason
        assert not any(call.operation.startswith("GetParameter") for call in aws.calls)

    async def test_a_denied_list_is_not_assessed(self, aws: Any, judge: Judge) -> None:
        aws.denied("ssm", "DescribeParameters")
        [finding] = await judge("aws-ssm-002")
        assert finding.status is UNKNOWN

    def test_names_of_secrets(self) -> None:
        rows = [
            "secret",
            "DB_PASSWORD",
            "/x/api-key",
            "ApiKey",
            "private_key",
            "aws-credentials",
            "dbpass",
            "token_curl",
        ]
        with each_row() as row:
            for name in rows:
                with row(name):
                    assert parameter_holds_a_secret(name)

    def test_other_names(self) -> None:
        rows = [
            "/x/region",
            "db_secret_arn",
            "/oauth/token/url",
            "tokenEndpoint",
            "SECRET-ARN",
            "passenger",
            "/app/token-ttl",
            "/app/password-policy/length",
            "/app/passwordPolicy/minLength",
            "/api-key-rotation/enabled",
            "/search/tokenizer",
            "/llm/max-tokens",
        ]
        with each_row() as row:
            for name in rows:
                with row(name):
                    assert not parameter_holds_a_secret(name)


def patch_state(instance_id: str, days: float = 1, **counts: int) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(days=days)
    return {
        "InstanceId": instance_id,
        "PatchGroup": "web",
        "BaselineId": "pb-0123456789abcdef0",
        "OperationStartTime": at,
        "OperationEndTime": at,
        "Operation": "Scan",
        **counts,
    }


class TestPatches:
    async def test_what_is_not_compliant_or_was_never_scanned_fails(self, aws: Any, judge: Judge) -> None:
        names = ["i-good", "i-missing", "i-failed", "i-reboot", "i-rejected", "i-never"]
        have(aws, *((name, "running") for name in names), ("i-off", "stopped"))
        states = [
            patch_state("i-good", MissingCount=0, FailedCount=0, InstalledCount=99),
            patch_state("i-missing", MissingCount=3),
            patch_state("i-failed", FailedCount=1),
            patch_state("i-reboot", InstalledPendingRebootCount=2),
            patch_state("i-rejected", InstalledRejectedCount=1),
        ]
        aws.pages("ssm", "DescribeInstancePatchStates", states[:1], states[1:], InstanceIds=names)
        aws.answer(
            "ssm", "DescribeInstanceInformation", {"InstanceInformationList": [node("i-missing", "Online")]}
        )
        findings = by_id(await judge("aws-ssm-003"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "i-good": PASS,
            "i-missing": FAIL,
            "i-failed": FAIL,
            "i-reboot": FAIL,
            "i-rejected": FAIL,
            "i-never": FAIL,
        }
        assert findings["i-missing"].evidence["ping_status"] == "Online"
        assert findings["i-never"].evidence["scanned"] is False

    async def test_a_patch_state_without_faults_passes_only_while_it_is_recent(
        self, aws: Any, judge: Judge
    ) -> None:
        names = ["i-recent", "i-stale", "i-stale-missing"]
        have(aws, *((name, "running") for name in names))
        states = [
            patch_state("i-recent", days=29.9),
            patch_state("i-stale", days=30.1),
            patch_state("i-stale-missing", days=400, MissingCount=2),
        ]
        aws.answer("ssm", "DescribeInstancePatchStates", {"InstancePatchStates": states}, InstanceIds=names)
        findings = by_id(await judge("aws-ssm-003"))
        assert {name: finding.status for name, finding in findings.items()} == {
            "i-recent": PASS,
            "i-stale": FAIL,
            "i-stale-missing": FAIL,
        }
        day = f"{states[1]['OperationEndTime']:%Y-%m-%d}"
        assert f"last scanned for patches on {day}, which is too long ago" in findings["i-stale"].reason
        assert f"{states[0]['OperationEndTime']:%Y-%m-%d}" in findings["i-recent"].reason
        assert "2 missing" in findings["i-stale-missing"].reason
        assert {name: finding.evidence["stale"] for name, finding in findings.items()} == {
            "i-recent": False,
            "i-stale": True,
            "i-stale-missing": True,
        }

    async def test_instances_are_asked_for_fifty_at_a_time_and_a_lost_batch_spares_the_others(
        self, aws: Any, judge: Judge
    ) -> None:
        names = [f"i-{number:03}" for number in range(120)]
        have(aws, *((name, "running") for name in names))

        def answer(params: dict[str, Any]) -> Any:
            ids = params["InstanceIds"]
            if "i-060" in ids:
                return aws.refusal("AccessDeniedException", "no")
            return {"InstancePatchStates": [patch_state(name) for name in ids]}

        aws.answer("ssm", "DescribeInstancePatchStates", answer)
        verdicts = statuses(await judge("aws-ssm-003"))
        assert list(verdicts) == names
        assert [verdicts[name] for name in ("i-000", "i-049", "i-050", "i-099", "i-100", "i-119")] == [
            PASS,
            PASS,
            UNKNOWN,
            UNKNOWN,
            PASS,
            PASS,
        ]
        batch_sizes = [len(params["InstanceIds"]) for params in aws.requests("DescribeInstancePatchStates")]
        assert sorted(batch_sizes) == [20, 50, 50]

"""The scanner only reads, only what the checks declare, and each thing once: seen on a whole account."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from big_account import REGIONS, seed
from cloud_audit_tui.__main__ import main
from cloud_audit_tui.aws import sessions
from cloud_audit_tui.aws.operations import IDENTITY_READS as READS
from cloud_audit_tui.aws.operations import NotAReadError, is_read
from cloud_audit_tui.aws.permissions import action_of
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.scan.events import Outcome, Result, ScanFinished
from cloud_audit_tui.scan.jobs import ScanJob
from scan_runs import scan

if TYPE_CHECKING:
    from botocore.model import OperationModel

MOST_CALLS_FOR_A_CHECK = 6.0
"""On average, for the account of `big_account`: most reads serve several checks."""


async def test_a_whole_account_is_read_within_the_policy_and_the_budget(
    aws_server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(aws_server)
    for name, value in {
        "AWS_ENDPOINT_URL": aws_server,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": REGIONS[0],
    }.items():
        monkeypatch.setenv(name, value)
    made: Counter[str] = Counter()
    refuse = sessions._refuse_writes

    def record(model: OperationModel, **more: Any) -> None:
        refuse(model, **more)
        made[f"{model.service_model.service_name}:{model.name}"] += 1

    monkeypatch.setattr(sessions, "_refuse_writes", record)
    events = [event async for event in scan(ScanJob(regions=list(REGIONS)), os.environ)]
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.COMPLETE

    declared = {read for check in all_checks().values() for read in check.reads} | set(READS)
    assert set(made) <= declared
    policy = json.loads(CliRunner().invoke(main, ["policy"]).output)
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {action_of(operation) for operation in made} <= allowed

    faults = {
        (event.finding.check_id, event.finding.reason)
        for event in events
        if isinstance(event, Result) and "check itself failed" in event.finding.reason
    }
    assert not faults
    with capsys.disabled():
        print(f"\n{end.calls} calls, {sum(made.values())} of them distinct, for {len(all_checks())} checks")
    assert end.calls < MOST_CALLS_FOR_A_CHECK * len(all_checks()), made.most_common(15)


def test_a_write_is_refused_before_it_is_signed() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker").operation_model("DeleteEndpoint")
    assert not is_read("sagemaker", "DeleteEndpoint")
    with pytest.raises(NotAReadError, match="only reads"):
        sessions._refuse_writes(model)

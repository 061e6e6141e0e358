"""The scanner only reads, only what the checks declare, and each thing once: seen on a whole account."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from big_account import REGIONS, seed
from cloud_audit_tui.aws import sessions
from cloud_audit_tui.aws.operations import IDENTITY_READS, NotAReadError, is_read
from cloud_audit_tui.aws.permissions import action_of
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.commands.main import main
from cloud_audit_tui.scan.events import Outcome, Result, ScanFinished
from cloud_audit_tui.scan.jobs import ScanJob
from scan_runs import scan

if TYPE_CHECKING:
    from botocore.model import OperationModel

MOST_CALLS = 600
"""For the account of `big_account` in its regions: most reads serve several checks."""
REPEATED = ("iam:GetCredentialReport", "iam:GenerateCredentialReport")
"""What the scan calls until AWS has made the report."""


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
    by_name: Counter[str] = Counter()
    calls: set[tuple[str, ...]] = set()
    refuse = sessions._refuse_writes

    def record(model: OperationModel, params: dict[str, Any], context: dict[str, Any], **more: Any) -> None:
        refuse(model, params=params, context=context, **more)
        name = f"{model.service_model.service_name}:{model.name}"
        call = (name, context["client_region"], params["url"], str(params["body"]))
        # A slow answer is asked for a second time, which is no call more of the scan.
        if call not in calls or name in REPEATED:
            by_name[name] += 1
        calls.add(call)

    monkeypatch.setattr(sessions, "_refuse_writes", record)
    events = [event async for event in scan(ScanJob(regions=list(REGIONS)), os.environ)]
    end = events[-1]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.COMPLETE

    declared = {read for check in all_checks().values() for read in check.reads} | set(IDENTITY_READS)
    assert set(by_name) <= declared
    policy = json.loads(CliRunner().invoke(main, ["policy"]).output)
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {action_of(operation) for operation in by_name} <= allowed

    faults = {
        (event.finding.check_id, event.finding.reason)
        for event in events
        if isinstance(event, Result) and "check itself failed" in event.finding.reason
    }
    assert not faults
    with capsys.disabled():
        print(f"\n{end.calls} calls, {by_name.total()} of them distinct, for {len(all_checks())} checks")
    assert by_name.total() <= MOST_CALLS, by_name.most_common(15)


def test_a_write_is_refused_before_it_is_signed() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker").operation_model("DeleteEndpoint")
    assert not is_read("sagemaker", "DeleteEndpoint")
    with pytest.raises(NotAReadError, match="only reads"):
        sessions._refuse_writes(model)

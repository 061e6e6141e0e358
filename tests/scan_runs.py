"""Jobs run to their end in this process, as the tests of several rooms need them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.scan.events import InputNeeded
from cloud_audit_tui.scan.executors.local import local_job
from cloud_audit_tui.scan.progress import JobState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from aws_stub import AwsStub
    from cloud_audit_tui.scan.events import AnyEvent
    from cloud_audit_tui.scan.jobs import Job


async def scan(job: Job, environ: Mapping[str, str] = os.environ) -> AsyncIterator[AnyEvent]:
    """Yield the events of a job, declining every question."""
    running = local_job(job, environ)
    async for event in running.events():
        yield event
        if isinstance(event, InputNeeded):
            await running.answer(event.id, "")


def state_of(events: Iterable[AnyEvent]) -> JobState:
    """Return the state of a job after these events."""
    state = JobState()
    for event in events:
        state.apply(event)
    return state


def notebook(name: str, region: str = REGION) -> dict[str, Any]:
    """Return a notebook instance as AWS lists it."""
    arn = f"arn:aws:sagemaker:{region}:{ACCOUNT}:notebook-instance/{name}"
    return {"NotebookInstanceName": name, "NotebookInstanceArn": arn}


def with_notebooks(aws: AwsStub, *names: str) -> None:
    """Script notebook instances whose users are root."""
    aws.answer(
        "sagemaker", "ListNotebookInstances", {"NotebookInstances": [notebook(name) for name in names]}
    )
    aws.answer(
        "sagemaker",
        "DescribeNotebookInstance",
        lambda params: {**notebook(params["NotebookInstanceName"]), "RootAccess": "Enabled"},
    )

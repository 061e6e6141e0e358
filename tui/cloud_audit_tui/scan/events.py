"""The events of a job and the commands to it: one JSON object a line, with a ``type``."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from cloud_audit_tui.model import Fact, Finding
from cloud_audit_tui.scan.jobs import Job
from cloud_audit_tui.text import json_safe, without_surrogates


class Outcome(StrEnum):
    """How a job ended.

    `COMPLETE`: all of the plan was run. What could not be read is among the results as not assessed, and each
    profile that cannot be used has a `ProfileFailed`: both are complete answers.
    `CANCELLED`: the job was stopped, so its results are true but not all, whatever happened to its profiles.
    `FAILED`: the job could not begin (a profile or check that does not exist) or could not be run to its end.
    """

    COMPLETE = "complete"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ScanStarted(msgspec.Struct, frozen=True, tag_field="type", tag="scan_started"):
    """The job was understood. ``started_at`` is an ISO 8601 time in UTC, ``job`` what was asked for.

    ``checks`` are the ids of the checks that run, ``global_checks`` those of them that look at the whole
    account, ``profiles`` the names that the job's profiles came to.
    """

    scan_id: str
    started_at: str
    version: str
    job: Job
    checks: list[str]
    profiles: list[str]
    global_checks: list[str] = []


class ProfileReady(msgspec.Struct, frozen=True, tag_field="type", tag="profile_ready"):
    """A profile's credentials work and lead to this account.

    ``region`` is the profile's own. ``enabled_regions`` are all that the account has enabled;
    ``regions_note`` says where that list comes from when it could not be read from the account; ``alias``
    is empty where there is none or it may not be read.
    """

    profile: str
    account_id: str
    partition: str
    caller_arn: str
    alias: str = ""
    region: str = ""
    enabled_regions: list[str] = []
    regions_note: str = ""


class ProfileFailed(msgspec.Struct, frozen=True, tag_field="type", tag="profile_failed"):
    """A profile cannot be used: ``kind`` for programs, ``reason`` and ``action`` for people.

    Nothing is known of its account in this scan; the `Result` of its `ProfileScope` says so in the results.
    """

    profile: str
    kind: str
    reason: str
    action: str = ""


class AccountReady(msgspec.Struct, frozen=True, tag_field="type", tag="account_ready"):
    """An account is judged: through ``profile``, in ``regions``.

    ``profiles`` are all profiles of the job that lead to the account, ``profile`` among them. It is said
    again with more regions or profiles when a profile that answers later leads to the same account.
    """

    account_id: str
    partition: str
    profile: str
    profiles: list[str]
    regions: list[str]


class Result(msgspec.Struct, frozen=True, tag_field="type", tag="result"):
    """One subject was judged by one check, or could not be."""

    finding: Finding


class FactRecorded(msgspec.Struct, frozen=True, tag_field="type", tag="fact_recorded"):
    """A scan read something about a principal, policy, role, network or resource."""

    fact: Fact


class Choice(msgspec.Struct, frozen=True):
    """Something that a remediation could name: the ``value`` that is put in, and a ``label`` for people."""

    value: str
    label: str = ""


class ChoicesListed(msgspec.Struct, frozen=True, tag_field="type", tag="choices_listed"):
    """What there is of one kind in a profile's region; ``reason`` says why some or all are missing."""

    profile: str
    region: str
    kind: str
    choices: list[Choice]
    reason: str = ""


class Progress(msgspec.Struct, frozen=True, tag_field="type", tag="progress"):
    """How far the scan is: runs of one check in one region, AWS calls made, seconds elapsed."""

    done: int
    total: int
    calls: int
    elapsed: float


class Throttled(msgspec.Struct, frozen=True, tag_field="type", tag="throttled"):
    """AWS asked for fewer calls; ``times`` counts for this account, region and service."""

    account_id: str
    region: str
    service: str
    times: int


class InputNeeded(msgspec.Struct, frozen=True, tag_field="type", tag="input_needed"):
    """A profile needs something that only a person has; answer with `InputGiven` and the same id.

    ``kind`` is ``mfa_code``; ``prompt`` names the device.
    """

    id: str
    profile: str
    kind: str
    prompt: str


class ScanFinished(msgspec.Struct, frozen=True, tag_field="type", tag="scan_finished"):
    """The last event of every job. ``message`` says why when the outcome is not complete.

    ``failed``, ``passed`` and ``not_assessed`` count the `Result` events, ``calls`` the HTTP requests to AWS;
    ``elapsed`` is in seconds.
    """

    scan_id: str
    outcome: Outcome
    finished_at: str
    failed: int
    passed: int
    not_assessed: int
    calls: int
    elapsed: float
    message: str = ""


AnyEvent = (
    ScanStarted
    | ProfileReady
    | ProfileFailed
    | AccountReady
    | Result
    | FactRecorded
    | ChoicesListed
    | Progress
    | Throttled
    | InputNeeded
    | ScanFinished
)


class Cancel(msgspec.Struct, frozen=True, tag_field="type", tag="cancel"):
    """Stop the job; the results so far stay."""


class InputGiven(msgspec.Struct, frozen=True, tag_field="type", tag="input_given"):
    """The answer to an `InputNeeded`; an empty value declines."""

    id: str
    value: str


AnyCommand = Cancel | InputGiven

_encoder = msgspec.json.Encoder()
_event_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_command_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)

E = TypeVar("E", bound=msgspec.Struct)


def encodable(event: E) -> E:
    """Return an event that can be written as JSON: itself, or a copy in which lone surrogates are replaced.

    Raises `TypeError` for evidence that JSON has no form for.
    """
    try:
        _encoder.encode(event)
    except UnicodeEncodeError:
        return msgspec.convert(without_surrogates(msgspec.to_builtins(event)), type(event))
    return event


def to_line(message: AnyEvent | AnyCommand) -> bytes:
    """Return a message as one line of JSON, newline included."""
    return json_safe(_encode(message)) + b"\n"


def _encode(message: Any) -> bytes:
    try:
        return _encoder.encode(message)
    except UnicodeEncodeError:
        return _encoder.encode(without_surrogates(msgspec.to_builtins(message)))


def read_event(line: bytes) -> AnyEvent:
    """Return the event that a line holds; raises `msgspec.MsgspecError` for anything else."""
    return _event_decoder.decode(line)


def read_command(line: bytes) -> AnyCommand:
    """Return the command that a line holds; raises `msgspec.MsgspecError` for anything else."""
    return _command_decoder.decode(line)

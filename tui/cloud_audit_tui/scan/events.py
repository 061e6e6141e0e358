"""The events of a job and the commands to it: one JSON object per line, with a ``type``."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from cloud_audit_tui.aws.organization import MemberAccount, Unit
from cloud_audit_tui.checks.rules import Rules
from cloud_audit_tui.model import Fact, Finding
from cloud_audit_tui.scan.jobs import Job
from cloud_audit_tui.text import json_safe, storable_all


class Outcome(StrEnum):
    """How a job ended.

    `COMPLETE`: the whole plan ran. Failed reads appear in the results as not assessed, and each unusable
    profile has a `ProfileFailed`: neither makes the job incomplete. `CANCELLED`: the job was stopped, so its
    results are valid but incomplete. `FAILED`: the job could not start (an unknown profile or check) or could
    not finish.
    """

    COMPLETE = "complete"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ScanStarted(msgspec.Struct, frozen=True, tag_field="type", tag="scan_started"):
    """The job was accepted. ``started_at`` is an ISO 8601 time in UTC, ``job`` is the request.

    ``checks`` are the ids of the checks that run, ``global_checks`` those that assess the whole account,
    ``profiles`` the resolved names of the job's profiles. ``rules`` are those of the checks of a `ScanJob`.
    """

    scan_id: str
    started_at: str
    version: str
    job: Job
    checks: list[str]
    profiles: list[str]
    global_checks: list[str] = []
    rules: Rules = Rules()


class ProfileReady(msgspec.Struct, frozen=True, tag_field="type", tag="profile_ready"):
    """A profile's credentials work and belong to this account.

    ``region`` is the profile's own. ``enabled_regions`` are all that the account has enabled;
    ``regions_note`` names the source of that list if it could not be read from the account; ``alias`` is
    empty if there is none or the read is denied.
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
    """A profile cannot be used: ``kind`` is for programs, ``reason`` and ``action`` are for people.

    Its account is not scanned; a `Result` with its `ProfileScope` records that.
    """

    profile: str
    kind: str
    reason: str
    action: str = ""

    @property
    def words(self) -> str:
        """The reason and the action."""
        return f"{self.reason} {self.action}".strip()


class AccountReady(msgspec.Struct, frozen=True, tag_field="type", tag="account_ready"):
    """The scan of an account starts, through ``profile`` and in ``regions``.

    ``profiles`` are all the job's profiles for the account, including ``profile``. The event is repeated with
    more regions or profiles when a later profile belongs to the same account.
    """

    account_id: str
    partition: str
    profile: str
    profiles: list[str]
    regions: list[str]


class Result(msgspec.Struct, frozen=True, tag_field="type", tag="result"):
    """One check assessed one subject, or could not assess it."""

    finding: Finding


class FactRecorded(msgspec.Struct, frozen=True, tag_field="type", tag="fact_recorded"):
    """A scan read something about a principal, policy, role, network or resource."""

    fact: Fact


class Choice(msgspec.Struct, frozen=True):
    """A choice for a remediation input: the ``value`` to insert and a ``label`` to show."""

    value: str
    label: str = ""


class ChoicesListed(msgspec.Struct, frozen=True, tag_field="type", tag="choices_listed"):
    """The choices of one kind in a profile's region; ``reason`` says why some or all are missing."""

    profile: str
    region: str
    kind: str
    choices: list[Choice]
    reason: str = ""


class OrganizationListed(msgspec.Struct, frozen=True, tag_field="type", tag="organization_listed"):
    """The accounts of a profile's organization, and its roots and units, parents first.

    ``account_id`` is the profile's own. ``reason`` says why the accounts could not be listed, and
    ``units_reason`` why the units could not; both are empty otherwise.
    """

    profile: str
    account_id: str
    accounts: list[MemberAccount] = []
    units: list[Unit] = []
    reason: str = ""
    units_reason: str = ""


class Progress(msgspec.Struct, frozen=True, tag_field="type", tag="progress"):
    """Progress of the scan: runs of one check in one region, AWS calls made, seconds elapsed."""

    done: int
    total: int
    calls: int
    elapsed: float


class Throttled(msgspec.Struct, frozen=True, tag_field="type", tag="throttled"):
    """AWS throttled a call; ``times`` counts this per account, region and service."""

    account_id: str
    region: str
    service: str
    times: int


class OperationTiming(msgspec.Struct, frozen=True):
    """The AWS calls of one operation: their number, the number that AWS throttled, and their times.

    Seconds are summed over concurrent calls: ``queued`` until a call had its turn, ``waiting`` from then to
    the answer, ``cpu`` of this process for requests and answers.
    """

    service: str
    operation: str
    calls: int
    throttled: int
    queued: float
    waiting: float
    cpu: float


class CallsTimed(msgspec.Struct, frozen=True, tag_field="type", tag="calls_timed"):
    """The times of all AWS calls so far, if the job asks for them."""

    timings: list[OperationTiming]


class InputKind(StrEnum):
    """What a profile needs from the user.

    `MFA_CODE`: the code that its device shows. `CREDENTIALS`: its credentials have expired, so the user has
    to log in again elsewhere; any non-empty value confirms this.
    """

    MFA_CODE = "mfa_code"
    CREDENTIALS = "credentials"


class InputNeeded(msgspec.Struct, frozen=True, tag_field="type", tag="input_needed"):
    """A profile needs user input; answer with `InputGiven` and the same id, an empty value to decline.

    ``prompt`` is for people. The profile's part of the job waits for the answer.
    """

    id: str
    profile: str
    kind: InputKind
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
    | OrganizationListed
    | Progress
    | Throttled
    | InputNeeded
    | CallsTimed
    | ScanFinished
)


class Cancel(msgspec.Struct, frozen=True, tag_field="type", tag="cancel"):
    """Stop the job; the results so far are kept."""


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
    """Return a JSON-encodable event: itself, or a copy with lone surrogates replaced.

    Raises `TypeError` for evidence that JSON cannot represent.
    """
    try:
        _encoder.encode(event)
    except UnicodeEncodeError:
        return storable_all(event)
    return event


def to_line(message: AnyEvent | AnyCommand) -> bytes:
    """Return a message as one line of JSON, newline included."""
    return json_safe(_encode(message)) + b"\n"


def _encode(message: Any) -> bytes:
    try:
        return _encoder.encode(message)
    except UnicodeEncodeError:
        return _encoder.encode(storable_all(message))


def read_event(line: bytes) -> AnyEvent:
    """Return the event in a line; raises `msgspec.MsgspecError` for anything else."""
    return _event_decoder.decode(line)


def read_command(line: bytes) -> AnyCommand:
    """Return the command in a line; raises `msgspec.MsgspecError` for anything else."""
    return _command_decoder.decode(line)

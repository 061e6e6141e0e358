"""The contents of the overview as plain data: heat tables, the riskiest checks, and the gaps."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from cloud_audit_tui.app.presentation import formatting
from cloud_audit_tui.aws.permissions import action_of
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import about_of, sources
from cloud_audit_tui.filters.edit import term
from cloud_audit_tui.model import PROFILE_ACCESS, Disposition, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from cloud_audit_tui.checks.explanation import About, Effect
    from cloud_audit_tui.store.history import TrendPoint
    from cloud_audit_tui.store.overview import AccountScope, Gap, Overview, Tally

WEIGHTS = {Severity.CRITICAL: 40, Severity.HIGH: 10, Severity.MEDIUM: 3, Severity.LOW: 1}
"""The weight of one failure in the score of a check."""
NOT_SCANNED, UNREAD = "–", "?"
"""The text of what no scan covers, and the sign in a cell of which something could not be read."""
NOTHING, BLANK = "0", " "
"""The text of a cell without failures, and of a cell for a severity that no check of the service has."""
ACCOUNT_WIDE = "global"
"""The row of findings that have no region."""
DENIED = "access_denied"
_BLOCKER = re.compile(r"explicit deny(?: \([a-z -]+\))?|the [a-z -]+ does not allow it", re.IGNORECASE)
"""The words of `aws.error_mapping` for a policy against which an allow for the identity does not help."""
BARS = "▁▂▃▄▅▆▇█"
UNKNOWN_POINT = "·"


@dataclass(frozen=True)
class HeatCell:
    """A cell: its text, its number of failures, and the filter of its findings."""

    text: str
    failed: int
    filter: str

    @property
    def is_scanned(self) -> bool:
        """Whether a scan covers the cell."""
        return self.text not in {BLANK, NOT_SCANNED}


@dataclass(frozen=True)
class HeatRow:
    """A cell for each severity and one for "not assessed"; ``note`` names what no scan covers."""

    label: str
    cells: tuple[HeatCell, ...]
    note: str = ""


@dataclass(frozen=True)
class Risk:
    """A check with its number of open failures; ``score`` weights them by severity."""

    check_id: str
    title: str
    severity: Severity
    failed: int
    score: int
    effect: Effect | None

    @property
    def filter(self) -> str:
        """The filter of its failures."""
        return f"{term('check', self.check_id)} status:fail"


@dataclass(frozen=True)
class Missing:
    """Something that was not assessed or not scanned, and why.

    ``key`` is the same as long as more of it comes in. ``actions`` are the IAM actions that the identity
    lacks, empty where no permission would help.
    """

    key: str
    what: str
    why: str
    number: int
    filter: str = ""
    actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trend:
    """The failures of one severity: a bar for each scan, the last number, and its change."""

    severity: Severity
    bars: str
    comparable: tuple[bool, ...]
    last: int | None
    change: int | None


@dataclass(frozen=True)
class Sums:
    """Everything that the overview shows."""

    failed: dict[Severity, int] = field(default_factory=dict)
    judged: frozenset[Severity] = frozenset(Severity)
    """The severities of which something was judged: of the others, no number of failures is known."""
    passed: int = 0
    not_assessed: int = 0
    fixed: int = 0
    muted: int = 0
    services: tuple[HeatRow, ...] = ()
    regions: tuple[HeatRow, ...] = ()
    risks: tuple[Risk, ...] = ()
    missing: tuple[Missing, ...] = ()
    trend: tuple[Trend, ...] = ()
    trend_span: tuple[str, str, int] = ("", "", 0)

    @property
    def assessed(self) -> int:
        """The number of verdicts, whatever became of them."""
        return sum(self.failed.values()) + self.passed + self.fixed + self.muted


def sums(
    overview: Overview,
    points: Sequence[TrendPoint],
    key_name: Callable[[str], str] | None,
    *,
    is_selection: bool = False,
) -> Sums:
    """Return the contents of the overview; this may read the whole catalogue, so call it in a thread.

    ``key_name`` returns the user's key of an action; it is None where nothing can be scanned. Of a selection
    of findings nobody knows where nothing fails.
    """
    open_ones = [tally for tally in overview.tallies if tally.disposition is Disposition.OPEN]
    by_disposition: Counter[Disposition] = Counter()
    by_status: Counter[Status] = Counter()
    failed = dict.fromkeys(Severity, 0)
    for tally in overview.tallies:
        by_disposition[tally.disposition] += tally.number
    for tally in open_ones:
        by_status[tally.status] += tally.number
        if tally.status is Status.FAIL:
            failed[tally.severity] += tally.number
    verdicts, accounts = _scope(overview, is_selection=is_selection)
    reported = overview.reported_checks
    services = (row for row in _services(verdicts, accounts, reported) if not (is_selection and row.note))
    return Sums(
        failed=failed,
        judged=judged_severities(overview, is_selection=is_selection),
        passed=by_status[Status.PASS],
        not_assessed=by_status[Status.NOT_ASSESSED],
        fixed=by_disposition[Disposition.FIXED],
        muted=by_disposition[Disposition.MUTED],
        services=tuple(services),
        regions=tuple(_regions(verdicts, accounts, reported)),
        risks=tuple(_risks(_open(verdicts))),
        missing=(*_gaps(overview.gaps), *_not_scanned(accounts, key_name)),
        trend=tuple(_trend(points)),
        trend_span=(points[0].at, points[-1].at, len(points)) if points else ("", "", 0),
    )


def judged_severities(overview: Overview, *, is_selection: bool = False) -> frozenset[Severity]:
    """Return the severities of which something was judged; this may read the whole catalogue.

    Of a selection of findings, only what fails is known.
    """
    verdicts, accounts = _scope(overview, is_selection=is_selection)
    return frozenset(_judged(verdicts) | _of_catalogue(_own_checks(accounts, overview.reported_checks)))


def _scope(overview: Overview, *, is_selection: bool) -> tuple[list[Tally], list[AccountScope]]:
    """Return the tallies and the accounts that tell what was judged; of a selection, none of what passed."""
    verdicts = [tally for tally in overview.tallies if tally.check_id != PROFILE_ACCESS]
    if not is_selection:
        return verdicts, overview.accounts
    open_ones = [tally for tally in _open(verdicts) if tally.status is not Status.PASS]
    return open_ones, []


# Heat tables


def _services(
    tallies: Sequence[Tally], accounts: Sequence[AccountScope], reported: Container[str]
) -> Iterable[HeatRow]:
    """Return a row for each service of the catalogue and of the findings, the worst first."""
    ran = _own_checks(accounts, reported)
    checks: defaultdict[str, set[tuple[str, Severity]]] = defaultdict(set)
    for about in _catalogue():
        checks[about.service].add((about.id, about.severity))
    by_service: defaultdict[str, list[Tally]] = defaultdict(list)
    for tally in tallies:
        by_service[tally.service].append(tally)
    rows = []
    for service in {*checks, *by_service}:
        severities = {severity for _, severity in checks[service]}
        if any(tally.check_id in reported for tally in by_service[service]):
            # Another scanner's checks of the service may have any severity.
            severities = set(Severity)
        scanned = {severity for check_id, severity in checks[service] if check_id in ran}
        scanned |= _judged(by_service[service])
        prefix = term("service", service) if service else _checks_of(by_service[service])
        signs = {
            severity: NOTHING if severity in scanned else NOT_SCANNED if severity in severities else BLANK
            for severity in Severity
        }
        note = "" if scanned or by_service[service] else "not scanned"
        cells = _cells(by_service[service], prefix, signs, NOTHING if scanned else NOT_SCANNED)
        rows.append((_weight(by_service[service]), HeatRow(service or "other", cells, note)))
    return [row for _, row in sorted(rows, key=lambda each: (-each[0], bool(each[1].note), each[1].label))]


def _regions(
    tallies: Sequence[Tally], accounts: Sequence[AccountScope], reported: Container[str]
) -> Iterable[HeatRow]:
    """Return a row for "no region" and for each region that is enabled, scanned or has findings."""
    ran = _of_catalogue(_own_checks(accounts, reported))
    by_region: defaultdict[str, list[Tally]] = defaultdict(list)
    for tally in tallies:
        by_region[tally.region].append(tally)
    regions = {
        region for account in accounts for region in (*account.enabled_regions, *account.scanned_regions)
    }
    rows = []
    for region in {*by_region, *regions, ""}:
        scanned = sum(region in account.scanned_regions for account in accounts)
        if not region:
            scanned = sum(bool(account.checks) for account in accounts)
        enabled = sum(
            not region or region in {*account.enabled_regions, *account.scanned_regions}
            for account in accounts
        )
        judged = _judged(by_region[region]) | (ran if scanned else set())
        signs = {severity: NOTHING if severity in judged else NOT_SCANNED for severity in Severity}
        unread_sign = NOTHING if judged else NOT_SCANNED
        cells = _cells(by_region[region], term("region", region), signs, unread_sign)
        note = "" if scanned == enabled else f"{scanned} of {enabled} accounts" if scanned else "not scanned"
        rows.append((_weight(by_region[region]), HeatRow(region or ACCOUNT_WIDE, cells, note)))
    return [
        row
        for _, row in sorted(
            rows,
            key=lambda each: (
                -each[0],
                each[1].note == "not scanned",
                each[1].label != ACCOUNT_WIDE,
                each[1].label,
            ),
        )
    ]


def _cells(
    tallies: Sequence[Tally], prefix: str, signs: Mapping[Severity, str], unread_sign: str
) -> tuple[HeatCell, ...]:
    """Return a cell for each severity and one for "not assessed".

    ``signs`` and ``unread_sign`` are the texts of cells without findings.
    """
    numbers: Counter[tuple[Severity, Status]] = Counter()
    for tally in _open(tallies):
        numbers[tally.severity, tally.status] += tally.number
    cells = []
    for severity in Severity:
        failures = numbers[severity, Status.FAIL]
        passes, gaps = numbers[severity, Status.PASS], numbers[severity, Status.NOT_ASSESSED]
        text = signs[severity]
        if failures or passes:
            text = f"{failures}{UNREAD if gaps else ''}"
        elif gaps:
            text = UNREAD
        cells.append(HeatCell(text, failures, f"{prefix} severity:{severity.value} status:fail".strip()))
    gaps = sum(numbers[severity, Status.NOT_ASSESSED] for severity in Severity)
    text = str(gaps) if gaps else unread_sign
    cells.append(HeatCell(text, 0, f"{prefix} status:unassessed".strip()))
    return tuple(cells)


def _open(tallies: Iterable[Tally]) -> Iterable[Tally]:
    return (tally for tally in tallies if tally.disposition is Disposition.OPEN)


def _judged(tallies: Iterable[Tally]) -> set[Severity]:
    """Return the severities of failures and passes, whatever became of them."""
    return {tally.severity for tally in tallies if tally.status is not Status.NOT_ASSESSED}


def _own_checks(accounts: Iterable[AccountScope], reported: Container[str]) -> set[str]:
    """Return the checks that ran in whole scans: one without a verdict had nothing to judge."""
    return {check_id for account in accounts for check_id in account.checks if check_id not in reported}


def _of_catalogue(check_ids: Container[str]) -> set[Severity]:
    """Return the severities of those of some checks that the catalogue has."""
    return {about.severity for about in _catalogue() if about.id in check_ids}


def _weight(tallies: Iterable[Tally]) -> int:
    return sum(WEIGHTS[each.severity] * each.number for each in _open(tallies) if each.status is Status.FAIL)


def _catalogue() -> list[About]:
    return [about for about in map(about_of, sources()) if about is not None]


def _checks_of(tallies: Sequence[Tally]) -> str:
    """Return the filter of checks whose service is unknown."""
    return term("check", *sorted({tally.check_id for tally in tallies}))


# What to fix first


def _risks(tallies: Iterable[Tally]) -> Iterable[Risk]:
    """Return the checks with open failures, the highest score first."""
    by_check: defaultdict[str, list[Tally]] = defaultdict(list)
    for tally in tallies:
        if tally.status is Status.FAIL:
            by_check[tally.check_id].append(tally)
    risks = []
    for check_id, failures in by_check.items():
        about = about_of(check_id)
        risks.append(
            Risk(
                check_id,
                about.title if about else check_id,
                min((each.severity for each in failures), key=lambda severity: severity.order),
                sum(each.number for each in failures),
                _weight(failures),
                about.effect if about else None,
            )
        )
    return sorted(risks, key=lambda risk: (-risk.score, risk.check_id))


# What was not assessed or not scanned


def _gaps(gaps: Sequence[Gap]) -> Iterable[Missing]:
    """Return what was not assessed, the most findings first.

    Denied reads are grouped by their action and by the policy that blocks it, the others by their kind.
    """
    groups: defaultdict[tuple[str, str], list[Gap]] = defaultdict(list)
    for gap in gaps:
        # Each profile has a reason of its own, and something of its own to be done.
        is_profile = gap.check_id == PROFILE_ACCESS
        if gap.unread == DENIED and not is_profile:
            action = gap.permission or "".join(_reads(gap.check_id)[:1])
            groups[action, _blocker(gap.reason)].append(gap)
        else:
            groups["", gap.reason if is_profile else gap.unread or gap.reason].append(gap)
    missing = [
        _denied(action, blocker, [other for name, other in groups if name == action], each)
        if action
        else _unread(f"unread {blocker}", each)
        for (action, blocker), each in groups.items()
    ]
    return sorted(missing, key=lambda each: (not each.actions, -each.number, each.what, each.why))


def _blocker(reason: str) -> str:
    """Return the words for a policy that blocks a read; empty where an allow for the identity helps."""
    words = _BLOCKER.search(reason)
    return words[0].lower() if words else ""


def _denied(action: str, blocker: str, blockers: Sequence[str], gaps: Sequence[Gap]) -> Missing:
    """Return the reads of an action that one policy blocks; ``blockers`` are all that block the action."""
    actions = (action,) if gaps[0].permission else tuple(_reads(gaps[0].check_id))
    filters = ["status:unassessed", term("reason", action)]
    filters += [term("reason", blocker)] if blocker else []
    filters += [f"-{term('reason', other)}" for other in blockers if other != blocker and blocker in other]
    return Missing(
        key=f"denied {action} {blocker}",
        what=action,
        why=gaps[0].reason if blocker else f"Denied in {_where(gaps)}",
        number=sum(gap.number for gap in gaps),
        filter=" ".join(filters),
        actions=() if blocker else actions,
    )


def _unread(key: str, gaps: Sequence[Gap]) -> Missing:
    checks = {gap.check_id for gap in gaps}
    only = next(iter(checks)) if len(checks) == 1 else ""
    reason = gaps[0].reason
    what = gaps[0].unread.replace("_", " ").capitalize() or reason
    filters = ["status:unassessed"]
    if only:
        filters.append(term("check", only))
    if only == PROFILE_ACCESS:
        what = "Profile cannot be used"
        filters.append(term("reason", reason))
    return Missing(key, what, reason, sum(gap.number for gap in gaps), " ".join(filters))


def _where(gaps: Sequence[Gap]) -> str:
    accounts = sorted({gap.account_id for gap in gaps} - {""})
    regions = sorted({gap.region for gap in gaps} - {""})
    parts = [formatting.count(len({gap.check_id for gap in gaps}), "check")]
    parts += [formatting.some(regions)] if regions else []
    parts += [f"account {formatting.some(accounts)}"] if accounts else []
    return ", ".join(parts)


def _reads(check_id: str) -> list[str]:
    """Return the IAM actions that a check declares."""
    check = all_checks().get(check_id)
    return [] if check is None else sorted({action_of(read) for read in check.reads})


def _not_scanned(
    accounts: Sequence[AccountScope], key_name: Callable[[str], str] | None
) -> Iterable[Missing]:
    """Yield the accounts, regions and checks that no stored scan covers."""
    catalogue = _catalogue()
    for account in accounts:
        name = account.alias or account.account_id
        if not account.checks:
            how = f" Press {key_name('scan')} to scan." if key_name else ""
            why = f"No complete scan of it is stored.{how}"
            yield Missing(f"account {account.account_id}", f"Account {name}", why, 0)
            continue
        regions = [each for each in account.enabled_regions if each not in account.scanned_regions]
        if regions:
            how = f" Choose regions with {key_name('pick_regions')}." if key_name else ""
            why = f"Not scanned: {', '.join(regions)}.{how}"
            what = f"{formatting.count(len(regions), 'region')} of {name}"
            yield Missing(f"regions {account.account_id}", what, why, 0)
        checks = [about for about in catalogue if about.id not in account.checks]
        if checks:
            services = sorted({about.service for about in checks})
            yield Missing(
                f"checks {account.account_id}",
                f"{formatting.count(len(checks), 'check')} in {name}",
                f"Not run. Services: {formatting.some(services, 6)}.",
                0,
            )


def statement(missing: Iterable[Missing]) -> str:
    """Return the IAM statement that allows the denied actions as JSON; empty if no allow would help."""
    actions = sorted({action for each in missing for action in each.actions})
    if not actions:
        return ""
    document = {"Sid": "ReadWhatWasDenied", "Effect": "Allow", "Action": actions, "Resource": "*"}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


# The trend


def _trend(points: Sequence[TrendPoint]) -> Iterable[Trend]:
    for severity in Severity:
        numbers = [None if point.failed is None else point.failed[severity] for point in points]
        comparable = [
            number
            for number, point in zip(numbers, points, strict=True)
            if point.comparable and number is not None
        ]
        yield Trend(
            severity,
            bars(numbers),
            tuple(point.comparable for point in points),
            numbers[-1] if numbers else None,
            comparable[-1] - comparable[-2] if len(comparable) > 1 else None,
        )


def bars(numbers: Sequence[int | None]) -> str:
    """Return a bar for each number, the highest for the largest; a dot for an unknown number."""
    most = max((number for number in numbers if number is not None), default=0)
    return "".join(
        UNKNOWN_POINT if number is None else BARS[-(-number * (len(BARS) - 1) // most) if most else 0]
        for number in numbers
    )

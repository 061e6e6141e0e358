"""Every kind of fault with its rate, and the table of what each costs a scan."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from faults import proxy as faults

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from faults.proxy import Exchange, FaultProxy, Request
    from faults.scan_of import Scanned

PROPERTY = "fault kind"
"""The property of a test that holds a row of the table."""
IDENTITY = frozenset({"GetCallerIdentity", "ListAccountAliases", "DescribeRegions"})


@dataclass(frozen=True)
class Kind:
    """A fault and the share of the calls that get it.

    A ``passing`` fault is one that another try may not meet: it must lose nothing. The others spare the calls
    that identify the profile, and what they hit is not assessed. ``options`` are those of a `Rule`.
    """

    fault: Callable[[Exchange], Awaitable[bool]]
    rate: float = 0.2
    passing: bool = True
    options: dict[str, Any] = field(default_factory=dict)

    def deal(self, proxy: FaultProxy) -> None:
        """Make a proxy deal the fault."""
        spared = {} if self.passing else {"unless": is_identity}
        proxy.deal(self.fault, chance=self.rate, **spared, **self.options)


def is_identity(request: Request) -> bool:
    """Say whether a request identifies a profile."""
    return request.operation in IDENTITY


KINDS = {
    "refused": Kind(faults.refuse),
    "reset before the answer": Kind(faults.reset_before),
    "reset in the body": Kind(faults.reset_in_body),
    "cut in the body": Kind(faults.cut),
    "bare 500": Kind(faults.bare(500)),
    "bare 429": Kind(faults.bare(429)),
    "bare 503": Kind(faults.bare(503)),
    "page with 502": Kind(faults.page(502)),
    "InternalError": Kind(faults.coded(500, "InternalError")),
    "ThrottlingException": Kind(faults.coded(400, "ThrottlingException")),
    "hanging": Kind(faults.hang, 0.1),
    "dripping": Kind(faults.drip, 0.1),
    "portal with 200": Kind(faults.page(200), 0.1),
    "garbage": Kind(faults.garbage, 0.1),
    # A bucket's policy is JSON in an XML protocol, so the wrong document is taken for a policy that is none.
    "another protocol": Kind(faults.wrong_document, 0.1, passing=False),
    "empty object": Kind(faults.changed(lambda _: {}), 0.1, passing=False),
    "nulls": Kind(faults.changed(dict.fromkeys), 0.1, passing=False),
    "wrong types": Kind(faults.changed(lambda page: dict.fromkeys(page, "text")), 0.1, passing=False),
    "skewed clock": Kind(faults.skewed, 0.2, passing=False),
    "expired credentials": Kind(faults.expired, 1.0, passing=False, options={"after": 60}),
    "denied operation": Kind(
        faults.coded(403, "AccessDenied"),
        1.0,
        passing=False,
        options={"operation": "DescribeNotebookInstance"},
    ),
}
"""What the rig deals, by name."""


def row(kind: str, scan: Scanned, clean: Scanned) -> str:
    """Return a row of the table as the value of a property."""
    changed = len(scan.changed(clean)) + len(scan.appeared(clean))
    return json.dumps(
        [kind, changed, len(scan.lost_keys(clean)), scan.seconds, clean.seconds, len(clean.verdicts)]
    )


def table(properties: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Yield the lines of the table for the rows among some properties, the kinds in their order."""
    rows = {cells[0]: cells for name, value in properties if name == PROPERTY if (cells := json.loads(value))}
    if rows:
        yield f"{'fault':<24} {'rate':>4}  {'changed':>7}  {'lost':>11}  time"
    for kind in (kind for kind in KINDS if kind in rows):
        _, changed, lost, seconds, clean, verdicts = rows[kind]
        yield (
            f"{kind:<24} {KINDS[kind].rate:>4.0%}  {changed:>7}  {f'{lost} of {verdicts}':>11}  "
            f"{seconds:.1f} s ({seconds / clean:.1f}x)"
        )

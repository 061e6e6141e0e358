"""A scan of the demo through a bad network: no verdict changes, and what another try can read is not lost.

The tests' summary has the table of the kinds; ``python tests/benchmarks/bench_faults.py`` prints it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.aws import attempts
from faults.kinds import KINDS, PROPERTY, row
from faults.proxy import Answer, FaultProxy, faulty
from faults.scan_of import Scanned, scanned
from shared_demo import lead_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud_audit_tui.demo.embedded import EmbeddedAws

REGIONS = ("eu-central-1",)
SEED = 8
HUNG_TIMES = 3
"""How much longer than a clean scan one with hung calls may take."""
LEAST_CLEAN = 5.0
"""Seconds that a clean scan counts at least: one hung call waits for a second."""

_clean: list[Scanned] = []
_known: dict[tuple[bytes, ...], Answer] = {}


@pytest.fixture
def demo(embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """The proxy before the demo's AWS."""
    lead_to(embedded_aws, monkeypatch)
    monkeypatch.setattr(attempts, "THROTTLED_REST", attempts.SHORT_REST)
    with faulty(embedded_aws.environment["AWS_ENDPOINT_URL"], SEED, _known) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.mark.parametrize("name", KINDS)
async def test_no_kind_of_fault_changes_or_loses_a_verdict(
    demo: FaultProxy,
    embedded_aws: EmbeddedAws,
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    async def run() -> Scanned:
        return await scanned(profiles=[embedded_aws.profiles[0]], regions=REGIONS)

    if not _clean:
        await run()
        _clean.append(await run())
    (clean,) = _clean
    kind = KINDS[name]
    kind.deal(demo)
    seen = await run()
    record_property(PROPERTY, row(name, seen, clean))
    assert demo.dealt.total()
    assert not [*seen.changed(clean), *seen.appeared(clean)]
    if kind.passing:
        assert not seen.lost(clean)
    else:
        assert {key[0] for key in seen.verdicts} >= {key[0] for key in clean.verdicts}, "no check is silent"
    if name == "hanging":
        assert seen.seconds < HUNG_TIMES * max(clean.seconds, LEAST_CLEAN)

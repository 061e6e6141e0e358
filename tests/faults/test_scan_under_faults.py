"""A scan of the demo through a bad network: no verdict changes, and none is lost.

``python tests/benchmarks/bench_faults.py`` prints the same and the times for every kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from faults import proxy as faults
from faults.proxy import FaultProxy, faulty
from faults.scan_of import Scanned, scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud_audit_tui.demo.embedded import EmbeddedAws

REGIONS = ("eu-central-1", "us-east-1")
SEED = 8


@pytest.fixture
def demo(embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """The proxy before the demo's AWS."""
    for name in embedded_aws.without:
        monkeypatch.delenv(name, raising=False)
    for name, value in embedded_aws.environment.items():
        monkeypatch.setenv(name, value)
    with faulty(embedded_aws.environment["AWS_ENDPOINT_URL"], SEED) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


async def test_no_kind_of_fault_changes_or_loses_a_verdict(
    demo: FaultProxy, embedded_aws: EmbeddedAws, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> Scanned:
        return await scanned(profiles=[embedded_aws.profiles[0]], regions=REGIONS)

    await run()
    clean = await run()
    wrong = {}
    for kind, fault, chance in (
        ("reset in the body", faults.reset_in_body, 0.2),
        ("bare 500", faults.bare(500), 0.2),
        ("bare 429", faults.bare(429), 0.2),
        ("hanging", faults.hang, 0.1),
    ):
        demo.rules.clear()
        demo.deal(fault, chance=chance)
        seen = await run()
        changed = [*seen.changed(clean), *seen.appeared(clean)]
        lost = seen.lost(clean)
        with capsys.disabled():
            print(
                f"\n{kind:<18} {chance:>4.0%}: {len(changed)} changed, {len(lost)} lost of "
                f"{len(clean.verdicts)}, {seen.seconds:.1f} s ({seen.seconds / clean.seconds:.1f}x)",
                end="",
            )
        if changed or lost:
            wrong[kind] = (changed, lost)
    assert not wrong

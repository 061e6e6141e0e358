"""A scan of the demo through a bad network: no verdict changes, and what another try can read is not lost.

The tests' summary has the table of the kinds; ``python tests/benchmarks/bench_faults.py`` prints it too.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.aws import attempts
from faults.kinds import KINDS, PROPERTY, row
from faults.proxy import faulty
from faults.scan_of import Scanned, scanned
from once_a_run import once_a_run
from shared_demo import lead_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud_audit_tui.demo.embedded import EmbeddedAws
    from equal_requests import Key
    from faults.proxy import Answer, FaultProxy

    Answers = dict[Key, Answer]

REGIONS = ("eu-central-1",)
SEED = 8
HUNG_TIMES = 3
"""How much longer than a clean scan one with hung calls may take."""
LEAST_CLEAN = 5.0
"""Seconds that a clean scan counts at least: one hung call waits for a second."""


@pytest.fixture(scope="session")
def clean(
    embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> tuple[Scanned, Answers]:
    """A scan without a fault, which gets all its answers from memory, and these answers."""
    return once_a_run(tmp_path_factory, pytestconfig, "clean-scan", lambda: _scan_cleanly(embedded_aws))


def _scan_cleanly(aws: EmbeddedAws) -> tuple[Scanned, Answers]:
    answers: Answers = {}

    async def run() -> Scanned:
        await scanned(profiles=[aws.profiles[0]], regions=REGIONS)
        return await scanned(profiles=[aws.profiles[0]], regions=REGIONS)

    with pytest.MonkeyPatch.context() as patch, proxy_before(aws, answers, patch):
        return asyncio.run(run()), answers


@contextmanager
def proxy_before(aws: EmbeddedAws, answers: Answers, patch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """Lead the environment to a proxy, which asks the demo's AWS for what is not in ``answers``."""
    lead_to(aws, patch)
    with faulty(aws.environment["AWS_ENDPOINT_URL"], SEED, answers) as proxy:
        patch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.mark.parametrize("name", KINDS)
async def test_no_kind_of_fault_changes_or_loses_a_verdict(
    clean: tuple[Scanned, Answers],
    embedded_aws: EmbeddedAws,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    reference, answers = clean
    monkeypatch.setattr(attempts, "THROTTLED_REST", attempts.SHORT_REST)
    kind = KINDS[name]
    with proxy_before(embedded_aws, answers, monkeypatch) as proxy:
        kind.deal(proxy)
        scan = await scanned(profiles=[embedded_aws.profiles[0]], regions=REGIONS)
    record_property(PROPERTY, row(kind=name, scan=scan, clean=reference))
    assert proxy.dealt.total()
    assert not [*scan.changed(reference), *scan.appeared(reference)]
    if kind.passing:
        assert not scan.lost_keys(reference)
    else:
        assert {key[0] for key in scan.verdicts} >= {key[0] for key in reference.verdicts}, (
            "no check is silent"
        )
    if name == "hanging":
        assert scan.seconds < HUNG_TIMES * max(reference.seconds, LEAST_CLEAN)

"""What faults cost a scan of the demo: verdicts changed, verdicts lost and time, by kind and rate.

Run it by hand: ``python tests/benchmarks/bench_faults.py [KIND ...]``. It scans one profile of the embedded
AWS through the fault proxy, clean and then with every kind of fault at its rate, each from a fixed seed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cloud_audit_tui.demo.embedded import EmbeddedAws
from faults.kinds import KINDS, PROPERTY, row, table
from faults.proxy import faulty
from faults.scan_of import Scanned, scanned

SEED = 20261126
REGIONS = ("eu-central-1", "us-east-1", "eu-west-1")


async def one(upstream: str, profile: str, kind: str = "") -> Scanned:
    """Scan through the proxy with one kind of fault, or none."""
    with faulty(upstream, SEED) as proxy:
        os.environ["AWS_ENDPOINT_URL"] = proxy.url
        if kind:
            KINDS[kind].deal(proxy)
        return await scanned(profiles=[profile], regions=REGIONS)


async def main(kinds: list[str]) -> None:
    """Print the table, each row when it is known."""
    with EmbeddedAws(latency_ms=0) as aws:
        for name in aws.without:
            os.environ.pop(name, None)
        os.environ.update(aws.environment)
        upstream, profile = aws.environment["AWS_ENDPOINT_URL"], aws.profiles[0]
        await one(upstream, profile)
        clean = await one(upstream, profile)
        for number, kind in enumerate(kinds or KINDS):
            heading, line = table([(PROPERTY, row(kind, await one(upstream, profile, kind), clean))])
            print(line if number else f"{heading}\n{line}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))

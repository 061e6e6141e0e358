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
from faults import proxy as faults
from faults.proxy import faulty
from faults.scan_of import Scanned, scanned

SEED = 20261126
REGIONS = ("eu-central-1", "us-east-1", "eu-west-1")
KINDS = {
    "reset before the answer": (faults.reset_before, 0.2),
    "reset in the body": (faults.reset_in_body, 0.2),
    "cut in the body": (faults.cut, 0.2),
    "bare 500": (faults.bare(500), 0.2),
    "bare 429": (faults.bare(429), 0.2),
    "bare 503": (faults.bare(503), 0.2),
    "page with 502": (faults.page(502), 0.2),
    "InternalError": (faults.coded(500, "InternalError"), 0.2),
    "ThrottlingException": (faults.coded(400, "ThrottlingException"), 0.2),
    "hanging": (faults.hang, 0.1),
    "dripping": (faults.drip, 0.1),
    "portal with 200": (faults.page(200), 0.1),
    "empty object": (faults.changed(lambda _: {}), 0.1),
    "nulls": (faults.changed(dict.fromkeys), 0.1),
    "wrong types": (faults.changed(lambda page: dict.fromkeys(page, "text")), 0.1),
}


async def one(upstream: str, profile: str, kind: str = "") -> Scanned:
    """Scan through the proxy with one kind of fault, or none."""
    with faulty(upstream, SEED) as proxy:
        os.environ["AWS_ENDPOINT_URL"] = proxy.url
        if kind:
            fault, chance = KINDS[kind]
            proxy.deal(fault, chance=chance)
        return await scanned(profiles=[profile], regions=REGIONS)


async def main(kinds: list[str]) -> None:
    """Print the table."""
    with EmbeddedAws(latency_ms=0) as aws:
        for name in aws.without:
            os.environ.pop(name, None)
        os.environ.update(aws.environment)
        upstream, profile = aws.environment["AWS_ENDPOINT_URL"], aws.profiles[0]
        await one(upstream, profile)
        clean = await one(upstream, profile)
        print(
            f"{'fault':<26} {'rate':>4}  {'changed':>7}  {'lost':>4}  {'time':>8}  of {len(clean.verdicts)}"
        )
        print(f"{'none':<26} {0:>4.0%}  {0:>7}  {0:>4}  {clean.seconds:>6.1f} s  {1:>5.1f}x", flush=True)
        for kind in kinds or KINDS:
            seen = await one(upstream, profile, kind)
            changed = len(seen.changed(clean)) + len(seen.appeared(clean))
            print(
                f"{kind:<26} {KINDS[kind][1]:>4.0%}  {changed:>7}  {len(seen.lost(clean)):>4}  "
                f"{seen.seconds:>6.1f} s  {seen.seconds / clean.seconds:>5.1f}x  {seen.calls} calls",
                flush=True,
            )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))

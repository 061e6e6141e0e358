"""What the connections of the clients cost: one TLS context for all, against one for each.

Run it by hand: ``python tests/benchmarks/bench_clients.py``. It prints the CPU time for each client and the
ratio; a scan of 17 regions and 30 services has up to 510 clients.
"""

from __future__ import annotations

import asyncio
import sys
import time

from aiobotocore.httpsession import AIOHTTPSession

from cloud_audit_tui.aws.tls import CheckedSession

CLIENTS = 40


async def milliseconds(kind: type[AIOHTTPSession]) -> float:
    """Return the CPU time in milliseconds that one client's connector takes to be made."""
    begin = time.process_time()
    for _ in range(CLIENTS):
        async with kind() as session:
            await session._get_session(None)
    return (time.process_time() - begin) / CLIENTS * 1000


async def main() -> None:
    """Print both and their ratio."""
    await milliseconds(CheckedSession)
    alone, shared = await milliseconds(AIOHTTPSession), await milliseconds(CheckedSession)
    sys.stdout.write(f"{alone:.2f} ms each, {shared:.2f} ms shared: {alone / shared:.0f} times less\n")


if __name__ == "__main__":
    asyncio.run(main())

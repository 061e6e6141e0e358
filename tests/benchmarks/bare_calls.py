"""The floor of a scan: its unique calls by bare aiobotocore, one client for each service and region.

``bare_calls.py record FILE REGION...`` scans and writes the calls of the scan, each once, as JSON.
``bare_calls.py replay FILE`` makes them all, as many at once as the connections allow, and judges nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from aiobotocore.client import AioBaseClient
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore import xform_name
from botocore.exceptions import ClientError

from cloud_audit_tui.aws.endpoint_override import without_account_in_host

CONNECTIONS = 50
"""Connections of each client: more than any service has calls waiting in three regions."""


async def record(regions: list[str]) -> str:
    """Scan ``regions`` and return each call as ``[service, region, operation, parameters]`` in JSON."""
    from cloud_audit_tui.scan.executors.local import local_job
    from cloud_audit_tui.scan.jobs import ScanJob

    calls: dict[str, None] = {}
    make = AioBaseClient._make_api_call

    async def recorded(client: Any, operation: str, params: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        call = [service, client.meta.region_name, operation, params]
        calls[json.dumps(call, sort_keys=True, default=str)] = None
        return await make(client, operation, params)

    AioBaseClient._make_api_call = recorded
    async for _ in local_job(ScanJob(regions=regions), os.environ).events():
        pass
    return "[" + ",\n".join(calls) + "]\n"


async def replay(calls: list[tuple[str, str, str, dict[str, Any]]]) -> None:
    """Make the calls."""
    session = get_session()
    session.get_component("event_emitter").register("before-call.s3-control", without_account_in_host)
    config = AioConfig(max_pool_connections=CONNECTIONS)
    contexts = {
        key: session.create_client(key[0], region_name=key[1], config=config)
        for key in dict.fromkeys((service, region) for service, region, _, _ in calls)
    }
    clients: dict[tuple[str, str], Any] = {}
    tasks = []
    for key, context in contexts.items():
        clients[key] = client = await context.__aenter__()
        own = [call for call in calls if (call[0], call[1]) == key]
        tasks += [asyncio.create_task(_call(client, operation, params)) for _, _, operation, params in own]
        # The calls of a client start while the next client is made.
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    await asyncio.gather(*(context.__aexit__(None, None, None) for context in contexts.values()))


async def _call(client: Any, operation: str, params: dict[str, Any]) -> None:
    # That a bucket has no policy is an error of S3, and an answer.
    with contextlib.suppress(ClientError):
        await getattr(client, xform_name(operation))(**params)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", path, *regions]:
            Path(path).write_text(asyncio.run(record(regions)), encoding="utf-8")
        case ["replay", path]:
            asyncio.run(replay(json.loads(Path(path).read_bytes())))
        case _:
            raise SystemExit(__doc__)

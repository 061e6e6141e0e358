"""One session for each profile, one client for each service and region, one loader for them all."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import aioboto3
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.loaders import Loader

from cloud_audit_tui.aws.endpoint_override import without_account_in_host
from cloud_audit_tui.aws.error_mapping import THROTTLED_CODES
from cloud_audit_tui.aws.operations import NotAReadError, is_read
from cloud_audit_tui.aws.profiles import PSEUDO_PROFILES, Profile
from cloud_audit_tui.aws.tls import SharedTlsSession

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONNECT_TIMEOUT = 10
READ_TIMEOUT = 45
ATTEMPTS = 1
"""Tries of one call in botocore: its adaptive mode slows down when throttled, the Reader tries again."""
CONNECTIONS = 16

CREDENTIAL_CALLS = frozenset(
    {"sso-oidc:CreateToken", "sso:GetRoleCredentials", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"}
)
"""What botocore itself calls to turn a profile into credentials."""

MODELS = Path(__file__).parent / "models"
"""Members of AWS's responses that are newer than botocore's models, in botocore's own form of extras."""


class Sessions:
    """The AWS clients of one scan; an async context manager that closes them all.

    ``ask_for_code`` is awaited with a profile's name and a prompt when its role wants an MFA code,
    and returns the code, or an empty text to decline. ``on_throttled`` is called with profile,
    region and service whenever AWS asks for fewer calls. ``calls`` counts HTTP requests.
    """

    def __init__(
        self,
        ask_for_code: Callable[[str, str], Awaitable[str]],
        on_throttled: Callable[[str, str, str], None],
    ) -> None:
        self.calls = 0
        self._ask_for_code = ask_for_code
        self._on_throttled = on_throttled
        self._sessions: dict[str, asyncio.Task[aioboto3.Session]] = {}
        self._clients: dict[tuple[str, str, str], asyncio.Task[Any]] = {}
        self._stack = AsyncExitStack()
        self._making = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._sessions.values(), *self._clients.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stack.aclose()

    async def client(self, profile: Profile, service: str, region: str) -> Any:
        """Return the client of a service in a region, made once.

        Raises what botocore raises for credentials that it cannot resolve.
        """
        key = (profile.name, service, region)
        if key not in self._clients:
            self._clients[key] = asyncio.create_task(self._make_client(*key, profile))
        return await asyncio.shield(self._clients[key])

    async def _make_client(self, name: str, service: str, region: str, profile: Profile) -> Any:
        if name not in self._sessions:
            self._sessions[name] = asyncio.create_task(self._ready_session(profile))
        session = await asyncio.shield(self._sessions[name])
        config = AioConfig(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            max_pool_connections=CONNECTIONS,
            retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
            user_agent_extra="cloud-audit-tui",
            http_session_cls=SharedTlsSession,
        )
        made = session.client(service, region_name=region, config=config)
        # Two clients entering the stack at once would be closed in an order that nobody chose.
        async with self._making:
            return await self._stack.enter_async_context(made)

    async def _ready_session(self, profile: Profile) -> aioboto3.Session:
        session = self._make_session(profile)
        if profile.mfa:
            code = await self._ask_for_code(profile.name, f"MFA code for profile {profile.name}")
            resolver = session._session.get_component("credential_provider")
            resolver.get_provider("assume-role")._prompter = lambda _prompt: code
        return session

    def _make_session(self, profile: Profile) -> aioboto3.Session:
        core = AioSession()
        core.register_component("data_loader", _loader())
        name = None if profile.name in PSEUDO_PROFILES or not profile.name else profile.name
        session = aioboto3.Session(botocore_session=core, profile_name=name)
        events = core.get_component("event_emitter")
        events.register("before-call", _refuse_writes)
        events.register("before-call.s3-control", without_account_in_host)

        def count(
            parsed_response: dict[str, Any] | None = None,
            context: dict[str, Any] | None = None,
            event_name: str = "",
            **_: object,
        ) -> None:
            self.calls += 1
            code = str(((parsed_response or {}).get("Error") or {}).get("Code", ""))
            if code in THROTTLED_CODES:
                service = event_name.split(".")[1]
                self._on_throttled(profile.name, str((context or {}).get("client_region", "")), service)

        events.register("response-received", count)
        return session


@cache
def _loader() -> Any:
    """Return the one loader, since one per session would read the JSON models again for every profile."""
    return Loader(extra_search_paths=[str(MODELS)])


def _refuse_writes(model: Any, **_: object) -> None:
    """Stop a call that is not a read before it is signed, whoever asked for it."""
    service, operation = model.service_model.service_name, model.name
    if not is_read(service, operation) and f"{service}:{operation}" not in CREDENTIAL_CALLS:
        raise NotAReadError(service, operation)

"""One session per profile, one client per service and region, one shared loader."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import aioboto3
from botocore.exceptions import NoCredentialsError
from botocore.retries.quota import RetryQuota

from cloud_audit_tui.aws.attempts import Call, Pace
from cloud_audit_tui.aws.audit_session import AuditSession, ReaderConfig
from cloud_audit_tui.aws.call_limits import DEFAULT_LIMITS, CallLimits
from cloud_audit_tui.aws.clients import ClientFactory
from cloud_audit_tui.aws.concurrency import connections_of
from cloud_audit_tui.aws.endpoint_override import without_account_in_host
from cloud_audit_tui.aws.error_mapping import is_throttled, read_error
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.operations import CREDENTIAL_CALLS, IDENTITY_READS, NotAReadError, is_read
from cloud_audit_tui.aws.profiles import PSEUDO_PROFILES, Profile
from cloud_audit_tui.aws.service_models import ServiceModels, full_loader
from cloud_audit_tui.aws.timings import CallTimes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

CREDENTIAL_CALL_TIME = 30.0
"""Seconds for STS or SSO in addition to the limit of a credential program."""
RETRY_QUOTA = 500
"""Retry tokens of a profile, as many as botocore's standard mode has; a retry costs 5, after a timeout 10."""


class Sessions:
    """The AWS clients of one scan; an async context manager that closes them all.

    ``ask_for_code`` is awaited with a profile's name and a prompt when its role requires an MFA code, and
    returns the code, or an empty text to decline. ``on_throttled`` is called with profile, region and service
    whenever AWS throttles a call. ``reads`` are the operations that the clients may call, as
    ``service:Operation``, in addition to those that identify a profile. ``calls`` counts HTTP requests,
    ``times`` says where their time goes.
    """

    def __init__(
        self,
        ask_for_code: Callable[[str, str], Awaitable[str]],
        on_throttled: Callable[[str, str, str], None],
        *,
        reads: Collection[str] = (),
        limits: CallLimits = DEFAULT_LIMITS,
    ) -> None:
        self.calls = 0
        self.times = CallTimes()
        self.limits = limits
        self._reads = frozenset(reads) | frozenset(IDENTITY_READS)
        self._factory = ClientFactory(_models(), self._reads)
        self._ask_for_code = ask_for_code
        self._on_throttled = on_throttled
        self._sessions: dict[str, asyncio.Task[aioboto3.Session]] = {}
        self._clients: dict[tuple[str, str, str], asyncio.Task[Any]] = {}
        self._open: list[Any] = []
        self._is_closed = False
        self._quotas: dict[str, RetryQuota] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closed = True
        tasks = [*self._sessions.values(), *self._clients.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        closing = (client.__aexit__(None, None, None) for client in self._open)
        await asyncio.gather(*closing, return_exceptions=True)

    async def client(self, profile: Profile, service: str, region: str) -> Any:
        """Return the client of a service in a region, created once.

        Raises `ReadError` when a profile gets no credentials, botocore's exceptions for an unknown service
        or region, and `asyncio.CancelledError` after the sessions are closed.
        """
        if self._is_closed:
            # A task that outlives a cancelled scan would open connections that nobody closes.
            raise asyncio.CancelledError
        key = (profile.name, service, region)
        if key not in self._clients:
            self._clients[key] = asyncio.create_task(self._make_client(*key, profile))
        return await asyncio.shield(self._clients[key])

    def retry_quota(self, profile: Profile) -> RetryQuota:
        """Return the retry tokens that all calls of a profile share."""
        return self._quotas.setdefault(profile.name, RetryQuota(RETRY_QUOTA))

    async def _make_client(self, name: str, service: str, region: str, profile: Profile) -> Any:
        if name not in self._sessions:
            self._sessions[name] = asyncio.create_task(self._ready_session(profile))
        session = await asyncio.shield(self._sessions[name])
        config = ReaderConfig(
            connect_timeout=self.limits.connect,
            read_timeout=self.limits.attempt,
            max_pool_connections=connections_of(service),
            # The Reader retries, with one quota for all clients of a profile.
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent_extra="cloud-audit-tui",
        )
        context = session.client(service, region_name=region, config=config)
        client = await context.__aenter__()
        self._open.append(context)
        return client

    async def _ready_session(self, profile: Profile) -> aioboto3.Session:
        """Return a profile's session once it has credentials, so that clients never wait for them.

        Profiles share nothing here: a hanging credential program delays only its own profile.
        """
        session = self._make_session(profile)
        if profile.mfa:
            code = await self._ask_for_code(profile.name, f"MFA code for profile {profile.name}")
            resolver = session._session.get_component("credential_provider")
            resolver.get_provider("assume-role")._prompter = lambda _prompt: code
        await self._get_credentials(session, profile)
        return session

    async def _get_credentials(self, session: aioboto3.Session, profile: Profile) -> None:
        """Load a session's credentials; raises `ReadError` when it gets none."""

        async def get() -> dict[str, Any]:
            credentials = await session._session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            # Assume the role here rather than in the first read of a check.
            await credentials.get_frozen_credentials()
            return {}

        def explain(error: Exception) -> ReadError:
            return read_error(
                error,
                service="sts",
                operation=getattr(error, "operation_name", "GetCallerIdentity"),
                region=profile.region or "its region",
                profile=profile.name,
            )

        # Allows for a program, which has its own limit, and for assuming a role with its credentials.
        limit = self.limits.credentials + CREDENTIAL_CALL_TIME
        # A slow program is not started a second time.
        limits = replace(self.limits, call=limit, hedge_after=math.inf)
        call = Call(get, explain, limits, self.retry_quota(profile), Pace(math.inf))
        try:
            async with asyncio.timeout(limit):
                await call.answer()
        except TimeoutError as error:
            raise ReadError(
                Unread.CREDENTIALS,
                f"{profile.name!r} has no credentials after {limit:g} s: their source does not respond.",
                action="Check the network and the proxy, then rescan.",
            ) from error

    def _make_session(self, profile: Profile) -> aioboto3.Session:
        core = AuditSession(allowed=self._reads, limits=self.limits, clients=self._factory)
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
            if is_throttled((parsed_response or {}).get("Error") or {}):
                service = event_name.split(".")[1]
                self._on_throttled(profile.name, str((context or {}).get("client_region", "")), service)

        events.register("response-received", count)
        return session


@cache
def _loader() -> Any:
    """Return the shared loader: one per session would read the JSON models again for every profile."""
    return full_loader()


@cache
def _models() -> ServiceModels:
    """Return the reduced models, which are immutable and shared by all clients."""
    return ServiceModels(_loader())


def _refuse_writes(model: Any, **_: object) -> None:
    """Block every call that is not a read before it is signed, whatever its origin."""
    service, operation = model.service_model.service_name, model.name
    if not is_read(service, operation) and f"{service}:{operation}" not in CREDENTIAL_CALLS:
        raise NotAReadError(service, operation)

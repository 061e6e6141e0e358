"""One session per profile, one client per service and region, one shared loader."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Self

import aioboto3
from aiobotocore.credentials import (
    AioAssumeRoleCredentialFetcher,
    AioDeferredRefreshableCredentials,
    _get_client_creator,
)
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.retries.quota import RetryQuota

from cloud_audit_tui.aws.allow_list import AllowList
from cloud_audit_tui.aws.attempts import Call, Pace
from cloud_audit_tui.aws.audit_session import AuditSession, ReaderConfig
from cloud_audit_tui.aws.call_limits import DEFAULT_LIMITS, CallLimits
from cloud_audit_tui.aws.clients import ClientFactory
from cloud_audit_tui.aws.concurrency import connections_of
from cloud_audit_tui.aws.endpoint_override import without_account_in_host
from cloud_audit_tui.aws.error_mapping import is_throttled, read_error
from cloud_audit_tui.aws.errors import ReadError, Unread, WrongCodeError
from cloud_audit_tui.aws.operations import (
    CREDENTIAL_CALLS,
    WRONG_PARTITION_CODES,
    NotAReadError,
    is_read,
)
from cloud_audit_tui.aws.refresh_pace import pace_refresh
from cloud_audit_tui.aws.regions import partition_of, regions_to_try
from cloud_audit_tui.aws.role_sessions import RoleSessions
from cloud_audit_tui.aws.second_process.connection import NotMadeError
from cloud_audit_tui.aws.second_process.messages import Failure
from cloud_audit_tui.aws.service_models import ServiceModels, shared_loader
from cloud_audit_tui.aws.timings import CallTimes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable

    from botocore.credentials import ReadOnlyCredentials

    from cloud_audit_tui.aws.concurrency import Window
    from cloud_audit_tui.aws.profiles import Profile
    from cloud_audit_tui.aws.second_process.connection import SecondProcess
    from cloud_audit_tui.aws.second_process.sharing import CallSharing

CREDENTIAL_CALL_TIME = 30.0
"""Seconds for STS or SSO in addition to the limit of a credential program."""
CODE_ATTEMPTS = 3
"""The most MFA codes that a user may enter for a profile; AWS accepts each code of a device once."""
ROLE_SESSION_NAME = "cloud-audit-tui"
"""The name of the role sessions in an organization's accounts, which appears in their CloudTrail."""
RETRY_QUOTA = 500
"""Retry tokens of a client, as many as in botocore's standard mode; a retry costs 5, after a timeout 10."""


class Sessions:
    """The AWS clients of one scan; an async context manager that closes them all.

    ``ask_for_code`` is awaited with a profile's name and a prompt when its role requires an MFA code, and
    returns the code, or an empty text to decline. ``ask_to_renew`` is awaited with a profile's name and the
    reason if its credentials have expired and cannot be renewed without the user, and returns whether to
    retry. ``role_sessions`` holds the sessions of MFA roles. ``on_throttled`` is called with profile, region
    and service whenever AWS throttles a call. ``reads`` are the operations that the clients may call in
    addition to those that identify a profile, as for `AllowList`. ``calls`` counts HTTP requests, ``times``
    measures them.
    """

    def __init__(
        self,
        ask_for_code: Callable[[str, str], Awaitable[str]],
        on_throttled: Callable[[str, str, str], None],
        *,
        reads: Collection[str] | Callable[[], Collection[str]] = (),
        limits: CallLimits = DEFAULT_LIMITS,
        ask_to_renew: Callable[[str, ReadError], Awaitable[bool]] | None = None,
        role_sessions: RoleSessions | None = None,
    ) -> None:
        self.calls = 0
        self.times = CallTimes()
        self.limits = limits
        self._reads = AllowList(reads)
        self._factory = ClientFactory(_models(), self._reads)
        self._ask_for_code = ask_for_code
        self._ask_to_renew = ask_to_renew
        self._role_sessions = role_sessions or RoleSessions()
        self._on_throttled = on_throttled
        self._sessions: dict[str, asyncio.Future[aioboto3.Session]] = {}
        self._clients: dict[tuple[str, str, str], asyncio.Task[Any]] = {}
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._open: list[tuple[str, Any]] = []
        self._roots: dict[str, str] = {}
        self._is_closed = False
        self._quotas: dict[tuple[str, str, str], RetryQuota] = {}
        self._renewals: dict[str, asyncio.Task[None]] = {}
        self._generations: Counter[str] = Counter()
        self._working: set[str] = set()
        self._ended: dict[str, ReadError] = {}
        self._credentials: dict[str, ReadOnlyCredentials] = {}
        self._retired: list[asyncio.Future[Any]] = []
        self._sharing: CallSharing | None = None

    def share_calls(self, sharing: CallSharing) -> None:
        """Let a second process make some of the calls; called before the sessions are entered."""
        self._sharing = sharing

    async def __aenter__(self) -> Self:
        if self._sharing is not None:
            self._sharing.open(self._reads, self.limits, self.times)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closed = True
        if self._sharing is not None:
            await self._sharing.close()
        tasks = [
            *self._renewals.values(),
            *self._sessions.values(),
            *self._clients.values(),
            *self._retired,
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _close(client for _, client in self._open)

    async def client(self, profile: Profile, service: str, region: str) -> Any:
        """Return the client of a service in a region, created once.

        Waits while the profile's credentials are renewed. Raises `ReadError` if a profile gets no
        credentials, botocore's exceptions for an unknown service or region, and `asyncio.CancelledError`
        after the sessions are closed.
        """
        if self._is_closed:
            # A task that outlives a cancelled scan would open connections that are never closed.
            raise asyncio.CancelledError
        root = profile.root.name
        if (renewal := self._renewals.get(root)) is not None:
            await asyncio.shield(renewal)
        if (end := self._ended.get(root)) is not None:
            raise end
        self._roots[profile.name] = root
        key = (profile.name, service, region)
        if key not in self._clients:
            self._clients[key] = asyncio.create_task(self._make_client(*key, profile))
        return await asyncio.shield(self._clients[key])

    async def release(self, profile: Profile) -> None:
        """Close the clients of a profile that makes no calls for now; a later call creates them again."""
        name = profile.name
        if self._sharing is not None:
            self._sharing.release(profile)
        for key in [key for key in self._clients if key[0] == name]:
            del self._clients[key]
        clients = [client for owner, client in self._open if owner == name]
        self._open = [each for each in self._open if each[0] != name]
        await _close(clients)

    async def request(
        self,
        profile: Profile,
        where: tuple[str, str, str],
        params: dict[str, Any],
        method: Callable[..., Awaitable[dict[str, Any]]],
        window: Window,
    ) -> dict[str, Any]:
        """Make one request of a call: with a method of its client, or in the second process.

        ``where`` is its region, service and operation; the call has its turn in ``window``.
        """
        sharing = self._sharing
        if sharing is None:
            return await method(**params)
        process = sharing.process_for(profile, *where[:2], window)
        if process is not None:
            try:
                return await self._request_in(process, profile, where, params)
            except NotMadeError:
                # The request only reads, so this process makes it instead.
                pass
        if self._is_closed:
            raise asyncio.CancelledError
        with sharing.made_locally():
            return await method(**params)

    async def _request_in(
        self, process: SecondProcess, profile: Profile, where: tuple[str, str, str], params: dict[str, Any]
    ) -> dict[str, Any]:
        session = await self._session_of(profile)
        credentials = await (await session._session.get_credentials()).get_frozen_credentials()
        answer = await process.request(profile, credentials, where, params)
        self.calls += answer.calls
        self.times.of(*where[1:]).cpu += answer.cpu
        for throttled in answer.throttled:
            self._on_throttled(*throttled)
        if answer.outcome is None:
            raise NotMadeError
        if isinstance(answer.outcome, Failure):
            raise answer.outcome.error()
        return answer.outcome

    def retry_quota(self, profile: Profile, region: str = "", service: str = "") -> RetryQuota:
        """Return the retry tokens of a profile's client for a service in a region, as botocore shares them.

        Those without a service are shared by all calls to endpoints that have never responded.
        """
        return self._quotas.setdefault((profile.name, region, service), RetryQuota(RETRY_QUOTA))

    # Credentials that expire during a scan. A role of an organization expires and is renewed with its source.

    def generation(self, profile: Profile) -> int:
        """Return the number of times that a profile's credentials were renewed."""
        return self._generations[profile.root.name]

    def note_answer(self, profile: Profile, generation: int) -> None:
        """Record that AWS accepts the credentials of a generation: it has answered or denied a call."""
        name = profile.root.name
        if generation == self._generations[name]:
            self._working.add(name)

    async def renew(self, profile: Profile, error: ReadError, generation: int) -> bool:
        """Replace expired credentials once for all calls of a profile; return whether to repeat the call.

        ``generation`` is that of the call that failed with ``error``. The source of the credentials is called
        once more without the user; after that the user decides, and a declined profile stays expired. An
        error of another kind renews nothing.
        """
        profile = profile.root
        name = profile.name
        # A program, a token or a role that gave credentials before but gives none now counts as expired too.
        has_ended = error.kind is Unread.CREDENTIALS and (error.expired or not error.code)
        ask = self._ask_to_renew
        if not has_ended or ask is None or name in self._ended:
            return False
        if generation == self._generations[name]:
            if name not in self._renewals:
                if not generation and name not in self._working:
                    return False
                self._renewals[name] = asyncio.create_task(self._renew(profile, error, ask))
            await asyncio.shield(self._renewals[name])
        return name not in self._ended

    async def _renew(
        self, profile: Profile, error: ReadError, ask: Callable[[str, ReadError], Awaitable[bool]]
    ) -> None:
        name = profile.name
        self._role_sessions.forget(name)
        # Credentials that were renewed but never accepted are not renewed without the user a second time.
        alone = name in self._working and not profile.mfa
        self._working.discard(name)
        old = self._credentials.get(name)
        try:
            while True:
                if not alone and not profile.mfa and not await ask(name, error):
                    self._ended[name] = error
                    return
                try:
                    session = await self._ready_session(profile)
                except Exception as failure:
                    error = _explained(failure, profile)
                    if profile.mfa:
                        self._ended[name] = error
                        return
                else:
                    if not alone or self._credentials[name] != old:
                        self._replace_session(name, session)
                        return
                alone = False
        finally:
            del self._renewals[name]

    def _replace_session(self, name: str, session: aioboto3.Session) -> None:
        ready: asyncio.Future[aioboto3.Session] = asyncio.get_running_loop().create_future()
        ready.set_result(session)
        self._sessions[name] = ready
        dependent = {owner for owner, root in self._roots.items() if root == name}
        for owner in dependent - {name}:
            if (old := self._sessions.pop(owner, None)) is not None:
                self._retired.append(old)
        for key in [key for key in self._clients if key[0] in dependent]:
            self._retired.append(self._clients.pop(key))
        self._generations[name] += 1

    # Sessions and clients

    async def _make_client(self, name: str, service: str, region: str, profile: Profile) -> Any:
        session = await self._session_of(profile)
        config = ReaderConfig(
            connect_timeout=self.limits.connect,
            read_timeout=self.limits.attempt,
            max_pool_connections=connections_of(service),
            # The Reader retries, with a quota that both processes share.
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent_extra="cloud-audit-tui",
        )
        context = session.client(service, region_name=region, config=config)
        # In sequence: concurrently, all of them would be ready only when the last one is.
        async with self._making[name]:
            client = await context.__aenter__()
        self._open.append((name, context))
        return client

    async def _session_of(self, profile: Profile) -> aioboto3.Session:
        """Return a profile's session, created once; raises `ReadError` if it gets no credentials."""
        name = profile.name
        if name not in self._sessions:
            self._sessions[name] = asyncio.create_task(self._ready_session(profile))
        return await asyncio.shield(self._sessions[name])

    async def _ready_session(self, profile: Profile) -> aioboto3.Session:
        """Return a profile's session once it has credentials, so that clients never wait for them.

        Profiles do not wait for each other: a hanging credential program delays only its own profile and the
        roles that it assumes.
        """
        if profile.source is not None:
            # A person may need minutes for a code; the time limit of the role starts after that.
            await self._session_of(profile.source)
            return await self._session_with_credentials(profile)
        if not profile.mfa or self._role_sessions.lasts(profile.name):
            return await self._session_with_credentials(profile)
        prompt = f"MFA code for profile {profile.name}"
        attempts_left = CODE_ATTEMPTS
        while True:
            code = await self._ask_for_code(profile.name, prompt)
            attempts_left -= 1
            try:
                return await self._session_with_credentials(profile, code)
            except WrongCodeError as error:
                if not attempts_left:
                    raise
                prompt = f"{error.reason.rstrip('. ')}. MFA code for profile {profile.name}"

    async def _session_with_credentials(self, profile: Profile, code: str = "") -> aioboto3.Session:
        """Return a session with credentials; raises `ReadError` if it gets none."""

        async def get() -> aioboto3.Session:
            # Each attempt has its own session, because botocore's role provider loads its profile once.
            session = self._make_session(profile)
            if profile.source is not None:
                await self._assume_role(session, profile, profile.source)
                return session
            if profile.mfa:
                provider = session._session.get_component("credential_provider").get_provider("assume-role")
                provider.cache = self._role_sessions.of(profile.name)
                provider._prompter = partial(_code_prompt, code)
            credentials = await session._session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            pace_refresh(credentials, partial(_explained, profile=profile))
            # Assume the role here rather than in the first read of a check.
            self._credentials[profile.name] = await credentials.get_frozen_credentials()
            return session

        # Allows for a program, which has its own limit, and for assuming a role with its credentials.
        limit = self.limits.credentials + CREDENTIAL_CALL_TIME
        # A slow program is not started a second time.
        limits = replace(self.limits, call=limit, hedge_after=math.inf)
        call = Call(
            get, partial(_explained, profile=profile), limits, self.retry_quota(profile), Pace(math.inf)
        )
        try:
            async with asyncio.timeout(limit):
                return await call.answer()
        except TimeoutError as error:
            raise ReadError(
                Unread.CREDENTIALS,
                f"{profile.name!r} has no credentials after {limit:g} s: their source does not respond.",
                action="Check the network and the proxy, then rescan.",
            ) from error

    async def _assume_role(self, session: aioboto3.Session, profile: Profile, source: Profile) -> None:
        """Assume a role with the credentials of its source, for a session."""
        role = profile.role
        assert role is not None
        credentials = await (await self._session_of(source))._session.get_credentials()
        # Without a region, each partition is tried until one accepts the source's credentials.
        regions = regions_to_try(profile.region)
        for region in regions:
            fetcher = AioAssumeRoleCredentialFetcher(
                _get_client_creator(session._session, region),
                credentials,
                role.arn(partition_of(region)),
                extra_args={"RoleSessionName": ROLE_SESSION_NAME},
            )
            assumed = AioDeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
            pace_refresh(assumed, partial(_explained, profile=profile))
            try:
                self._credentials[profile.name] = await assumed.get_frozen_credentials()
            except ClientError as error:
                if error.response["Error"].get("Code") in WRONG_PARTITION_CODES and region != regions[-1]:
                    continue
                raise
            session._session._credentials = assumed
            return

    def _make_session(self, profile: Profile) -> aioboto3.Session:
        core = AuditSession(
            allowed=self._reads,
            limits=self.limits,
            clients=self._factory,
            region=profile.root.region,
            providers=profile.root.providers,
        )
        core.register_component("data_loader", shared_loader())
        name = None if profile.root.providers else profile.root.name or None
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


def _code_prompt(code: str, _prompt: str) -> str:
    """Answer botocore's prompt with the code that the user entered."""
    return code


def _explained(error: Exception, profile: Profile) -> ReadError:
    """Return why a profile has no credentials."""
    explained = read_error(
        error,
        service="sts",
        operation=getattr(error, "operation_name", "GetCallerIdentity"),
        region=profile.region or "its region",
        profile=profile.root.name,
    )
    role = profile.role
    if role is None or explained.kind is not Unread.DENIED or isinstance(error, ReadError):
        return explained
    return ReadError(
        Unread.DENIED,
        f"{role.source!r} may not assume the role {role.role!r} in account {role.account_id}, "
        "or the account has no such role.",
        action=f"Allow it sts:AssumeRole on {role.arn(partition_of(profile.region))}, and add it to the "
        "trust policy of that role.",
        permission="sts:AssumeRole",
        code=explained.code,
    )


async def _close(clients: Iterable[Any]) -> None:
    closing = (client.__aexit__(None, None, None) for client in clients)
    await asyncio.gather(*closing, return_exceptions=True)


@cache
def _models() -> ServiceModels:
    """Return the reduced models, which are immutable and shared by all clients."""
    return ServiceModels(shared_loader())


def _refuse_writes(model: Any, **_: object) -> None:
    """Block every call that is not a read before it is signed, whatever its origin."""
    service, operation = model.service_model.service_name, model.name
    if not is_read(service, operation) and f"{service}:{operation}" not in CREDENTIAL_CALLS:
        raise NotAReadError(service, operation)

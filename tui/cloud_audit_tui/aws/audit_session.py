"""A botocore session that restricts all its clients, including those of its credential providers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aiobotocore.config import AioConfig
from aiobotocore.configprovider import AioSmartDefaultsConfigStoreFactory
from aiobotocore.credentials import AioProcessProvider
from aiobotocore.session import AioSession
from aiobotocore.utils import AioIMDSRegionProvider, _RefCountedSession
from botocore.handlers import _handle_200_error, _set_auth_scheme_preference_signer
from botocore.utils import get_environ_proxies

from cloud_audit_tui.arn import parse_arn
from cloud_audit_tui.aws.call_limits import DEFAULT_LIMITS
from cloud_audit_tui.aws.clients import ClientFactory, events_of
from cloud_audit_tui.aws.credential_program import CredentialProgram
from cloud_audit_tui.aws.operations import CREDENTIAL_CALLS, NotAReadError
from cloud_audit_tui.aws.regions import HOME_REGIONS, PARTITIONS
from cloud_audit_tui.aws.response_parsers import StrictParserFactory
from cloud_audit_tui.aws.service_models import ServiceModels, full_loader
from cloud_audit_tui.aws.tls import CheckedSession

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container

    from botocore.model import OperationModel

    from cloud_audit_tui.aws.call_limits import CallLimits
    from cloud_audit_tui.aws.client_events import ServiceEvents

CREDENTIAL_READ_TIMEOUT = 20
"""Timeout in seconds for STS and SSO, which respond within one second."""
CREDENTIAL_ATTEMPTS = 2
"""Attempts per credential call, in botocore's standard retry mode; `Sessions` retries the whole load."""


class ReaderConfig(AioConfig):  # type: ignore[misc]
    """The configuration of a client that the scanner calls."""


class _MetadataSession(CheckedSession, _RefCountedSession):  # type: ignore[misc]
    """The HTTP session for the credential endpoint of a container or an instance, which few profiles have."""

    loads_certificates_first = False


class _RegionProvider(AioIMDSRegionProvider):  # type: ignore[misc]
    def __init__(self, session: AuditSession) -> None:
        super().__init__(session=session)
        self._checked = session

    def _create_fetcher(self) -> Any:
        fetcher = super()._create_fetcher()
        self._checked.check_connections_of(fetcher)
        return fetcher


class AuditSession(AioSession):  # type: ignore[misc]
    """One profile's session.

    Every client it creates, including those inside credential providers, uses `CheckedSession` connections
    and strict parsers. A client made with a `ReaderConfig` may call only the operations in ``allowed``, as
    ``service:Operation``; any other client may call only those that obtain credentials for a profile.
    ``clients`` makes the former; sessions that share it share what does not depend on the profile. Roles are
    assumed in ``region`` or, without one, in that of the environment or of the role's partition.
    ``providers`` are the only credential providers of botocore that may give credentials, by their
    ``METHOD``; without any, all may.
    """

    def __init__(
        self,
        *,
        allowed: Container[str],
        limits: CallLimits = DEFAULT_LIMITS,
        clients: ClientFactory | None = None,
        region: str = "",
        providers: Collection[str] = (),
    ) -> None:
        self._region = region
        self._providers = providers
        self._limits = limits
        self._allowed = allowed
        self._clients = clients or ClientFactory(ServiceModels(full_loader()), self._allowed)
        self._service_events: dict[str, ServiceEvents] = {}
        self._scoped_configs: dict[Any, dict[str, Any]] = {}
        self._connections = type(
            "Connections", (CheckedSession,), {"attempt": limits.attempt, "body_limit": limits.body}
        )
        super().__init__()
        # botocore's handler turns every S3 body that is not XML into an HTTP 500; the strict parser rejects
        # them as it does in the other protocols.
        events = self.get_component("event_emitter")
        events.unregister("before-parse.s3.*", handler=_handle_200_error)
        # It lets the environment choose another signer, such as a token of Bedrock, which may be of another
        # account than the profile.
        events.unregister("choose-signer", handler=_set_auth_scheme_preference_signer)

    def get_scoped_config(self) -> dict[str, Any]:
        """Return the settings of the profile in the configuration file, looked up once.

        Raises botocore's `ProfileNotFound` for a profile that no file has.
        """
        # For each of the fifty settings of a client, botocore asks the environment for the profile again.
        profile = self._session_instance_vars.get("profile")
        if profile not in self._scoped_configs:
            self._scoped_configs[profile] = super().get_scoped_config()
        return self._scoped_configs[profile]

    async def _create_client(self, service_name: str, *, config: Any = None, **options: Any) -> Any:
        ours = isinstance(config, ReaderConfig)
        checked = config if ours else self._credential_config(config)
        # Set here because merging configurations drops it.
        checked.http_session_cls = self._connections
        if ours:
            client = await self._reader_client(service_name, checked, **options)
        else:
            client = await super()._create_client(service_name, config=checked, **options)
        if not isinstance(client._endpoint.http_session, CheckedSession):
            raise TypeError("a client was created with unchecked connections")
        guard = _only(self._allowed if ours else CREDENTIAL_CALLS)
        client.meta.events.register_first("before-call", guard)
        client.meta.events.register_first("before-sign", _only_to_sign(guard, client.meta.service_model))
        return client

    async def _reader_client(
        self,
        service: str,
        config: AioConfig,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        **_: object,
    ) -> Any:
        if service not in self._service_events:
            self._service_events[service] = events_of(
                self.get_component("event_emitter"), service, self._clients.models
            )
        events = self._service_events[service]
        return await self._clients.create(self, service, region_name, config, events, endpoint_url)

    def _credential_config(self, caller_config: Any) -> AioConfig:
        base = AioConfig(
            connect_timeout=self._limits.connect,
            read_timeout=min(CREDENTIAL_READ_TIMEOUT, self._limits.attempt),
            retries={"mode": "standard", "total_max_attempts": CREDENTIAL_ATTEMPTS},
        )
        return base if caller_config is None else base.merge(caller_config)

    def _register_response_parser_factory(self) -> None:
        self._components.register_component("response_parser_factory", StrictParserFactory())

    def _register_smart_defaults_factory(self) -> None:
        self._internal_components.lazy_register_component(
            "smart_defaults_factory",
            lambda: AioSmartDefaultsConfigStoreFactory(
                self._get_internal_component("default_config_resolver"), _RegionProvider(self)
            ),
        )

    def _create_credential_resolver(self) -> Any:
        # The clients of the providers; botocore reads AWS_DEFAULT_REGION alone, before the profile's region.
        self._last_client_region_used = self._credential_region()
        resolver = super()._create_credential_resolver()
        builder = resolver.get_provider("assume-role")._profile_provider_builder
        builder._create_process_provider = self._credential_program
        for place, provider in enumerate(resolver.providers):
            if isinstance(provider, AioProcessProvider):
                resolver.providers[place] = self._credential_program(provider._profile_name)
            if provider.METHOD == "container-role":
                self.check_connections_of(provider._fetcher)
            if provider.METHOD == "iam-role":
                self.check_connections_of(provider._role_fetcher)
        if self._providers:
            resolver.providers = [each for each in resolver.providers if each.METHOD in self._providers]
        return resolver

    def _credential_region(self) -> str:
        """Return the region in which roles are assumed, because STS has no endpoint without one."""
        if region := self._region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
            return region
        role = self.get_scoped_config().get("role_arn") or os.environ.get("AWS_ROLE_ARN") or ""
        return HOME_REGIONS.get(parse_arn(role).partition, HOME_REGIONS[PARTITIONS[0]])

    def _credential_program(self, profile_name: str) -> CredentialProgram:
        return CredentialProgram(
            profile_name=profile_name, load_config=lambda: self.full_config, limit=self._limits.credentials
        )

    def check_connections_of(self, fetcher: Any) -> None:
        """Make an instance or container credential fetcher use checked connections."""
        before = fetcher._session
        base_url = getattr(fetcher, "_base_url", "")
        fetcher._session = _MetadataSession(
            verify=self.get_config_variable("ca_bundle") or True,
            timeout=before._timeout.sock_read,
            proxies=get_environ_proxies(base_url) if base_url else None,
        )


def _only(allowed: Container[str]) -> Callable[..., None]:
    def guard(model: OperationModel, **_: object) -> None:
        service, operation = model.service_model.service_name, model.name
        if f"{service}:{operation}" not in allowed:
            raise NotAReadError(service, operation)

    return guard


def _only_to_sign(guard: Callable[..., None], service_model: Any) -> Callable[..., None]:
    """Return the guard for requests that are signed without being sent, such as presigned URLs."""

    def guard_signing(operation_name: str, **_: object) -> None:
        guard(service_model.operation_model(operation_name))

    return guard_signing

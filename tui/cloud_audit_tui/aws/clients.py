"""Creates the clients of the scanner: botocore's, with the parts that depend on the service alone shared.

A botocore client costs 5 to 180 ms of CPU, most of it for parts that are equal in all regions: the model, a
class with a method for each operation, the event hooks, the endpoint rules. `ClientFactory` caches them by
service, so the client of another region costs less than 1 ms. The endpoint and the user agent of a call are
cached too.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from aiobotocore import retryhandler
from aiobotocore.args import AioClientArgsCreator
from aiobotocore.client import AioClientCreator
from aiobotocore.context import start_as_current_context
from aiobotocore.regions import AioEndpointRulesetResolver
from aiobotocore.utils import AioS3RegionRedirectorv2
from botocore import translate
from botocore.context import get_context
from botocore.hooks import EVENT_ALIASES
from botocore.useragent import UserAgentString

from cloud_audit_tui.aws.client_events import ServiceEvents, service_events

if TYPE_CHECKING:
    from collections.abc import Container

    from aiobotocore.config import AioConfig
    from aiobotocore.session import AioSession
    from botocore.endpoint_provider import EndpointProvider
    from botocore.hooks import EventAliaser
    from botocore.model import OperationModel, ServiceModel

    from cloud_audit_tui.aws.service_models import ServiceModels

_NO_RULES = {"version": "1.0", "parameters": {}, "rules": []}


class ClientFactory:
    """The shared parts of the clients of all profiles; ``reads`` are the operations that have methods."""

    def __init__(self, models: ServiceModels, reads: Container[str]) -> None:
        self.models = models
        self._reads = reads
        self._classes: dict[str, type] = {}

    def has(self, service: str, operation: str) -> bool:
        """Say whether the clients of a service have a method for an operation."""
        return f"{service}:{operation}" in self._reads

    async def create(
        self,
        session: AioSession,
        service: str,
        region: str | None,
        config: AioConfig,
        events: EventAliaser,
        endpoint_url: str | None = None,
    ) -> Any:
        """Return a client of a session with credentials, set up as botocore's session does it.

        ``events`` are the hooks of the session for the service: see `events_of`.
        """
        async with start_as_current_context():
            defaults_of_session = session.get_default_client_config()
            config = config if defaults_of_session is None else defaults_of_session.merge(config)
            region = session._resolve_region_name(region, config)
            store = copy.copy(session.get_component("config_store"))
            mode = session._resolve_defaults_mode(config, store)
            if mode != "legacy":
                defaults = session._get_internal_component("smart_defaults_factory")
                await defaults.merge_smart_defaults(store, mode, region)
            session._add_configured_endpoint_provider(client_name=service, config_store=store)
            creator = _Creator(self, session, store, events)
            client = await creator.create_client(
                service_name=service,
                region_name=region,
                endpoint_url=endpoint_url,
                verify=session.get_config_variable("ca_bundle"),
                credentials=await session.get_credentials(),
                scoped_config=session.get_scoped_config(),
                client_config=config,
                api_version=session.get_config_variable("api_versions").get(service),
                auth_token=session.get_auth_token(),
            )
            monitor = session._get_internal_component("monitor")
            if monitor is not None:
                monitor.register(client.meta.events)
            session._register_client_plugins(client)
            return client


class _Creator(AioClientCreator):  # type: ignore[misc]
    """Creates one client."""

    def __init__(self, factory: ClientFactory, session: AioSession, store: Any, events: EventAliaser) -> None:
        super().__init__(
            factory.models,
            session._get_internal_component("endpoint_resolver"),
            session.user_agent(),
            events,
            retryhandler,
            translate,
            session.get_component("response_parser_factory"),
            session._get_internal_component("exceptions_factory"),
            store,
            user_agent_creator=_UserAgent.of(session),
            auth_token_resolver=session.get_auth_token,
        )
        self._factory = factory

    def _load_service_model(self, service_name: str, api_version: str | None = None) -> ServiceModel:
        return self._factory.models.service_model(service_name, api_version)

    async def _create_client_class(self, service_name: str, service_model: ServiceModel) -> type:
        classes = self._factory._classes
        if service_name not in classes:
            classes[service_name] = await super()._create_client_class(service_name, service_model)
        return classes[service_name]

    def _register_s3_events(
        self, client: Any, endpoint_bridge: Any, endpoint_url: Any, client_config: Any, scoped_config: Any
    ) -> None:
        # As aiobotocore does it, with another redirector; nothing is presigned.
        if client.meta.service_model.service_name == "s3":
            _RegionRedirector(endpoint_bridge, client).register()
            client.meta.events.register("before-parameter-build.s3", self._inject_s3_input_parameters)

    def _create_methods(self, service_model: ServiceModel) -> dict[str, Any]:
        methods: dict[str, Any] = super()._create_methods(_Reads(service_model, self._factory))
        return methods

    async def _get_client_args(self, service_model: ServiceModel, *arguments: Any) -> dict[str, Any]:
        creator = _Arguments(
            self._event_emitter,
            self._user_agent,
            self._response_parser_factory,
            self._loader,
            self._exceptions_factory,
            config_store=self._config_store,
            user_agent_creator=self._user_agent_creator,
        )
        creator.factory = self._factory
        client_args: dict[str, Any] = await creator.get_client_args(service_model, *arguments)
        return client_args


class _RegionRedirector(AioS3RegionRedirectorv2):  # type: ignore[misc]
    """Sends a call to the region of its bucket if the response names it.

    botocore's last resort is the call HeadBucket, which no check declares, so clients have no method for it.
    """

    async def get_bucket_region(self, bucket: str, response: tuple[Any, dict[str, Any]]) -> str | None:
        _, answer = response
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        region: str | None = headers.get("x-amz-bucket-region") or answer["Error"].get("Region")
        return region


class _Reads:
    """A service model with the operations that a client needs methods for."""

    def __init__(self, model: ServiceModel, factory: ClientFactory) -> None:
        service = model.service_name
        self.operation_names = [name for name in model.operation_names if factory.has(service, name)]
        self.operation_model = model.operation_model
        self.service_name = service


class _Arguments(AioClientArgsCreator):  # type: ignore[misc]
    """Computes the parts of a client; the endpoint rules of a service are parsed once."""

    factory: ClientFactory

    def _build_endpoint_resolver(self, rules: Any, partitions: Any, *arguments: Any, **options: Any) -> Any:
        if rules is None:
            return None
        # The fourth argument of the base class; the second here.
        service = arguments[1].service_name
        resolver = super()._build_endpoint_resolver(_NO_RULES, partitions, *arguments, **options)
        resolver.__class__ = _EndpointResolver
        resolver.use(self.factory.models.endpoint_provider(service, rules, partitions))
        return resolver


class _EndpointResolver(AioEndpointRulesetResolver):  # type: ignore[misc]
    """Resolves the endpoint of each call; operations without endpoint parameters share one."""

    def use(self, provider: EndpointProvider) -> None:
        """Resolve by the rules of a provider."""
        self._provider = provider
        self._param_definitions = provider.ruleset.parameters
        self._fixed: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._contexts: dict[str, tuple[dict[str, Any], dict[str, str]]] = {}
        self._has_hooks: bool | None = None

    async def construct_endpoint(
        self, operation_model: OperationModel, call_args: Any, request_context: Any
    ) -> Any:
        if not self._depends_on_client_alone(operation_model):
            return await super().construct_endpoint(operation_model, call_args, request_context)
        key = tuple(sorted(self._get_static_context_params(operation_model).items()))
        if key not in self._fixed:
            self._fixed[key] = await super().construct_endpoint(operation_model, call_args, request_context)
        return self._fixed[key]

    def _depends_on_client_alone(self, operation: OperationModel) -> bool:
        if self._has_hooks is None:
            event = f"before-endpoint-resolution.{self._service_model.service_id.hyphenize()}"
            hooks = self._event_emitter._emitter._handlers
            self._has_hooks = bool(hooks.prefix_search(event))
        return not (self._has_hooks or operation.context_parameters or operation.operation_context_parameters)

    def _resolve_param_from_context(
        self, param_name: str, operation_model: OperationModel, call_args: Any
    ) -> Any:
        if operation_model.operation_context_parameters:
            return super()._resolve_param_from_context(param_name, operation_model, call_args)
        name = operation_model.name
        if name not in self._contexts:
            fixed = {
                param: self._client_context[variable]
                for param, variable in self._get_client_context_params().items()
                if variable in self._client_context
            }
            fixed.update(self._get_static_context_params(operation_model))
            self._contexts[name] = fixed, self._get_dynamic_context_params(operation_model)
        fixed, members = self._contexts[name]
        if param_name in members and param_name not in self._get_static_context_params(operation_model):
            value = call_args.get(members[param_name])
            if value is not None:
                return value
        return fixed.get(param_name)


class _UserAgent(UserAgentString):  # type: ignore[misc]
    """A user agent that is composed once for each set of features that calls use."""

    _texts: dict[frozenset[str], str]

    @classmethod
    def of(cls, session: AioSession) -> _UserAgent:
        """Return the user agent of a session's next client."""
        agent = cls.__new__(cls)
        agent.__dict__.update(session.get_component("user_agent_creator").__dict__)
        agent.set_session_config(
            session_user_agent_name=session.user_agent_name,
            session_user_agent_version=session.user_agent_version,
            session_user_agent_extra=session.user_agent_extra,
        )
        context = get_context()
        agent.set_client_features(set() if context is None else context.features)
        return agent

    def with_client_config(self, client_config: Any) -> Any:
        agent = super().with_client_config(client_config)
        agent._texts = {}
        return agent

    def to_string(self) -> str:
        context = get_context()
        features = frozenset() if context is None else frozenset(context.features)
        text = self._texts.get(features)
        if text is None:
            text = self._texts[features] = super().to_string()
        return text


def events_of(session_events: EventAliaser, service: str, models: ServiceModels) -> ServiceEvents:
    """Return the event hooks for the clients of a service in a session."""
    metadata = models.load_service_model(service, "service-2")["metadata"]
    hyphenated = str(metadata["serviceId"]).lower().replace(" ", "-")
    names = {service, hyphenated, metadata["endpointPrefix"], EVENT_ALIASES.get(service, service)}
    return service_events(session_events, names)

"""botocore's service models, reduced to reads and cached on this machine in a format that loads quickly.

botocore decodes megabytes of JSON in each process, most of it documentation and operations that the scanner
never calls. `ServiceModels` decodes a service once, stores its reads without documentation in one file per
service (see `kept_file`), and loads that file from then on.
"""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
import msgspec
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from cloud_audit_tui.aws.operations import CREDENTIAL_CALLS, is_read
from cloud_audit_tui.kept_file import keep, kept_directory, key_of, read_kept
from cloud_audit_tui.quick_file_loader import QuickFileLoader

if TYPE_CHECKING:
    from collections.abc import Iterator

Model = dict[str, Any]

MODELS = Path(__file__).parent / "models"
"""Response members that are newer than botocore's models, as botocore model extras."""
FORMAT = 2
"""The version of the files, raised with each change of their content."""
ENDPOINTS_KEPT = 8192
"""The most endpoints of a service that a process caches."""
KINDS = ("service-2", "paginators-1", "endpoint-rule-set-1")


def full_loader() -> Loader:
    """Return a loader of whole models, with the members that this program adds."""
    return Loader(extra_search_paths=[str(MODELS)], file_loader=QuickFileLoader())


@cache
def shared_loader() -> Loader:
    """Return the loader that all sessions share, so that the files are read once."""
    return full_loader()


class ServiceModels:
    """A loader of reads for clients, with the methods of botocore's loader that clients use.

    ``full`` loads what the files lack, and everything if the user has own models, which botocore merges into
    its models. ``directory`` is that of the files.
    """

    def __init__(self, full: Loader, directory: Path | None = None) -> None:
        self._full = full
        self._directory = directory or kept_directory("models")
        self._services: dict[str, Model] = {}
        self._models: dict[tuple[str, str | None], ServiceModel] = {}
        self._providers: dict[str, EndpointProvider] = {}
        own = {full.BUILTIN_DATA_PATH, str(MODELS)}
        self._is_botocores = not any(path not in own and Path(path).is_dir() for path in full.search_paths)

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """Return a model, reduced to reads; raises botocore's errors for an unknown service or kind."""
        if not self._is_botocores or type_name not in KINDS:
            return self._full.load_service_model(service_name, type_name, api_version)
        service = self._service(service_name)
        if api_version not in (None, service["service-2"]["metadata"]["apiVersion"]):
            return self._full.load_service_model(service_name, type_name, api_version)
        if service[type_name] is None:
            raise UnknownServiceError(service_name=service_name, known_service_names="")
        return service[type_name]

    def service_model(self, service: str, api_version: str | None = None) -> ServiceModel:
        """Return the parsed model of a service; raises what `load_service_model` raises."""
        key = (service, api_version)
        if key not in self._models:
            model = self.load_service_model(service, "service-2", api_version)
            self._models[key] = ServiceModel(model, service_name=service)
        return self._models[key]

    def endpoint_provider(self, service: str, rules: Model, partitions: Model) -> EndpointProvider:
        """Return the parsed endpoint rules of a service."""
        if service not in self._providers:
            self._providers[service] = _Endpoints(ruleset_data=rules, partition_data=partitions)
        return self._providers[service]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._full, name)

    def _service(self, name: str) -> Model:
        if name not in self._services:
            path = self._directory / f"{name}.json"
            key = _key_of(name)
            model = _read(path, key)
            if model is None:
                model = _reduced(self._full, name)
                keep(path, key, msgspec.json.encode(model))
            self._services[name] = model
        return self._services[name]


class _Endpoints(EndpointProvider):  # type: ignore[misc]
    """The endpoint rules of a service, evaluated once for each set of parameters.

    botocore caches a hundred endpoints, but a scan reads several settings of each of a thousand buckets,
    whose names are parameters.
    """

    def __init__(self, **data: Model) -> None:
        super().__init__(**data)
        self._by_parameters: dict[tuple[tuple[str, Any], ...], Any] = {}

    def resolve_endpoint(self, **parameters: Any) -> Any:
        """Return the endpoint of a call; raises botocore's errors for parameters that have none."""
        key = tuple(parameters.items())
        try:
            return self._by_parameters[key]
        except KeyError:
            pass
        except TypeError:
            # A list among the parameters is not hashable.
            return super().resolve_endpoint(**parameters)
        if len(self._by_parameters) >= ENDPOINTS_KEPT:
            self._by_parameters.clear()
        endpoint = self._by_parameters[key] = super().resolve_endpoint(**parameters)
        return endpoint


def _reduced(full: Loader, service: str) -> Model:
    whole: Model = full.load_service_model(service, "service-2")
    operations = {
        name: _without_documentation(operation)
        for name, operation in whole["operations"].items()
        if is_read(service, name) or f"{service}:{name}" in CREDENTIAL_CALLS
    }
    reached: set[str] = set()
    # Any operation can fail with any error of its service.
    waiting = [name for name, shape in whole["shapes"].items() if shape.get("exception")]
    waiting += [
        reference["shape"]
        for operation in operations.values()
        for reference in (operation.get("input"), operation.get("output"), *operation.get("errors", ()))
        if reference
    ]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _shapes_in(whole["shapes"][name])
    shapes = {
        name: _without_documentation(shape) for name, shape in whole["shapes"].items() if name in reached
    }
    model = {**_without_documentation(whole), "operations": operations, "shapes": shapes}
    pages = _optional(full, service, "paginators-1")
    if pages is not None:
        read_pages = {name: page for name, page in pages["pagination"].items() if name in operations}
        pages = {**pages, "pagination": read_pages}
    rules = _optional(full, service, "endpoint-rule-set-1")
    return dict(zip(KINDS, (model, pages, rules), strict=True))


def _optional(full: Loader, service: str, kind: str) -> Model | None:
    try:
        model: Model = full.load_service_model(service, kind)
    except (UnknownServiceError, DataNotFoundError):
        return None
    return model


def _shapes_in(shape: Model) -> Iterator[str]:
    for member in (
        *shape.get("members", {}).values(),
        *(shape.get(part) for part in ("member", "key", "value")),
    ):
        if member:
            yield member["shape"]


def _without_documentation(part: Model) -> Model:
    """Return a shape or an operation without its documentation and that of its members."""
    bare = {name: value for name, value in part.items() if name not in ("documentation", "documentationUrl")}
    if isinstance(members := bare.get("members"), dict):
        bare["members"] = {
            name: {key: value for key, value in member.items() if key != "documentation"}
            for name, member in members.items()
        }
    return bare


@cache
def _program() -> str:
    """Return the versions that the files depend on: those of this code and of botocore's data."""
    data = Path(Loader.BUILTIN_DATA_PATH)
    with contextlib.suppress(OSError):
        return f"{FORMAT} {botocore.__version__} {data} {data.stat().st_mtime_ns}"
    return f"{FORMAT} {botocore.__version__} {data}"


def _key_of(service: str) -> str:
    """Return the key of a service's file."""
    sources = [_program().encode()]
    for path in sorted((MODELS / service).glob("*/*.json")):
        sources += [str(path.relative_to(MODELS)).encode(), path.read_bytes()]
    return key_of(sources)


def _read(path: Path, key: str) -> Model | None:
    """Return the model in a file, None without one."""
    body = read_kept(path, key)
    try:
        model: Model | None = None if body is None else msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return None
    return model

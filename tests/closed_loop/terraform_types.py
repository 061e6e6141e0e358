"""A provider with only the resource types that the files use, in front of Terraform's AWS provider.

Each run of the program reads all schemas of a provider. For the 1,500 types of the AWS provider this takes
longer than the rest of the run. This provider omits schemas, and passes everything else on unchanged.
"""

from __future__ import annotations

import json
import os
from concurrent import futures
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc

from remediation.protocol_buffers import field, fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

_SERVICE = "/tfplugin5.Provider/"
_SCHEMA = f"{_SERVICE}GetSchema"
_CALLS_AT_ONCE = 16
"""More than the program makes at once; each call may wait for AWS."""
_BY_NAME = (2, 3, 8)
"""The fields of the schemas with an entry for each resource, data source and ephemeral resource."""
_WHOLE = (1, 4, 5, 6)
"""The fields with the provider's own schema, diagnostics, metadata and capabilities."""
_NAME = 1
_ANY_SIZE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class FewTypes(grpc.GenericRpcHandler):  # type: ignore[misc]
    """The handler of the provider's calls; ``types`` are the names of its resource types."""

    reattach: str = ""
    """The value of the variable ``TF_REATTACH_PROVIDERS`` that leads the program here."""
    types: AbstractSet[str] = frozenset()

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._schemas: dict[int, list[Any]] = {}

    def service(self, call: Any) -> Any:
        """Return the handler of a call of the provider; gRPC itself refuses calls of the plugin around it."""
        method = call.method
        if not method.startswith(_SERVICE):
            return None
        ask = self._channel.unary_unary(method)

        def answer(request: bytes, context: Any) -> bytes:
            if method == _SCHEMA:
                return self._schema(ask, request)
            try:
                response: bytes = ask(request)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
            return response

        return grpc.unary_unary_rpc_method_handler(answer)

    def _schema(self, ask: Any, request: bytes) -> bytes:
        if not self._schemas:
            self._schemas = fields(ask(request))
        whole = [field(number, one) for number in _WHOLE for one in self._schemas.get(number, [])]
        entries = [
            field(number, one)
            for number in _BY_NAME
            for one in self._schemas.get(number, [])
            if fields(one)[_NAME][0].decode() in self.types
        ]
        return b"".join([*whole, *entries])


@contextmanager
def few_types(reattach: str) -> Iterator[FewTypes]:
    """Yield a provider in front of the one that a value of the variable leads to."""
    words = json.loads(reattach)
    [address] = [provider["Addr"] for provider in words.values()]
    target = f"unix:{address['String']}" if address["Network"] == "unix" else address["String"]
    with grpc.insecure_channel(target, options=_ANY_SIZE) as channel:
        provider = FewTypes(channel)
        server = grpc.server(futures.ThreadPoolExecutor(_CALLS_AT_ONCE), options=_ANY_SIZE)
        server.add_generic_rpc_handlers([provider])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        here = {
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
        }
        provider.reattach = json.dumps({name: {**each, **here} for name, each in words.items()})
        try:
            yield provider
        finally:
            server.stop(0).wait()

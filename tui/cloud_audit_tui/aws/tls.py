"""The HTTP connections of the clients, with one TLS context for all of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import aiohttp
from aiobotocore.httpsession import AIOHTTPSession
from botocore.httpsession import create_urllib3_context, get_cert_path

if TYPE_CHECKING:
    import ssl


class SharedTlsSession(AIOHTTPSession):  # type: ignore[misc]
    """A client's connections; to read the certificates anew takes 50 ms of CPU for each client."""

    def _create_connector(self, proxy_url: str | None) -> aiohttp.TCPConnector:
        certificates = get_cert_path(self._verify)
        if proxy_url or self._cert_file or not certificates:
            connector: aiohttp.TCPConnector = super()._create_connector(proxy_url)
            return connector
        return aiohttp.TCPConnector(
            limit=self._max_pool_connections, ssl=_tls_context(certificates), **self._connector_args
        )


@cache
def _tls_context(certificates: str) -> ssl.SSLContext:
    context: ssl.SSLContext = create_urllib3_context()
    context.load_verify_locations(certificates)
    return context

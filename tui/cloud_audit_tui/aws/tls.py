"""The HTTP connections of every client: verified certificates and host names, bounded responses.

aiobotocore passes botocore's TLS context, which leaves host name verification to urllib3, to aiohttp, which
does not do it; behind a proxy nothing is verified. `CheckedSession` opens every connection itself. aiohttp
also follows redirects, which no AWS SDK does; `CheckedSession` does not.
"""

from __future__ import annotations

import os
import ssl
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiobotocore.httpsession import AIOHTTPSession
from botocore.httpsession import get_cert_path

from cloud_audit_tui.aws.call_limits import DEFAULT_LIMITS
from cloud_audit_tui.aws.errors import ReadError, Unread

CertificateFiles = tuple[str, ...]


class BodyTooLargeError(Exception):
    """A response is larger than any AWS response."""


class _BoundedResponse(aiohttp.ClientResponse):
    """A response whose body is read up to a size limit."""

    limit = DEFAULT_LIMITS.body

    async def read(self) -> bytes:
        if self._body is None:
            try:
                self._body = await self._read_bounded()
            except BaseException:
                self.close()
                raise
        return await super().read()

    async def _read_bounded(self) -> bytes:
        chunks: list[bytes] = []
        size = self.content_length or 0
        received = 0
        while size <= self.limit and (chunk := await self.content.readany()):
            chunks.append(chunk)
            received += len(chunk)
            size = max(size, received)
        if size > self.limit:
            raise BodyTooLargeError(self.limit)
        return b"".join(chunks)


class _DirectRequests:
    """An aiohttp session that follows no redirect, as no AWS SDK does."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(self, method: str, **options: Any) -> aiohttp.ClientResponse:
        return await self._session.request(method, allow_redirects=False, **options)


class CheckedSession(AIOHTTPSession):  # type: ignore[misc]
    """The connections of one client.

    Certificates and host names are verified on every connection: direct, through a proxy, with a client
    certificate and with a custom CA bundle. The constructor raises `ReadError` for a CA bundle or a client
    certificate that cannot be read. ``attempt`` and ``body_limit`` are class attributes, so that a subclass
    can override them; without ``loads_certificates_first``, a session reads no file until it opens a
    connection.
    """

    attempt = DEFAULT_LIMITS.attempt
    body_limit = DEFAULT_LIMITS.body
    loads_certificates_first = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        default: aiohttp.ClientTimeout = self._timeout
        # Without a total timeout, a server that trickles bytes never times out.
        self._timeout: aiohttp.ClientTimeout = aiohttp.ClientTimeout(
            total=self.attempt,
            sock_connect=default.sock_connect,
            sock_read=default.sock_read,
        )
        # A value that disables verification counts as unset: AWS has no such setting.
        self._verify: bool | str = options.get("verify") or True
        if self.loads_certificates_first:
            _ = self._tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._tls_context()

    def _tls_context(self) -> ssl.SSLContext:
        settings = self._proxy_config.settings
        proxy_bundle = settings.get("proxy_ca_bundle")
        proxy_certificate = settings.get("proxy_client_cert")
        bundles = [str(get_cert_path(self._verify)), *([str(proxy_bundle)] if proxy_bundle else [])]
        own = _certificate_files(self._cert_file, self._key_file)
        to_proxy = (
            _certificate_files(*proxy_certificate)
            if isinstance(proxy_certificate, tuple)
            else _certificate_files(proxy_certificate, None)
        )
        return tls_context(tuple(bundles), own or to_proxy)

    def _create_connector(self, _proxy_url: str | None) -> aiohttp.TCPConnector:
        # aiohttp uses one context for the proxy and for AWS inside the tunnel, each with its own host name.
        return aiohttp.TCPConnector(limit=self._max_pool_connections, ssl=self._tls, **self._connector_args)

    async def _get_session(self, proxy_url: str | None) -> _DirectRequests:
        if proxy_url not in self._sessions:
            if proxy_url is not None and not _is_proxy(proxy_url):
                raise self._unusable_proxy(proxy_url)
            response = type("Response", (_BoundedResponse,), {"limit": self.body_limit})
            session = aiohttp.ClientSession(
                connector=self._create_connector(proxy_url),
                timeout=self._timeout,
                skip_auto_headers={"CONTENT-TYPE"},
                auto_decompress=False,
                response_class=response,
            )
            self._sessions[proxy_url] = _DirectRequests(await self._exit_stack.enter_async_context(session))
        checked: _DirectRequests = self._sessions[proxy_url]
        return checked

    def _unusable_proxy(self, proxy_url: str) -> ReadError:
        is_of_https = self._proxy_config.proxy_url_for("https:") == proxy_url
        variable = "HTTPS_PROXY" if is_of_https else "HTTP_PROXY"
        # The address may hold a password, so it is not quoted.
        return ReadError(
            Unread.UNREACHABLE,
            f"The value of {variable} is not the address of an HTTP proxy.",
            action=f"Correct {variable}: write it like http://HOST:PORT, with the special characters of a "
            "password percent-encoded.",
        )


def _is_proxy(url: str) -> bool:
    """Say whether a URL, as botocore completes it, names the host of an HTTP proxy."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        host = (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    # botocore makes http://socks5://HOST of the address of another kind of proxy.
    return bool(host) and not (parts.netloc.endswith(":") and parts.path.startswith("//"))


@cache
def tls_context(bundles: tuple[str, ...], certificate: CertificateFiles = ()) -> ssl.SSLContext:
    """Return a context that trusts these CA bundles and presents this client certificate.

    Cached for all clients, since reading the bundle takes 50 ms of CPU. Raises `ReadError` that names the
    file and the setting it comes from.
    """
    # CERT_REQUIRED and check_hostname are the defaults of this protocol.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for bundle in bundles:
        try:
            context.load_verify_locations(bundle)
        except (OSError, ssl.SSLError) as error:
            raise _unusable("CA bundle", bundle, _source_of(bundle), error) from error
    if certificate:
        try:
            context.load_cert_chain(*certificate)
        except (OSError, ssl.SSLError) as error:
            raise _unusable("client certificate", certificate[0], "the configuration", error) from error
    return context


def _certificate_files(certificate: str | None, key: str | None) -> CertificateFiles:
    return tuple(str(path) for path in (certificate, key) if path)


def _source_of(bundle: str) -> str:
    for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        if os.environ.get(variable) == bundle:
            return variable
    return "ca_bundle of the AWS configuration"


def _unusable(what: str, path: str, source: str, error: Exception) -> ReadError:
    if isinstance(error, FileNotFoundError):
        reason = "does not exist"
    elif isinstance(error, PermissionError):
        reason = "may not be read"
    elif isinstance(error, IsADirectoryError):
        reason = "is a directory"
    else:
        reason = "holds no certificate in PEM form"
    return ReadError(
        Unread.UNREACHABLE,
        f"The {what} {path!r}, which {source} names, {reason}.",
        action=f"Correct {source}, or unset it to use the certificates that come with Python's certifi.",
    )

"""Every connection, ours and those inside credential providers, is made only to the host it is meant for."""

from __future__ import annotations

import json
from contextlib import ExitStack
from hashlib import sha1
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from botocore.credentials import SSOProvider
from botocore.exceptions import SSLError
from botocore.tokens import SSOTokenProvider

from aws.tls_aws import LATER, TlsServer, tls_server
from cloud_audit_tui.aws.audit_session import AuditSession, ReaderConfig
from cloud_audit_tui.aws.call_limits import CallLimits
from cloud_audit_tui.aws.concurrency import Limits
from cloud_audit_tui.aws.errors import ReadError, Unread
from cloud_audit_tui.aws.profiles import INSTANCE_ROLE, Profile, ProfileKind
from cloud_audit_tui.aws.reader import Reader
from each_row import each_row
from quiet_sessions import quiet_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIST = "sagemaker:ListEndpoints"
CONFIG = """
[profile role]
role_arn = arn:aws:iam::111122223333:role/audit
source_profile = keys
[profile keys]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = secret
[profile web]
role_arn = arn:aws:iam::111122223333:role/audit
web_identity_token_file = {home}/token
[profile sso]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = audit
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
"""


class Ways:
    """Ways to AWS, each over one connection whose certificate is right or is for another host."""

    def __init__(self, home: Path, setenv: Callable[[str, str], None], stack: ExitStack) -> None:
        self.authority = trustme.CA()
        self._home = home
        self._setenv = setenv
        self._stack = stack
        self.authority.cert_pem.write_to_path(home / "bundle.pem")
        (home / "token").write_text("token")
        (home / "config").write_text(CONFIG.format(home=home))
        setenv("AWS_CA_BUNDLE", str(home / "bundle.pem"))
        setenv("AWS_CONFIG_FILE", str(home / "config"))
        setenv("AWS_REGION", "eu-west-1")
        setenv("AWS_DEFAULT_REGION", "eu-west-1")
        # The clients inside credential providers try again by themselves.
        setenv("AWS_MAX_ATTEMPTS", "1")

    def open(self, way: str, name: str) -> tuple[str, TlsServer]:
        """Return the profile that goes this way, and the server whose certificate is for ``name``."""
        opener = getattr(self, f"_{way.replace('-', '_')}")
        profile: str = ""
        profile, server = opener(name)
        return profile, server

    def _server(self, name: str) -> TlsServer:
        return self._stack.enter_context(tls_server(self.authority, name))

    def _endpoint(self, host: str, name: str, service: str = "") -> TlsServer:
        server = self._server(name)
        self._setenv(f"AWS_ENDPOINT_URL{service}", f"https://{host}:{server.port}")
        return server

    def _direct(self, name: str) -> tuple[str, TlsServer]:
        return "keys", self._endpoint("localhost", name)

    def _address(self, name: str) -> tuple[str, TlsServer]:
        return "keys", self._endpoint("127.0.0.1", "127.0.0.1" if name == "localhost" else name)

    def _proxy(self, name: str) -> tuple[str, TlsServer]:
        proxy = self._stack.enter_context(tls_server(None, ""))
        self._setenv("HTTPS_PROXY", f"http://localhost:{proxy.port}")
        return "keys", self._endpoint("aws.example", "aws.example" if name == "localhost" else name)

    def _tls_proxy(self, name: str) -> tuple[str, TlsServer]:
        proxy = self._server(name)
        self._setenv("HTTPS_PROXY", f"https://localhost:{proxy.port}")
        self._endpoint("aws.example", "aws.example")
        return "keys", proxy

    def _inside_tls_proxy(self, name: str) -> tuple[str, TlsServer]:
        self._setenv("HTTPS_PROXY", f"https://localhost:{self._server('localhost').port}")
        return "keys", self._endpoint("aws.example", "aws.example" if name == "localhost" else name)

    def _role(self, name: str) -> tuple[str, TlsServer]:
        self._endpoint("localhost", "localhost")
        return "role", self._endpoint("localhost", name, "_STS")

    def _web(self, name: str) -> tuple[str, TlsServer]:
        self._endpoint("localhost", "localhost")
        return "web", self._endpoint("localhost", name, "_STS")

    def _sso(self, name: str) -> tuple[str, TlsServer]:
        self._endpoint("localhost", "localhost")
        self._sign_in(LATER)
        return "sso", self._endpoint("localhost", name, "_SSO")

    def _sso_oidc(self, name: str) -> tuple[str, TlsServer]:
        self._endpoint("localhost", "localhost")
        self._sign_in("2000-01-01T00:00:00Z")
        return "sso", self._endpoint("localhost", name, "_SSO_OIDC")

    def _sign_in(self, until: str) -> None:
        token = {
            "startUrl": "https://example.awsapps.com/start",
            "region": "us-east-1",
            "accessToken": "old",
            "expiresAt": until,
            "clientId": "client",
            "clientSecret": "secret",
            "refreshToken": "refresh",
            "registrationExpiresAt": LATER,
        }
        (self._home / f"{sha1(b'corp').hexdigest()}.json").write_text(json.dumps(token))

    def _container(self, name: str) -> tuple[str, TlsServer]:
        self._endpoint("localhost", "localhost")
        server = self._server(name)
        self._setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"https://localhost:{server.port}/container")
        return INSTANCE_ROLE, server


WAYS = (
    "direct",
    "address",
    "proxy",
    "tls-proxy",
    "inside-tls-proxy",
    "role",
    "web",
    "sso",
    "sso-oidc",
    "container",
)


@pytest.fixture
def ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ways]:
    for provider in (SSOProvider, SSOTokenProvider):
        monkeypatch.setattr(provider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:
        yield Ways(tmp_path, monkeypatch.setenv, stack)


async def ask(name: str) -> list[Any]:
    """List through the Reader, as a check does, with one try."""
    limits = CallLimits(attempts=1)
    kind = ProfileKind.INSTANCE_ROLE if name == INSTANCE_ROLE else ProfileKind.KEYS
    profile = Profile(name, kind, "eu-west-1")
    async with quiet_sessions(reads=[LIST], limits=limits) as sessions:
        reader = Reader(sessions, profile, "111122223333", Limits())
        service, operation = LIST.split(":")
        return [one async for one in reader.items("eu-west-1", service, operation, {})]


@pytest.mark.parametrize("way", WAYS)
async def test_a_certificate_for_the_host_is_accepted(ways: Ways, way: str) -> None:
    profile, server = ways.open(way, "localhost")
    assert await ask(profile) == []
    assert server.requests


@pytest.mark.parametrize("way", WAYS)
async def test_a_certificate_for_another_host_gets_no_request(ways: Ways, way: str) -> None:
    profile, server = ways.open(way, "example.com")
    with pytest.raises(ReadError) as error:
        await ask(profile)
    assert error.value.kind in (Unread.UNREACHABLE, Unread.CREDENTIALS), error.value
    assert server.requests == []


@pytest.mark.parametrize("way", WAYS)
async def test_a_certificate_that_nobody_vouches_for_gets_no_request(
    ways: Ways, way: str, tmp_path: Path
) -> None:
    profile, server = ways.open(way, "localhost")
    trustme.CA().cert_pem.write_to_path(tmp_path / "bundle.pem")
    with pytest.raises(ReadError):
        await ask(profile)
    assert server.requests == []


@pytest.mark.parametrize(("name", "accepted"), [("localhost", True), ("example.com", False)])
async def test_a_client_certificate_is_shown_only_to_the_right_host(
    ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, accepted: bool
) -> None:
    users = trustme.CA()
    own = users.issue_cert("me@example.com")
    own.private_key_pem.write_to_path(tmp_path / "key.pem")
    own.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    monkeypatch.setenv("AWS_PROFILE", "keys")
    config = ReaderConfig(
        client_cert=(str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")),
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    session = AuditSession(allowed=[LIST])
    with tls_server(ways.authority, name, client_authority=users) as server:
        url = f"https://localhost:{server.port}"
        async with session.create_client("sagemaker", endpoint_url=url, config=config) as client:
            if accepted:
                assert (await client.list_endpoints())["Endpoints"] == []
            else:
                with pytest.raises(SSLError, match="Hostname mismatch"):
                    await client.list_endpoints()
                assert server.requests == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "does not exist"), ("no certificate", "holds no certificate"), ("/", "is a directory")],
)
@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
async def test_a_bundle_that_cannot_be_used_is_named(
    ways: Ways,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    content: str | None,
    reason: str,
) -> None:
    profile, _ = ways.open("direct", "localhost")
    monkeypatch.delenv("AWS_CA_BUNDLE")
    path = tmp_path / f"{variable}.pem"
    if content == "/":
        path.mkdir()
    elif content:
        path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    with pytest.raises(ReadError) as error:
        await ask(profile)
    assert str(path) in error.value.words
    assert variable in error.value.words
    assert reason in error.value.words


async def test_a_proxy_that_has_no_address_is_named(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    values = (
        "http://localhost:99999",
        "http://localhost:port",
        "http://:3128",
        "http://me:hush#1@localhost:3128",
        "http://[::1",
        "http://proxy..example",
        "socks5://localhost:1080",
    )
    rows = [("HTTPS_PROXY", "https://localhost:1"), ("HTTP_PROXY", "http://localhost:1")]
    with each_row() as row:
        for (variable, endpoint), value in product(rows, values):
            with row((variable, value)), monkeypatch.context() as patch:
                patch.setenv("AWS_ENDPOINT_URL", endpoint)
                patch.setenv(variable, value)
                with pytest.raises(ReadError) as error:
                    await ask("keys")
                assert (error.value.kind, error.value.transient) == (Unread.UNREACHABLE, False)
                assert f"Correct {variable}:" in error.value.action
                assert "hush" not in error.value.words

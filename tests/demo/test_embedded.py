from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from cloud_audit_tui.demo import embedded
from cloud_audit_tui.demo.embedded import DemoUnavailableError, EmbeddedAws

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.proof

PARENT = """
import json, sys
from cloud_audit_tui.demo.embedded import EmbeddedAws
aws = EmbeddedAws(seeded=False, latency_ms=0)
aws.start_now()
print(json.dumps([aws.endpoint_url, aws.environment["HOME"]]), flush=True)
sys.stdin.read()
"""


def answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except OSError:
        return False
    return True


def eventually(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not (fulfilled := true()) and time.monotonic() < end:
        time.sleep(0.02)
    return fulfilled


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def exists(path: Path) -> bool:
    return path.exists()


def names_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def has_ended(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


async def test_it_answers_and_leaves_nothing_behind() -> None:
    async with EmbeddedAws(seeded=False, latency_ms=0) as aws:
        url, home, process_id = aws.endpoint_url, Path(aws.environment["HOME"]), aws.process_id
        assert url.startswith("http://127.0.0.1:")
        assert answers(url)
        assert mode_of(home) == 0o700
    assert not answers(url)
    assert has_ended(process_id)
    assert not exists(home)


async def test_it_can_be_started_again() -> None:
    aws = EmbeddedAws(seeded=False, latency_ms=0)
    for _ in range(2):
        await aws.start()
        assert answers(aws.endpoint_url)
        await aws.stop()
    await aws.stop()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        url, home = json.loads(parent.stdout.readline())
        assert answers(url)
        parent.send_signal(how)
        parent.wait()
        assert eventually(lambda: not answers(url))
        assert eventually(lambda: not exists(Path(home)))


def test_ctrl_c_in_the_terminal_is_left_to_the_parent() -> None:
    with EmbeddedAws(seeded=False, latency_ms=0) as aws:
        os.kill(aws.process_id, signal.SIGINT)
        os.kill(aws.process_id, signal.SIGHUP)
        assert answers(aws.endpoint_url)
        assert os.getsid(aws.process_id) != os.getsid(0)


async def test_a_start_that_is_given_up_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    aws = EmbeddedAws(seeded=False, latency_ms=0)
    start = asyncio.create_task(aws.start())
    # One step: the process is started, and its answer is waited for.
    await asyncio.sleep(0)
    assert len(names_in(tmp_path)) == 1
    process_id = aws.process_id
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert has_ended(process_id)
    assert names_in(tmp_path) == []


def test_the_files_are_the_owners_alone(embedded_aws: EmbeddedAws) -> None:
    home = Path(embedded_aws.environment["HOME"])
    files = [path for path in home.rglob("*") if path.is_file() and path.name != "server.log"]
    assert len([path for path in files if ".cache" not in path.parts]) == 3
    assert {mode_of(path) for path in files} == {0o600}


def test_nothing_of_the_users_leads_away(embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    leading = (
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL_SAGEMAKER",
        "https_proxy",
        "AWS_CA_BUNDLE",
    )
    for name in (*leading, "PATHOLOGICAL"):
        monkeypatch.setenv(name, "x")
    assert set(leading) <= set(embedded_aws.without)
    assert "PATHOLOGICAL" not in embedded_aws.without
    assert not set(embedded_aws.without) & set(embedded_aws.environment)
    assert embedded_aws.environment.items() >= embedded_aws.pasteable.items()


def test_it_starts_beside_a_broken_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "config"
    broken.write_text("not [ a config")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(broken))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    with EmbeddedAws(seeded=False, latency_ms=0) as aws:
        assert answers(aws.endpoint_url)


@pytest.mark.parametrize(("missing", "named"), [("moto", "moto"), ("flask_cors", "flask-cors")])
async def test_what_it_is_made_of_is_missing(
    missing: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == missing else object())
    with pytest.raises(DemoUnavailableError) as raised:
        await EmbeddedAws().start()
    assert named in str(raised.value)
    assert "pip install 'cloud-audit-tui[demo]'" in str(raised.value)


def test_a_server_that_breaks_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "werkzeug.py").write_text("raise ImportError('werkzeug is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    with pytest.raises(DemoUnavailableError, match="werkzeug is broken"):
        EmbeddedAws(seeded=False).start_now()
    assert names_in(tmp_path) == ["path"]


def test_a_wrong_latency_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(embedded.LATENCY_VARIABLE, "0.5s")
    with pytest.raises(DemoUnavailableError, match="whole milliseconds"):
        EmbeddedAws()


def test_before_it_is_started_it_has_no_environment() -> None:
    with pytest.raises(DemoUnavailableError, match="not started"):
        _ = EmbeddedAws(latency_ms=0).environment


def status_of(url: str, headers: dict[str, str]) -> int:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_only_who_has_a_key_of_it_is_answered(embedded_aws: EmbeddedAws) -> None:
    def signed(key: str) -> dict[str, str]:
        scope = f"{key}/20260101/us-east-1/s3/aws4_request"
        return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}

    url = embedded_aws.endpoint_url
    credentials = Path(embedded_aws.environment["AWS_SHARED_CREDENTIALS_FILE"])
    key = next(
        line.split("=")[1].strip() for line in credentials.read_text().splitlines() if "key_id" in line
    )
    assert mode_of(credentials) == 0o600
    assert status_of(url, {}) == 403
    assert status_of(f"{url}/moto-api/data.json", {}) == 403
    assert status_of(url, signed("AKIAIOSFODNN7EXAMPLE")) == 403
    assert status_of(url, signed(key)) == 200

"""A scan on a cluster of worker processes: the verdicts of a local one, whatever happens to the cluster."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from aws_stub import ACCOUNT, REGION
from cloud_audit_tui.aws.profiles import Profile, ProfileKind
from cloud_audit_tui.aws.sessions import Sessions
from cloud_audit_tui.model import Status
from cloud_audit_tui.scan.events import (
    AnyEvent,
    FactRecorded,
    InputNeeded,
    Outcome,
    Progress,
    Result,
    ScanFinished,
    Throttled,
)
from cloud_audit_tui.scan.executors.subprocess import SubprocessJob
from cloud_audit_tui.scan.jobs import IdentifyJob, ScanJob, WorkUnit
from cloud_audit_tui.scan.units import UnitLost
from cloud_audit_tui.store.store import Store
from scan_runs import notebook, scan, state_of, with_notebooks

pytest.importorskip("distributed", reason="distributed is not installed: pip install '.[dask]'")

from cloud_audit_tui.scan.executors import dask
from cloud_audit_tui.scan.executors.dask import ClusterError, DaskExecutor, connected, dask_job
from dask_cluster import DaskCluster, dask_cluster
from instant_unit import instant_unit
from shared_demo import lead_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aws_stub import AwsStub
    from cloud_audit_tui.demo.embedded import EmbeddedAws

pytestmark = [
    pytest.mark.proof,
]

CHECK = "aws-sagemaker-001"
SECRET = "wJalrXUtnFEMIexample"
REGIONS = [REGION, "eu-west-1", "us-east-1"]
WAIT = 60


@pytest.fixture(scope="module")
def aws_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The AWS configuration of the workers, which each test writes."""
    return tmp_path_factory.mktemp("aws") / "config"


def environment(config: Path) -> dict[str, str]:
    """Return the environment of a worker, without the user in it."""
    names = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")
    return {
        **{name: os.environ[name] for name in names if name in os.environ},
        "HOME": str(config.parent),
        "AWS_CONFIG_FILE": str(config),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, aws_config: Path) -> Iterator[DaskCluster]:
    """A cluster of two workers that outlives the tests, which must not harm it."""
    with dask_cluster(tmp_path_factory.mktemp("cluster"), environment(aws_config)) as cluster:
        yield cluster


@pytest.fixture
def own_cluster(tmp_path: Path, aws_config: Path) -> Iterator[DaskCluster]:
    """A cluster of two workers for one test, which may kill them."""
    with dask_cluster(tmp_path, environment(aws_config), threads=1) as cluster:
        yield cluster


@pytest.fixture
def prod(aws: AwsStub, aws_config: Path, monkeypatch: pytest.MonkeyPatch) -> AwsStub:
    """The scripted AWS, to which the profile ``prod`` leads here and on the workers."""
    keys = f"aws_access_key_id=AKIAEXAMPLE\naws_secret_access_key={SECRET}\n"
    aws_config.write_text(f"[profile prod]\n{keys}region={REGION}\nendpoint_url={aws.url}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(aws_config))
    return aws


def scan_job(**job: Any) -> ScanJob:
    return ScanJob(**{"profiles": ["prod"], "checks": [CHECK], "regions": REGIONS, **job})


async def on(cluster: DaskCluster, job: ScanJob) -> list[AnyEvent]:
    async with connected(cluster.address) as connection:
        return [event async for event in dask_job(job, os.environ, connection).events()]


def verdicts(events: list[AnyEvent]) -> Counter[tuple[str, ...]]:
    """Count every verdict, so that one that is there twice differs from one that is there once."""
    return Counter(
        (
            event.finding.account_id,
            event.finding.region,
            event.finding.check_id,
            event.finding.status.value,
            str(event.finding.subject),
        )
        for event in events
        if isinstance(event, Result)
    )


def end_of(events: list[AnyEvent]) -> ScanFinished:
    end = events[-1]
    assert isinstance(end, ScanFinished)
    return end


def reasons_of_nothing(events: list[AnyEvent]) -> list[str]:
    """Return why each region was not assessed, after a job of which no unit ran."""
    results = [event.finding for event in events if isinstance(event, Result)]
    assert {finding.status for finding in results} == {Status.NOT_ASSESSED}
    assert sorted(finding.region for finding in results) == sorted(REGIONS)
    assert end_of(events).outcome is Outcome.FAILED
    return [finding.reason for finding in results]


class SlowRead:
    """The description of a notebook that waits, the first time in each of ``times`` scans of a region."""

    def __init__(self, aws: AwsStub, *, times: int) -> None:
        self.reached = threading.Semaphore(0)
        self.read_on = threading.Event()
        self._remaining = times
        self._lock = threading.Lock()
        names = ("a", "slow")
        notebooks = {"NotebookInstances": [notebook(name) for name in names]}
        aws.answer("sagemaker", "ListNotebookInstances", notebooks)
        aws.answer("sagemaker", "DescribeNotebookInstance", self._describe)

    def _describe(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["NotebookInstanceName"] == "slow":
            with self._lock:
                waits = self._remaining > 0
                self._remaining -= 1
            if waits:
                self.reached.release()
                assert self.read_on.wait(WAIT)
        return {**notebook(params["NotebookInstanceName"]), "RootAccess": "Enabled"}

    async def when_reached(self, times: int = 1) -> None:
        for _ in range(times):
            assert await asyncio.to_thread(self.reached.acquire, timeout=WAIT)


async def test_the_verdicts_are_those_of_a_local_scan(cluster: DaskCluster, prod: AwsStub) -> None:
    with_notebooks(prod, "a", "b")
    prod.denied("sagemaker", "ListNotebookInstances", region="us-east-1")
    here = [event async for event in scan(scan_job(timings=True))]
    there = await on(cluster, scan_job(timings=True))
    assert verdicts(there) == verdicts(here)
    assert end_of(there).outcome is Outcome.COMPLETE
    assert state_of(there).counts == state_of(here).counts
    facts = [{str(event.fact) for event in each if isinstance(event, FactRecorded)} for each in (here, there)]
    assert facts[0] == facts[1]
    # Each unit makes sure of its account in one call more.
    assert end_of(there).calls == end_of(here).calls + len(REGIONS)
    progress = [event for event in there if isinstance(event, Progress)][-1]
    assert (progress.done, progress.total) == (len(REGIONS), len(REGIONS))


async def test_the_child_process_of_the_app_scans_on_the_cluster(cluster: DaskCluster, prod: AwsStub) -> None:
    with_notebooks(prod, "a", "b")
    here = [event async for event in scan(scan_job())]
    there = [event async for event in SubprocessJob(scan_job(), executor=cluster.url).events()]
    assert verdicts(there) == verdicts(here)
    assert end_of(there).outcome is Outcome.COMPLETE
    assert end_of(there).calls == end_of(here).calls + len(REGIONS)


async def test_only_a_scan_leaves_the_child_process_of_the_app(aws: AwsStub) -> None:
    nobody = "dask://127.0.0.1:1"
    (end,) = [event async for event in SubprocessJob(scan_job(profiles=[]), executor=nobody).events()]
    assert isinstance(end, ScanFinished)
    assert end.outcome is Outcome.FAILED
    assert "There is no Dask scheduler at tcp://127.0.0.1:1" in end.message
    identified = [event async for event in SubprocessJob(IdentifyJob(), executor=nobody).events()]
    assert end_of(identified).outcome is Outcome.COMPLETE


async def test_throttling_on_a_worker_is_told(cluster: DaskCluster, prod: AwsStub) -> None:
    prod.throttled("sagemaker", "ListNotebookInstances", times=1)
    with_notebooks(prod, "a")
    events = await on(cluster, scan_job(regions=[REGION]))
    (throttled,) = [event for event in events if isinstance(event, Throttled)]
    assert (throttled.account_id, throttled.service, throttled.times) == (ACCOUNT, "sagemaker", 1)


async def test_no_secret_and_no_account_is_in_what_the_cluster_logs(
    cluster: DaskCluster, prod: AwsStub
) -> None:
    with_notebooks(prod, "a")
    async with connected(cluster.address) as connection:
        job = dask_job(scan_job(), os.environ, connection)
        events = [event async for event in job.events()]
        scheduler_state = await connection._client.run_on_scheduler(
            lambda dask_scheduler: str([*dask_scheduler.tasks, *dask_scheduler._broker._topics.values()])
        )
    assert end_of(events).outcome is Outcome.COMPLETE
    for text in (cluster.log, scheduler_state):
        assert SECRET not in text
        assert ACCOUNT not in text


async def test_a_worker_that_is_killed_in_the_middle_loses_and_doubles_nothing(
    own_cluster: DaskCluster, prod: AwsStub
) -> None:
    slow = SlowRead(prod, times=2)
    scanning = asyncio.create_task(on(own_cluster, scan_job()))
    # Each worker has read one notebook of a region and waits for the second.
    await slow.when_reached(2)
    own_cluster.workers[0].kill()
    slow.read_on.set()
    events = await scanning
    here = [event async for event in scan(scan_job())]
    assert verdicts(events) == verdicts(here)
    assert set(verdicts(events).values()) == {1}
    assert end_of(events).outcome is Outcome.COMPLETE


async def test_the_embedded_aws_is_read_whole_though_a_worker_is_killed(
    tmp_path: Path, embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(embedded_aws, monkeypatch)
    job = ScanJob(profiles=embedded_aws.profiles, regions=["us-east-1", "eu-central-1"])
    here = [event async for event in scan(job)]
    with dask_cluster(tmp_path, os.environ) as cluster:
        async with connected(cluster.address) as connection:
            events: list[AnyEvent] = []
            killed: list[str] = []
            async for event in dask_job(job, os.environ, connection).events():
                events.append(event)
                if isinstance(event, Result) and event.finding.account_id and not killed:
                    running = await connection._client.processing()
                    killed = [max(running, key=lambda address: len(running[address]))]
                    assert running[killed[0]]
                    cluster.worker_at(killed[0]).kill()
    assert verdicts(events) == verdicts(here)
    assert end_of(events).outcome is end_of(here).outcome is Outcome.COMPLETE


async def test_of_two_hundred_accounts_each_counts_once_though_a_worker_is_killed(
    own_cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "run_unit", instant_unit)
    accounts = [f"{100_000_000_000 + number}" for number in range(200)]
    profiles = {account: Profile(account, ProfileKind.KEYS, REGION) for account in accounts}
    results_by_account: Counter[str] = Counter()
    async with connected(own_cluster.address) as connection, Sessions(no_code, no_throttling) as sessions:
        executor = DaskExecutor(connection, sessions, profiles)

        async def scan_account(account: str) -> None:
            unit = WorkUnit(account, "aws", account, REGION, [CHECK], home_region=REGION)
            async for event in executor.execute([unit]):
                assert not isinstance(event, UnitLost), event.reason
                if isinstance(event, Result):
                    results_by_account[event.finding.account_id] += 1
                    if results_by_account.total() == len(accounts) // 4:
                        own_cluster.workers[0].kill()

        await asyncio.gather(*map(scan_account, accounts))
    assert results_by_account == dict.fromkeys(accounts, 1)


async def no_code(_profile: str, _prompt: str) -> str:
    return ""


def no_throttling(_profile: str, _region: str, _service: str) -> None:
    pass


async def test_a_cluster_that_loses_its_last_worker_leaves_the_rest_not_assessed(
    own_cluster: DaskCluster, prod: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "WATCH_EVERY", 0.1)
    slow = SlowRead(prod, times=len(REGIONS))
    scanning = asyncio.create_task(on(own_cluster, scan_job()))
    await slow.when_reached(2)
    monkeypatch.setattr(dask, "WORKERS_WITHIN", 0.5)
    for worker in own_cluster.workers:
        worker.kill()
    events = await scanning
    slow.read_on.set()
    assert all("no worker for 0.5 s" in reason for reason in reasons_of_nothing(events))
    assert end_of(events).message.startswith("3 of 3 regions were not scanned. ")


async def test_a_region_whose_workers_keep_dying_is_not_assessed_and_the_others_are(
    tmp_path: Path, aws_config: Path, prod: AwsStub
) -> None:
    slow = SlowRead(prod, times=1)
    # The scheduler gives a task up with its first worker.
    environ = {**environment(aws_config), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with dask_cluster(tmp_path, environ, workers=2, threads=1) as cluster:
        scanning = asyncio.create_task(on(cluster, scan_job()))
        await slow.when_reached()
        async with connected(cluster.address) as connection, asyncio.timeout(WAIT):
            busy: list[str] = []
            while len(busy) != 1:
                tasks = await connection._client.processing()
                busy = [address for address, keys in tasks.items() if keys]
        cluster.worker_at(busy[0]).kill()
        events = await scanning
        slow.read_on.set()
    results = [event.finding for event in events if isinstance(event, Result)]
    lost = {finding.region for finding in results if finding.status is Status.NOT_ASSESSED}
    # The scheduler also blames the tasks that the dead worker had not started.
    assert lost
    assert lost < set(REGIONS)
    assert Counter(finding.region for finding in results) == {
        region: 1 if region in lost else 2 for region in REGIONS
    }
    reasons = {finding.reason for finding in results if finding.region in lost}
    assert all("died while scanning this region" in reason for reason in reasons)
    assert end_of(events).message.startswith(f"{len(lost)} of {len(REGIONS)} regions w")


async def test_a_closed_connection_takes_no_task_and_raises_nothing(
    cluster: DaskCluster, prod: AwsStub
) -> None:
    async with connected(cluster.address) as connection:
        await connection._client.close()
        events = [event async for event in dask_job(scan_job(), os.environ, connection).events()]
    assert all(reasons_of_nothing(events))


async def test_a_scheduler_that_is_killed_leaves_the_rest_not_assessed(
    own_cluster: DaskCluster, prod: AwsStub
) -> None:
    slow = SlowRead(prod, times=len(REGIONS))
    scanning = asyncio.create_task(on(own_cluster, scan_job()))
    await slow.when_reached(2)
    own_cluster.scheduler.kill()
    events = await scanning
    slow.read_on.set()
    assert all("connection to it was lost" in reason for reason in reasons_of_nothing(events))


async def test_a_cancelled_scan_stops_its_units_on_the_workers_and_leaves_none(
    cluster: DaskCluster, prod: AwsStub, tmp_path: Path
) -> None:
    slow = SlowRead(prod, times=len(REGIONS) * 2)
    async with connected(cluster.address) as connection:
        job = dask_job(scan_job(), os.environ, connection)

        async def cancel() -> None:
            await slow.when_reached(2)
            await job.cancel()

        cancelling = asyncio.create_task(cancel())
        events = [event async for event in job.events()]
        await cancelling
    # The reads still wait, so a unit that was not stopped would hold its worker.
    async with connected(cluster.address) as connection:
        async with asyncio.timeout(WAIT):
            while any((await connection._client.processing()).values()):
                pass
        tasks = await connection._client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
    slow.read_on.set()
    assert tasks == 0
    assert end_of(events).outcome is Outcome.CANCELLED
    with Store.open(tmp_path / "findings.db") as store:
        store.apply(events)
        (last,) = store.scans(["prod"])
        assert last.outcome == Outcome.CANCELLED.value


def test_ctrl_c_ends_the_command_with_what_was_found(cluster: DaskCluster, prod: AwsStub) -> None:
    slow = SlowRead(prod, times=len(REGIONS))
    command = ["scan", "--executor", cluster.url, "--profile", "prod", "--regions", ",".join(REGIONS)]
    with subprocess.Popen(
        [sys.executable, "-m", "cloud_audit_tui", *command, "--checks", CHECK, "--format", "json", "-q"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert slow.reached.acquire(timeout=WAIT)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT)
    slow.read_on.set()
    assert process.returncode == 2
    assert "Traceback" not in err
    assert json.loads(out)["scan"]["outcome"] == "cancelled"


def test_ctrl_c_while_the_cluster_has_no_worker_is_no_finding(tmp_path: Path, prod: AwsStub) -> None:
    with (
        dask_cluster(tmp_path, environment(tmp_path / "config"), workers=0) as empty,
        subprocess.Popen(
            [sys.executable, "-m", "cloud_audit_tui", "scan", "--executor", empty.url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        empty.scheduler.line_with("Receive client connection")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, out, err) == (2, "", "Error: The scan was cancelled before it began.\n")


def test_the_command_reports_like_a_local_scan(cluster: DaskCluster, prod: AwsStub) -> None:
    with_notebooks(prod, "a")

    def report(*options: str) -> tuple[int, list[dict[str, Any]]]:
        command = ["scan", "--profile", "prod", "--checks", CHECK, "--format", "json", "-q", *options]
        process = subprocess.run(
            [sys.executable, "-m", "cloud_audit_tui", *command], capture_output=True, text=True, check=False
        )
        assert process.stderr == ""
        return process.returncode, json.loads(process.stdout)["results"]

    assert report("--executor", cluster.url) == report() == (1, report()[1])


def certificates(directory: Path) -> dict[str, str]:
    """Return the configuration of Dask for TLS, with a certificate of a new authority for everyone."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(directory / "all.pem")
    tls = {"CA_FILE": "ca.pem"}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        tls |= {f"{role}__CERT": "all.pem", f"{role}__KEY": "all.pem"}
    return {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(directory / file) for name, file in tls.items()}


def test_a_cluster_with_tls_takes_nobody_without_a_certificate(
    tmp_path: Path, aws_config: Path, prod: AwsStub
) -> None:
    with_notebooks(prod, "a")
    tls = certificates(tmp_path)
    with dask_cluster(tmp_path, {**environment(aws_config), **tls}, workers=1, protocol="tls") as cluster:
        command = [sys.executable, "-m", "cloud_audit_tui", "scan", "--profile", "prod", "--checks", CHECK]
        codes = [
            subprocess.run(
                [*command, "--executor", cluster.url, "-q"], env={**os.environ, **extra}, check=False
            ).returncode
            for extra in (tls, {})
        ]
    assert codes == [1, 2]


async def test_a_profile_that_needs_a_code_is_read_where_the_code_is_typed(
    cluster: DaskCluster, prod: AwsStub, aws_config: Path
) -> None:
    with_notebooks(prod, "a")
    arn = f"arn:aws:iam::{ACCOUNT}"
    with aws_config.open("a") as config:
        config.write(
            f"[profile guarded]\nrole_arn={arn}:role/x\nsource_profile=prod\nmfa_serial={arn}:mfa/x\n"
            f"region={REGION}\nendpoint_url={prod.url}\n"
        )
    prod.answer("sts", "AssumeRole", _assumed)
    async with connected(cluster.address) as connection:
        job = dask_job(scan_job(profiles=["guarded"], regions=[REGION]), os.environ, connection)
        events = []
        async for event in job.events():
            events.append(event)
            if isinstance(event, InputNeeded):
                await job.answer(event.id, "123456")
    assert [event.finding.status for event in events if isinstance(event, Result)] == [Status.FAIL]
    assert len(prod.requests("AssumeRole")) == 1


def _assumed(_params: dict[str, Any]) -> dict[str, Any]:
    from datetime import UTC, datetime

    return {
        "Credentials": {
            "AccessKeyId": "ASIAEXAMPLE12345",
            "SecretAccessKey": "x",
            "SessionToken": "y",
            "Expiration": datetime(2099, 1, 1, tzinfo=UTC),
        }
    }


@pytest.fixture
def mine(prod: AwsStub, tmp_path: Path, aws_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile ``mine`` that the workers do not have."""
    ours = tmp_path / "config"
    ours.write_text(aws_config.read_text().replace("prod", "mine"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(ours))


async def test_a_profile_that_the_workers_lack_is_incomplete_with_the_reason(
    cluster: DaskCluster, mine: None
) -> None:
    events = await on(cluster, scan_job(profiles=["mine"], regions=[REGION]))
    (result,) = [event.finding for event in events if isinstance(event, Result)]
    assert result.status is Status.NOT_ASSESSED
    assert "there is no AWS profile 'mine'" in result.reason
    assert end_of(events).outcome is Outcome.FAILED


@pytest.fixture
def broken_workers(tmp_path: Path, aws_config: Path) -> Iterator[Callable[[str], DaskCluster]]:
    """A cluster whose workers import another package in place of ours."""
    clusters: list[DaskCluster] = []

    def start(module: str) -> DaskCluster:
        package = tmp_path / "other" / "cloud_audit_tui"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(module)
        environ = environment(aws_config)
        path = os.pathsep.join([str(package.parent), environ.get("PYTHONPATH", "")])
        cluster = DaskCluster(tmp_path, {**environ, "PYTHONPATH": path})
        clusters.append(cluster)
        cluster.add_workers(1)
        return cluster

    yield start
    for cluster in clusters:
        cluster.close()


async def test_workers_without_the_package_are_refused(
    broken_workers: Callable[[str], DaskCluster], prod: AwsStub
) -> None:
    cluster = broken_workers("raise ImportError('no such package')")
    with pytest.raises(ClusterError, match="install cloud-audit-tui"):
        await on(cluster, scan_job())


async def test_workers_of_another_version_are_refused(
    cluster: DaskCluster, prod: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "__version__", "9.9")
    with pytest.raises(ClusterError, match=r"and this is 9\.9: install the same version"):
        await on(cluster, scan_job())


async def test_a_server_that_is_no_scheduler_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dask, "CONNECT_WITHIN", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(ClusterError, match="There is no Dask scheduler at"):
            async with connected(address):
                pass


async def test_a_scheduler_without_workers_is_refused_after_a_while(
    tmp_path: Path, prod: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "WORKERS_WITHIN", 0.2)
    with (
        dask_cluster(tmp_path, environment(tmp_path / "config"), workers=0) as empty,
        pytest.raises(ClusterError, match=r"has no worker after 0\.2 s"),
    ):
        await on(empty, scan_job())

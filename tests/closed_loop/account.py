"""An account of the embedded AWS that is filled, scanned and fixed as a user does it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

import cloud_audit_tui
import quick_models  # noqa: F401 - for its effect
from closed_loop import grants
from closed_loop.cli import CLOCK
from cloud_audit_tui.scan.events import Outcome, Result, ScanFinished
from cloud_audit_tui.scan.jobs import ScanJob
from forked_servers import Server, running
from scan_runs import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from closed_loop.state_changes import Changes, State
    from cloud_audit_tui.model import Finding

ACCOUNT = grants.ACCOUNT
REGION = grants.REGION
PROFILE = "mended"
DEADLINE = 120
"""Seconds after which a script that hangs is killed."""


@dataclass
class Rehearsal:
    """The rules that looked at the calls of a script, and their refusals."""

    rules: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


@dataclass
class Account:
    """An account with nothing in it, reached through the environment of this process."""

    endpoint_url: str
    home: Path
    cli: Path
    """The directory of the AWS CLI."""
    prepare: Callable[[Account, Any], None] | None = None
    """A function that changes each new client, such as `closed_loop.rich.add_arguments`."""
    _clients: dict[str, Any] = field(default_factory=dict)
    _results: dict[Callable[[Account], Any], Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead the AWS CLI here, as the app passes them to the remediation."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_CONFIG_FILE": str(self.home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "credentials"),
        }

    def client(self, service: str) -> Any:
        """Return the one client of a service."""
        if service not in self._clients:
            self._clients[service] = _session().client(service, endpoint_url=self.endpoint_url)
            if self.prepare is not None:
                self.prepare(self, self._clients[service])
        return self._clients[service]

    def once(self, make: Callable[[Account], Any]) -> Any:
        """Return the result of a function, which is called once for this account."""
        if make not in self._results:
            self._results[make] = make(self)
        return self._results[make]

    def happens(self, what: str, **how: Any) -> None:
        """Make an event happen that no call makes: a function of `closed_loop.server`."""
        _tell(f"{self.endpoint_url}/closed-loop/{what}", how)

    @contextmanager
    def rehearsal(self) -> Iterator[Rehearsal]:
        """Let AWS's own refusals apply to the calls in the context; the rehearsal is filled at its end."""
        rehearsal = Rehearsal()
        _tell(f"{self.endpoint_url}/rehearsal/begin", {})
        try:
            yield rehearsal
        finally:
            for name, entries in json.loads(_tell(f"{self.endpoint_url}/rehearsal/end", {})).items():
                getattr(rehearsal, name).extend(entries)

    def advance(self, seconds: float) -> None:
        """Let time pass on the clock of the embedded AWS."""
        _tell(f"{self.endpoint_url}/rehearsal/advance", {"seconds": seconds})

    def work_takes(self, seconds: float) -> None:
        """Set how long long work of AWS, such as a snapshot, takes by that clock."""
        _tell(f"{self.endpoint_url}/rehearsal/work-takes", {"seconds": seconds})

    def state(self) -> State:
        """Return the whole state of the embedded AWS, which `changes` are told from."""
        content: State = json.loads(_tell(f"{self.endpoint_url}/closed-loop/state", {}))
        return content

    def changes(self, *, onward: bool = False) -> Changes:
        """Return what differs from the last whole state; ``onward``, the next call tells it from this one.

        A snapshot tells it from the state that counted when it was taken.
        """
        content: Changes = json.loads(_tell(f"{self.endpoint_url}/closed-loop/changes", {"onward": onward}))
        return content

    def restore(self, label: str, keep: str = "") -> None:
        """Go back to the state of a label, which can be done once for each; ``keep`` is a label for now."""
        self.happens("restore", label=label, keep=keep)

    @cached_property
    def key(self) -> str:
        """The ARN of a KMS key without a fault, which the services of `grants` may use."""
        kms = self.client("kms")
        response = kms.create_key(Description="for what is mended", Policy=grants.key_policy())
        arn: str = response["KeyMetadata"]["Arn"]
        kms.enable_key_rotation(KeyId=arn)
        return arn

    def bucket(self, name: str, *services: str) -> str:
        """Make a bucket that some AWS services may write to, and return its name."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name)
        if services:
            s3.put_bucket_policy(Bucket=name, Policy=grants.bucket_policy(name, *services))
        return name

    def role(self, name: str, service: str = "ec2.amazonaws.com") -> str:
        """Make a role that a service may assume and return its ARN."""
        arn: str = self.client("iam").create_role(
            RoleName=name,
            AssumeRolePolicyDocument=(
                '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
                f'"Principal": {{"Service": "{service}"}}}}]}}'
            ),
        )["Role"]["Arn"]
        return arn

    def scan(self, checks: list[str]) -> list[Finding]:
        """Return the findings of these checks, passes too."""
        return asyncio.run(self._scan(ScanJob(profiles=[PROFILE], regions=[REGION], checks=checks)))

    async def _scan(self, job: ScanJob) -> list[Finding]:
        findings = []
        async for event in scan(job):
            if isinstance(event, Result):
                findings.append(event.finding)
            if isinstance(event, ScanFinished):
                assert event.outcome is Outcome.COMPLETE, event.message
        return findings

    def run(
        self, script: str, inputs: Mapping[str, str], *, own_group: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a script with bash and the AWS CLI of this Python's environment.

        With ``own_group`` its processes are a group, which a test can kill without ending itself.
        """
        return subprocess.run(
            ["bash", "--norc", "-c", script],
            cwd=self.home,
            env={
                "PATH": f"{self.cli}:/usr/bin:/bin",
                "HOME": str(self.home),
                "LC_ALL": "C.UTF-8",
                "AWS_EC2_METADATA_DISABLED": "true",
                **inputs,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
            start_new_session=own_group,
        )

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()


@contextmanager
def serving(lender: str = "") -> Iterator[str]:
    """Yield the URL of a new `closed_loop.server`."""
    # The demo of this source tree, whichever tree is installed in the environment.
    package = Path(cloud_audit_tui.__file__).parents[1]
    environment = {
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), str(package)]),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    server = Server(str(Path(__file__).with_name("server.py")), environment)
    with running(server, "", lender) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def empty_account(endpoint_url: str, home: Path, cli: Path) -> Iterator[Account]:
    """Yield an empty account, after a reset of the embedded AWS."""
    (cli / CLOCK).write_text(endpoint_url)
    (home / "config").write_text(f"[profile {PROFILE}]\nregion = {REGION}\n")
    (home / "credentials").write_text(
        f"[{PROFILE}]\naws_access_key_id = testing\naws_secret_access_key = testing\n"
    )
    _tell(f"{endpoint_url}/moto-api/reset", {})
    # With Docker moto would run functions.
    _tell(f"{endpoint_url}/moto-api/config", {"lambda": {"use_docker": False}})
    account = Account(endpoint_url, home, cli)
    try:
        yield account
    finally:
        account.close()


@cache
def _session() -> boto3.session.Session:
    """Return the session of all accounts, which reads the models of a service once."""
    return boto3.session.Session(
        aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
    )


def _tell(url: str, words: dict[str, Any]) -> bytes:
    request = urllib.request.Request(url, json.dumps(words).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=DEADLINE) as response:
        content: bytes = response.read()
    return content

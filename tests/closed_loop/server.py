"""The AWS of the closed loop: an empty account of moto's, and what happens in it without any call.

Run as a program, it prints its port and serves until its standard input ends. It is a process of its own
because moto's state, and what the demo changes in moto, would be those of every other test in the process.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import tempfile
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloud_audit_tui.demo
import quick_models  # noqa: F401 - for its effect

# Read when moto's EC2 is imported: its own thousand images cost 70 ms for each account that is emptied.
os.environ["MOTO_AMIS_PATH"] = str(Path(cloud_audit_tui.demo.__file__).with_name("images.json"))

from moto.applicationautoscaling.models import FakeScalableTarget
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.efs.models import efs_backends
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AccessKeyLastUsed, AWSManagedPolicy, iam_backends
from moto.secretsmanager.models import secretsmanager_backends

from closed_loop import moto_gaps
from closed_loop.grants import ACCOUNT, REGION
from closed_loop.moto_state import state
from closed_loop.refusals.layer import Refusals
from closed_loop.repeats import Repeats
from closed_loop.snapshots import Snapshots
from cloud_audit_tui.demo.application import QuietRequestHandler, application
from cloud_audit_tui.demo.middleware import Gate
from cloud_audit_tui.demo.moto_patches import guardduty, ssm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HAPPENING = "/closed-loop/"
SCALING_ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/AWSServiceRoleForApplicationAutoScaling"

_init_target = FakeScalableTarget.__init__


@wraps(_init_target)
def _with_role(target: FakeScalableTarget, *arguments: Any, **options: Any) -> None:
    """Give a scalable target the service-linked role, as AWS does; moto leaves it null."""
    _init_target(target, *arguments, **options)
    target.role_arn = target.role_arn or SCALING_ROLE


FakeScalableTarget.__init__ = _with_role


def aws_makes_policies(names: list[str]) -> None:
    """Make policies of AWS's own: moto has none unless it loads all of them."""
    backend, known = iam_backends[ACCOUNT]["aws"], json.loads(aws_managed_policies_data)
    for name in names:
        policy = AWSManagedPolicy.from_data(name, ACCOUNT, "aws", known[name])
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy


def access_key_ages(user: str, key: str, days: int, used: int) -> None:
    """Let a key be that many days old, and used that many days ago."""
    found = next(each for each in iam_backends[ACCOUNT]["aws"].users.values() if each.name == user)
    for each in found.access_keys:
        if each.access_key_id == key:
            each.create_date = utcnow() - timedelta(days=days)
            each.last_used = AccessKeyLastUsed(utcnow() - timedelta(days=used), "s3", REGION)


def secret_ages(name: str, days: int) -> None:
    """Let a secret be that many days old."""
    made = secretsmanager_backends[ACCOUNT][REGION].secrets.get(name)
    made.created_date = int((utcnow() - timedelta(days=days)).timestamp())


def instance_stopped(instance: str, days: int) -> None:
    """Let an instance have been stopped that many days ago."""
    stopped = utcnow() - timedelta(days=days)
    found = ec2_backends[ACCOUNT][REGION].get_instance(instance)
    found._reason = f"User initiated ({stopped:%Y-%m-%d %H:%M:%S} GMT)"


def detector_finds(days: int) -> None:
    """Let the detectors have found something that many days ago."""
    guardduty.find(ACCOUNT, REGION, utcnow() - timedelta(days=days))


def file_system_changes(file_system: str, state: str) -> None:
    """Let a file system be in a state of its life."""
    efs_backends[ACCOUNT][REGION].file_systems_by_id[file_system].life_cycle_state = state


def agent_registers(instance: str) -> None:
    """Let the agent of an instance be online."""
    ssm.register(ACCOUNT, REGION, instance, "Online")


def patches_are_missing(instance: str, missing: int) -> None:
    """Let Patch Manager have seen that patches are missing."""
    ssm.patches_missing(ACCOUNT, REGION, instance, missing)


HAPPENINGS: dict[str, Callable[..., None]] = {
    happening.__name__: happening
    for happening in (
        access_key_ages,
        agent_registers,
        aws_makes_policies,
        detector_finds,
        file_system_changes,
        instance_stopped,
        patches_are_missing,
        secret_ages,
    )
}


class Account:
    """A WSGI application in front of another one, which is told here what happens.

    It also takes and restores snapshots by their labels, and returns the whole state as JSON.
    """

    def __init__(self, behind: WSGIApplication, snapshots: Snapshots) -> None:
        self._behind = behind
        self._snapshots = snapshots

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let something happen, or have a call answered."""
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(HAPPENING):
            return self._behind(environ, start_response)
        given: dict[str, Any] = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        content = b""
        match path.removeprefix(HAPPENING):
            case "take":
                self._snapshots.take(**given)
            case "restore":
                self._snapshots.restore(**given)
            case "state":
                content = json.dumps(state()).encode()
            case happening:
                HAPPENINGS[happening](**given)
        start_response("200 OK", [("Content-Length", str(len(content)))])
        return [content]


def main() -> None:
    """Serve until standard input ends."""
    moto_gaps.install()
    # What moto and botocore hold lives until the end, and Python would look through it again and again.
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    # Nobody waits for the processes that snapshots are.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with tempfile.TemporaryDirectory(prefix="aws-") as directory:
        snapshots = Snapshots(Path(directory), QuietRequestHandler)
        account = Account(Repeats(Refusals(Gate(application(), (), 0))), snapshots)
        print(snapshots.serve(account), flush=True)
        while os.read(0, 4096):
            pass


if __name__ == "__main__":
    main()

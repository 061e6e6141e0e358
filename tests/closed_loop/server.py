"""The AWS of the closed loop: an empty account of moto, and events in it that no call makes.

Run as a program, it prints its port and serves until its standard input ends. It is a process of its own
because moto's state, and what the demo changes in moto, would be those of every other test in the process.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloud_audit_tui.demo
import forked_servers
import quick_models  # noqa: F401 - for its effect

# moto's EC2 reads this at its import: its own thousand images cost 70 ms at each reset of the account.
os.environ["MOTO_AMIS_PATH"] = str(Path(cloud_audit_tui.demo.__file__).with_name("images.json"))

from cryptography.hazmat.primitives.asymmetric import rsa
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
from closed_loop.state_changes import changes
from cloud_audit_tui.demo.application import QuietRequestHandler, application
from cloud_audit_tui.demo.middleware import Gate
from cloud_audit_tui.demo.moto_patches import guardduty, ssm
from cloud_audit_tui.demo.wsgi_client import CallError, WsgiClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from closed_loop.state_changes import Changes, State

HAPPENING = "/closed-loop/"
SCALING_ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/AWSServiceRoleForApplicationAutoScaling"

_READS = {
    "application-autoscaling": "DescribeScalableTargets",
    "backup": "ListBackupPlans",
    "bedrock": "ListGuardrails",
    "bedrock-agentcore-control": "ListMemories",
    "cloudtrail": "DescribeTrails",
    "cloudwatch": "DescribeAlarms",
    "config": "DescribeConfigurationRecorders",
    "dynamodb": "ListTables",
    "ec2": "DescribeVpcs",
    "ecs": "ListClusters",
    "efs": "DescribeFileSystems",
    "elbv2": "DescribeLoadBalancers",
    "guardduty": "ListDetectors",
    "iam": "ListUsers",
    "kms": "ListKeys",
    "lambda": "ListFunctions",
    "logs": "DescribeLogGroups",
    "rds": "DescribeDBInstances",
    "s3": "ListBuckets",
    "sagemaker": "ListNotebookInstances",
    "secretsmanager": "ListSecrets",
    "securityhub": "GetEnabledStandards",
    "sns": "ListTopics",
    "sqs": "ListQueues",
    "ssm": "DescribeParameters",
    "sts": "GetCallerIdentity",
}
"""A read of each service that the accounts use, by botocore's name of the service."""

_init_target = FakeScalableTarget.__init__


@wraps(_init_target)
def _with_role(target: FakeScalableTarget, *arguments: Any, **options: Any) -> None:
    """Give a scalable target the service-linked role, as AWS does; moto leaves it null."""
    _init_target(target, *arguments, **options)
    target.role_arn = target.role_arn or SCALING_ROLE


FakeScalableTarget.__init__ = _with_role


def aws_makes_policies(names: list[str]) -> None:
    """Make managed policies of AWS; moto has none unless it loads all of them."""
    backend, policies = iam_backends[ACCOUNT]["aws"], json.loads(aws_managed_policies_data)
    for name in names:
        policy = AWSManagedPolicy.from_data(name, ACCOUNT, "aws", policies[name])
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy


def access_key_ages(user: str, key: str, days: int, used: int) -> None:
    """Set the age of an access key, and the time of its last use, in days."""
    owner = next(each for each in iam_backends[ACCOUNT]["aws"].users.values() if each.name == user)
    for each in owner.access_keys:
        if each.access_key_id == key:
            each.create_date = utcnow() - timedelta(days=days)
            each.last_used = AccessKeyLastUsed(utcnow() - timedelta(days=used), "s3", REGION)


def secret_ages(name: str, days: int) -> None:
    """Set the age of a secret in days."""
    secret = secretsmanager_backends[ACCOUNT][REGION].secrets.get(name)
    secret.created_date = int((utcnow() - timedelta(days=days)).timestamp())


def instance_stopped(instance: str, days: int) -> None:
    """Set the time at which an instance stopped, in days before now."""
    stop_time = utcnow() - timedelta(days=days)
    moto_instance = ec2_backends[ACCOUNT][REGION].get_instance(instance)
    moto_instance._reason = f"User initiated ({stop_time:%Y-%m-%d %H:%M:%S} GMT)"


def detector_finds(days: int) -> None:
    """Add findings of the detectors, this many days old."""
    guardduty.find(ACCOUNT, REGION, utcnow() - timedelta(days=days))


def file_system_changes(file_system: str, state: str) -> None:
    """Set the life cycle state of a file system."""
    efs_backends[ACCOUNT][REGION].file_systems_by_id[file_system].life_cycle_state = state


def agent_registers(instance: str) -> None:
    """Register the agent of an instance as online."""
    ssm.register(ACCOUNT, REGION, instance, "Online")


def patches_are_missing(instance: str, missing: int) -> None:
    """Set the number of patches that Patch Manager reports as missing."""
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
    """A WSGI application in front of another one, which makes events happen in moto.

    It also takes and restores snapshots by their labels, and returns the whole state as JSON, or what
    differs from the one that its caller knows. The snapshots know that state too.
    """

    def __init__(self, behind: WSGIApplication, snapshots: Snapshots) -> None:
        self._behind = behind
        self._snapshots = snapshots
        self._base: State = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Make an event happen, or pass a call on."""
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(HAPPENING):
            return self._behind(environ, start_response)
        arguments: dict[str, Any] = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        content = b""
        match path.removeprefix(HAPPENING):
            case "take":
                self._snapshots.take(**arguments)
            case "restore":
                self._snapshots.restore(**arguments)
            case "state":
                self._base = state()
                content = json.dumps(self._base).encode()
            case "changes":
                content = json.dumps(self._changes(**arguments)).encode()
            case happening:
                HAPPENINGS[happening](**arguments)
        start_response("200 OK", [("Content-Length", str(len(content)))])
        return [content]

    def _changes(self, *, onward: bool) -> Changes:
        """Return what differs from the state that the caller knows; ``onward``, it knows this one then."""
        now = state()
        of_now = changes(self._base, now)
        if onward:
            self._base = now
        return of_now


def warm(moto: WSGIApplication) -> None:
    """Have moto import each service that the accounts use and make its routes, once for all forks.

    The reset before each test removes what the reads have made.
    """
    call = WsgiClient(moto).call
    for service, operation in _READS.items():
        with suppress(CallError):
            call(ACCOUNT, REGION, service, operation)


def main(moto: WSGIApplication, _argument: str) -> None:
    """Serve until standard input ends."""
    # moto makes a key of RSA for every key of KMS, which takes longer than any other call; nothing reads it.
    rsa.generate_private_key = cache(rsa.generate_private_key)
    # The objects of moto and botocore live until the end; the collector need not look at them again.
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    # Nobody waits for the processes of the snapshots.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with tempfile.TemporaryDirectory(prefix="aws-") as directory:
        snapshots = Snapshots(Path(directory), QuietRequestHandler)
        account = Account(Repeats(Refusals(Gate(moto, (), 0))), snapshots)
        print(snapshots.serve(account), flush=True)
        while os.read(0, 4096):
            pass


if __name__ == "__main__":
    moto_gaps.install()
    served = application()
    if sys.argv[1] == forked_servers.FORKS:
        warm(served)
    forked_servers.main(partial(main, served))

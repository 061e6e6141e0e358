"""Seeds the accounts of the embedded AWS, in order."""

from __future__ import annotations

import importlib
import sys
import threading
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.demo.region_client import region_clients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.demo.region_client import At, Call


@dataclass(frozen=True)
class Step:
    """A module with ``fill(at)``, and the signing names of the services that it changes."""

    module: str
    services: frozenset[str]

    def fill(self, at: At) -> None:
        """Import the module and seed its resources."""
        importlib.import_module(f"cloud_audit_tui.demo.{self.module}").fill(at)


def _step(module: str, services: str) -> Step:
    return Step(module, frozenset(services.split()))


FIRST = (_step("seeds.sagemaker", "sagemaker kms"),)
"""The steps that complete before the server reports that it is ready."""

REST = (
    _step("seeds.network", "ec2 logs kms"),
    _step("seeds.instances", "ec2 iam kms ssm"),
    _step("aws_policies", "iam"),
    _step("seeds.identity", "iam"),
    _step("seeds.buckets", "s3 kms"),
    _step("seeds.databases", "rds dynamodb application-autoscaling elasticfilesystem kms"),
    _step("seeds.workloads", "lambda ecs elasticloadbalancing wafv2 ec2 iam"),
    _step("seeds.messages", "sns sqs secretsmanager ssm"),
    _step("seeds.trails", "cloudtrail logs monitoring sns"),
    _step("seeds.guards", "config guardduty securityhub inspector2 backup account"),
    _step("seeds.agents", "bedrock bedrock-agentcore kms"),
    _step("backdating", "iam ec2 secretsmanager lambda bedrock-agentcore ssm guardduty"),
)
"""The steps that run after that, while requests for their services wait."""


class Seeding:
    """Seeds the accounts, and tracks which services are complete."""

    def __init__(self, call: Call, steps: Sequence[Step]) -> None:
        self._at = region_clients(call)
        self._steps = steps
        services = frozenset[str]().union(*(step.services for step in steps))
        self._filled = {service: threading.Event() for service in services}

    def first(self) -> None:
        """Run the steps that complete before the server is ready."""
        for step in FIRST:
            step.fill(self._at)

    def rest(self) -> None:
        """Run the remaining steps, and release each service after the last step that changes it."""
        try:
            for number, step in enumerate(self._steps):
                step.fill(self._at)
                later = frozenset[str]().union(*(each.services for each in self._steps[number + 1 :]))
                for service in step.services - later:
                    self._filled[service].set()
        except Exception:
            traceback.print_exc(file=sys.stderr)
            for event in self._filled.values():
                event.set()

    def wait_for(self, service: str) -> None:
        """Wait until a service is seeded; returns at once for a service that no step changes."""
        if event := self._filled.get(service):
            event.wait()

"""Extends moto's Systems Manager: agents, and the patches that they report.

An agent registers only when the role of its instance allows Systems Manager. Patch Manager's document scans
and installs immediately; `patches_missing` sets the patches that an instance lacks before that.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.ssm import urls
from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAY_REGISTER = "AmazonSSMManagedInstanceCore"
PATCHES = "AWS-RunPatchBaseline"
LOST_DAYS = 40


@dataclass(frozen=True)
class Patches:
    """The patch counts of an instance in Patch Manager."""

    MissingCount: int = 0
    FailedCount: int = 0
    InstalledCount: int = 187


def register(account_id: str, region: str, instance: str, ping: str) -> None:
    """Register the agent of an instance, regardless of its role; ``ping`` is Online or ConnectionLost."""
    state_of(ssm_backends[account_id][region], "pings")[instance] = ping


def patches_missing(account_id: str, region: str, instance: str, missing: int, failed: int = 0) -> None:
    """Record a patch scan of an instance that lacks patches."""
    state_of(ssm_backends[account_id][region], "patches")[instance] = Patches(missing, failed)


class SystemsManager(SimpleSystemManagerResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's Systems Manager with the agents of instances and their patches."""

    def describe_instance_information(self) -> Any:
        """Return the registered agents."""
        return ActionResult(
            {
                "InstanceInformationList": [
                    {
                        "InstanceId": instance,
                        "PingStatus": ping,
                        "LastPingDateTime": utcnow() - timedelta(days=0 if ping == "Online" else LOST_DAYS),
                        "AgentVersion": "3.3.1957.0",
                        "PlatformType": "Linux",
                        "PlatformName": "Amazon Linux",
                        "PlatformVersion": "2023",
                        "ResourceType": "EC2Instance",
                    }
                    for instance, ping in self._agents()
                ]
            }
        )

    def describe_instance_patch_states(self) -> Any:
        """Return the patch states of the instances that have been scanned."""
        patches = state_of(self.ssm_backend, "patches")
        yesterday = utcnow() - timedelta(days=1)
        return ActionResult(
            {
                "InstancePatchStates": [
                    {
                        "InstanceId": instance,
                        "PatchGroup": "",
                        "BaselineId": "pb-0c10e65780EXAMPLE",
                        "Operation": "Scan",
                        "OperationStartTime": yesterday,
                        "OperationEndTime": yesterday,
                        **asdict(patches[instance]),
                    }
                    for instance in self._get_param("InstanceIds")
                    if instance in patches
                ]
            }
        )

    def send_command(self) -> Any:
        """Run a command; only Patch Manager's document has an effect."""
        patches = state_of(self.ssm_backend, "patches")
        if self._get_param("DocumentName") == PATCHES:
            installs = self._get_param("Parameters", {}).get("Operation") == ["Install"]
            for instance in self._get_param("InstanceIds", []):
                patches[instance] = Patches() if installs else patches.get(instance, Patches())
        return super().send_command()

    def _agents(self) -> Iterator[tuple[str, str]]:
        # Importing moto's EC2 takes a second; before the first call of this, it is already imported.
        from moto.ec2.models import ec2_backends  # noqa: PLC0415

        pings = state_of(self.ssm_backend, "pings")
        backend = ec2_backends[self.current_account][self.region]
        for instance in backend.all_instances():
            if instance.id in pings:
                yield instance.id, pings[instance.id]
        for association in backend.iam_instance_profile_associations.values():
            if association.instance.id not in pings and self._may_register(association):
                yield association.instance.id, "Online"

    def _may_register(self, association: Any) -> bool:
        profile = iam_backends[self.current_account][self.partition].get_instance_profile(
            association.iam_instance_profile.name
        )
        return any(
            policy.rpartition("/")[2] == MAY_REGISTER
            for role in profile.roles
            for policy in role.managed_policies
        )


def install() -> None:
    """Make moto serve the service's calls with this class."""
    answer_with(SystemsManager, SimpleSystemManagerResponse, urls)

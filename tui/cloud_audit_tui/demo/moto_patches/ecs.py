"""Our addition to moto's ECS: a service knows from the start whether ECS Exec is on."""

from __future__ import annotations

from typing import Any

from moto.ecs import urls
from moto.ecs.responses import EC2ContainerServiceResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with


class Ecs(EC2ContainerServiceResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's ECS, whose CreateService forgets enableExecuteCommand."""

    def create_service(self) -> Any:
        """Make a service, and keep whether commands may be run in its containers."""
        result = super().create_service()
        result.result["service"].enable_execute_command = bool(self._get_param("enableExecuteCommand"))
        return result


def install() -> None:
    """Let moto answer the service's calls with this addition."""
    answer_with(Ecs, EC2ContainerServiceResponse, urls)

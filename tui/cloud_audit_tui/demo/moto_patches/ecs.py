"""Extends moto's ECS: CreateService stores enableExecuteCommand, ListTaskDefinitions sorts."""

from __future__ import annotations

from typing import Any

from moto.ecs import urls
from moto.ecs.responses import EC2ContainerServiceResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with


class Ecs(EC2ContainerServiceResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's ECS, whose CreateService drops enableExecuteCommand."""

    def create_service(self) -> Any:
        """Create a service, and store whether ECS Exec is enabled."""
        result = super().create_service()
        result.result["service"].enable_execute_command = bool(self._get_param("enableExecuteCommand"))
        return result

    def list_task_definitions(self) -> Any:
        """Return the newest revision first if the request says so, which moto ignores."""
        answer = super().list_task_definitions()
        if self._get_param("sort") == "DESC":
            answer.result["taskDefinitionArns"].reverse()
        return answer


def install() -> None:
    """Make moto serve the service's calls with this class."""
    answer_with(Ecs, EC2ContainerServiceResponse, urls)

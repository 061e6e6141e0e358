"""Extends moto's CloudWatch Logs: a KMS key for an existing log group, replacement of metric filters."""

from __future__ import annotations

from typing import Any

from moto.core.responses import EmptyResult
from moto.logs import urls
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with


class Logs(LogsResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's CloudWatch Logs with AssociateKmsKey and DisassociateKmsKey."""

    def associate_kms_key(self) -> Any:
        """Set the key of a log group."""
        self._group().kms_key_id = self._get_param("kmsKeyId")
        return EmptyResult()

    def disassociate_kms_key(self) -> Any:
        """Remove the key of a log group."""
        self._group().kms_key_id = None
        return EmptyResult()

    def put_metric_filter(self) -> Any:
        """Create a metric filter, or replace the group's filter of that name; moto adds a second one."""
        key = (self._get_param("logGroupName"), self._get_param("filterName"))
        filters = self.logs_backend.filters.metric_filters
        filters[:] = [each for each in filters if (each["logGroupName"], each["filterName"]) != key]
        return super().put_metric_filter()

    def _group(self) -> Any:
        group = self.logs_backend.groups.get(self._get_param("logGroupName"))
        if group is None:
            raise ResourceNotFoundException
        return group


def install() -> None:
    """Make moto serve the service's calls with this class."""
    answer_with(Logs, LogsResponse, urls)

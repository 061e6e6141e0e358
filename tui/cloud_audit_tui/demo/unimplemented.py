"""Responses to calls of services that moto does not implement at all.

moto responds to these with an HTML page, which is not an AWS error. Extensions of services that moto
implements are in `moto_patches`. moto's API Gateway needs libraries that the demo does not install, so the
accounts have no API.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict, BaseBackend

from cloud_audit_tui.demo.accounts import PRODUCTION

if TYPE_CHECKING:
    from collections.abc import Callable

Content = dict[str, Any]

_WITH_ANALYZER = ((PRODUCTION.id, "us-east-1"), (PRODUCTION.id, "eu-west-1"))
_CREATED_AT = datetime(2025, 2, 3, 9, 0, tzinfo=UTC)


class AccessAnalyzer(BaseBackend):  # type: ignore[misc]  # moto has no types that mypy sees
    """The analyzers of a region, which are active immediately and have no findings."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.analyzers: list[Content] = []
        if (account_id, region_name) in _WITH_ANALYZER:
            self.make("external-access", "ACCOUNT", _CREATED_AT)

    def make(self, name: str, kind: str, when: datetime) -> str:
        """Create an analyzer and return its ARN."""
        arn = f"arn:aws:access-analyzer:{self.region_name}:{self.account_id}:analyzer/{name}"
        analyzer = {"name": name, "arn": arn, "type": kind, "status": "ACTIVE", "createdAt": when.isoformat()}
        self.analyzers.append(analyzer)
        return arn


_analyzers = BackendDict(AccessAnalyzer, "accessanalyzer")


def _list_analyzers(account_id: str, region: str, _body: bytes) -> Content:
    return {"analyzers": _analyzers[account_id][region].analyzers}


def _create_analyzer(account_id: str, region: str, body: bytes) -> Content:
    request = json.loads(body)
    arn = _analyzers[account_id][region].make(request["analyzerName"], request["type"], datetime.now(UTC))
    return {"arn": arn}


def _rest_apis(_account_id: str, _region: str, _body: bytes) -> Content:
    return {"item": []}


ANSWERS: dict[str, Callable[[str, str, bytes], Content]] = {
    "access-analyzer:CreateAnalyzer": _create_analyzer,
    "access-analyzer:ListAnalyzers": _list_analyzers,
    "apigateway:GetRestApis": _rest_apis,
}
"""Handlers by operation; each takes the caller's account and region and the request body."""

"""Extends moto's DynamoDB: UpdateTable changes the encryption at rest, which moto ignores."""

from __future__ import annotations

from typing import Any

from moto.dynamodb import urls
from moto.dynamodb.responses import DynamoHandler

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with


class DynamoDb(DynamoHandler):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's DynamoDB with a changeable key per table; the change takes effect immediately."""

    def update_table(self) -> Any:
        """Update a table, including its encryption."""
        if encryption := self.body.get("SSESpecification"):
            table = self.dynamodb_backend.get_table(self.body["TableName"])
            own = table._get_default_encryption_key(self.current_account, self.region)
            table.sse_specification = {"KMSMasterKeyId": own, **encryption}
        return super().update_table()


def install() -> None:
    """Make moto serve the service's calls with this class."""
    answer_with(DynamoDb, DynamoHandler, urls)

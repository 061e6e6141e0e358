"""Extends moto's KMS: AWS managed keys have AWS as their key manager."""

from __future__ import annotations

import json
from typing import Any

from moto.kms import urls
from moto.kms.responses import KmsResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with


class Kms(KmsResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's KMS, which reports every key as customer managed."""

    def describe_key(self) -> Any:
        """Return a key with its key manager."""
        answer = super().describe_key()
        # moto creates some of these keys on their first use.
        key = self.kms_backend.describe_key(self.kms_backend.get_key_id(self._get_param("KeyId")))
        if not any(alias.startswith("alias/aws/") for alias in key.aliases):
            return answer
        key.key_manager = "AWS"
        return json.dumps(key.to_dict())


def install() -> None:
    """Make moto serve the service's calls with this class."""
    answer_with(Kms, KmsResponse, urls)

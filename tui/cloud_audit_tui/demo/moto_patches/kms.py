"""Our addition to moto's KMS: the keys that AWS manages in an account are AWS's."""

from __future__ import annotations

import json
from typing import Any

from moto.kms import urls
from moto.kms.responses import KmsResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with


class Kms(KmsResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's KMS, which says of every key that the customer manages it."""

    def describe_key(self) -> Any:
        """Return a key with who manages it."""
        answer = super().describe_key()
        # moto makes some of these keys when they are first asked for.
        key = self.kms_backend.describe_key(self.kms_backend.get_key_id(self._get_param("KeyId")))
        if not any(alias.startswith("alias/aws/") for alias in key.aliases):
            return answer
        key.key_manager = "AWS"
        return json.dumps(key.to_dict())


def install() -> None:
    """Let moto answer the service's calls with this addition."""
    answer_with(Kms, KmsResponse, urls)

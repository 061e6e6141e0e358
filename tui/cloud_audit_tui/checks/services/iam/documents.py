"""Policy documents for scripts: the text that the AWS CLI prints, and names derived from their content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_FINGERPRINT_LENGTH = 8


def cli_text(document: Any) -> str:
    """Return a document as ``aws ... --output=json`` prints it, empty if it is not a JSON object.

    A script compares it with the current document, and stops if that changed since the scan.
    """
    if not isinstance(document, dict):
        return ""
    return json.dumps(document, indent=4, ensure_ascii=False)


def fingerprint(content: Any) -> str:
    """Return eight hexadecimal digits of the digest of a content."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_FINGERPRINT_LENGTH]


def own_account_trust(partition: str, account_id: str) -> dict[str, Any]:
    """Return a trust policy for identities of the account that have the permission to assume the role."""
    root = f"arn:{partition}:iam::{account_id}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def permissions_group(user_name: str, attached: list[str], inline: list[dict[str, Any]]) -> str:
    """Return the name of the group that gets a user's policies.

    The name includes a digest of the policies, so that a second run finds its own group only.
    """
    return f"{user_name}-permissions-{fingerprint({'attached': attached, 'inline': inline})}"

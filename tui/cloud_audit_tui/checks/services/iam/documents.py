"""Policy documents as scripts need them: the text that the AWS CLI prints, and a name of their content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_FINGERPRINT_LENGTH = 8


def cli_text(document: Any) -> str:
    """Return a document as ``aws ... --output=json`` prints it, empty for what is no JSON object.

    A script compares it with what is there now, and stops when the document was changed since the scan.
    """
    if not isinstance(document, dict):
        return ""
    return json.dumps(document, indent=4, ensure_ascii=False)


def fingerprint(content: Any) -> str:
    """Return eight hexadecimal digits that are the same for the same content, in every run."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_FINGERPRINT_LENGTH]


def own_account_trust(partition: str, account_id: str) -> dict[str, Any]:
    """Return the trust policy of a role for the identities of the account that have the permission."""
    root = f"arn:{partition}:iam::{account_id}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def permissions_group(user_name: str, attached: list[str], inline: list[dict[str, Any]]) -> str:
    """Return the name of the group that takes a user's policies.

    The content is in the name, so that a second run finds its own group and never another one.
    """
    return f"{user_name}-permissions-{fingerprint({'attached': attached, 'inline': inline})}"

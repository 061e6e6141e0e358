"""What the lifecycle rules of a bucket do for all of its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Item = dict[str, Any]


def is_enabled(rule: Item) -> bool:
    """Whether a rule is in force."""
    return rule.get("Status") == "Enabled"


def covers_all_objects(rule: Item) -> bool:
    """Whether a rule is for every object of the bucket: no prefix, tag or size limits it."""
    if rule.get("Prefix"):
        return False
    limits = dict(rule.get("Filter") or {})
    limits.update(limits.pop("And", None) or {})
    return not any(value not in (None, "", [], {}) for value in limits.values())


def aborts_uploads(rules: Iterable[Item]) -> bool:
    """Whether incomplete multipart uploads are cleared away wherever they are in the bucket."""
    return any(
        is_enabled(rule) and covers_all_objects(rule) and rule.get("AbortIncompleteMultipartUpload")
        for rule in rules
    )


def expires_old_versions(rules: Iterable[Item]) -> bool:
    """Whether noncurrent versions of every object are deleted some day."""
    return any(
        is_enabled(rule) and covers_all_objects(rule) and rule.get("NoncurrentVersionExpiration")
        for rule in rules
    )

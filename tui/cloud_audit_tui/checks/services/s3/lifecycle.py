"""The effect of a bucket's lifecycle rules on all of its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.checks.services.s3.bucket_policies import numbered

if TYPE_CHECKING:
    from collections.abc import Iterable

Item = dict[str, Any]

UPLOAD_DAYS = 7
OLD_VERSION_DAYS = "@OLD_VERSION_DAYS@"
"""A placeholder that the remediation's script replaces by the user's number of days."""


def is_enabled(rule: Item) -> bool:
    """Whether a rule is enabled."""
    return rule.get("Status") == "Enabled"


def covers_all_objects(rule: Item) -> bool:
    """Whether a rule is for every object of the bucket: no prefix, tag or size limits it."""
    if rule.get("Prefix"):
        return False
    limits = dict(rule.get("Filter") or {})
    limits.update(limits.pop("And", None) or {})
    return not any(value not in (None, "", [], {}) for value in limits.values())


def aborts_uploads(rules: Iterable[Item]) -> bool:
    """Whether incomplete multipart uploads are aborted in the whole bucket."""
    return any(
        is_enabled(rule) and covers_all_objects(rule) and rule.get("AbortIncompleteMultipartUpload")
        for rule in rules
    )


def expires_old_versions(rules: Iterable[Item]) -> bool:
    """Whether noncurrent versions of every object expire."""
    return any(
        is_enabled(rule) and covers_all_objects(rule) and rule.get("NoncurrentVersionExpiration")
        for rule in rules
    )


def added_rule(rules: Iterable[Item], expiring: bool, aborting: bool) -> Item:
    """Return one rule with the missing actions, under an unused ID."""
    used_ids = {rule.get("ID") for rule in rules}
    name = next(candidate for candidate in numbered("clear-away-") if candidate not in used_ids)
    rule: Item = {"ID": name, "Status": "Enabled", "Filter": {"Prefix": ""}}
    if expiring:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": OLD_VERSION_DAYS}
    if aborting:
        rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": UPLOAD_DAYS}
    return rule

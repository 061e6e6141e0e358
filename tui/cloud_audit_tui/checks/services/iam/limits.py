"""Limits for the age and the disuse of credentials."""

from __future__ import annotations

OLDEST_KEY = 90
"""Days within which an access key has to be rotated (CIS AWS Foundations 1.14)."""

LONGEST_UNUSED = 45
"""Days without use from which credentials have to be disabled (CIS AWS Foundations 1.12)."""

RECENTLY_USED = 7
"""Days within which a use shows that a key is needed, so that the fix of aws-iam-009 stops."""

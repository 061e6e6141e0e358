"""How old credentials may become, and how long they may stay unused."""

from __future__ import annotations

OLDEST_KEY = 90
"""Days after which an access key has to be rotated (CIS AWS Foundations 1.14)."""

LONGEST_UNUSED = 45
"""Days without use from which credentials have to be disabled (CIS AWS Foundations 1.12)."""

RECENTLY_USED = 7
"""Days within which a use of a key shows that something needs it: the fix of aws-iam-009 then stops."""

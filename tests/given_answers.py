"""A valid answer to every question about a fact that a report lacks."""

from __future__ import annotations


def answers(account: str, region: str, trail: str = "all") -> dict[str, str]:
    """Return the answers of somebody who looks into this account; it has one ``trail``."""
    return {
        "TRAIL_ARN": f"arn:aws:cloudtrail:{region}:{account}:trail/{trail}",
        "TRAIL_BUCKET": "trail-logs",
        "TRAIL_HAS_NO_LOG_GROUP": "yes",
        "LOG_GROUP_ARN": f"arn:aws:logs:eu-west-1:{account}:log-group:trail/all:*",
        "BUCKET_REGION": region,
        "NOTEBOOK_STATUS": "InService",
        "LIFECYCLE_CONFIG": "none",
        "PRESENT_ENCRYPTION": "AES256",
        "BLOCKED_ENCRYPTION_TYPES": "none",
        "BUCKET_HAS_NO_POLICY": "yes",
        "REGION_HAS_NO_BACKUP_PLAN": "yes",
        "MODEL_LOGGING_IS_OFF": "yes",
        "INSPECTOR_SCANS": "EC2,ECR",
        "SECRET_HAS_NO_ROTATION": "yes",
        "INSTANCE_IS_NOT_MANAGED": "yes",
        "PRESENT_INSTANCE_PROFILE": "web",
        "DB_INSTANCE_IS_ON_ITS_OWN": "yes",
        "FILE_SYSTEM_ZONE": "none",
        "FILE_SYSTEM_IS_AVAILABLE": "yes",
        "KEY_USER": "alice",
        "USER_POLICY_ARNS": "arn:aws:iam::aws:policy/ReadOnlyAccess,arn:aws:iam::aws:policy/Billing",
        "BUCKET_HAS_NO_LIFECYCLE": "yes",
        "BUCKET_HAS_VERSIONS": "yes",
    }

"""Scripted buckets, shared by the tests of the checks that look at them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aws_stub import ACCOUNT, CALLER, REGION, Refusal
from cloud_audit_tui.aws.permissions import action_of

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ALL_ON = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
ABSENT = {
    "GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "GetBucketEncryption": "ServerSideEncryptionConfigurationNotFoundError",
    "GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
    "GetBucketPolicy": "NoSuchBucketPolicy",
    "GetBucketWebsite": "NoSuchWebsiteConfiguration",
}


class Buckets:
    """The buckets of the scripted account; what a test does not say of one is absent."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.names: list[dict[str, Any]] = []
        aws.answer("s3", "ListBuckets", lambda _: {"Buckets": self.names})

    def account_block(self, settings: dict[str, bool] | None) -> None:
        """Script the account's public access block; ``None`` means that there is none."""
        answer: Any = {"PublicAccessBlockConfiguration": settings}
        if settings is None:
            answer = Refusal("NoSuchPublicAccessBlockConfiguration", "There is none", 404)
        self.aws.answer("s3control", "GetPublicAccessBlock", answer, AccountId=ACCOUNT)

    def bucket(
        self,
        name: str,
        *,
        region: str = REGION,
        block: dict[str, bool] | None = None,
        encryption: dict[str, Any] | None = None,
        versioning: dict[str, str] | None = None,
        rules: list[dict[str, Any]] | None = None,
        logs_to: str = "",
        policy: Any = None,
        website: bool = False,
        denied: tuple[str, ...] = (),
        gone: bool = False,
    ) -> None:
        """Script a bucket in a region; ``denied`` are operations that IAM refuses."""
        self.names.append({"Name": name, "BucketRegion": region, "CreationDate": NOW})
        by_default = {"ApplyServerSideEncryptionByDefault": encryption}
        answers: dict[str, Any] = {
            "GetPublicAccessBlock": block and {"PublicAccessBlockConfiguration": block},
            "GetBucketEncryption": encryption
            and {"ServerSideEncryptionConfiguration": {"Rules": [by_default]}},
            "GetBucketVersioning": versioning or {},
            "GetBucketLifecycleConfiguration": rules and {"Rules": rules},
            "GetBucketLogging": {"LoggingEnabled": {"TargetBucket": logs_to, "TargetPrefix": ""}}
            if logs_to
            else {},
            "GetBucketPolicy": policy
            and {"Policy": policy if isinstance(policy, str) else json.dumps(policy)},
            "GetBucketWebsite": {"IndexDocument": {"Suffix": "index.html"}} if website else None,
        }
        for operation, answer in answers.items():
            if gone:
                answer = Refusal("NoSuchBucket", "The specified bucket does not exist", 404)  # noqa: PLW2901
            elif operation in denied:
                words = f"User: {CALLER} is not authorized to perform: {action_of(f's3:{operation}')}"
                answer = Refusal("AccessDenied", words, 403)  # noqa: PLW2901
            elif answer is None:
                answer = Refusal(ABSENT[operation], "There is none", 404)  # noqa: PLW2901
            self.aws.answer("s3", operation, answer, region=region, Bucket=name)

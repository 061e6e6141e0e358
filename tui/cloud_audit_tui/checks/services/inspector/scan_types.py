"""The scan types of Inspector and the regions that have them."""

from __future__ import annotations

SCAN_TYPES = {"ec2": "EC2", "ecr": "ECR", "lambda": "LAMBDA", "lambdaCode": "LAMBDA_CODE"}
"""Members of BatchGetAccountStatus's resourceState and their names in Enable."""

ON = frozenset({"ENABLED", "ENABLING"})

LAMBDA_CODE_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    }
)
"""Regions for which AWS offers its own Config rule on Lambda code scanning, because the scans exist there."""

"""The checks whose fix no loop can prove here, and why."""

from __future__ import annotations

ROOT = "only the root user can do it, so there is no script"

UNPROVEN = {
    "aws-iam-001": ROOT,
    "aws-iam-008": ROOT,
    "aws-iam-015": ROOT,
    "aws-s3-007": "only the root user with its MFA device can do it, and moto knows neither",
    "aws-vpc-001": "a person moves what runs there; the script shows it and changes nothing",
}
"""Reasons by check."""

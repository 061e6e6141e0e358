"""The kind of every input: its valid values, and the candidates that the scanner can list.

One table has every variable of the templates: those of the scripts and, in capital letters, those of the
Terraform files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cloud_audit_tui.remediation.quoting import is_unseen
from cloud_audit_tui.remediation.shell.quoting import READ_BY_THE_CLI

_ACCOUNT = "[0-9]{12}"
_REGION = "[a-z]{2}(?:-[a-z0-9]+)+"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_BUCKET = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_KEY_ID = "(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_KMS = rf"arn:PARTITION:kms:{_REGION}:{_ACCOUNT}"
_IAM_NAME = "[A-Za-z0-9_+=,.@-]{1,128}"
_ID = "[0-9a-f]{8}(?:[0-9a-f]{9})?"
ANY_PARTITION = "aws(?:-[a-z]+)*"
REGION_CODE = re.compile("[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}")
"""The form of a region's code; a text of this form is one harmless word in a shell."""
LONGEST_VALUE = 8192
"""Characters of a value; the longest input is a policy document."""


@dataclass(frozen=True)
class Kind:
    """The kind of a variable's value.

    ``valid`` describes the values that ``pattern`` matches; ``PARTITION`` in the pattern stands for the
    partition of the finding. ``candidates`` names the resources that the scanner can list for it, empty for
    none. With ``several``, a value is a comma-separated list. Free text has no pattern.
    """

    valid: str = ""
    pattern: str = ""
    candidates: str = ""
    several: bool = False

    def fault(self, value: str, partition: str = "") -> str:
        """Return a sentence about an invalid value and what is valid; empty for a valid value.

        An empty ``partition`` stands for any partition.
        """
        if not value.strip():
            return "Give a value."
        if any(map(is_unseen, value)):
            return "A value is one line of visible characters."
        if value != value.strip():
            return "A value does not begin or end with a space."
        if len(value) > LONGEST_VALUE:
            return f"A value has at most {LONGEST_VALUE:,} characters."
        if READ_BY_THE_CLI.match(value):
            return "The AWS CLI would read this as a file or an address: give the value itself."
        parts = self.split(value)
        if self.pattern and not all(_compiled(self.pattern, partition).fullmatch(part) for part in parts):
            needed = self.valid.replace("PARTITION", partition or "aws")
            return f"Give {needed}."
        if len(set(parts)) != len(parts):
            return "One of them is listed twice."
        return ""

    def split(self, value: str) -> list[str]:
        """Return the parts of a value that is a list, else the value alone."""
        return value.split(",") if self.several else [value]


@cache
def _compiled(pattern: str, partition: str) -> re.Pattern[str]:
    there = re.escape(partition) if partition else ANY_PARTITION
    return re.compile(pattern.replace("PARTITION", there), re.ASCII)


def _arn_of(what: str, pattern: str, *, candidates: str = "", shape: str) -> Kind:
    return Kind(f"the ARN of {what}, such as {shape}", pattern, candidates)


FREE_TEXT = Kind()

KINDS = {
    "address": Kind("an IPv4 address, such as 198.51.100.7", _IPV4),
    "any_arn": Kind(
        "an ARN, which begins with arn:PARTITION:",
        rf"arn:PARTITION:[a-z0-9-]+:(?:{_REGION})?:(?:{_ACCOUNT})?:\S+",
    ),
    "arn_of_log_group": _arn_of(
        "a log group",
        rf"arn:PARTITION:logs:{_REGION}:{_ACCOUNT}:log-group:[A-Za-z0-9_/.#-]{{1,512}}(?::\*)?",
        shape="arn:PARTITION:logs:REGION:ACCOUNT:log-group:trail:*",
    ),
    "availability_zone": Kind("an Availability Zone, such as eu-central-1a", rf"{_REGION}[a-z]"),
    "blocked_encryption": Kind("none or SSE-C", "none|NONE|SSE-C"),
    "bucket": Kind(
        "the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens", _BUCKET, "bucket"
    ),
    "bucket_arn": Kind(
        "the ARN of a bucket, such as arn:PARTITION:s3:::flow-logs, or of a folder in it other than AWSLogs",
        rf"arn:PARTITION:s3:::{_BUCKET}(?:/(?!(?:\S*/)?AWSLogs(?:/|$))\S*)?",
        "bucket_arn",
    ),
    "cidr": Kind(
        "an IPv4 network in CIDR notation that is not the whole internet, such as 198.51.100.0/24",
        rf"{_IPV4}/(?:3[0-2]|[12][0-9]|[1-9])",
    ),
    "cidr_ipv6": Kind(
        "an IPv6 network in CIDR notation that is not the whole internet, such as 2001:db8::/32",
        r"(?=[^/]*:[^/]*:)[0-9A-Fa-f:]{2,39}/(?:12[0-8]|1[01][0-9]|[1-9][0-9]?)",
    ),
    "confirmation": Kind("the word yes if that is the case", "yes"),
    "encryption": Kind("none, AES256, aws:kms or aws:kms:dsse", "none|AES256|aws:kms(?::dsse)?"),
    "email": Kind(
        "an e-mail address of at most 254 characters, such as security@example.com",
        r"(?=.{3,254}$)[\w+=.#|!&-]+@[\w-]+(?:\.[\w-]+)*\.\w+",
    ),
    "contact_name": Kind("a name of at most 64 characters", ".{1,64}"),
    "contact_title": Kind("a title of at most 50 characters", ".{1,50}"),
    "endpoint_configuration": Kind(
        "the name of an endpoint configuration: letters, digits and hyphens, at most 63",
        "[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}",
    ),
    "external_id": Kind("2 to 1,224 letters, digits and any of =,.@:/-_+", "[A-Za-z0-9_+=,.@:/-]{2,1224}"),
    "instance": Kind("the ID of an instance, such as i-0123456789abcdef0", f"i-{_ID}"),
    "inspector_scans": Kind(
        "some of EC2, ECR, LAMBDA and LAMBDA_CODE, separated by commas",
        "EC2|ECR|LAMBDA|LAMBDA_CODE",
        several=True,
    ),
    "instance_profile": Kind(
        "the name of an instance profile: letters, digits and any of +=,.@-_", _IAM_NAME, "instance_profile"
    ),
    "kms_key": Kind(
        "the ARN, ID or alias of a KMS key, such as "
        "arn:PARTITION:kms:REGION:ACCOUNT:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        rf"{_KMS}:(?:key/{_KEY_ID}|alias/[\w/-]{{1,250}})|{_KEY_ID}|alias/[\w/-]{{1,250}}",
        "kms_key",
    ),
    "kms_key_arn": _arn_of(
        "a KMS key",
        rf"{_KMS}:key/{_KEY_ID}",
        candidates="kms_key",
        shape="arn:PARTITION:kms:REGION:ACCOUNT:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
    "lambda_function": _arn_of(
        "a Lambda function",
        rf"arn:PARTITION:lambda:{_REGION}:{_ACCOUNT}:function:[\w-]{{1,64}}(?::[\w$-]+)?",
        candidates="lambda_function",
        shape="arn:PARTITION:lambda:REGION:ACCOUNT:function:rotate",
    ),
    "lifecycle_or_none": Kind(
        "the name of a lifecycle configuration, or none", "[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}"
    ),
    "log_group": Kind(
        "the name of a log group: letters, digits and any of _-/.#", "[A-Za-z0-9_/.#-]{1,512}", "log_group"
    ),
    "mfa": Kind(
        "the ARN of the root user's MFA device, a space and its current six digits",
        rf"arn:PARTITION:iam::{_ACCOUNT}:(?:mfa/|root-account-mfa-device)\S* [0-9]{{6}}",
    ),
    "notebook_status": Kind("InService or Stopped", "InService|Stopped"),
    "notebook_type": Kind("a type of notebook instance, such as ml.t3.medium", r"ml\.[a-z0-9-]+\.[a-z0-9]+"),
    "holder": Kind(
        "the kind and the name of a holder, such as user/alice, group/admins or role/deployer",
        r"(?:user|group|role)/[\w+=,.@-]{1,128}",
    ),
    "number": Kind("a whole number of at least 1", "[1-9][0-9]{0,8}"),
    "organization": Kind("the ID of an organization, such as o-exampleorgid", "o-[a-z0-9]{10,32}"),
    "parameter": Kind(
        "the name of a parameter: letters, digits and any of .-_, optionally in parts "
        "separated by slashes, and neither aws nor ssm at its beginning",
        r"(?!/?(?i:aws|ssm))/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*",
    ),
    "patching": Kind("Scan or Install", "Scan|Install"),
    "phone": Kind("a telephone number, such as +49 30 1234567", r"[+(]?[0-9][0-9 ()+-]{0,23}"),
    "policy": _arn_of(
        "an IAM policy",
        rf"arn:PARTITION:iam::(?:aws|{_ACCOUNT}):policy/[\w+=,.@/-]+",
        shape="arn:PARTITION:iam::aws:policy/PowerUserAccess",
    ),
    "policy_engine": _arn_of(
        "a policy engine",
        rf"arn:PARTITION:bedrock-agentcore:{_REGION}:{_ACCOUNT}:policy-engine/[A-Za-z][\w-]{{0,99}}-\w{{10}}",
        shape="arn:PARTITION:bedrock-agentcore:REGION:ACCOUNT:policy-engine/my_engine-a1b2c3d4e5",
    ),
    "profile_or_none": Kind(
        "the name of an instance profile, letters, digits and any of +=,.@-_, or none", _IAM_NAME
    ),
    "region": Kind("the code of a region, such as eu-central-1", REGION_CODE.pattern),
    "role": _arn_of(
        "a role",
        rf"arn:PARTITION:iam::{_ACCOUNT}:role/[\w+=,.@/-]+",
        candidates="role",
        shape="arn:PARTITION:iam::ACCOUNT:role/service-role/my-role",
    ),
    "role_name": Kind(
        "the name of a role: letters, digits and any of +=,.@-_", r"[\w+=,.@-]{1,64}", "role_name"
    ),
    "security_groups": Kind(
        "IDs of security groups separated by commas, such as sg-0123456789abcdef0",
        f"sg-{_ID}",
        "security_group",
        several=True,
    ),
    "snapshot": Kind("the ID of a snapshot, such as snap-0123456789abcdef0", f"snap-{_ID}"),
    "sns_topic": _arn_of(
        "an SNS topic",
        rf"arn:PARTITION:sns:{_REGION}:{_ACCOUNT}:[\w-]{{1,256}}(?:\.fifo)?",
        candidates="sns_topic",
        shape="arn:PARTITION:sns:REGION:ACCOUNT:security-alerts",
    ),
    "subject": Kind(
        "a subject with four characters besides its wildcards, such as repo:acme/shop:ref:refs/heads/main",
        r'(?:[*?]*[^*?"\\\s]){4,}[*?]*',
    ),
    "subnet": Kind("the ID of a subnet, such as subnet-0123456789abcdef0", f"subnet-{_ID}", "subnet"),
    "subnet_cidr": Kind(
        "an IPv4 range from /16 to /28, such as 10.0.128.0/20", rf"{_IPV4}/(?:2[0-8]|1[6-9])"
    ),
    "subnets": Kind(
        "IDs of subnets separated by commas, such as subnet-0123456789abcdef0",
        f"subnet-{_ID}",
        "subnet",
        several=True,
    ),
    "text": FREE_TEXT,
    "trail": _arn_of(
        "a trail",
        rf"arn:PARTITION:cloudtrail:{_REGION}:{_ACCOUNT}:trail/[A-Za-z0-9._-]{{3,128}}",
        shape="arn:PARTITION:cloudtrail:REGION:ACCOUNT:trail/all-regions",
    ),
    "vpc_cidr": Kind("an IPv4 range from /16 to /20, such as 10.20.0.0/16", rf"{_IPV4}/(?:20|1[6-9])"),
    "user": Kind("the name of a user: letters, digits and any of +=,.@-_", r"[\w+=,.@-]{1,64}"),
    "user_policies": Kind(
        "ARNs of IAM policies separated by commas, such as arn:PARTITION:iam::aws:policy/ReadOnlyAccess",
        r"arn:PARTITION:iam::(?:aws|[0-9]{12}):policy/[\w+=.@/-]+",
        several=True,
    ),
    "web_acl": _arn_of(
        "a regional web ACL",
        rf"arn:PARTITION:wafv2:{_REGION}:{_ACCOUNT}:regional/webacl/\S+",
        shape="arn:PARTITION:wafv2:REGION:ACCOUNT:regional/webacl/shop/a1b2c3d4-5678-90ab-cdef-111122223333",
    ),
    "yes_or_no": Kind("yes or no", "yes|no"),
    "zone_or_none": Kind("an Availability Zone, such as eu-central-1a, or none", rf"none|{_REGION}[a-z]"),
}
"""Every kind by its name."""

VARIABLES = {
    "AVAILABILITY_ZONE": "availability_zone",
    "BACKUP_ROLE_ARN": "role",
    "BLOCKED_ENCRYPTION_TYPES": "blocked_encryption",
    "BUCKET_HAS_NO_LIFECYCLE": "confirmation",
    "BUCKET_HAS_NO_POLICY": "confirmation",
    "BUCKET_HAS_VERSIONS": "yes_or_no",
    "BUCKET_REGION": "region",
    "CERTIFICATE_IS_UNUSED": "confirmation",
    "CONFIG_BUCKET": "bucket",
    "CONTACT_EMAIL": "email",
    "CONTACT_NAME": "contact_name",
    "CONTACT_PHONE": "phone",
    "CONTACT_TITLE": "contact_title",
    "DB_INSTANCE_IS_ON_ITS_OWN": "confirmation",
    "ENDPOINT_CONFIG_NAME": "endpoint_configuration",
    "EXECUTION_ROLE_ARN": "role",
    "FILE_SYSTEM_IS_AVAILABLE": "confirmation",
    "FILE_SYSTEM_ZONE": "zone_or_none",
    "FLOW_LOG_BUCKET_ARN": "bucket_arn",
    "INSPECTOR_SCANS": "inspector_scans",
    "INSTANCE_IS_NOT_MANAGED": "confirmation",
    "INSTANCE_PROFILE_NAME": "instance_profile",
    "INSTANCE_TYPE": "notebook_type",
    "KEY_USER": "user",
    "KMS_KEY_ARN": "kms_key_arn",
    "KMS_KEY_ID": "kms_key",
    "LIFECYCLE_CONFIG": "lifecycle_or_none",
    "LOG_BUCKET": "bucket",
    "LOG_GROUP_ARN": "arn_of_log_group",
    "LOG_GROUP_NAME": "log_group",
    "MAX_CAPACITY_UNITS": "number",
    "MODEL_LOGGING_IS_OFF": "confirmation",
    "NEW_NAME": "parameter",
    "NOTEBOOK_STATUS": "notebook_status",
    "OLD_VERSION_DAYS": "number",
    "OPERATION": "patching",
    "ORGANIZATION_ID": "organization",
    "ORGANIZATION_OR_EXTERNAL_ID": "external_id",
    "PARAMETER_NAME": "parameter",
    "POLICY_DOCUMENT": "text",
    "POLICY_ENGINE_ARN": "policy_engine",
    "POLICY_FILE": "text",
    "POLICY_HOLDER": "holder",
    "PRESENT_ENCRYPTION": "encryption",
    "PRESENT_INSTANCE_PROFILE": "profile_or_none",
    "QR_CODE_FILE": "text",
    "REBOOT_INSTANCE": "instance",
    "REGION_HAS_NO_BACKUP_PLAN": "confirmation",
    "RELEASE_ADDRESS": "address",
    "REPLACEMENT_POLICY_ARN": "policy",
    "RESOURCE_ARN": "any_arn",
    "ROLE_ARN": "role",
    "ROLE_NAME": "role_name",
    "ROOT_MFA": "mfa",
    "ROTATION_LAMBDA_ARN": "lambda_function",
    "SCAN_ECR_IMAGES": "yes_or_no",
    "SECRET_HAS_NO_ROTATION": "confirmation",
    "SECURITY_GROUP_IDS": "security_groups",
    "SESSIONS_FIT_ONE_HOUR": "confirmation",
    "SNAPSHOT_ID": "snapshot",
    "SNS_TOPIC_ARN": "sns_topic",
    "SUBJECT": "subject",
    "SUBNET_CIDR": "subnet_cidr",
    "SUBNET_ID": "subnet",
    "SUBNET_IDS": "subnets",
    "TRAIL_ARN": "trail",
    "TRAIL_BUCKET": "bucket",
    "TRAIL_HAS_NO_LOG_GROUP": "confirmation",
    "TRUSTED_CIDR": "cidr",
    "TRUSTED_CIDR_IPV4": "cidr",
    "TRUSTED_CIDR_IPV6": "cidr_ipv6",
    "USER_POLICY_ARNS": "user_policies",
    "VPC_CIDR": "vpc_cidr",
    "WEB_ACL_ARN": "web_acl",
}
"""The kind of every variable of the templates, and of every question of `given_facts`."""

SAME_AS = {
    "KMS_KEY_ID": "KMS_KEY_ARN",
    "PARAMETER_NAME": "NEW_NAME",
    "TRUSTED_CIDR_IPV4": "TRUSTED_CIDR",
}
"""The variables that a script and a Terraform file name differently."""

ABOUT_ITS_RESOURCE = frozenset(
    {
        "BLOCKED_ENCRYPTION_TYPES",
        "BUCKET_HAS_NO_LIFECYCLE",
        "BUCKET_HAS_NO_POLICY",
        "BUCKET_HAS_VERSIONS",
        "BUCKET_REGION",
        "CERTIFICATE_IS_UNUSED",
        "DB_INSTANCE_IS_ON_ITS_OWN",
        "ENDPOINT_CONFIG_NAME",
        "FILE_SYSTEM_IS_AVAILABLE",
        "FILE_SYSTEM_ZONE",
        "INSPECTOR_SCANS",
        "INSTANCE_IS_NOT_MANAGED",
        "KEY_USER",
        "LIFECYCLE_CONFIG",
        "MODEL_LOGGING_IS_OFF",
        "NEW_NAME",
        "NOTEBOOK_STATUS",
        "ORGANIZATION_OR_EXTERNAL_ID",
        "PARAMETER_NAME",
        "POLICY_DOCUMENT",
        "POLICY_FILE",
        "POLICY_HOLDER",
        "PRESENT_ENCRYPTION",
        "PRESENT_INSTANCE_PROFILE",
        "QR_CODE_FILE",
        "REBOOT_INSTANCE",
        "REGION_HAS_NO_BACKUP_PLAN",
        "RELEASE_ADDRESS",
        "RESOURCE_ARN",
        "ROOT_MFA",
        "SECRET_HAS_NO_ROTATION",
        "SESSIONS_FIT_ONE_HOUR",
        "SNAPSHOT_ID",
        "SUBJECT",
        "TRAIL_ARN",
        "TRAIL_BUCKET",
        "TRAIL_HAS_NO_LOG_GROUP",
        "USER_POLICY_ARNS",
    }
)
"""Inputs that describe or confirm one resource, or are valid once; another fix never reuses them."""


def kind_of(variable: str) -> Kind:
    """Return the kind of a variable; one that is not in the table is free text."""
    return KINDS[VARIABLES.get(variable, "text")]

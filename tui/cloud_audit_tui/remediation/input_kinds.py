"""The kind of every input: its valid values, the candidates that the scanner can list, and its reuse.

One table has every variable of the templates: those of the scripts and, in capital letters, those of the
Terraform files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
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


class Reuse(Enum):
    """The reuse of a value by other fixes of the same profile, account and region."""

    NEVER = "never"
    """It describes or confirms one resource, or is valid once: another fix never gets it."""
    SUGGESTED = "suggested"
    """A form suggests it for another fix; in a text of many fixes, each has a variable of its own."""
    SHARED = "shared"
    """A form suggests it for another fix; in a text of many fixes, those with the same meaning share it."""


@dataclass(frozen=True)
class Variable:
    """A variable of a fix: the name of its kind in `KINDS`, and the reuse of its value.

    ``same_as`` is the variable that means the same where a script and a Terraform file name it differently.
    """

    kind: str
    reuse: Reuse
    same_as: str = ""


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
    "AVAILABILITY_ZONE": Variable("availability_zone", Reuse.SUGGESTED),
    "BACKUP_ROLE_ARN": Variable("role", Reuse.SHARED),
    "BLOCKED_ENCRYPTION_TYPES": Variable("blocked_encryption", Reuse.NEVER),
    "BUCKET_HAS_NO_LIFECYCLE": Variable("confirmation", Reuse.NEVER),
    "BUCKET_HAS_NO_POLICY": Variable("confirmation", Reuse.NEVER),
    "BUCKET_HAS_VERSIONS": Variable("yes_or_no", Reuse.NEVER),
    "BUCKET_REGION": Variable("region", Reuse.NEVER),
    "CERTIFICATE_IS_UNUSED": Variable("confirmation", Reuse.NEVER),
    "CONFIG_BUCKET": Variable("bucket", Reuse.SHARED),
    "CONTACT_EMAIL": Variable("email", Reuse.SUGGESTED),
    "CONTACT_NAME": Variable("contact_name", Reuse.SUGGESTED),
    "CONTACT_PHONE": Variable("phone", Reuse.SUGGESTED),
    "CONTACT_TITLE": Variable("contact_title", Reuse.SUGGESTED),
    "DB_INSTANCE_IS_ON_ITS_OWN": Variable("confirmation", Reuse.NEVER),
    "ENDPOINT_CONFIG_NAME": Variable("endpoint_configuration", Reuse.NEVER),
    "EXECUTION_ROLE_ARN": Variable("role", Reuse.SUGGESTED),
    "FILE_SYSTEM_IS_AVAILABLE": Variable("confirmation", Reuse.NEVER),
    "FILE_SYSTEM_ZONE": Variable("zone_or_none", Reuse.NEVER),
    "FLOW_LOG_BUCKET_ARN": Variable("bucket_arn", Reuse.SHARED),
    "INSPECTOR_SCANS": Variable("inspector_scans", Reuse.NEVER),
    "INSTANCE_IS_NOT_MANAGED": Variable("confirmation", Reuse.NEVER),
    "INSTANCE_PROFILE_NAME": Variable("instance_profile", Reuse.SUGGESTED),
    "INSTANCE_TYPE": Variable("notebook_type", Reuse.SUGGESTED),
    "KEY_USER": Variable("user", Reuse.NEVER),
    "KMS_KEY_ARN": Variable("kms_key_arn", Reuse.SHARED),
    "KMS_KEY_ID": Variable("kms_key", Reuse.SHARED, same_as="KMS_KEY_ARN"),
    "LIFECYCLE_CONFIG": Variable("lifecycle_or_none", Reuse.NEVER),
    "LOG_BUCKET": Variable("bucket", Reuse.SHARED),
    "LOG_GROUP_ARN": Variable("arn_of_log_group", Reuse.SUGGESTED),
    "MAX_CAPACITY_UNITS": Variable("number", Reuse.SUGGESTED),
    "MODEL_LOGGING_IS_OFF": Variable("confirmation", Reuse.NEVER),
    "NEW_NAME": Variable("parameter", Reuse.NEVER),
    "NOTEBOOK_STATUS": Variable("notebook_status", Reuse.NEVER),
    "OLD_VERSION_DAYS": Variable("number", Reuse.SUGGESTED),
    "OPERATION": Variable("patching", Reuse.SUGGESTED),
    "ORGANIZATION_ID": Variable("organization", Reuse.SUGGESTED),
    "ORGANIZATION_OR_EXTERNAL_ID": Variable("external_id", Reuse.NEVER),
    "PARAMETER_NAME": Variable("parameter", Reuse.NEVER, same_as="NEW_NAME"),
    "POLICY_DOCUMENT": Variable("text", Reuse.NEVER),
    "POLICY_ENGINE_ARN": Variable("policy_engine", Reuse.SUGGESTED),
    "POLICY_FILE": Variable("text", Reuse.NEVER),
    "POLICY_HOLDER": Variable("holder", Reuse.NEVER),
    "PRESENT_ENCRYPTION": Variable("encryption", Reuse.NEVER),
    "PRESENT_INSTANCE_PROFILE": Variable("profile_or_none", Reuse.NEVER),
    "QR_CODE_FILE": Variable("text", Reuse.NEVER),
    "REBOOT_INSTANCE": Variable("instance", Reuse.NEVER),
    "REGION_HAS_NO_BACKUP_PLAN": Variable("confirmation", Reuse.NEVER),
    "RELEASE_ADDRESS": Variable("address", Reuse.NEVER),
    "REPLACEMENT_POLICY_ARN": Variable("policy", Reuse.SUGGESTED),
    "RESOURCE_ARN": Variable("any_arn", Reuse.NEVER),
    "ROLE_ARN": Variable("role", Reuse.SUGGESTED),
    "ROLE_NAME": Variable("role_name", Reuse.SUGGESTED),
    "ROOT_MFA": Variable("mfa", Reuse.NEVER),
    "ROTATION_LAMBDA_ARN": Variable("lambda_function", Reuse.SUGGESTED),
    "SCAN_ECR_IMAGES": Variable("yes_or_no", Reuse.SUGGESTED),
    "SECRET_HAS_NO_ROTATION": Variable("confirmation", Reuse.NEVER),
    "SECURITY_GROUP_IDS": Variable("security_groups", Reuse.SUGGESTED),
    "SESSIONS_FIT_ONE_HOUR": Variable("confirmation", Reuse.NEVER),
    "SNAPSHOT_ID": Variable("snapshot", Reuse.NEVER),
    "SNS_TOPIC_ARN": Variable("sns_topic", Reuse.SHARED),
    "SUBJECT": Variable("subject", Reuse.NEVER),
    "SUBNET_CIDR": Variable("subnet_cidr", Reuse.SUGGESTED),
    "SUBNET_ID": Variable("subnet", Reuse.SUGGESTED),
    "SUBNET_IDS": Variable("subnets", Reuse.SUGGESTED),
    "TRAIL_ARN": Variable("trail", Reuse.NEVER),
    "TRAIL_BUCKET": Variable("bucket", Reuse.NEVER),
    "TRAIL_HAS_NO_LOG_GROUP": Variable("confirmation", Reuse.NEVER),
    "TRUSTED_CIDR": Variable("cidr", Reuse.SHARED),
    "TRUSTED_CIDR_IPV4": Variable("cidr", Reuse.SHARED, same_as="TRUSTED_CIDR"),
    "TRUSTED_CIDR_IPV6": Variable("cidr_ipv6", Reuse.SHARED),
    "USER_POLICY_ARNS": Variable("user_policies", Reuse.NEVER),
    "VPC_CIDR": Variable("vpc_cidr", Reuse.SUGGESTED),
    "WEB_ACL_ARN": Variable("web_acl", Reuse.SUGGESTED),
}
"""Every variable of the templates, and of every question of `given_facts`."""
_UNKNOWN = Variable("text", Reuse.NEVER)


def variable_of(name: str) -> Variable:
    """Return the row of a variable; one that is not in the table is free text and never reused."""
    return VARIABLES.get(name, _UNKNOWN)


def kind_of(variable: str) -> Kind:
    """Return the kind of a variable; one that is not in the table is free text."""
    return KINDS[variable_of(variable).kind]


def shared_name(variable: str) -> str:
    """Return the name that a script and a Terraform file have in common for a variable."""
    return variable_of(variable).same_as or variable

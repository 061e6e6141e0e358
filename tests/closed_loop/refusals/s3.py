"""What S3 refuses: ACLs, names of regions, policies and log buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.refusals.policies import policy_refusal
from closed_loop.refusals.rule import Answer, Refusal, refuses
from cloud_audit_tui.iam.conditions import public_statements
from cloud_audit_tui.iam.policy import parse

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
_REFERENCE = "https://docs.aws.amazon.com/AmazonS3/latest/API"
_WITHOUT_ACLS = "The bucket does not allow ACLs"


def _bucket(call: Call, name: str = "") -> Any:
    return call.backend().buckets.get(name or call["Bucket"])


def _enforces_owner(bucket: Any) -> bool:
    """Say whether ACLs are disabled, as they are by default in each bucket made since April 2023."""
    rules = (bucket.ownership_rule or {}).get("Rule", {})
    rule = rules[0] if isinstance(rules, list) else rules
    return str(rule.get("ObjectOwnership", "BucketOwnerEnforced")) == "BucketOwnerEnforced"


@refuses("s3:PutBucketAcl", "s3:PutObjectAcl", document=f"{_GUIDE}/about-object-ownership.html")
def acls_are_disabled(call: Call) -> Refusal | None:
    """A bucket whose owner is enforced takes no ACL but ``bucket-owner-full-control``."""
    bucket = _bucket(call)
    if bucket is None or not _enforces_owner(bucket) or call["ACL"] == "bucket-owner-full-control":
        return None
    return Refusal("AccessControlListNotSupported", _WITHOUT_ACLS)


@refuses("s3:CreateBucket", document=f"{_GUIDE}/about-object-ownership.html")
def acl_of_a_new_bucket(call: Call) -> Refusal | None:
    """A new bucket takes no public ACL, and none at all with the owner enforced."""
    if call["ACL"] in (None, "private"):
        return None
    if call["ObjectOwnership"] in (None, "BucketOwnerEnforced"):
        return Refusal(
            "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with BucketOwnerEnforced"
        )
    return Refusal("InvalidBucketAclWithBlockPublicAccessError", "Bucket cannot have public ACLs set")


@refuses("s3:CreateBucket", document=f"{_REFERENCE}/API_CreateBucket.html")
def bucket_that_is_there(call: Call) -> Refusal | Answer | None:
    """Creating one's own bucket again fails, except in us-east-1, where it succeeds and resets the ACL."""
    bucket = _bucket(call)
    if bucket is None:
        return None
    if call.region != "us-east-1":
        return Refusal(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
        )
    from moto.s3.models import get_canned_acl

    bucket.acl = get_canned_acl("private")
    return Answer({"Location": f"/{bucket.name}"})


@refuses("s3:PutBucketPolicy", document=f"{_GUIDE}/example-bucket-policies.html")
def bucket_policy_is_malformed(call: Call) -> Refusal | None:
    """A bucket policy is at most 20 KB and names principals that exist, this bucket and its actions."""
    document = call["Policy"] or ""
    if refusal := policy_refusal(call, document, "MalformedPolicy", limit=20 * 1024, kind="bucket"):
        return refusal
    bucket = f"arn:aws:s3:::{call['Bucket']}"
    for statement in parse(document).statements:
        if not statement.principals and not statement.not_principals:
            return Refusal("MalformedPolicy", "Missing required field Principal")
        for arn in statement.resources:
            if arn != bucket and not arn.startswith(f"{bucket}/"):
                return Refusal("MalformedPolicy", "Policy has invalid resource")
        if any(action != "*" and not action.lower().startswith("s3:") for action in statement.actions):
            return Refusal("MalformedPolicy", "Policy has invalid action")
        if statement.actions and statement.resources and not _some_action_applies(statement, bucket):
            return Refusal("MalformedPolicy", "Action does not apply to any resource(s) in statement")
    return None


def _some_action_applies(statement: Any, bucket: str) -> bool:
    """Say whether the statement has an action on buckets for its bucket, or on objects for its objects."""
    about_objects = any(arn != bucket for arn in statement.resources)
    about_bucket = bucket in statement.resources
    objects = [action for action in statement.actions if "object" in action.lower() or "*" in action]
    of_bucket = [
        action
        for action in statement.actions
        if "bucket" in action.lower()
        or "list" in action.lower()
        or "*" in action
        or "configuration" in action.lower()
    ]
    return bool(about_objects and objects) or bool(about_bucket and of_bucket)


@refuses("s3:PutBucketPolicy", document=f"{_GUIDE}/access-control-block-public-access.html")
def public_policy_is_blocked(call: Call) -> Refusal | None:
    """With BlockPublicPolicy, which new buckets have, a bucket takes no policy that lets everyone in."""
    bucket = _bucket(call)
    block = bucket.public_access_block if bucket is not None else None
    if block is None or str(block.block_public_policy).lower() != "true":
        return None
    if not public_statements(parse(call["Policy"])):
        return None
    return Refusal(
        "AccessDenied",
        "User is not authorized to perform: s3:PutBucketPolicy because public policies are blocked by the "
        "BlockPublicPolicy block public access setting.",
    )


@refuses("s3:PutBucketLogging", document=f"{_REFERENCE}/API_PutBucketLogging.html")
def log_bucket_of_another_kind(call: Call) -> Refusal | None:
    """Logs go to a bucket of the same owner and region, without grants where ACLs are disabled."""
    logging = (call["BucketLoggingStatus"] or {}).get("LoggingEnabled")
    if not logging:
        return None
    target = _bucket(call, logging["TargetBucket"])
    if target is None:
        return Refusal("InvalidTargetBucketForLogging", "The target bucket for logging does not exist")
    if target.region_name != _bucket(call).region_name:
        return Refusal("CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed.")
    if logging.get("TargetGrants") and _enforces_owner(target):
        return Refusal("InvalidTargetBucketForLogging", "Target grants are not supported: ACLs are disabled")
    if target.default_lock_mode or target.payer == "Requester":
        return Refusal("InvalidTargetBucketForLogging", "The target bucket has a retention or requester pays")
    return None


@refuses("s3:PutBucketVersioning", document=f"{_REFERENCE}/API_PutBucketVersioning.html")
def versioning_of_a_locked_bucket(call: Call) -> Refusal | None:
    """Versioning of a bucket with Object Lock is not suspended."""
    bucket = _bucket(call)
    status = (call["VersioningConfiguration"] or {}).get("Status")
    if bucket is None or not bucket.object_lock_enabled or status != "Suspended":
        return None
    return Refusal("InvalidBucketState", "An Object Lock configuration is present on this bucket")


@refuses(
    "s3:PutBucketLifecycleConfiguration", document=f"{_REFERENCE}/API_PutBucketLifecycleConfiguration.html"
)
def lifecycle_of_mixed_forms(call: Call) -> Refusal | None:
    """Rules have a filter or a prefix, not both kinds in one configuration; at most 1,000 with own IDs."""
    rules = (call["LifecycleConfiguration"] or {}).get("Rules") or []
    if len(rules) > 1000 or any(("Filter" in rule) == ("Prefix" in rule) for rule in rules):
        return Refusal("MalformedXML", "The XML you provided was not well-formed")
    if len({"Filter" in rule for rule in rules}) > 1:
        return Refusal("InvalidRequest", "Filter-based and prefix-based rules cannot be mixed")
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(ids) != len(set(ids)):
        return Refusal("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    for rule in rules:
        old = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
        if old is not None and int(old) < 1:
            return Refusal("InvalidArgument", "'NoncurrentDays' must be a positive integer")
    return None


@refuses("s3:PutBucketEncryption", document=f"{_REFERENCE}/API_ServerSideEncryptionByDefault.html")
def key_of_a_default_encryption(call: Call) -> Refusal | None:
    """A key is named for SSE-KMS alone. Which key it is, S3 does not check here but at each upload."""
    for rule in (call["ServerSideEncryptionConfiguration"] or {}).get("Rules") or ():
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        if default.get("KMSMasterKeyID") and default.get("SSEAlgorithm") not in ("aws:kms", "aws:kms:dsse"):
            return Refusal("InvalidArgument", "a KMSMasterKeyID is not applicable if the algorithm is AES256")
    return None

"""An account of users, roles and policies that permit too much, or that nobody uses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from closed_loop.fault import SAME_IN_MOTO, SeededFault, fault, unproven
from closed_loop.terraform_plans import Plan

if TYPE_CHECKING:
    from closed_loop.account import Account

ROOT = "only the root user can do it, so there is no script"

unproven(ROOT, "aws-iam-001", "aws-iam-008", "aws-iam-015", plan="")

AWS_POLICY = "arn:aws:iam::aws:policy"
GITHUB = "token.actions.githubusercontent.com"


def _aws_policies(account: Account) -> None:
    names = ["AmazonS3ReadOnlyAccess", "AWSCloudShellFullAccess", "AWSSupportAccess"]
    account.happens("aws_makes_policies", names=names)


def _policy(action: str | list[str], **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, **(more or {"Resource": "*"})}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


_NARROWER = _policy("s3:ListBucket")
_IN_GROUP = (
    "aws_iam_group create",
    "aws_iam_group_policy_attachment create",
    "aws_iam_policy create",
    "aws_iam_user_group_membership create",
)


def _user(account: Account, name: str) -> str:
    account.client("iam").create_user(UserName=name)
    return name


def _aged_key(account: Account, user: str, days: int, used: int) -> str:
    """Make an access key of this age in days, whose last use was ``used`` days ago."""
    key: str = account.client("iam").create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    account.happens("access_key_ages", user=user, key=key, days=days, used=used)
    return key


@fault(
    "aws-iam-002",
    then=("enable-mfa-device",),
    words=(("FIRST", "123456"), ("SECOND", "654321")),
    may_change=("iam/aws/virtual_mfa_devices/*",),
    plan="",
)
def no_second_factor(account: Account) -> SeededFault:
    account.client("iam").create_login_profile(UserName=_user(account, "one-factor"), Password="Aa1!" * 5)
    return SeededFault("one-factor", {"QR_CODE_FILE": "qr.png"})


@fault(
    "aws-iam-003",
    then=("--status=Inactive", "delete-access-key"),
    gone=True,
    may_change=("iam/aws/access_keys/*", "iam/aws/users/*/access_keys/*"),
    plan="",
    no_rule=f"{SAME_IN_MOTO}: a third access key, and a key or a user that is gone",
)
def old_key(account: Account) -> SeededFault:
    return SeededFault(f"old-key/{_aged_key(account, _user(account, 'old-key'), 400, 1)}")


@fault(
    "aws-iam-004",
    gone=True,
    may_change=("iam/aws/access_keys/*/status",),
    plan=Plan(("aws_iam_access_key import update status",)),
    no_rule=(
        f"{SAME_IN_MOTO}: a key, a password or a user that is gone; a user who was deleted and "
        "made again, whom AWS refuses for some minutes, has nothing that is unused for 45 days"
    ),
)
def unused_key(account: Account) -> SeededFault:
    return SeededFault(f"unused-key/{_aged_key(account, _user(account, 'unused-key'), 80, 60)}")


@fault(
    "aws-iam-005",
    may_change=(
        "iam/aws/managed_policies/*|{}/versions",
        "iam/aws/managed_policies/*|{}/default_version_id",
        "iam/aws/managed_policies/*|{}/next_version_num",
    ),
    plan=Plan(
        ("aws_iam_policy import update policy",),
        in_group=(
            ("buckets", ("aws_iam_user_policy import update policy",)),
            ("machines", ("aws_iam_group_policy import update policy",)),
            ("trails", ("aws_iam_role_policy import update policy",)),
        ),
        inputs=lambda _account, _finding: {"POLICY_DOCUMENT": _NARROWER},
    ),
)
def everything(account: Account) -> SeededFault:
    iam = account.client("iam")
    arn = iam.create_policy(PolicyName="everything", PolicyDocument=_policy("*"))["Policy"]["Arn"]
    account.role("almighty")
    iam.attach_role_policy(RoleName="almighty", PolicyArn=arn)
    (account.home / "narrower.json").write_text(_policy("s3:ListAllMyBuckets"))
    return SeededFault(arn, {"POLICY_FILE": "narrower.json"})


@fault(
    "aws-iam-006",
    may_change=("iam/aws/account_password_policy",),
    plan=Plan(
        (
            "aws_iam_account_password_policy import update minimum_password_length password_reuse_prevention"
            " require_lowercase_characters require_symbols require_uppercase_characters",
        )
    ),
    no_rule=f"{SAME_IN_MOTO}: lengths, ages and numbers of passwords out of range",
)
def weak_passwords(account: Account) -> SeededFault:
    account.client("iam").update_account_password_policy(MinimumPasswordLength=8, MaxPasswordAge=60)
    return SeededFault()


@fault(
    "aws-iam-007",
    may_change=("iam/aws/roles/*/assume_role_policy_document",),
    plan=Plan(("aws_iam_role import update assume_role_policy",)),
)
def any_repository(account: Account) -> SeededFault:
    iam = account.client("iam")
    provider = iam.create_open_id_connect_provider(
        Url=f"https://{GITHUB}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}},
            }
        ],
    }
    iam.create_role(RoleName="pipeline", AssumeRolePolicyDocument=json.dumps(trust))
    return SeededFault("pipeline", {"SUBJECT": "repo:acme/app:ref:refs/heads/main"})


@fault(
    "aws-iam-009",
    may_change=("iam/aws/access_keys/*/status",),
    plan=Plan(("aws_iam_access_key import update status",)),
    no_rule=f"{SAME_IN_MOTO}: a key or a user that is gone",
)
def two_keys(account: Account) -> SeededFault:
    user = _user(account, "two-keys")
    _aged_key(account, user, 20, 15)
    _aged_key(account, user, 10, 1)
    return SeededFault("two-keys")


@fault(
    "aws-iam-010",
    may_change=(
        "iam/aws/groups/*",
        "iam/aws/users/*/managed_policies",
        "iam/aws/users/*/policies",
        "iam/aws/managed_policies/*/attachment_count",
    ),
    plan=Plan(
        tuple(sorted((*_IN_GROUP, "aws_iam_group_policy_attachment create"))),
        rest="the script removes the user's own policies",
    ),
)
def policies_of_a_user(account: Account) -> SeededFault:
    iam = account.client("iam")
    account.once(_aws_policies)
    user = _user(account, "by-himself")
    iam.attach_user_policy(UserName=user, PolicyArn=f"{AWS_POLICY}/AmazonS3ReadOnlyAccess")
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=_policy("s3:ListAllMyBuckets"))
    return SeededFault(user)


@fault(
    "aws-iam-011",
    may_change=("iam/aws/roles/*", "iam/aws/managed_policies/*/attachment_count"),
    plan=Plan(("aws_iam_role create", "aws_iam_role_policy_attachment create")),
)
def nobody_for_support(account: Account) -> SeededFault:
    account.once(_aws_policies)
    return SeededFault()


def _expired_certificate() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old.example.com")])
    end = datetime.now(UTC) - timedelta(days=30)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=365))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


@fault("aws-iam-013", gone=True, may_change=("iam/aws/certificates/*",), plan="")
def expired_certificate(account: Account) -> SeededFault:
    body, private = _expired_certificate()
    account.client("iam").upload_server_certificate(
        ServerCertificateName="expired", CertificateBody=body, PrivateKey=private
    )
    return SeededFault("expired", {"CERTIFICATE_IS_UNUSED": "yes"})


@fault(
    "aws-iam-014",
    may_change=("iam/aws/groups/*/managed_policies", "iam/aws/managed_policies/*/attachment_count"),
    plan=Plan(("aws_iam_policy create",), rest="the script detaches AWSCloudShellFullAccess"),
    no_rule=f"{SAME_IN_MOTO}: a policy that is not attached; no service-linked role has this policy",
)
def shell_for_a_group(account: Account) -> SeededFault:
    iam = account.client("iam")
    account.once(_aws_policies)
    iam.create_group(GroupName="shell")
    iam.attach_group_policy(GroupName="shell", PolicyArn=f"{AWS_POLICY}/AWSCloudShellFullAccess")
    return SeededFault()


@fault(
    "aws-iam-017",
    may_change=("iam/aws/roles/*/max_session_duration",),
    plan=Plan(("aws_iam_role import update max_session_duration",)),
)
def long_sessions(account: Account) -> SeededFault:
    account.role("night-shift")
    account.client("iam").update_role(RoleName="night-shift", MaxSessionDuration=43200)
    return SeededFault("night-shift")


@fault("aws-iam-018", may_change=("iam/aws/groups/*",), plan=Plan(_IN_GROUP))
def escalating_user(account: Account) -> SeededFault:
    user = _user(account, "climber")
    account.client("iam").put_user_policy(
        UserName=user, PolicyName="own", PolicyDocument=_policy(["iam:CreatePolicyVersion", "s3:GetObject"])
    )
    return SeededFault(user)

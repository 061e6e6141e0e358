"""IAM in the accounts: users, groups, roles, policies, providers and the password policy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import IDENTITY, PRODUCTION, RESEARCH, STAGING
from cloud_audit_tui.demo.region_client import allow, policy, trust

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient

REGION = "us-east-1"
GITHUB = "token.actions.githubusercontent.com"
AWS_POLICY = "arn:aws:iam::aws:policy/"
EMPTY_USER_PASSWORD = "Demo-only-1234567890!"  # noqa: S105 - of users in the embedded AWS


@dataclass(frozen=True)
class User:
    """A user; ``keys`` are the ages of its access keys in days, with the days since each was used.

    The days since the last use are ``None`` for an unused key; ``signed_in`` are the days since the last
    sign-in, ``None`` for a user without a password.
    """

    name: str
    group: str = ""
    policies: tuple[str, ...] = ()
    inline: dict[str, str] | None = None
    keys: tuple[tuple[int, int | None], ...] = ()
    signed_in: int | None = None
    mfa: bool = False


@dataclass(frozen=True)
class Role:
    """A role; ``hours`` is its maximum session duration."""

    name: str
    trust: str
    policies: tuple[str, ...] = ()
    inline: str = ""
    hours: int = 1
    path: str = "/"


@dataclass(frozen=True)
class People:
    """The IAM resources of an account."""

    account: Account
    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    managed: tuple[tuple[str, str], ...] = ()
    password_length: int = 0
    github: str = ""


def _github(account: Account, subject: str) -> str:
    condition: dict[str, Any] = {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}
    if subject:
        condition["StringLike"] = {f"{GITHUB}:sub": subject}
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{account.id}:oidc-provider/{GITHUB}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
    )


def _service(name: str) -> str:
    return trust(Service=f"{name}.amazonaws.com")


def _admins(account: Account) -> str:
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{IDENTITY.id}:role/Engineer"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "Bool": {"aws:MultiFactorAuthPresent": "true"},
                "StringEquals": {"sts:ExternalId": account.alias},
            },
        }
    )


_READ_MODELS = policy(allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::acme-*"))
_DEPLOY = policy(allow(["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"]))
_ESCALATES = policy(allow(["lambda:CreateFunction", "lambda:InvokeFunction", "iam:PassRole"]))
_NEW_VERSION = policy(allow(["iam:CreatePolicyVersion", "iam:ListPolicies"]))
_ALL = policy(allow("*"))
_SAGEMAKER = "AmazonSageMaker-ExecutionRole"

PEOPLE = (
    People(
        PRODUCTION,
        users=(
            User("break-glass", group="emergency", signed_in=20, mfa=True),
            User("terraform-ci", group="deployers", keys=((34, 0),)),
            User("payments-batch", group="deployers", keys=((212, 1),)),
        ),
        roles=(
            Role("Support", _admins(PRODUCTION), ("AWSSupportAccess",)),
            Role("Operations", _admins(PRODUCTION), ("job-function/ViewOnlyAccess",), hours=4),
            Role(_SAGEMAKER, _service("sagemaker"), inline=_READ_MODELS, path="/service-role/"),
            Role("fraud-api", _service("ec2"), inline=_READ_MODELS),
            Role("flow-logs", _service("vpc-flow-logs")),
            Role("config-recorder", _service("config"), ("service-role/AWS_ConfigRole",)),
            Role(
                "github-deploy",
                _github(PRODUCTION, "repo:acme/ml-platform:ref:refs/heads/main"),
                inline=_DEPLOY,
            ),
        ),
        groups=(("emergency", "job-function/ViewOnlyAccess"), ("deployers", "AmazonSageMakerReadOnly")),
        managed=(("deploy-endpoints", _DEPLOY), ("read-models", _READ_MODELS)),
        password_length=16,
        github="1",
    ),
    People(
        STAGING,
        users=(
            User("jan.novak", policies=("job-function/ViewOnlyAccess",), signed_in=3),
            User("load-tests", inline={"read-models": _READ_MODELS}, keys=((61, 2), (410, 300))),
            User("release-bot", group="deployers", keys=((15, 0),)),
        ),
        roles=(
            Role(_SAGEMAKER, _service("sagemaker"), inline=_READ_MODELS, path="/service-role/"),
            Role("flow-logs", _service("vpc-flow-logs")),
            Role("release-pipeline", _service("codebuild"), inline=_ESCALATES, hours=8),
            Role("github-preview", _github(STAGING, "repo:acme/*"), inline=_DEPLOY),
        ),
        groups=(("deployers", "AmazonSageMakerReadOnly"),),
        managed=(("deploy-endpoints", _DEPLOY),),
        password_length=8,
        github="1",
    ),
    People(
        RESEARCH,
        users=(
            User("ana.reyes", policies=("AdministratorAccess",), keys=((730, 1),), signed_in=1),
            User("field-laptop", inline={"uploads": _READ_MODELS}, keys=((1100, None),)),
            User(
                "tom.baker",
                policies=("AWSCloudShellFullAccess",),
                inline={"policies": _NEW_VERSION},
                signed_in=190,
            ),
            User("visiting-student", group="students", signed_in=64),
        ),
        roles=(
            Role(_SAGEMAKER, _service("sagemaker"), ("AmazonSageMakerFullAccess",), path="/service-role/"),
            Role("lab-admin", trust(AWS=f"arn:aws:iam::{RESEARCH.id}:root"), inline=_ALL, hours=12),
            Role("university-sync", trust(AWS="arn:aws:iam::999900001111:root"), inline=_READ_MODELS),
            Role("github-anything", _github(RESEARCH, ""), ("PowerUserAccess",)),
        ),
        groups=(("students", "job-function/ViewOnlyAccess"),),
        managed=(("everything-for-now", _ALL), ("read-models", _READ_MODELS)),
        github="1",
    ),
)


def fill(at: At) -> None:
    """Create the resources of `PEOPLE`."""
    for people in PEOPLE:
        _fill(at(people.account, REGION), people)


def _fill(here: RegionClient, people: People) -> None:
    if people.password_length:
        strong = people.password_length >= 14  # noqa: PLR2004 - the benchmark's number
        here(
            "iam",
            "UpdateAccountPasswordPolicy",
            MinimumPasswordLength=people.password_length,
            RequireSymbols=strong,
            RequireNumbers=True,
            RequireUppercaseCharacters=True,
            RequireLowercaseCharacters=True,
            AllowUsersToChangePassword=True,
            **({"PasswordReusePrevention": 24} if strong else {}),
        )
    if people.github:
        here(
            "iam",
            "CreateOpenIDConnectProvider",
            Url=f"https://{GITHUB}",
            ClientIDList=["sts.amazonaws.com"],
            ThumbprintList=["6938fd4d98bab03faadb97b34396831e3780aea1"],
        )
    for name, attached in people.groups:
        here("iam", "CreateGroup", GroupName=name)
        here("iam", "AttachGroupPolicy", GroupName=name, PolicyArn=AWS_POLICY + attached)
    for name, document in people.managed:
        here("iam", "CreatePolicy", PolicyName=name, PolicyDocument=document)
    for user in people.users:
        _user(here, user)
    for role in people.roles:
        _role(here, role)


def _user(here: RegionClient, user: User) -> None:
    name = user.name
    here("iam", "CreateUser", UserName=name)
    if user.group:
        here("iam", "AddUserToGroup", UserName=name, GroupName=user.group)
    for attached in user.policies:
        here("iam", "AttachUserPolicy", UserName=name, PolicyArn=AWS_POLICY + attached)
    for inline, document in (user.inline or {}).items():
        here("iam", "PutUserPolicy", UserName=name, PolicyName=inline, PolicyDocument=document)
    if user.signed_in is not None:
        here("iam", "CreateLoginProfile", UserName=name, Password=EMPTY_USER_PASSWORD)
    for _ in user.keys:
        here("iam", "CreateAccessKey", UserName=name)
    if user.mfa:
        serial = here("iam", "CreateVirtualMFADevice", VirtualMFADeviceName=name)["VirtualMFADevice"]
        here(
            "iam",
            "EnableMFADevice",
            UserName=name,
            SerialNumber=serial["SerialNumber"],
            AuthenticationCode1="123456",
            AuthenticationCode2="654321",
        )


def _role(here: RegionClient, role: Role) -> None:
    here(
        "iam",
        "CreateRole",
        RoleName=role.name,
        Path=role.path,
        AssumeRolePolicyDocument=json.dumps(json.loads(role.trust)),
        MaxSessionDuration=role.hours * 3600,
    )
    for attached in role.policies:
        here("iam", "AttachRolePolicy", RoleName=role.name, PolicyArn=AWS_POLICY + attached)
    if role.inline:
        here("iam", "PutRolePolicy", RoleName=role.name, PolicyName="access", PolicyDocument=role.inline)

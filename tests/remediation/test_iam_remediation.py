"""Every remediation of the IAM checks is proved, for ordinary and for hostile names."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.checks.services.iam.documents import cli_text
from cloud_audit_tui.remediation.render import render
from each_row import each_row
from remediation.findings_to_fix import ACCOUNT, HOSTILE, finding_of
from remediation.script_syntax import look_at_syntax
from remediation.shell_run import Sandbox
from remediation.terraform_proof import static_faults

if TYPE_CHECKING:
    from pathlib import Path

    from cloud_audit_tui.model import Finding
    from remediation.cli_proof import CliProof, Proof
    from remediation.terraform_proof import TerraformProof

KEY_ID = "AKIA0123456789ABCDEF"
NEWER_KEY_ID = "AKIA9876543210ABCDEF"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
POWER_USER = "arn:aws:iam::aws:policy/PowerUserAccess"
SCANNED = "2024-05-01T00:00:00+00:00"
GITHUB = "token.actions.githubusercontent.com"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


S3 = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"})
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})

ANSWERS = {
    "sts get-caller-identity": f"{ACCOUNT}\n",
    "iam get-role": cli_text(TRUST) + "\n",
    "iam get-policy": "v3\n",
    "iam get-server-certificate": "ASCA1\n",
    "iam get-access-key-last-used": "None\n",
    "iam get-login-profile": "2020-01-01T00:00:00+00:00\n",
    "iam get-user": "None\n",
    "iam list-groups-for-user": "release-bot-permissions-0123abcd\n",
    "iam list-group-policies": "in-line\n",
    "iam list-user-policies": "in-line\n",
    "iam list-attached-group-policies": f"{ADMINISTRATOR} {POWER_USER}\n",
    "iam list-attached-role-policies": f"{ADMINISTRATOR} {POWER_USER}\n",
    "iam list-attached-user-policies": f"{ADMINISTRATOR} {POWER_USER}\n",
    **{f"iam get-{kind}-policy": cli_text(S3) + "\n" for kind in ("user", "group", "role")},
}


def answers(finding: Finding) -> dict[str, str]:
    """Return what AWS says to a script about a finding that is as it was scanned."""
    if finding.check_id == "aws-iam-017":
        return {**ANSWERS, "iam get-role": f"{finding.evidence['max_session_seconds']}\n"}
    if finding.check_id == "aws-iam-011":
        return {**ANSWERS, "iam get-role": ""}
    if finding.check_id == "aws-iam-006" and finding.evidence["exists"]:
        return {**ANSWERS, "iam get-account-password-policy": cli_text(WEAK) + "\n"}
    if finding.check_id == "aws-iam-014":
        return {
            **ANSWERS,
            "iam list-attached-role-policies": "arn:aws:iam::aws:policy/AWSCloudShellFullAccess\n",
        }
    if finding.check_id == "aws-iam-010":
        return {**ANSWERS, "iam list-groups-for-user": f"{finding.evidence['group_name']}\n"}
    return ANSWERS


def inputs_of(finding: Finding, inputs: dict[str, str]) -> dict[str, str]:
    """Return the inputs of a script about a finding."""
    holders = finding.evidence.get("holders") or []
    return {**inputs, "POLICY_HOLDER": f"{holders[0]['kind']}/{holders[0]['name']}"} if holders else inputs


def iam(check: str, name: str, evidence: dict[str, Any]) -> Finding:
    return finding_of(check, evidence, resource_name=name, region="us-east-1", resource_id=name)


def key_facts(name: str) -> dict[str, Any]:
    return {
        "user_name": name,
        "access_key_id": KEY_ID,
        "last_used": "",
        "other_active_keys": 0,
        "used_since": SCANNED,
    }


def administration(name: str, **facts: Any) -> Finding:
    holders = [
        {"kind": kind, "name": name, "owned_by_aws": False, "platform": False}
        for kind in ("user", "group", "role")
    ]
    evidence = {
        "policy_arn": f"arn:aws:iam::{ACCOUNT}:policy/{name}",
        "policy_name": name,
        "inline_of": None,
        "aws_managed": False,
        "default_version": "v3",
        "document_text": cli_text(S3),
        "holders": holders,
    }
    return iam("aws-iam-005", name, {**evidence, **facts})


def inline(name: str, kind: str) -> Finding:
    holder = {"kind": kind, "name": name, "owned_by_aws": False, "platform": False}
    return administration(name, policy_arn="", inline_of=kind, holders=[holder])


def oidc(name: str, **facts: Any) -> Finding:
    repaired = policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {f"{GITHUB}:sub": "SUBJECT_PATTERN"}},
        }
    )
    evidence = {
        "role_name": name,
        "path": "/",
        "gap_issuers": [GITHUB],
        "example": "repo:my-org/my-repo:ref:refs/heads/main",
        "trust_policy": repaired,
        "trust_text": cli_text(TRUST),
    }
    return iam("aws-iam-007", name, {**evidence, **facts})


def escalation(name: str, kind: str, **facts: Any) -> Finding:
    denies = [
        {"Sid": "DenyEscalation", "Effect": "Deny", "Action": ["iam:PassRole"], "Resource": "*"},
        {
            "Sid": "DenyAdministratorRoles",
            "Effect": "Deny",
            "Action": "sts:AssumeRole",
            "Resource": ["arn:x"],
        },
    ]
    evidence = {
        "kind": kind,
        "principal_name": name,
        "trust": None,
        "trust_text": "",
        "trust_needs_organization": False,
        "trust_needs_limit": False,
        "platform_role": False,
        "deny_statements": denies,
        "deny_name": "deny-privilege-escalation-0123abcd",
    }
    return iam("aws-iam-018", name, {**evidence, **facts})


def open_trust(name: str, **facts: Any) -> Finding:
    def statement(key: str, value: str) -> dict[str, Any]:
        return {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {key: value}},
        }

    new_trust = policy(
        statement("aws:PrincipalOrgID", "ORGANIZATION_ID_VALUE"),
        statement("TRUST_LIMIT_KEY", "TRUST_LIMIT_VALUE"),
    )
    trust = {
        "deny_statements": [],
        "trust": new_trust,
        "trust_text": cli_text(TRUST),
        "trust_needs_organization": True,
        "trust_needs_limit": True,
    }
    return escalation(name, "role", **{**trust, **facts})


WEAK = {"MinimumPasswordLength": 8, "RequireSymbols": False}
PASSWORDS = {
    "MinimumPasswordLength": 14,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "PasswordReusePrevention": 24,
}


def findings(name: str) -> dict[str, Finding]:
    """Return a failed finding of every kind, for things of this name."""
    keys = [
        {"access_key_id": KEY_ID, "created": "2020-01-01", "last_used": ""},
        {"access_key_id": NEWER_KEY_ID, "created": "2024-01-01", "last_used": "2024-02-01"},
    ]
    return {
        "contact": iam("aws-account-001", ACCOUNT, {"account_id": ACCOUNT}),
        "console user": iam("aws-iam-002", name, {"user_name": name}),
        "old key": iam("aws-iam-003", name, key_facts(name)),
        "unused key": iam("aws-iam-004", name, {**key_facts(name), "credential": "access key"}),
        "unused password": iam(
            "aws-iam-004", name, {"user_name": name, "credential": "password", "used_since": SCANNED}
        ),
        "customer policy": administration(name),
        "policy of aws": administration(name, policy_arn=ADMINISTRATOR, aws_managed=True),
        "inline of a user": inline(name, "user"),
        "inline of a role": inline(name, "role"),
        "inline of a group": inline(name, "group"),
        "no password policy": iam(
            "aws-iam-006", ACCOUNT, {"exists": False, "update_request": PASSWORDS, "present_text": ""}
        ),
        "weak password policy": iam(
            "aws-iam-006",
            ACCOUNT,
            {
                "exists": True,
                "present_text": cli_text(WEAK),
                "update_request": {
                    **PASSWORDS,
                    "AllowUsersToChangePassword": False,
                    "HardExpiry": True,
                    "MaxPasswordAge": 60,
                },
            },
        ),
        "oidc role": oidc(name),
        "two keys": iam("aws-iam-009", name, {"user_name": name, "keys": keys, "used_since": SCANNED}),
        "policies of a user": iam(
            "aws-iam-010",
            name,
            {
                "user_name": name,
                "attached": [ADMINISTRATOR],
                "inline": [{"name": "in-line", "document": S3, "text": cli_text(S3)}],
                "group_name": f"{name}-permissions-0123abcd",
            },
        ),
        "no support role": iam(
            "aws-iam-011",
            "AWSSupportAccess",
            {
                "policy_arn": "arn:aws:iam::aws:policy/AWSSupportAccess",
                "trust": TRUST,
                "trust_text": cli_text(TRUST),
            },
        ),
        "no analyzer": finding_of("aws-iam-012", {"analyzers": {}}, resource_name="eu-central-1"),
        "expired certificate": iam(
            "aws-iam-013",
            name,
            {
                "certificate_name": name,
                "certificate_arn": f"arn:x:{name}",
                "certificate_id": "ASCA1",
                "expires": "2020-01-01",
            },
        ),
        "cloudshell": iam(
            "aws-iam-014",
            "AWSCloudShellFullAccess",
            {
                "policy_arn": "arn:aws:iam::aws:policy/AWSCloudShellFullAccess",
                "holders": [
                    {"kind": "role", "name": name, "owned_by_aws": False},
                    {"kind": "role", "name": "AWSReservedSSO_x", "owned_by_aws": True},
                ],
            },
        ),
        "bare instance": finding_of(
            "aws-iam-016",
            {"instance_id": "i-0123456789abcdef0", "image_id": "ami-1", "instance_type": "t3.micro"},
        ),
        "long sessions": iam(
            "aws-iam-017",
            name,
            {
                "role_name": name,
                "path": "/",
                "max_session_seconds": 7200,
                "trust_policy": TRUST,
                "federated": False,
            },
        ),
        "long federated sessions": iam(
            "aws-iam-017",
            name,
            {
                "role_name": name,
                "path": "/",
                "max_session_seconds": 7200,
                "trust_policy": TRUST,
                "federated": True,
            },
        ),
        "escalating role": escalation(name, "role"),
        "escalating user": escalation(name, "user"),
        "open trust": open_trust(name),
    }


ORDINARY = findings("release-bot")
WITHOUT_TERRAFORM = {
    "console user",
    "old key",
    "unused password",
    "policy of aws",
    "expired certificate",
    "open trust",
}
NOT_IN_THE_SCHEMA = {"inline of a group"}
"""What needs aws_iam_group_policy, which the schema of the proof does not hold."""


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, str]:
    document = tmp_path / "narrower.json"
    document.write_text('{"Version": "2012-10-17", "Statement": []}')
    return {
        "CONTACT_EMAIL": "security@example.com",
        "CONTACT_NAME": "Security",
        "CONTACT_PHONE": "+49 30 1234567",
        "CONTACT_TITLE": "Security",
        "QR_CODE_FILE": "/dev/null",
        "POLICY_FILE": str(document),
        "REPLACEMENT_POLICY_ARN": "arn:aws:iam::aws:policy/PowerUserAccess",
        "SUBJECT": "repo:my-org/my-repo:ref:refs/heads/main",
        "CERTIFICATE_IS_UNUSED": "yes",
        "INSTANCE_PROFILE_NAME": "web-server",
        "SESSIONS_FIT_ONE_HOUR": "yes",
        "ORGANIZATION_ID": "o-exampleorgid",
        "ORGANIZATION_OR_EXTERNAL_ID": "made-for-them",
    }


@cache
def scripts() -> list[str]:
    """Return the scripts of all that is ordinary, which are looked at together."""
    return [render(each).cli for each in ORDINARY.values()]


def proved(cli_proof: CliProof, finding: Finding, inputs: dict[str, str]) -> Proof:
    look_at_syntax(scripts())
    return cli_proof.prove(
        render(finding).cli, inputs_of(finding, inputs), answers(finding), ("prod",), finding.check_id
    )


@pytest.mark.parametrize("kind", ORDINARY)
def test_the_script_is_right(cli_proof: CliProof, inputs: dict[str, str], kind: str) -> None:
    assert proved(cli_proof, ORDINARY[kind], inputs).faults == []


@cache
def files() -> list[str]:
    """Return the Terraform files of all that is ordinary, which are looked at together."""
    return [render(each).terraform for kind, each in ORDINARY.items() if kind not in NOT_IN_THE_SCHEMA]


@pytest.mark.parametrize("kind", [one for one in ORDINARY if one not in WITHOUT_TERRAFORM])
def test_the_terraform_file_is_right(terraform_proof: TerraformProof, kind: str) -> None:
    text = render(ORDINARY[kind]).terraform
    assert text
    if kind not in NOT_IN_THE_SCHEMA:
        assert static_faults(text) == []
        assert terraform_proof.faults(text, files()) == []


@pytest.mark.parametrize("kind", sorted(WITHOUT_TERRAFORM))
def test_where_terraform_cannot_help_the_note_says_why(kind: str) -> None:
    fix = render(ORDINARY[kind])
    assert fix.terraform == ""
    assert fix.note


@pytest.mark.parametrize("check", ["aws-iam-001", "aws-iam-008", "aws-iam-015"])
def test_the_root_user_is_changed_in_the_console_only(check: str) -> None:
    fix = render(iam(check, "root", {"account_id": ACCOUNT}))
    assert (fix.cli, fix.terraform) == ("", "")
    assert "root user of account 111122223333" in fix.note


def operations(proof: Proof) -> list[str]:
    return [call.operation.removeprefix("iam:") for call in proof.calls]


def test_an_old_key_is_never_deleted_or_deactivated_in_one_paste(
    cli_proof: CliProof, inputs: dict[str, str]
) -> None:
    proof = proved(cli_proof, ORDINARY["old key"], inputs)
    assert operations(proof) == ["CreateAccessKey"]
    assert "delete-access-key" in proof.output
    two = iam("aws-iam-003", "x", {**key_facts("x"), "other_active_keys": 1})
    assert render(two).cli == ""
    assert "aws-iam-009" in render(two).note


def test_the_older_of_two_keys_is_deactivated(cli_proof: CliProof, inputs: dict[str, str]) -> None:
    proof = proved(cli_proof, ORDINARY["two keys"], inputs)
    assert proof.calls[-1].parameters == {
        "UserName": "release-bot",
        "AccessKeyId": KEY_ID,
        "Status": "Inactive",
    }


def test_a_user_has_the_policies_through_a_group_before_they_are_taken(
    tmp_path: Path, inputs: dict[str, str]
) -> None:
    finding = ORDINARY["policies of a user"]
    ran = Sandbox(tmp_path / "new", answers(finding), ("iam get-group",)).run(render(finding).cli, inputs)
    writes = [
        words[1] for words in ran.calls if words[0] == "iam" and not words[1].startswith(("get-", "list-"))
    ]
    assert (ran.code, writes) == (
        0,
        [
            "create-group",
            "attach-group-policy",
            "put-group-policy",
            "add-user-to-group",
            "detach-user-policy",
            "delete-user-policy",
        ],
    )
    unread = iam(
        "aws-iam-010",
        "x",
        {"user_name": "x", "attached": [], "inline": [{"name": "a", "document": None, "text": ""}]},
    )
    assert render(unread).cli == ""


def test_a_user_keeps_the_policies_until_aws_lists_the_group(tmp_path: Path, inputs: dict[str, str]) -> None:
    finding = ORDINARY["policies of a user"]
    for name, answer in (("iam list-groups-for-user", "\n"), ("iam get-user-policy", cli_text(TRUST))):
        there = {**answers(finding), name: answer}
        ran = Sandbox(tmp_path / name.replace(" ", "-"), there).run(render(finding).cli, inputs)
        assert ran.code == 1, name
        assert {"detach-user-policy", "delete-user-policy"} & {words[1] for words in ran.calls} == set(), name


def test_a_second_run_takes_only_what_is_left(tmp_path: Path, inputs: dict[str, str]) -> None:
    finding = ORDINARY["policies of a user"]
    there = {**answers(finding), "iam list-user-policies": "\n", "iam list-attached-user-policies": "\n"}
    ran = Sandbox(tmp_path / "again", there).run(render(finding).cli, inputs)
    assert ran.code == 0
    assert {"create-group", "detach-user-policy", "delete-user-policy"} & {
        words[1] for words in ran.calls
    } == set()


def test_a_second_run_takes_no_policy_for_another_whose_name_begins_like_it(
    tmp_path: Path, inputs: dict[str, str]
) -> None:
    text = cli_text(TRUST)
    inline = [{"name": name, "document": TRUST, "text": text} for name in ("s3", "s3-read")]
    attached = [f"arn:aws:iam::111122223333:policy/{name}" for name in ("dev", "dev-admin")]
    evidence = {"user_name": "x", "attached": attached, "inline": inline, "group_name": "x-permissions"}
    finding = iam("aws-iam-010", "x", evidence)
    there = {
        **answers(finding),
        "iam list-user-policies": "s3-read\n",
        "iam list-attached-user-policies": f"{attached[1]}\n",
        "iam list-attached-group-policies": "\t".join(attached) + "\n",
        "iam list-group-policies": "s3\ts3-read\n",
        "iam get-user-policy": f"{text}\n",
    }
    ran = Sandbox(tmp_path / "again", there).run(render(finding).cli, inputs)
    assert ran.code == 0
    removed = [words for words in ran.calls if words[1] in {"detach-user-policy", "delete-user-policy"}]
    assert [words[-1] for words in removed] == [f"--policy-arn={attached[1]}", "--policy-name=s3-read"]


def test_credentials_that_were_used_since_stay(tmp_path: Path, inputs: dict[str, str]) -> None:
    today = "2024-06-01T00:00:00+00:00\n"
    stale = {
        "unused key": ("iam get-access-key-last-used", "update-access-key"),
        "unused password": ("iam get-user", "delete-login-profile"),
        "two keys": ("iam get-access-key-last-used", "update-access-key"),
    }
    for kind, (read, write) in stale.items():
        there = {**ANSWERS, read: today}
        ran = Sandbox(tmp_path / kind.replace(" ", "-"), there).run(render(ORDINARY[kind]).cli, inputs)
        assert ran.code == 1, kind
        assert write not in {words[1] for words in ran.calls}, kind
    fresh = {**ANSWERS, "iam get-login-profile": today}
    ran = Sandbox(tmp_path / "fresh", fresh).run(render(ORDINARY["unused password"]).cli, inputs)
    assert (ran.code, "delete-login-profile" in {words[1] for words in ran.calls}) == (1, False)


def test_no_caller_locks_itself_out(tmp_path: Path, inputs: dict[str, str]) -> None:
    callers = {
        "customer policy": f"arn:aws:iam::{ACCOUNT}:user/ops/release-bot",
        "policy of aws": f"arn:aws:iam::{ACCOUNT}:user/release-bot",
        "inline of a role": f"arn:aws:sts::{ACCOUNT}:assumed-role/release-bot/session",
        "inline of a group": f"arn:aws:iam::{ACCOUNT}:user/alice",
    }
    for kind, caller in callers.items():
        finding = ORDINARY[kind]
        there = {**answers(finding), "sts get-caller-identity": f"{caller}\n", "iam get-group": f"{caller}\n"}
        ran = Sandbox(tmp_path / kind.replace(" ", "-"), there).run(
            render(finding).cli, inputs_of(finding, inputs)
        )
        assert ran.code == 1, kind
        assert "Nothing was changed" in ran.output, kind
        assert {words[0] for words in ran.calls} <= {"sts", "iam"}
        assert all(words[1].startswith("get-") for words in ran.calls), kind


def test_one_holder_is_chosen_and_gets_the_replacement_first(
    cli_proof: CliProof, tmp_path: Path, inputs: dict[str, str]
) -> None:
    finding = ORDINARY["policy of aws"]
    proof = proved(cli_proof, finding, inputs)
    assert [call for call in operations(proof) if call.startswith(("Attach", "Detach"))] == [
        "AttachUserPolicy",
        "DetachUserPolicy",
    ]
    other = {**inputs, "POLICY_HOLDER": "role/somebody-else"}
    missing = {**ANSWERS, "iam list-attached-user-policies": f"{ADMINISTRATOR}\n"}
    for number, (there, values) in enumerate(((ANSWERS, other), (missing, inputs_of(finding, inputs)))):
        ran = Sandbox(tmp_path / str(number), there).run(render(finding).cli, values)
        assert ran.code == 1
        assert "detach-user-policy" not in {words[1] for words in ran.calls}
    platform = {"kind": "role", "name": "AWSControlTowerExecution", "owned_by_aws": False, "platform": True}
    only = administration("x", policy_arn=ADMINISTRATOR, aws_managed=True, holders=[platform])
    assert render(only).cli == ""
    assert "AWSControlTowerExecution" in render(only).note
    beside = administration(
        "x",
        policy_arn=ADMINISTRATOR,
        aws_managed=True,
        holders=[platform, {**platform, "name": "deploy", "platform": False}],
    )
    assert "AWSControlTowerExecution" not in render(beside).cli


def test_a_policy_that_was_changed_since_the_scan_stays(tmp_path: Path, inputs: dict[str, str]) -> None:
    changed = {
        "customer policy": ("iam get-policy", "v4\n"),
        "inline of a user": ("iam get-user-policy", cli_text(TRUST)),
        "long sessions": ("iam get-role", "3600\n"),
        "weak password policy": ("iam get-account-password-policy", cli_text(S3)),
        "no password policy": ("iam get-account-password-policy", cli_text(WEAK)),
        "expired certificate": ("iam get-server-certificate", "ASCA2\n"),
        "contact": ("account get-alternate-contact", "x@example.com\n"),
        "no support role": ("iam get-role", cli_text(S3)),
    }
    for kind, (read, answer) in changed.items():
        finding = ORDINARY[kind]
        there = {**answers(finding), read: answer}
        ran = Sandbox(tmp_path / kind.replace(" ", "-"), there).run(
            render(finding).cli, inputs_of(finding, inputs)
        )
        assert ran.code == 1, kind
        assert "Nothing was" in ran.output, kind
        assert all(words[1].startswith("get-") for words in ran.calls), kind


@pytest.mark.parametrize(
    ("kind", "read", "absent"),
    [
        ("contact", "account get-alternate-contact", "ResourceNotFoundException"),
        ("no password policy", "iam get-account-password-policy", "NoSuchEntity"),
    ],
)
def test_what_could_not_be_read_is_not_replaced(
    tmp_path: Path, inputs: dict[str, str], kind: str, read: str, absent: str
) -> None:
    finding = ORDINARY[kind]
    for error, code in ((absent, 0), ("AccessDenied", 1)):
        sandbox = Sandbox(tmp_path / error, answers(finding), {read: error})
        # The policy is read again when it is written, and is there then.
        ran = sandbox.run(render(finding).cli, inputs_of(finding, inputs))
        writes = [call for call in ran.calls if call[1].startswith(("put-", "update-"))]
        assert (len(writes), ran.code if code else 0) == (1 - code, code), ran.errors


def test_a_device_or_key_that_aws_does_not_make_is_no_success(tmp_path: Path, inputs: dict[str, str]) -> None:
    for kind, command, error, words in (
        ("console user", "create-virtual-mfa-device", "EntityAlreadyExists", "delete-virtual-mfa-device"),
        ("old key", "create-access-key", "LimitExceeded", "list-access-keys"),
    ):
        finding = ORDINARY[kind]
        ran = Sandbox(tmp_path / command, answers(finding), {f"iam {command}": error}).run(
            render(finding).cli, inputs_of(finding, inputs)
        )
        assert (ran.code, error in ran.errors, words in ran.output) == (1, True, True)


def test_sign_in_by_saml_is_confirmed_before_the_limit_falls(tmp_path: Path, inputs: dict[str, str]) -> None:
    finding = ORDINARY["long federated sessions"]
    no = {**inputs, "SESSIONS_FIT_ONE_HOUR": "no"}
    ran = Sandbox(tmp_path / "x", answers(finding)).run(render(finding).cli, no)
    assert (ran.code, "update-role" in {words[1] for words in ran.calls}) == (1, False)
    assert "SESSIONS_FIT_ONE_HOUR is not yes" in ran.output


def test_the_password_policy_keeps_what_it_has(cli_proof: CliProof, inputs: dict[str, str]) -> None:
    proof = proved(cli_proof, ORDINARY["weak password policy"], inputs)
    [update] = [call for call in proof.calls if call.operation == "iam:UpdateAccountPasswordPolicy"]
    assert update.parameters == ORDINARY["weak password policy"].evidence["update_request"]


def test_the_subject_stands_in_the_trust_policy(cli_proof: CliProof, inputs: dict[str, str]) -> None:
    proof = proved(cli_proof, ORDINARY["oidc role"], inputs)
    assert inputs["SUBJECT"] in proof.calls[-1].parameters["PolicyDocument"]
    assert "SUBJECT_PATTERN" not in proof.calls[-1].parameters["PolicyDocument"]
    assert render(oidc("x", trust_policy=None)).cli == ""


def test_an_open_trust_policy_gets_both_conditions(cli_proof: CliProof, inputs: dict[str, str]) -> None:
    document = json.loads(
        proved(cli_proof, ORDINARY["open trust"], inputs).calls[-1].parameters["PolicyDocument"]
    )
    assert [one["Condition"]["StringEquals"] for one in document["Statement"]] == [
        {"aws:PrincipalOrgID": "o-exampleorgid"},
        {"sts:ExternalId": "made-for-them"},
    ]
    organization = {**inputs, "ORGANIZATION_OR_EXTERNAL_ID": "o-another1234"}
    proof = proved(cli_proof, ORDINARY["open trust"], organization)
    assert '"aws:PrincipalOrgID": "o-another1234"' in proof.calls[-1].parameters["PolicyDocument"]


def test_a_trust_policy_that_was_changed_since_the_scan_stays(tmp_path: Path, inputs: dict[str, str]) -> None:
    changed = {**ANSWERS, "iam get-role": cli_text(S3) + "\n"}
    for kind in ("open trust", "oidc role"):
        ran = Sandbox(tmp_path / kind.replace(" ", "-"), changed).run(render(ORDINARY[kind]).cli, inputs)
        assert ran.code == 1, kind
        assert "differs from the scanned one" in ran.output, kind
        assert not [words for words in ran.calls if words[1] == "update-assume-role-policy"], kind


def test_the_trust_of_a_platform_role_stays() -> None:
    fix = render(open_trust("OrganizationAccountAccessRole", platform_role=True))
    assert fix.cli == ""
    assert "cannot send an external ID" in fix.note


def test_the_deny_of_an_earlier_run_stays(
    tmp_path: Path, cli_proof: CliProof, inputs: dict[str, str]
) -> None:
    for kind in ("escalating role", "escalating user"):
        proof = proved(cli_proof, ORDINARY[kind], inputs)
        names = {call.parameters.get("PolicyName") for call in proof.calls} - {None}
        assert names == {"deny-privilege-escalation-0123abcd"}, kind
    script = render(ORDINARY["escalating user"]).cli
    for failing, makes in (((), False), (("iam get-group",), True)):
        ran = Sandbox(tmp_path / str(makes), ANSWERS, failing).run(script, inputs)
        assert ("create-group" in {words[1] for words in ran.calls}) is makes


def test_a_certificate_stays_until_it_is_said_to_be_unused(tmp_path: Path, inputs: dict[str, str]) -> None:
    script = render(ORDINARY["expired certificate"]).cli
    ran = Sandbox(tmp_path / "x", ANSWERS).run(script, {**inputs, "CERTIFICATE_IS_UNUSED": "no"})
    assert ran.code == 1
    assert [words for words in ran.calls if words[0] == "iam"] == []


def test_an_analyzer_that_is_not_active_is_not_joined_by_another() -> None:
    fix = render(finding_of("aws-iam-012", {"analyzers": {"old": "FAILED"}}))
    assert (fix.cli, fix.terraform) == ("", "")
    assert "old" in fix.note


def test_only_roles_of_identity_center_have_cloudshell() -> None:
    holders = [{"kind": "role", "name": "AWSReservedSSO_x", "owned_by_aws": True}]
    fix = render(iam("aws-iam-014", "x", {"policy_arn": "arn:x", "holders": holders}))
    assert fix.cli == ""
    assert "IAM Identity Center" in fix.note


@pytest.mark.proof
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_an_argument_and_nothing_else(
    tmp_path: Path, inputs: dict[str, str], name: str
) -> None:
    for index, finding in enumerate(findings(name).values()):
        fix = render(finding)
        assert fix.cli, finding.check_id
        ran = Sandbox(tmp_path / str(index), answers(finding)).run(fix.cli, inputs_of(finding, inputs))
        assert (ran.code, ran.errors, ran.strays) == (0, "", []), finding.check_id
        assert {words[0] for words in ran.calls} <= {"iam", "account", "ec2", "accessanalyzer", "sts"}
        assert not any(character in ran.output for character in "\x1b\u202e\x9b")


def test_a_hostile_name_is_a_string_of_terraform(terraform_proof: TerraformProof) -> None:
    names = [name for name in HOSTILE if name]
    files = [render(findings(name)["long sessions"]).terraform for name in names]
    with each_row() as row:
        for name, of_a_role in zip(names, files, strict=True):
            with row(name):
                for kind, finding in findings(name).items():
                    text = render(finding).terraform
                    if kind not in NOT_IN_THE_SCHEMA | WITHOUT_TERRAFORM:
                        assert text, kind
                        assert static_faults(text) == [], kind
                assert terraform_proof.faults(of_a_role, files) == []

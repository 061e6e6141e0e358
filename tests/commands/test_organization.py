"""``--org-role`` as a user runs it: the program, its errors, and its fixes in real shells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from aws_stub import REGION
from faults import proxy as faults
from forked_program import run
from organization import MANAGEMENT, ROLE, Organization, client_of_account

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.proof

CHECK = "aws-s3-003"


def test_a_scan_of_the_organization(org: Organization) -> None:
    process = run(
        "scan", "--profile", "prod", "--org-role", ROLE, "--checks", "aws-iam-001", "--format", "json"
    )
    report = json.loads(process.stdout)
    rows = {(row["account_id"], row["profile"], row["status"]) for row in report["results"]}
    assert rows == {
        (MANAGEMENT, "prod", "fail"),
        (org.open, f"prod@{org.open}/{ROLE}", "fail"),
        ("", f"prod@{org.denied}/{ROLE}", "not_assessed"),
    }
    assert process.returncode == 1
    assert f"{org.suspended} (suspended)" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_denied_list_is_one_line(org: Organization) -> None:
    org.proxy.deal(faults.coded(400, "AccessDeniedException"), operation="ListAccounts")
    process = run("scan", "--profile", "prod", "--org-role", ROLE)
    assert process.returncode == 2
    assert process.stdout == ""
    (line,) = process.stderr.splitlines()
    assert line.startswith("Error: The organization of 'prod' cannot be listed.")
    assert "organizations:ListAccounts" in line


def test_an_arn_is_no_name_of_a_role(org: Organization) -> None:
    process = run("scan", "--org-role", "arn:aws:iam::111122223333:role/Audit")
    assert process.returncode == 2
    assert "not its ARN" in " ".join(process.stderr.split())


def test_the_policy_names_what_the_option_needs() -> None:
    def actions(*options: str) -> set[str]:
        policy = json.loads(run("policy", *options).stdout)
        return {action for statement in policy["Statement"] for action in statement["Action"]}

    extra = actions("--org-role", ROLE) - actions()
    assert extra == {
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListRoots",
        "sts:AssumeRole",
    }


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_fix_of_an_account_assumes_its_role(
    org: Organization, aws_server: str, quick: Path, tmp_path: Path, shell: str
) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is needed")
    bucket = f"lake-{shell}"
    theirs = client_of_account(aws_server, "s3", org.open)
    theirs.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    fixes = tmp_path / "fixes.sh"
    scanned = ("scan", "--profile", f"prod@{org.open}/{ROLE}", "--checks", CHECK)
    assert run(*scanned, "--export-fixes", str(fixes)).returncode == 1

    # The user's shell has a profile and keys of another account, which must not be used.
    environ = {
        **os.environ,
        "PATH": f"{quick}{os.pathsep}{os.environ['PATH']}",
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "AKIAOTHER",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    process = subprocess.run(
        [program, str(fixes), "--yes"], env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert process.returncode == 0, process.stderr
    assert "1 of 1 done" in process.stdout
    assert theirs.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"

    # A role that is denied changes nothing, and the script says so.
    org.proxy.deal(faults.coded(403, "AccessDenied"), operation="AssumeRole")
    again = subprocess.run(
        [program, str(fixes), "--yes"],
        env={**environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert again.returncode == 1
    assert "AccessDenied" in again.stderr

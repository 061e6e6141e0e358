"""The fixes of the CloudTrail checks: right for bash, the AWS CLI and Terraform, and never a replacement."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import jmespath
import pytest

from cloud_audit_tui.model import Finding, Resource, Severity, Status
from cloud_audit_tui.remediation.render import render
from remediation.findings_to_fix import HOSTILE
from remediation.script_syntax import look_at_syntax
from remediation.shell_run import Sandbox
from remediation.terraform_proof import parsed, static_faults

if TYPE_CHECKING:
    from pathlib import Path

    from remediation.cli_proof import CliProof, Proof
    from remediation.terraform_proof import TerraformProof

ACCOUNT, REGION = "111122223333", "eu-central-1"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cloudtrail-to-logs-1"
INPUTS = {
    "LOG_BUCKET": "access-logs",
    "KMS_KEY_ARN": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}
BASIC = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}],
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
    }
]
ADVANCED = [
    {
        "Name": 'it\'s all, "mostly"',
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
        ],
    }
]
FACTS: dict[str, Any] = {
    "trail_name": "main",
    "trail_arn": TRAIL,
    "trail_region": REGION,
    "trail_bucket": "trail-logs",
    "is_organization_trail": False,
    "is_multi_region": True,
}
SELECTORS: dict[str, dict[str, Any]] = {
    "none": {"selector_kind": "default", "event_selectors": [], "advanced_event_selectors": []},
    "basic": {"selector_kind": "basic", "event_selectors": BASIC, "advanced_event_selectors": []},
    "advanced": {"selector_kind": "advanced", "event_selectors": [], "advanced_event_selectors": ADVANCED},
}
OBJECTS = {**FACTS, "every_bucket": "arn:aws:s3", "other_direction_missing": False, "organization_trails": []}
BUCKET = {"bucket_name": "trail-logs", "trails": ["main"]}
BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": False}
NO_LOGS = {"log_group_arn": "", "log_role_arn": "", "delivery_error": ""}
LACKING = {**FACTS, "account_id": ACCOUNT, "bucket": f"cloudtrail-logs-{ACCOUNT}-{REGION}"}


def finding_of(check: str, evidence: dict[str, Any], *, region: str = REGION) -> Finding:
    return Finding(
        check_id=check,
        status=Status.FAIL,
        severity=Severity.HIGH,
        profile="prod",
        account_id=ACCOUNT,
        region=region,
        partition="aws",
        subject=Resource(
            TRAIL,
            evidence.get("trail_name") or evidence.get("bucket_name") or ACCOUNT,
            "AWS::CloudTrail::Trail",
        ),
        title="",
        reason="",
        evidence=evidence,
    )


def lacking(kind: str, *lacks: str, logging: bool = True) -> dict[str, Any]:
    return {**LACKING, **SELECTORS[kind], "lacks": list(lacks), "is_logging": logging}


EVENTS = "does not record all management events"
FINDINGS = {
    "no trail": finding_of(
        "aws-ct-001", {"trail_name": "", "bucket": "cloudtrail-logs-1"}, region="us-east-1"
    ),
    "no trail in GovCloud": finding_of(
        "aws-ct-001", {"trail_name": "", "bucket": "b-1"}, region="us-gov-west-1"
    ),
    "one region, stopped": finding_of(
        "aws-ct-001", lacking("none", "covers only its own region", "is not logging", logging=False)
    ),
    "few events, basic": finding_of("aws-ct-001", lacking("basic", EVENTS)),
    "few events, advanced": finding_of("aws-ct-001", lacking("advanced", EVENTS)),
    "validation": finding_of("aws-ct-002", FACTS),
    "block": finding_of("aws-ct-003", {**BUCKET, "bucket_block": dict.fromkeys(BLOCK, False)}),
    "half a block": finding_of("aws-ct-003", {**BUCKET, "bucket_block": BLOCK}),
    "access logging": finding_of("aws-ct-004", {**BUCKET, "target_bucket": ""}),
    "key": finding_of("aws-ct-005", {**FACTS, "kms_key_id": ""}),
    "delivery": finding_of("aws-ct-008", {**FACTS, **NO_LOGS}),
    **{
        f"{check}, {kind}": finding_of(check, {**OBJECTS, **SELECTORS[kind]})
        for check in ("aws-ct-006", "aws-ct-007")
        for kind in SELECTORS
    },
}
MERGED = {
    "basic": [*BASIC, {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False}],
    "advanced": ADVANCED,
}


@cache
def scripts() -> list[str]:
    """Return the scripts of all findings, which are looked at together."""
    return [render(each).cli for each in FINDINGS.values()]


def proved(cli_proof: CliProof, finding: Finding) -> Proof:
    kind = "advanced" if finding.evidence.get("selector_kind") == "advanced" else "basic"
    answers = {
        "cloudtrail get-event-selectors": json.dumps(MERGED[kind]) + "\n",
        "iam get-role": f"{ROLE}\n",
        "s3api get-bucket-policy": json.dumps({"Principal": {"Service": "logging.s3.amazonaws.com"}}) + "\n"
        if finding.check_id == "aws-ct-004"
        else "",
    }
    return cli_proof.prove(render(finding).cli, INPUTS, answers, ("prod",), finding.check_id)


@pytest.mark.parametrize("name", FINDINGS)
def test_the_script_is_right(cli_proof: CliProof, name: str) -> None:
    look_at_syntax(scripts())
    proof = proved(cli_proof, FINDINGS[name])
    assert proof.calls
    assert proof.faults == []


@pytest.mark.parametrize("name", FINDINGS)
def test_the_terraform_file_is_right(name: str) -> None:
    text = render(FINDINGS[name]).terraform
    assert text
    assert static_faults(text) == []


def test_terraform_takes_the_files_as_they_are(terraform_proof: TerraformProof) -> None:
    texts = {name: render(each).terraform for name, each in FINDINGS.items()}
    for name, text in texts.items():
        assert terraform_proof.faults(text, texts.values()) == [], name
    assert terraform_proof.all_formatted([*texts.values()]) == [*texts.values()]


@pytest.mark.parametrize("check", ["aws-ct-002", "aws-ct-003", "aws-ct-005", "aws-ct-006", "aws-ct-008"])
def test_hostile_names_stay_names(cli_proof: CliProof, terraform_proof: TerraformProof, check: str) -> None:
    files = []
    findings = {
        hostile: finding_of(
            check,
            {
                **OBJECTS,
                **SELECTORS["basic"],
                **NO_LOGS,
                "trail_name": hostile,
                "trail_bucket": hostile,
                "bucket_name": hostile,
                "bucket_block": BLOCK,
            },
        )
        for hostile in HOSTILE
        if hostile
    }
    look_at_syntax(render(each).cli for each in findings.values())
    for hostile, each in findings.items():
        files.append(render(each).terraform)
        proof = proved(cli_proof, each)
        assert any(word.endswith(f"={hostile}") for words in proof.arguments for word in words)
        # AWS gives no such names, so botocore refuses some.
        refused = ("does not match", "Invalid bucket name", "is not within")
        assert [fault for fault in proof.faults if not any(words in fault for words in refused)] == []
    assert [terraform_proof.faults(text, files) for text in files] == [[]] * len(files)


@pytest.mark.parametrize("kind", ["basic", "advanced"])
@pytest.mark.parametrize("check", ["aws-ct-001", "aws-ct-006", "aws-ct-007"])
def test_what_the_trail_records_is_read_when_the_script_runs_and_kept(
    cli_proof: CliProof, check: str, kind: str
) -> None:
    evidence = lacking(kind, EVENTS) if check == "aws-ct-001" else {**OBJECTS, **SELECTORS[kind]}
    proof = proved(cli_proof, finding_of(check, evidence))
    read = next(arguments for arguments in proof.arguments if arguments[1] == "get-event-selectors")
    query = next(word.partition("=")[2] for word in read if word.startswith("--query="))
    member, selectors = {
        "basic": ("EventSelectors", BASIC),
        "advanced": ("AdvancedEventSelectors", ADVANCED),
    }[kind]
    merged = jmespath.search(query, {member: selectors})
    assert merged[:-1] == selectors
    twice = jmespath.search(query, {member: merged})
    assert twice[: len(merged)] == merged
    put = next(call for call in proof.calls if call.operation == "cloudtrail:PutEventSelectors")
    assert put.parameters["TrailName"] == "main"
    assert put.parameters[member] == MERGED[kind]


@pytest.mark.parametrize("kind", ["none", "basic"])
def test_the_two_fixes_of_object_events_leave_each_other_alone(cli_proof: CliProof, kind: str) -> None:
    state: dict[str, Any] = {"EventSelectors": SELECTORS[kind]["event_selectors"]}
    for check in ("aws-ct-006", "aws-ct-007"):
        arguments = proved(cli_proof, finding_of(check, {**OBJECTS, **SELECTORS[kind]})).arguments
        [query] = [word[8:] for words in arguments for word in words if word.startswith("--query=")]
        state = {"EventSelectors": jmespath.search(query, state)}
    kinds = [each["ReadWriteType"] for each in state["EventSelectors"]]
    assert kinds == ["All", "WriteOnly", "ReadOnly"]
    assert state["EventSelectors"][0]["IncludeManagementEvents"] is True
    assert kind == "none" or state["EventSelectors"][0] == BASIC[0]


@pytest.mark.parametrize("check", ["aws-ct-006", "aws-ct-007"])
def test_selectors_of_the_other_kind_that_came_since_are_refused_not_replaced(
    cli_proof: CliProof, check: str
) -> None:
    finding = finding_of(check, {**OBJECTS, **SELECTORS["basic"]})
    [query] = [
        word[8:]
        for words in proved(cli_proof, finding).arguments
        for word in words
        if word.startswith("--query=")
    ]
    merged = jmespath.search(query, {"AdvancedEventSelectors": ADVANCED})
    answers = {"cloudtrail get-event-selectors": json.dumps(merged) + "\n"}
    faults = cli_proof.prove(render(finding).cli, INPUTS, answers, ("prod",)).faults
    assert any("FieldSelectors" in fault for fault in faults)


def test_one_terraform_file_mends_both_directions_when_both_are_missing() -> None:
    evidence = {**OBJECTS, **SELECTORS["basic"], "other_direction_missing": True}
    [resource] = parsed(render(finding_of("aws-ct-006", evidence)).terraform)["resource"]
    [trail] = resource['"aws_cloudtrail"'].values()
    assert [each["read_write_type"] for each in trail["event_selector"]] == ['"All"', '"All"']


def test_the_bucket_of_a_new_trail_is_for_this_trail_only(cli_proof: CliProof) -> None:
    finding = FINDINGS["no trail"]
    script = render(finding).cli
    missing = script.replace(
        "if ! error=$(aws s3api head-bucket", "error='(404)'\nif ! false && aws s3api head-bucket"
    )
    missing = missing.replace("2>&1 >/dev/null); then", "; then", 1)
    proof = cli_proof.prove(missing, INPUTS, {}, ("prod",), finding.check_id)
    assert proof.faults == []
    assert [call.operation for call in proof.calls] == [
        "s3:HeadBucket",
        "s3:CreateBucket",
        "s3:GetBucketPolicy",
        "s3:PutPublicAccessBlock",
        "s3:PutBucketPolicy",
        "cloudtrail:CreateTrail",
        "cloudtrail:StartLogging",
    ]
    assert "CreateBucketConfiguration" not in proof.calls[1].parameters
    policy = json.loads(proof.calls[4].parameters["Policy"])
    for statement in policy["Statement"][:2]:
        assert statement["Condition"]["StringEquals"]["aws:SourceArn"] == NEW_TRAIL


NEW_TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/all-regions"
NOT_FOUND = "An error occurred (404) when calling the HeadBucket operation: Not Found"
READS = ("head-bucket", "get-bucket-policy", "get-role")


@pytest.mark.parametrize(
    ("answers", "failing", "writes"),
    [
        (
            {},
            {
                "s3api head-bucket": NOT_FOUND,
                "s3api get-bucket-policy": "An error occurred (NoSuchBucketPolicy)",
            },
            [
                "create-bucket",
                "put-public-access-block",
                "put-bucket-policy",
                "create-trail",
                "start-logging",
            ],
        ),
        (
            {},
            {"s3api get-bucket-policy": "An error occurred (NoSuchBucketPolicy)"},
            ["put-public-access-block", "put-bucket-policy", "create-trail", "start-logging"],
        ),
        (
            {"s3api get-bucket-policy": json.dumps({"aws:SourceArn": NEW_TRAIL})},
            {"cloudtrail create-trail": "An error occurred (TrailAlreadyExistsException)"},
            ["create-trail", "start-logging"],
        ),
        ({"s3api get-bucket-policy": '{"Statement": []}'}, {}, []),
        ({}, {"s3api head-bucket": "An error occurred (403): Forbidden"}, []),
        ({}, {"s3api get-bucket-policy": "An error occurred (AccessDenied)"}, []),
    ],
)
def test_a_new_trail_takes_up_where_a_killed_script_ended_and_replaces_no_policy(
    tmp_path: Path, answers: dict[str, str], failing: dict[str, str], writes: list[str]
) -> None:
    ran = Sandbox(tmp_path / "ran", answers, failing).run(render(FINDINGS["no trail"]).cli, {})
    assert [call[1] for call in ran.calls if call[1] not in READS] == writes
    assert ran.code == (0 if writes else 1)
    assert bool(writes) or "Nothing was changed" in ran.output


@pytest.mark.parametrize(
    ("failing", "code", "retention"),
    [
        ({}, 0, True),
        (
            {
                "logs create-log-group": "An error occurred (ResourceAlreadyExistsException)",
                "iam create-role": "An error occurred (EntityAlreadyExists)",
            },
            0,
            False,
        ),
        ({"logs create-log-group": "An error occurred (AccessDeniedException)"}, 1, False),
        ({"iam create-role": "An error occurred (AccessDenied)"}, 1, True),
    ],
)
def test_delivery_to_a_log_group_takes_up_where_a_killed_script_ended(
    tmp_path: Path, failing: dict[str, str], code: int, retention: bool
) -> None:
    # An empty group without a retention is one that a killed script made.
    unused = "False\tTrue\n" if "logs create-log-group" in failing else "True\tTrue\n"
    answers = {"iam get-role": f"{ROLE}\n", "logs describe-log-groups": unused}
    ran = Sandbox(tmp_path / "ran", answers, failing).run(render(FINDINGS["delivery"]).cli, {})
    assert ran.code == code
    assert ("put-retention-policy" in [call[1] for call in ran.calls]) is retention
    if code == 0:
        assert [call[1] for call in ran.calls[-2:]] == ["put-role-policy", "update-trail"]


@pytest.mark.parametrize(
    ("target", "policy", "code"),
    [
        ("access-logs", '{"Service": "logging.s3.amazonaws.com"}', 0),
        ("access-logs", '{"Statement": []}', 1),
        ("trail-logs", '{"Service": "logging.s3.amazonaws.com"}', 1),
    ],
)
def test_access_logs_go_only_where_they_arrive(tmp_path: Path, target: str, policy: str, code: int) -> None:
    sandbox = Sandbox(tmp_path / "ran", {"s3api get-bucket-policy": policy})
    ran = sandbox.run(render(FINDINGS["access logging"]).cli, {"LOG_BUCKET": target})
    assert ran.code == code
    assert ("put-bucket-logging" in [call[1] for call in ran.calls]) is (code == 0)


@pytest.mark.parametrize(
    ("check", "evidence", "words"),
    [
        ("aws-ct-006", {**OBJECTS, "trail_name": ""}, "aws-ct-001"),
        (
            "aws-ct-007",
            {**OBJECTS, "trail_name": "", "organization_trails": [TRAIL]},
            "only that account can change it",
        ),
        ("aws-ct-006", {**OBJECTS, **SELECTORS["basic"], "event_selectors": BASIC * 5}, "five basic"),
        (
            "aws-ct-008",
            {**FACTS, "log_group_arn": "arn:g", "log_role_arn": "arn:r", "delivery_error": "AccessDenied."},
            "delivery fails: AccessDenied.",
        ),
    ],
)
def test_where_no_command_helps_the_note_says_what_does(
    check: str, evidence: dict[str, Any], words: str
) -> None:
    remediation = render(finding_of(check, evidence))
    assert (remediation.cli, remediation.terraform) == ("", "")
    assert words in remediation.note

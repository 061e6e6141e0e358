"""What a report of another scanner says is used for our fix, and what it does not say is never made up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import Remediation, render
from cloud_audit_tui.reports.document import Entry, Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats import ocsf
from cloud_audit_tui.reports.opened_report import opened_report
from cloud_audit_tui.scan.events import Result
from each_row import each_row
from reports.made_report import ACCOUNT, finding_of, prowler_event
from reports.read_report import read_report

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

REGION = "eu-central-1"
BUCKET = {"uid": "arn:aws:s3:::open", "name": "open", "type": "AwsS3Bucket"}
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/all"
VOLUME = {"uid": f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1", "name": "vol-1", "type": "AwsEc2Volume"}


def finding_read_from(content: str) -> Finding:
    [finding] = [
        event.finding
        for event in opened_report(read_report(content.encode())).events
        if isinstance(event, Result)
    ]
    return finding


def prowlers(
    check: str, resource: dict[str, Any], metadata: Any, account: str = ACCOUNT, region: str = REGION
) -> Finding:
    event = prowler_event(
        metadata={"event_code": check, "product": {"name": "Prowler", "version": "5.46.0"}},
        cloud={"provider": "aws", "region": region, "account": {"uid": account}},
        resources=[{**resource, "region": region, "data": {"details": "", "metadata": metadata}}],
    )
    return finding_read_from(json.dumps([event]))


def fix(*arguments: Any, **more: Any) -> Remediation:
    return render(prowlers(*arguments, **more), {})


def test_a_policy_that_the_report_does_not_hold_as_text_is_never_written_again() -> None:
    check = "s3_bucket_secure_transport_policy"
    blocked = {"ignore_public_acls": True}
    whole = fix(check, BUCKET, {"policy": {}, "public_access_block": blocked})
    assert "put-bucket-policy" in whole.cli
    assert "aws_s3_bucket_policy" in whole.terraform
    # Whether the bucket serves a website, which a Deny would take down, only the script can look up.
    open_to_acls = fix(check, BUCKET, {"policy": {}, "public_access_block": {"ignore_public_acls": False}})
    assert (bool(open_to_acls.cli), open_to_acls.terraform) == (True, "")
    for policy in ({"Version": "2012-10-17", "Statement": []}, None, "", "{}"):
        unknown = fix(check, BUCKET, {"policy": policy, "public_access_block": blocked})
        assert (unknown.cli, unknown.terraform) == ("", "")
        assert "merged_policy" in unknown.note


def test_settings_that_a_fix_would_reset_are_a_missing_fact() -> None:
    unknown = fix("s3_bucket_kms_encryption", BUCKET, {"encryption": None})
    assert unknown.cli == ""
    assert "made from: algorithm." in unknown.note
    assert fix("ec2_ebs_volume_encryption", VOLUME, {"id": "vol-1", "encrypted": False}).cli == ""


def test_a_user_with_inline_policies_has_no_fix_for_their_documents_are_not_there() -> None:
    user = {"uid": f"arn:aws:iam::{ACCOUNT}:user/a", "name": "a/read", "type": "AwsIamUser"}
    policy = f"arn:aws:iam::{ACCOUNT}:policy/read"
    facts = {"name": "a", "attached_policies": [{"PolicyName": "read", "PolicyArn": policy}]}
    check = "iam_policy_attached_only_to_group_or_roles"
    assert f"--policy-arn={policy}" in fix(check, user, {**facts, "inline_policies": []}).cli
    assert fix(check, user, {**facts, "inline_policies": ["own"]}).cli == ""
    assert fix(check, user, facts).cli == ""


def test_a_scan_that_a_region_does_not_have_is_not_enabled() -> None:
    names = ("ec2_status", "ecr_status", "lambda_status", "lambda_code_status")
    facts = {"status": "DISABLED", **dict.fromkeys(names, "DISABLED"), "ecr_status": "ENABLED"}
    hub = {"uid": "arn:aws:inspector2:::hub", "name": "hub", "type": "Other"}
    off = {
        region: prowlers("inspector2_is_enabled", hub, facts, region=region).evidence["off"]
        for region in (REGION, "af-south-1")
    }
    assert off == {REGION: ["EC2", "LAMBDA", "LAMBDA_CODE"], "af-south-1": ["EC2", "LAMBDA"]}


def test_a_trail_of_another_account_has_no_fix() -> None:
    facts = {"name": "all", "arn": TRAIL, "s3_bucket": "logs", "log_group_arn": None}
    check = "cloudtrail_log_file_validation_enabled"
    own = {"uid": TRAIL, "name": "all", "type": "AwsCloudTrailTrail"}
    assert "--name=all --enable-log-file-validation" in fix(check, own, facts).cli
    foreign = {**own, "uid": TRAIL.replace(ACCOUNT, "999988887777")}
    assert fix(check, foreign, facts).cli == ""


def test_a_log_group_that_the_trail_has_already_is_not_replaced() -> None:
    own = {"uid": TRAIL, "name": "all", "type": "AwsCloudTrailTrail"}
    facts = {"name": "all", "arn": TRAIL, "s3_bucket": "logs"}
    check = "cloudtrail_cloudwatch_logging_enabled"
    assert "create-log-group" in fix(check, own, {**facts, "log_group_arn": None}).cli
    assert fix(check, own, {**facts, "log_group_arn": "arn:aws:logs:::group"}).cli == ""
    assert fix(check, own, facts).cli == ""


def test_a_finding_without_account_or_region_has_no_fix() -> None:
    key = {"uid": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1", "name": "1", "type": "AwsKmsKey"}
    assert "enable-key-rotation" in fix("kms_cmk_rotation_enabled", key, {}).cli
    assert fix("kms_cmk_rotation_enabled", key, {}, region="").cli == ""
    remediation = fix("kms_cmk_rotation_enabled", key, {}, account="")
    assert (remediation.cli, remediation.terraform) == ("", "")
    assert "does not say which account" in remediation.note


def test_a_bucket_never_gets_the_logs_of_itself() -> None:
    name = f"{ACCOUNT}-s3-access-logs-{REGION}"
    check = "s3_bucket_server_access_logging_enabled"
    assert "put-bucket-logging" in fix(check, BUCKET, {}).cli
    itself = {"uid": f"arn:aws:s3:::{name}", "name": name, "type": "AwsS3Bucket"}
    assert "put-bucket-logging" not in fix(check, itself, {}).cli
    assert "--bucket=-s3" not in fix(check, BUCKET, {}, region="").cli


def test_secrets_that_a_report_holds_reach_no_evidence() -> None:
    instance = {
        "uid": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1",
        "name": "i-1",
        "type": "AwsEc2Instance",
    }
    secret = "hunter2"
    facts = {"id": "i-1", "image_id": "ami-1", "type": "t3.micro", "user_data": secret, "tags": [secret]}
    finding = prowlers("ec2_instance_profile_attached", instance, facts)
    assert finding.evidence["image_id"] == "ami-1"
    assert secret not in json.dumps(finding.evidence)


def test_data_of_another_form_is_no_fact() -> None:
    rows: list[Any] = [None, [], "text", 7, {"id": 7, "policy": 7, "lifecycle": 7}]
    with each_row() as row:
        for metadata in rows:
            with row(metadata):
                for check in (
                    "guardduty_is_enabled",
                    "accessanalyzer_enabled",
                    "s3_bucket_secure_transport_policy",
                    "inspector2_is_enabled",
                    "rds_instance_multi_az",
                    "awslambda_function_url_public",
                ):
                    finding = prowlers(check, BUCKET, metadata)
                    assert set(finding.evidence) == {"prowler_check"}, check
                no_mfa_delete = prowlers("s3_bucket_no_mfa_delete", BUCKET, metadata)
                assert set(no_mfa_delete.evidence) == {"prowler_check"}


def test_a_hostile_fact_stays_one_word_of_the_script() -> None:
    hostile = '$(touch /tmp/x)`id`"; rm -rf /'
    database = {"uid": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:x", "name": "x", "type": "AwsRdsDbInstance"}
    facts = {
        "id": hostile,
        "status": "available",
        "engine": "mysql",
        "engine_version": "8",
        "cluster_id": None,
    }
    assert f"--db-instance-identifier='{hostile}' " in fix("rds_instance_multi_az", database, facts).cli


def test_an_old_runtime_is_moved_to_the_successor_that_our_table_names() -> None:
    function = {
        "uid": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f",
        "name": "f",
        "type": "AwsLambdaFunction",
    }
    check = "awslambda_function_using_supported_runtimes"
    old = fix(check, function, {"name": "f", "runtime": "python3.8"})
    assert "--runtime=python3." in old.cli
    assert "--function-name=f" in old.cli
    for runtime in ("go1.x", "of-tomorrow", None):
        assert fix(check, function, {"name": "f", "runtime": runtime}).cli == ""


def test_an_expired_certificate_is_named_with_its_id() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:server-certificate/old"
    certificate = {"uid": arn, "name": "old", "type": "AwsIamServerCertificate"}
    facts = {"name": "old", "id": "ASCAEXAMPLE", "arn": arn, "expiration": "2024-01-01 00:00:00+00:00"}
    check = "iam_no_expired_server_certificates_stored"
    assert "ASCAEXAMPLE" in fix(check, certificate, facts).cli
    assert fix(check, certificate, {**facts, "id": None}).cli == ""


def test_what_prowler_says_of_a_notebook_or_a_file_system_is_not_asked() -> None:
    notebook = {
        "uid": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/lab",
        "name": "lab",
        "type": "Other",
    }
    check = "sagemaker_notebook_instance_root_access_disabled"
    fix_of_stated_fact = fix(check, notebook, {"lifecycle_config_name": None})
    assert [each.variable for each in fix_of_stated_fact.questions(Language.SHELL)] == ["NOTEBOOK_STATUS"]
    unknown = fix(check, notebook, {})
    assert [each.variable for each in unknown.questions(Language.SHELL)] == [
        "NOTEBOOK_STATUS",
        "LIFECYCLE_CONFIG",
    ]
    shared = {"uid": f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/fs-01234567", "name": "fs"}
    for zone, questions in (("", 1), ("euc1-az1", 2)):
        of_file_system = fix("efs_encryption_at_rest_enabled", shared, {"availability_zone_id": zone})
        assert len(of_file_system.questions(Language.SHELL)) == questions


def test_a_trail_whose_home_is_unknown_is_asked_for() -> None:
    trail = {"uid": "all", "name": "all", "type": "Other"}
    unknown = fix("cloudtrail_log_file_validation_enabled", trail, {}, region="")
    assert unknown.cli == ""
    assert [each.variable for each in unknown.questions(Language.SHELL)] == ["TRAIL_ARN"]
    assert "--region=" + REGION in unknown.with_values({"TRAIL_ARN": TRAIL}).cli


def test_our_own_ocsf_brings_its_evidence_back() -> None:
    report = Report(entries=(Entry(finding_of()),))
    finding = finding_read_from(ocsf.to_text(report, Options()))
    assert finding.evidence == finding_of().evidence
    assert render(finding, {}).terraform == render(finding_of(), {}).terraform != ""

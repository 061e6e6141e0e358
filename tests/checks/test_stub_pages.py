"""The pages that the stub scripts are those that AWS's own client follows."""

from __future__ import annotations

from typing import Any

import boto3

from aws_stub import AwsStub, Call, input_tokens
from check_coverage import gaps, kinds_of_test
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.model import Finding, Resource, Severity, Status
from each_row import each_row

KEYS = [{"KeyId": name} for name in "ab"]


def test_a_paginator_reads_both_pages_and_the_second_is_seen(aws: AwsStub) -> None:
    rows: list[tuple[str, str, Any, Any, dict[str, str]]] = [
        ("kms", "ListKeys", KEYS[:1], KEYS[1:], {}),
        ("iam", "ListGroups", [], [], {}),
        ("iam", "GetAccountAuthorizationDetails", {"UserDetailList": []}, {"Policies": []}, {}),
        ("lambda", "ListFunctions", [{"FunctionName": "a"}], [{"FunctionName": "b"}], {}),
        ("guardduty", "ListDetectors", ["a"], ["b"], {}),
        ("guardduty", "ListFindings", ["a"], ["b"], {"DetectorId": "d"}),
        ("s3", "ListBuckets", [{"Name": "a"}], [{"Name": "b"}], {}),
        ("ec2", "DescribeVpcs", [{"VpcId": "a"}], [{"VpcId": "b"}], {}),
        ("rds", "DescribeDBInstances", [], [], {}),
        ("dynamodb", "ListTables", ["table-a"], ["table-b"], {}),
        ("apigateway", "GetRestApis", [{"id": "a"}], [{"id": "b"}], {}),
    ]
    with each_row() as row:
        for service, operation, first, second, where in rows:
            with row(operation):
                aws.restart()
                aws.pages(service, operation, first, second)
                client = boto3.client(service)
                name = next(
                    method
                    for method, called in client.meta.method_to_api_mapping.items()
                    if called == operation
                )
                pages = list(client.get_paginator(name).paginate(**where))
                assert len(pages) == 2
                if isinstance(first, list):
                    member = client.get_paginator(name)._pagination_cfg["result_key"]
                    assert [page[member] for page in pages] == [first, second]
                calls = [call for call in aws.calls if call.operation == operation]
                assert [
                    any(token in call.params for token in input_tokens(service, operation)) for call in calls
                ] == [
                    False,
                    True,
                ]


def _finding(status: Status, **evidence: Any) -> Finding:
    texts = dict.fromkeys(("title", "reason", "profile", "account_id", "region", "partition"), "")
    table = Resource("arn:t", "t", "AWS::DynamoDB::Table")
    return Finding("aws-ddb-001", status, Severity.LOW, table, **texts, evidence=evidence)


def test_the_kinds_of_a_test_are_told_from_its_findings_and_calls() -> None:
    rows: list[tuple[Finding, dict[str, Any], list[str]]] = [
        (_finding(Status.FAIL), {}, ["fail"]),
        (_finding(Status.PASS), {"ExclusiveStartTableName": "a"}, ["paged", "pass"]),
        (_finding(Status.NOT_ASSESSED, unread="access_denied"), {"Limit": 100}, ["denied"]),
        (_finding(Status.NOT_ASSESSED, unread="throttled"), {}, []),
    ]
    with each_row() as row:
        for finding, params, kinds in rows:
            with row(kinds):
                call = Call("eu-central-1", "dynamodb", "ListTables", params)
                assert kinds_of_test([finding], [call]) == [("aws-ddb-001", kind) for kind in kinds]


def test_only_a_check_that_reads_lists_needs_a_second_page() -> None:
    no_page = {"fail": 1, "pass": 1, "denied": 1, "paged": 0}
    counts = dict.fromkeys(all_checks(), no_page)
    lines = gaps(counts)
    assert "aws-ddb-001 has no test of: paged" in lines
    assert not any(line.startswith("aws-ec2-006") for line in lines)

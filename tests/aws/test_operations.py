"""The scanner only reads: the rule is tried on every operation that AWS has."""

from __future__ import annotations

import re

import botocore.session

from cloud_audit_tui.aws.operations import ALSO_READS, IDENTITY_READS, NOT_READS, is_read
from cloud_audit_tui.checks.catalogue import all_checks
from each_row import each_row

CHANGES = re.compile(
    r"^(Accept|Add|Allocate|Approve|Assign|Associate|Attach|Authorize|Cancel|Change|Close|Confirm|Copy|Create|"
    r"Deactivate|Delete|Deregister|Detach|Disable|Disassociate|Enable|Execute|Export|Import|Invoke|Modify|Move|"
    r"Publish|Purchase|Purge|Put|Reboot|Register|Reject|Release|Remove|Replace|Request|Reset|Restore|Resume|"
    r"Revoke|Rotate|Run|Send|Set|Start|Stop|Submit|Suspend|Tag|Terminate|Transfer|Untag|Update|Upload|Write)[A-Z]"
)


def test_nothing_that_changes_an_account_counts_as_a_read() -> None:
    session = botocore.session.get_session()
    services = [
        "sagemaker",
        "iam",
        "ec2",
        "s3",
        "sts",
        "kms",
        "lambda",
        "secretsmanager",
        "ssm",
        "cloudtrail",
    ]
    for service in services:
        for operation in session.get_service_model(service).operation_names:
            if CHANGES.match(operation):
                assert not is_read(service, operation), f"{service}:{operation}"


def test_what_reveals_a_secret_is_refused() -> None:
    rows = [
        ("secretsmanager", "GetSecretValue"),
        ("ssm", "GetParameters"),
        ("sts", "GetSessionToken"),
        ("s3", "GetObject"),
        ("ec2", "GetPasswordData"),
        ("sagemaker", "CreatePresignedNotebookInstanceUrl"),
        ("kms", "Decrypt"),
    ]
    with each_row() as row:
        for service, operation in rows:
            with row(operation):
                assert not is_read(service, operation)


def test_the_exceptions_name_operations_that_exist() -> None:
    session = botocore.session.get_session()
    services = set(session.get_available_services())
    for name in NOT_READS | ALSO_READS:
        service, operation = name.split(":")
        if service == "signin":
            continue
        assert service in services, name
        assert operation in session.get_service_model(service).operation_names, name


def test_every_declared_read_exists_and_is_a_read() -> None:
    session = botocore.session.get_session()
    declared = {read for check in all_checks().values() for read in check.reads} | set(IDENTITY_READS)
    for name in declared:
        service, operation = name.split(":")
        assert operation in session.get_service_model(service).operation_names, name
        assert is_read(service, operation), name


def test_no_check_reads_sts() -> None:
    # Its clients are made before the reads of the checks are known: see `AllowList`.
    assert not [
        check.id for check in all_checks().values() for read in check.reads if read.startswith("sts:")
    ]

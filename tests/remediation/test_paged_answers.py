"""A script reads one value of a list that AWS gives in pages, whatever the number of pages."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.session
import jmespath
from awscli import formatter
from botocore import xform_name

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

CLI_NAMES = {"s3api": "s3", "configservice": "config"}
"""Commands of the AWS CLI whose name is not botocore's name of the service."""
UNPAGED = frozenset({"ec2", "efs", "rds"})
"""Services whose lists the scripts narrow to one resource; EC2 pages only a call that sets MaxResults."""

_COMMAND = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)(.*)")
_ONE_VALUE = re.compile(r"length\(|\| \[0\]|\[-1\]|\|\| '")
"""Queries that make one value of a whole list."""


class _Pages:
    """The pages of a list, as the AWS CLI hands them to its formatter."""

    result_keys = (jmespath.compile("Vaults"),)
    non_aggregate_part: dict[str, Any] = {}  # noqa: RUF012 - the formatter reads it only
    resume_token = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield {"Vaults": [{"Name": "a"}]}
        yield {"Vaults": [{"Name": "b"}]}


def test_the_aws_cli_applies_a_query_to_each_page_where_the_output_is_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(formatter, "is_response_paginated", lambda _: True)
    query = jmespath.compile("length(Vaults[?Name=='c'])")
    printed = io.StringIO()
    formatter.TextFormatter(SimpleNamespace(query=query))("list-vaults", _Pages(), printed)
    assert printed.getvalue() == "0\n0\n"


def test_no_script_asks_for_one_value_of_a_paged_list_as_text() -> None:
    session = botocore.session.Session()
    with each_row() as row:
        for check_id in all_checks():
            for service, command, options in _commands(explanation(check_id).cli):
                with row(f"{check_id}: {service} {command}"):
                    if _ONE_VALUE.search(options) and _is_paged(session, service, command):
                        assert "--output=text" not in options


def _commands(script: str) -> Iterator[tuple[str, str, str]]:
    for line in re.sub(r"\\\n\s*", " ", script).splitlines():
        yield from _COMMAND.findall(line)


def _is_paged(session: botocore.session.Session, service: str, command: str) -> bool:
    name = CLI_NAMES.get(service, service)
    if name in UNPAGED or name not in session.get_available_services():
        return False
    operations = {xform_name(each, "-"): each for each in session.get_service_model(name).operation_names}
    pages = session.get_paginator_model(name)
    try:
        pages.get_paginator(operations.get(command, ""))
    except ValueError:
        return False
    return True

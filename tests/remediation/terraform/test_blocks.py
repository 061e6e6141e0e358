"""A file of our templates is taken apart into its blocks, and names are changed where they are code."""

from __future__ import annotations

import re

import pytest

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.remediation.terraform.blocks import UnknownBlockError, blocks
from each_row import each_row

FILE = """\
# Region "x" { not a block }
variable "key" {
  description = "var.key and aws_a.one, { and } are only text \\" }"
  default     = null # var.key }
}

import {
  to = aws_a.one
  id = "aws_a.one"
}

/* aws_a.one { */
resource "aws_a" "one" {
  name = "aws_a.one"
  key  = var.key
  deps = [aws_a.two.id, aws_b.one.id, aws_a.one_more.id]
}
"""


def test_the_blocks_of_a_file() -> None:
    parts = blocks(FILE)
    assert [(block.kind, block.address) for block in parts] == [
        ("variable", ("", "key")),
        ("import", ("aws_a", "one")),
        ("resource", ("aws_a", "one")),
    ]
    assert parts[0].comment == '# Region "x" { not a block }'
    assert parts[1].import_id == '"aws_a.one"'
    assert "".join(block.text for block in parts).replace("\n", "") == re.sub(
        r'# Region "x" \{ not a block \}|/\* aws_a.one \{ \*/|\n', "", FILE
    )


def test_names_change_in_code_and_nowhere_else() -> None:
    labels = {("aws_a", "one"): "first"}
    variable, import_, resource = (block.renamed(labels, {"key": "key_2"}) for block in blocks(FILE))
    assert variable.text.startswith('variable "key_2" {\n  description = "var.key and aws_a.one, {')
    assert import_.text == 'import {\n  to = aws_a.first\n  id = "aws_a.one"\n}'
    assert resource.text == (
        'resource "aws_a" "first" {\n'
        '  name = "aws_a.one"\n'
        "  key  = var.key_2\n"
        "  deps = [aws_a.two.id, aws_b.one.id, aws_a.one_more.id]\n"
        "}"
    )


def test_a_resource_gets_a_provider() -> None:
    (block,) = blocks('resource "aws_a" "one" {\n  name = "x"\n}\n')
    text = 'resource "aws_a" "one" {\n  provider = aws.west\n\n  name = "x"\n}'
    assert block.with_provider("west").text == text


@pytest.mark.parametrize("text", ['output "x" {\n}', "locals {\n}", "data {", 'resource "a" "b" {', "name"])
def test_what_cannot_be_shared_is_refused(text: str) -> None:
    with pytest.raises(UnknownBlockError):
        blocks(text)


def test_no_template_holds_what_this_cannot_read() -> None:
    """Interpolation would be code inside of a string, and other blocks have names of their own."""
    with each_row() as row:
        for check_id in all_checks():
            with row(check_id):
                template = explanation(check_id).terraform
                assert not re.search(r"(?<!\$)\$\{|<<", template)
                kinds = set(re.findall(r"^([a-z]+)(?: \S+)* \{$", template, re.MULTILINE))
                assert kinds <= {"resource", "variable", "import"}

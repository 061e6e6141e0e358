"""A finding's fix is one thing: each template is filled once, and only when its text is needed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from cloud_audit_tui.checks.explanation import Risk
from cloud_audit_tui.model import Status
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import effects, render
from cloud_audit_tui.remediation.shell.bundle import script_bundle
from cloud_audit_tui.remediation.templates import fill
from cloud_audit_tui.remediation.terraform.bundle import terraform_bundle
from remediation.findings_to_fix import KEY, endpoint, root_access

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.templates import Rendered


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> Counter[Language]:
    """Count the templates that are filled, by language."""
    count: Counter[Language] = Counter()

    def counting(source: str, language: Language, finding: Finding, *more: Any) -> Rendered:
        count[language] += 1
        return fill(source, language, finding, *more)

    monkeypatch.setattr("cloud_audit_tui.remediation.render.fill", counting)
    return count


def test_a_detail_and_a_copy_fill_each_template_once(filled: Counter[Language]) -> None:
    fix = render(endpoint(), {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    detail = (fix.cli, fix.terraform, fix.note, fix.effects, fix.losses, fix.confirmations, fix.inputs())
    assert all(part is not None for part in detail)
    assert [entry.variable for entry in fix.inputs(Language.HCL)] == ["KMS_KEY_ARN"]
    copied = fix.with_values({"KMS_KEY_ID": KEY})
    assert f"\nKMS_KEY_ID={KEY}\n" in copied.cli
    assert copied.note == fix.note
    assert f'default     = "{KEY}"' in fix.with_values({"KMS_KEY_ARN": KEY}).terraform
    assert filled == {Language.SHELL: 1, Language.HCL: 1}


def test_a_language_that_nobody_reads_is_not_filled(filled: Counter[Language]) -> None:
    fix = render(root_access())
    assert filled == {}
    assert fix.cli
    assert fix.inputs() == []
    assert filled == {Language.SHELL: 1}


def test_many_fixes_fill_one_template_each(filled: Counter[Language]) -> None:
    assert script_bundle([endpoint(), root_access()]).text
    assert filled == {Language.SHELL: 2}
    assert terraform_bundle([endpoint(), root_access()]).text
    # A form shows the examples of the script's inputs for the variables of a file.
    assert filled == {Language.SHELL: 4, Language.HCL: 2}


def test_a_fix_has_the_effects_that_a_text_of_many_fixes_lists() -> None:
    for finding in (endpoint(), root_access()):
        assert list(effects(finding)) == list(render(finding).effects)


def test_risks_come_from_the_explanation_and_from_the_commands() -> None:
    fix = render(root_access())
    assert fix.losses == ["aws sagemaker stop-notebook-instance"]
    assert fix.risks == [Risk.INTERRUPTS, Risk.COSTS, Risk.DELETES]
    assert [line.split()[0] for line in fix.confirmations] == ["Interrupts:", "Costs:", "Runs"]


@pytest.mark.parametrize("status", [Status.PASS, Status.NOT_ASSESSED])
def test_what_does_not_fail_has_no_fix(status: Status, filled: Counter[Language]) -> None:
    import msgspec

    fix = render(msgspec.structs.replace(endpoint(), status=status))
    assert (fix.cli, fix.terraform, fix.inputs(), fix.inputs(Language.HCL)) == ("", "", [], [])
    assert (fix.losses, list(fix.effects), fix.confirmations) == ([], [], [])
    assert fix.note
    assert filled == {}

"""Markdown for issues and wikis: readable, and inert whatever a resource is called."""

from __future__ import annotations

from markdown_it import MarkdownIt

from cloud_audit_tui.reports.document import Entry, Report
from cloud_audit_tui.reports.format import Options
from cloud_audit_tui.reports.formats.markdown import to_text
from each_row import each_row
from reports.made_report import finding_of, whole_report


def html_of(text: str) -> str:
    """Return the HTML that a reader of GitHub's dialect would show, raw HTML included."""
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_failures_stand_by_check_and_the_rest_in_lists_of_its_own() -> None:
    text = to_text(whole_report(), Options())
    assert "4 failed (3 critical, 1 low) · 1 passed · 3 not assessed · 1 fixed · 1 muted" in text
    assert "### CRITICAL: Notebook with root access (aws-sagemaker-001, 2)" in text
    assert "## Not assessed: 3" in text
    assert "## Muted: 1" in text
    assert "```" not in text
    assert "aws sagemaker update-notebook-instance" in to_text(whole_report(), Options(remediation=True))


def test_a_name_is_shown_as_it_is() -> None:
    rows = [
        "<img src=x onerror=alert(1)>", "[click](https://example.com)", "![x](https://example.com/p.png)",
        "**bold** _it_ ~~gone~~", "`code`", "a|b", "# heading", "x\n\n# heading", "<https://example.com>",
        "&lt;script&gt;", "\\", "\\|", "```\n# out",
    ]  # fmt: skip
    tags = ("<img", "<a ", "<strong", "<em", "<code", "<h1", "<script", "<s>")
    with each_row() as row:
        for name in rows:
            with row(name):
                report = Report(entries=(Entry(finding_of(name, reason=name)),))
                html = html_of(to_text(report, Options(remediation=True)))
                table = html[html.index("<tbody>") : html.index("</tbody>")]
                assert table.count("<td>") == 3
                assert [tag for tag in tags if tag in table] == []
                assert html.count("<h1>") == 1


def test_addresses_and_mentions_become_no_links() -> None:
    text = to_text(
        Report(entries=(Entry(finding_of("www.example.com @team https://example.com")),)), Options()
    )
    assert "www.example" not in text
    assert "@team" not in text
    assert "https://" not in text

"""Defines a report format; each module of `formats` declares one as ``FORMAT``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.render import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.ready_fixes import ReadyFixes
    from cloud_audit_tui.remediation.render import Remediation
    from cloud_audit_tui.reports.document import Report


@dataclass(frozen=True)
class Options:
    """The options of writing a report.

    A remediation exports ``environment``, which directs the AWS CLI to the endpoint and the configuration of
    the scan; ``ready_fixes`` are the fixes that are rendered already. ``remediation`` says whether a
    format with ``fixes_on_request`` contains the fixes. The other two are for the table: whether it uses a
    terminal's colors, and the column at which it wraps lines, 0 for none.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    ready_fixes: ReadyFixes | None = None
    remediation: bool = False
    color: bool = False
    width: int = 0

    def fix(self, finding: Finding) -> Remediation:
        """Return the remediation of a finding."""
        if self.ready_fixes is None:
            return render(finding, self.environment)
        return self.ready_fixes.of(finding)


@dataclass(frozen=True)
class Format:
    """A format: the name on the command line, the suffix of its files, and the text of a report.

    With ``has_fixes`` the text contains the fix of each finding, with ``fixes_on_request`` only for `Options`
    with ``remediation``. With ``says_narrowing`` it says by which filter its findings were chosen.
    """

    name: str
    suffix: str
    description: str
    to_text: Callable[[Report, Options], str]
    has_fixes: bool = False
    fixes_on_request: bool = False
    says_narrowing: bool = False

    def unsaid(self, report: Report) -> str:
        """Return a sentence about findings not assessed that a report leaves out without saying so, or ""."""
        narrowing = report.narrowing
        if self.says_narrowing or narrowing is None or not narrowing.not_assessed:
            return ""
        return f"The report has {narrowing.words}."

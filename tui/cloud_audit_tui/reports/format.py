"""What a format of a report is; each module of `formats` declares one as ``FORMAT``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloud_audit_tui.reports.document import Report


@dataclass(frozen=True)
class Options:
    """What a report is written for.

    A remediation exports ``environment``, which leads the AWS CLI to where the findings were read. The other
    three are for the table: whether it prints the fixes and uses a terminal's colours, and at how many
    columns it wraps its lines, 0 for nowhere.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    remediation: bool = False
    colour: bool = False
    width: int = 0


@dataclass(frozen=True)
class Format:
    """A format: the name on the command line, the suffix of its files, and the text of a report.

    ``has_fixes`` says that the text contains the fix of each finding.
    """

    name: str
    suffix: str
    media_type: str
    description: str
    to_text: Callable[[Report, Options], str]
    has_fixes: bool = False

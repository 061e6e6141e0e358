"""The catalogue as it is read on the screen: a line for each check, and all that is known of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import about_of, explanation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud_audit_tui.checks.explanation import About


@dataclass(frozen=True)
class Entry:
    """A check with its front matter, which is missing where its explanation cannot be read."""

    check_id: str
    about: About | None

    @property
    def title(self) -> str:
        """What the check is called, or that this is not known."""
        return self.about.title if self.about else "Its explanation cannot be read"


def entries() -> Sequence[Entry]:
    """Return every check in the order of the ids; reads a file for each, so call it in a thread."""
    return [Entry(check_id, about_of(check_id)) for check_id in all_checks()]


def whole_explanation(check_id: str) -> str:
    """Return all that is known of a check as Markdown; raises what `explanation` raises.

    The templates of its remediation stand there as they are written, since no finding fills them in.
    """
    known = explanation(check_id)
    about = known.about
    facts = [
        f"`{about.id}`",
        about.severity.value.capitalize(),
        about.service,
        about.category.value,
        about.scope.value,
        f"`{about.resource_type}`",
    ]
    parts = [f"## {about.title}", " · ".join(facts), known.summary]
    parts += [f"### {name}\n\n{text}" for name, text in known.told.items()]
    if known.compliance_list:
        parts.append(f"### Compliance\n\n{known.compliance_list}")
    return "\n\n".join(parts)

"""The texts of the check browser: an entry for each check, and the whole explanation of one."""

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
    """A check with its front matter, None where its explanation cannot be read."""

    check_id: str
    about: About | None

    @property
    def title(self) -> str:
        """The check's title, or that its explanation cannot be read."""
        return self.about.title if self.about else "Its explanation cannot be read"


def entries() -> Sequence[Entry]:
    """Return every check in the order of the ids; it reads a file each, so call it in a thread."""
    return [Entry(check_id, about_of(check_id)) for check_id in all_checks()]


def whole_explanation(check_id: str) -> str:
    """Return the whole explanation of a check as Markdown; raises what `explanation` raises.

    The templates of its remediation are shown as they are written, because no finding fills them in.
    """
    text = explanation(check_id)
    about = text.about
    facts = [
        f"`{about.id}`",
        about.severity.value.capitalize(),
        about.service,
        about.category.value,
        about.scope.value,
        f"`{about.resource_type}`",
    ]
    parts = [f"## {about.title}", " · ".join(facts), text.summary]
    parts += [f"### {name}\n\n{body}" for name, body in text.sections_with_effect.items()]
    if text.compliance_list:
        parts.append(f"### Compliance\n\n{text.compliance_list}")
    return "\n\n".join(parts)

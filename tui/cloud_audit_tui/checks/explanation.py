"""A check's explanation: one Markdown file with TOML front matter, read when it is needed."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from cloud_audit_tui.compliance.catalogue import frameworks, references
from cloud_audit_tui.model import Category, Scope, Severity

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SECTIONS = (
    "Why it matters",
    "Common causes",
    "Detection",
    "Remediation: AWS CLI",
    "Remediation: Terraform",
    "References",
)
_WITH_EFFECT = "Remediation: AWS CLI"
_FRONT_MATTER = re.compile(r"\A\+\+\+\n(.*?)\n\+\+\+\n", re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Risk(StrEnum):
    """A risk that the user of a script of many fixes has to accept before it runs a fix."""

    INTERRUPTS = "interrupts"
    COSTS = "costs"
    DELETES = "deletes"


class Effect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a remediation does to the account: one or two sentences for each question.

    ``interrupts`` says who or what is interrupted or loses access, ``costs`` what AWS charges for it, and
    ``undo`` how to undo it, or that this is impossible. ``permissions`` are the IAM actions that the script
    needs, its own reads included: none where only the root user can run it.

    ``risks`` states the same for programs, for effects without a further step of the user. ``interrupts``:
    users or workloads are interrupted, slowed or refused, or may be under a condition that the script does
    not exclude. ``costs``: AWS may charge more than before. ``deletes``: something is deleted or replaced
    irrecoverably.
    """

    changes: str
    interrupts: str
    costs: str
    undo: str
    permissions: list[str]
    risks: list[Risk]

    @property
    def labelled(self) -> list[tuple[str, str]]:
        """The answers with their labels, in the order in which they precede the code."""
        return [
            ("Changes", self.changes),
            ("Interrupts", self.interrupts),
            ("Costs", self.costs),
            ("Undo", self.undo),
            ("Needs", ", ".join(self.permissions) or "The root user; no IAM action allows it."),
        ]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The front matter of an explanation.

    ``found_from_elsewhere``: the check may judge, in one region, a resource of another, such as the bucket
    of a trail; the finding does not name the region in which the check ran.
    """

    id: str
    title: str
    service: str
    severity: Severity
    category: Category
    scope: Scope
    resource_type: str
    effect: Effect
    found_from_elsewhere: bool = False

    @property
    def compliance(self) -> dict[str, list[str]]:
        """The controls that refer to the check, by framework id."""
        return references(self.id)

    @property
    def is_global(self) -> bool:
        """Whether the check runs once in the account, whatever regions are scanned."""
        return self.scope is Scope.GLOBAL

    @property
    def is_about_any_region(self) -> bool:
        """Whether a finding's region can differ from the region in which the check ran."""
        return self.is_global or self.found_from_elsewhere


class Explanation(msgspec.Struct, frozen=True):
    """Why a finding matters, its causes, and the templates of its remediation.

    ``cli`` and ``terraform`` are the templates alone; ``sections`` maps each heading of `SECTIONS`
    to its Markdown, templates included; ``summary`` is the text above the first heading.
    """

    about: About
    summary: str
    sections: dict[str, str]
    cli: str
    terraform: str

    @property
    def sections_with_effect(self) -> dict[str, str]:
        """The sections as shown, with the effect of the remediation before its code."""
        effect = "\n".join(f"- {label}: {words}" for label, words in self.about.effect.labelled)
        return {
            name: f"{effect}\n\n{text}" if name == _WITH_EFFECT else text
            for name, text in self.sections.items()
        }

    @property
    def compliance_list(self) -> str:
        """The references to frameworks as a list in Markdown, empty when there are none."""
        by_framework = ((frameworks()[key], controls) for key, controls in self.about.compliance.items())
        return "\n".join(
            f"- {each.name} {each.version}: {', '.join(controls)}" for each, controls in by_framework
        )

    @property
    def references(self) -> list[str]:
        """The URLs of the documentation that the rule rests on."""
        return re.findall(r"<(https://[^>]+)>", self.sections["References"])


def parse(text: str) -> Explanation:
    """Return the explanation in a Markdown text; raises `ValueError` when a part is missing."""
    front = _FRONT_MATTER.match(text)
    if front is None:
        raise ValueError("the front matter between +++ lines is missing")
    about = msgspec.convert(tomllib.loads(front[1]), About)
    summary, *rest = _HEADING.split(text[front.end() :])
    sections = {rest[i].strip(): rest[i + 1].strip() for i in range(0, len(rest), 2)}
    if tuple(sections) != SECTIONS:
        raise ValueError(f"{about.id}: the sections are {list(sections)}, not {list(SECTIONS)}")
    return Explanation(
        about=about,
        summary=summary.strip(),
        sections=sections,
        cli=_template(sections["Remediation: AWS CLI"]),
        terraform=_template(sections["Remediation: Terraform"]),
    )


def _template(section: str) -> str:
    fence = _FENCE.search(section)
    return fence[1] if fence else ""


@cache
def explanation(check_id: str) -> Explanation:
    """Return the explanation of a check; raises `LookupError` when there is none."""
    source = sources().get(check_id)
    if source is None:
        raise LookupError(f"{check_id} has no explanation")
    return parse(source.read_text(encoding="utf-8"))


@cache
def sources() -> dict[str, Traversable]:
    """Return the Markdown file of every explanation by the check's id; no file is opened."""
    return {
        file.name.removesuffix(".md"): file
        for service in (files(__package__) / "services").iterdir()
        if service.is_dir()
        for file in service.iterdir()
        if file.name.endswith(".md")
    }


def about_of(check_id: str) -> About | None:
    """Return a check's front matter, None where it cannot be read, as for a check of another version."""
    try:
        return explanation(check_id).about
    except (LookupError, OSError, ValueError):
        return None


def as_plain(value: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON-ready data with the keys of ``checks --format json``."""
    about = value.about
    return {
        "id": about.id,
        "title": about.title,
        "service": about.service,
        "severity": about.severity.value,
        "category": about.category.value,
        "scope": about.scope.value,
        "resource_type": about.resource_type,
        "compliance": about.compliance,
        "effect": msgspec.to_builtins(about.effect),
        "summary": value.summary,
        "why_it_matters": value.sections["Why it matters"],
        "common_causes": value.sections["Common causes"],
        "detection": value.sections["Detection"],
        "cli": value.sections["Remediation: AWS CLI"],
        "terraform": value.sections["Remediation: Terraform"],
        "references": value.references,
    }

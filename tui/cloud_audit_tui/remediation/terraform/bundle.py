"""Many fixes in one Terraform file.

Each profile and region has a provider. Labels are unique, variables with the same meaning in one region are
shared, and no AWS resource is described twice: of two findings about one resource, the file fixes the first
and lists the other in a comment, to be fixed after the next scan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from cloud_audit_tui import __version__
from cloud_audit_tui.aws.account_roles import account_role
from cloud_audit_tui.aws.regions import role_region
from cloud_audit_tui.remediation.input_kinds import Reuse, variable_of
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.render import render
from cloud_audit_tui.remediation.selection import (
    Bundle,
    BundleInput,
    LeftOut,
    counted,
    fix_list,
    headline,
    place,
    to_fix,
)
from cloud_audit_tui.remediation.templates import is_configured
from cloud_audit_tui.remediation.terraform.blocks import Address, Block, UnknownBlockError, blocks
from cloud_audit_tui.remediation.terraform.format import aligned
from cloud_audit_tui.remediation.terraform.quoting import hcl_literal
from cloud_audit_tui.remediation.terraform.variables import with_defaults

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cloud_audit_tui.model import Finding

NO_FILE = "Terraform cannot fix it"
_OLDEST = ((1, 5), (5,))
"""The oldest versions of Terraform and of its AWS provider that most templates need."""
_VERSIONS = re.compile(
    r"^# (?:Region|Account) .*Terraform (?P<terraform>[0-9.]+) or later, "
    r"AWS provider (?P<provider>[0-9]+(?:\.[0-9]+)?)",
    re.MULTILINE,
)
"""The versions that a template names in its first comment."""
_DEFAULT = re.compile(r"^\s*default\s*=", re.MULTILINE)

Where = tuple[str, str, str]
"""A profile, its account and a region: the scope of one provider."""
Versions = tuple[tuple[int, ...], tuple[int, ...]]
"""The oldest version of Terraform, and that of its AWS provider, as numbers."""


@dataclass
class _Part:
    """The blocks, the notes and the oldest versions of one finding in the file."""

    number: int
    finding: Finding
    blocks: list[Block]
    notes: list[str]
    versions: Versions

    @property
    def remarks(self) -> list[str]:
        """The remarks about this fix in the header of the file."""
        terraform, provider = self.versions
        return [
            *([f"Needs Terraform {_version(terraform)} or later."] if terraform > _OLDEST[0] else []),
            *([f"Needs AWS provider {_version(provider)} or later."] if provider > _OLDEST[1] else []),
            *(f"Note: {note}" for note in self.notes),
        ]


@dataclass(frozen=True)
class _Resource:
    """A resource of the file: its fix, its provider's scope, its block, and its address in its template."""

    number: int
    where: Where
    text: str
    label: str
    import_id: str
    original: Address


@dataclass
class _Names:
    """The names of a finding's blocks in the file: those of equal blocks, or new ones.

    ``shared`` are the resources and ``declared`` the variables that the file already has.
    """

    variables: dict[str, str] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    labels: dict[Address, str] = field(default_factory=dict)
    shared: dict[Address, _Resource] = field(default_factory=dict)

    def keeps(self, block: Block) -> bool:
        """Return whether a block is new to the file."""
        if block.kind == "variable":
            return block.label not in self.declared
        return block.address not in self.shared

    def in_file(self, block: Block) -> Block:
        """Return the block under its names in the file."""
        return block.renamed(self.labels, self.variables)


@dataclass
class _File:
    """The contents of the file so far."""

    parts: list[_Part] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    resources: list[_Resource] = field(default_factory=list)
    addresses: set[Address] = field(default_factory=set)
    variables: dict[str, tuple[Where, str]] = field(default_factory=dict)
    """Each variable by its name in the file: the scope, and the block under the name in its template."""
    inputs: dict[str, BundleInput] = field(default_factory=dict)
    """The inputs that a form can ask for, by the variable's name in the file."""

    @property
    def versions(self) -> Versions:
        """The oldest versions of Terraform and of its AWS provider that can apply the whole file."""
        return (
            max(part.versions[0] for part in self.parts),
            max(part.versions[1] for part in self.parts),
        )

    def add(self, finding: Finding) -> None:
        """Add the blocks of a finding, or the reason why it is left out."""
        remediation = render(finding)
        rendered = remediation.filled(Language.HCL)
        inputs = {entry.variable: entry for entry in remediation.inputs(Language.HCL)}
        if not rendered.text:
            self.left_out.append(LeftOut(finding, " ".join(rendered.notes) or NO_FILE))
            return
        try:
            template = blocks(rendered.text)
        except UnknownBlockError as error:
            self.left_out.append(LeftOut(finding, f"its file cannot stand beside others: {error}"))
            return
        number, where = len(self.parts) + 1, _where(finding)
        names = _Names()
        self._name_variables(template, where, number, names)
        self._name_resources([block for block in template if block.kind == "resource"], where, names)
        ids = {block.address: block.import_id for block in template if block.kind == "import"}
        other_fix = self._described_otherwise(template, where, names, ids, rendered.labels)
        if other_fix:
            why = f"fix {other_fix} describes the same resource; apply that, scan again, and export again"
            self.left_out.append(LeftOut(finding, why))
            return
        own_blocks = [block for block in template if names.keeps(block)]
        for block in own_blocks:
            new = names.in_file(block)
            if block.kind == "variable":
                self.variables[new.label] = (where, block.text)
                if (entry := inputs.get(block.label.upper())) is not None:
                    self.inputs[new.label] = BundleInput(new.label, entry, finding)
            elif block.kind == "resource":
                self.addresses.add(new.address)
                own_id = ids.get(block.address, "")
                self.resources.append(_Resource(number, where, new.text, new.label, own_id, block.address))
        notes = list(dict.fromkeys(rendered.notes))
        in_file = [names.in_file(block) for block in own_blocks]
        self.parts.append(_Part(number, finding, in_file, notes, _versions(template)))

    def _name_variables(self, template: list[Block], where: Where, number: int, names: _Names) -> None:
        for block in (block for block in template if block.kind == "variable"):
            equal = [name for name, declared in self.variables.items() if declared == (where, block.text)]
            if equal and variable_of(block.label.upper()).reuse is Reuse.SHARED:
                names.variables[block.label] = equal[0]
                names.declared.add(block.label)
                if equal[0] in self.inputs:
                    self.inputs[equal[0]] = self.inputs[equal[0]].with_another_fix()
            else:
                names.variables[block.label] = _free(block.label, f"fix{number}", self.variables)

    def _name_resources(self, resources: list[Block], where: Where, names: _Names) -> None:
        """Share the blocks that equal a resource of the file, and give the rest free labels.

        A block that refers to a resource under a new label no longer equals another, so the comparison is
        repeated until nothing changes.
        """
        for block in resources:
            for resource in self.resources:
                if resource.original == block.address and resource.where == where:
                    names.shared[block.address] = resource
                    names.labels[block.address] = resource.label
                    break
            else:
                names.labels[block.address] = self._free_label(block, where)
        while True:
            different = [
                block
                for block in resources
                if block.address in names.shared
                and names.in_file(block).text != names.shared[block.address].text
            ]
            if not different:
                return
            for block in different:
                del names.shared[block.address]
                names.labels[block.address] = self._free_label(block, where)

    def _free_label(self, block: Block, where: Where) -> str:
        labels = {label for kind, label in self.addresses if kind == block.type}
        return _free(block.label, _suffix(where), labels)

    def _described_otherwise(
        self,
        template: list[Block],
        where: Where,
        names: _Names,
        ids: dict[Address, str],
        from_names: set[str],
    ) -> int:
        """Return the number of a fix that describes one of these resources differently, 0 if there is none.

        Imported resources are the same if their ids are equal; others if their labels made from names are.
        """
        for block in template:
            if block.kind != "resource" or block.address in names.shared:
                continue
            own_id = ids.get(block.address, "")
            for resource in self.resources:
                if resource.where != where or resource.original[0] != block.type:
                    continue
                if own_id and resource.import_id:
                    same = own_id == resource.import_id
                else:
                    same = resource.original == block.address and block.label in from_names
                if same:
                    return resource.number
        return 0


def terraform_bundle(findings: Iterable[Finding], values: Mapping[str, str] | None = None) -> Bundle:
    """Return a Terraform file that fixes these findings.

    ``values`` are the user's values by `BundleInput.name`; they become the defaults of their variables.
    Raises `QuotingError` for a value that a file cannot hold. No finding raises an error: one that cannot be
    fixed, or not beside another one, is listed with the reason.
    """
    to_do, left_out = to_fix(findings)
    file = _File(left_out=left_out)
    for finding in to_do:
        file.add(finding)
    if not file.parts:
        return Bundle("", 0, file.left_out, [])
    values = values or {}
    partitions = {_where(part.finding): part.finding.partition for part in file.parts}
    places = list(partitions)
    aliases = _aliases(places)
    oldest, _ = file.versions
    required = f'terraform {{\n  required_version = ">= {_version(oldest)}.0"\n}}'
    parts = ["\n".join(_header(file)), required]
    parts += [_provider(where, aliases[where], partitions[where]) for where in places]
    for part in file.parts:
        parts += _part_texts(part, aliases[_where(part.finding)], values)
    unset = [
        name
        for name, (_, text) in file.variables.items()
        if not _DEFAULT.search(text) and not values.get(name, "")
    ]
    needed = tuple(file.inputs[name] for name in unset if name in file.inputs)
    return Bundle("\n\n".join(parts) + "\n", len(file.parts), file.left_out, unset, needed=needed)


def _header(file: _File) -> Iterator[str]:
    yield f"# {counted(len(file.parts))}, written by cloud-audit-tui {__version__}."
    terraform, provider = file.versions
    providers = "5 or 6" if provider == _OLDEST[1] else f"{_version(provider)} or later"
    yield (
        f"# Terraform {_version(terraform)} or later, AWS provider {providers}. "
        "Read the output of `terraform plan` first."
    )
    yield "# Existing resources are imported: where another file manages one already, change it there."
    fixes = ((part.number, part.finding, part.remarks) for part in file.parts)
    yield from fix_list(fixes, file.left_out)


def _versions(template: Iterable[Block]) -> Versions:
    """Return the oldest versions that a template names, those of most templates if it names none."""
    for block in template:
        if named := _VERSIONS.search(block.comment):
            return _numbers(named["terraform"]), _numbers(named["provider"])
    return _OLDEST


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _version(numbers: Iterable[int]) -> str:
    return ".".join(map(str, numbers))


def _provider(where: Where, alias: str, partition: str) -> str:
    profile, account_id, region = where
    partition = partition or "aws"
    role, sts_region = account_role(profile), region
    if role is not None:
        profile = role.source if is_configured(role.source) else ""
        sts_region = role_region(region, partition)
    values = {"alias": alias, "region": region, "profile": profile}
    if sts_region != region:
        values["sts_region"] = sts_region
    arguments = {name: hcl_literal(value) for name, value in values.items() if value}
    if account_id:
        arguments["allowed_account_ids"] = hcl_literal([account_id])
    lines = [f"  {name} = {value}" for name, value in arguments.items()]
    if role is not None:
        lines += ["", "  assume_role {", f"    role_arn = {hcl_literal(role.arn(partition))}", "  }"]
    return aligned("\n".join(['provider "aws" {', *lines, "}"]))


def _part_texts(part: _Part, alias: str, values: Mapping[str, str]) -> Iterator[str]:
    heading = f"# {part.number}. {headline(part.finding)} ({place(part.finding)})"
    for block in part.blocks:
        placed = block.with_provider(alias) if alias and block.kind == "resource" else block
        # The header states region, account and the Terraform version for all blocks.
        comment = "\n".join(
            line for line in block.comment.splitlines() if not line.startswith(("# Region ", "# Account "))
        )
        text = placed.text
        if block.kind == "variable" and (value := values.get(block.label, "")):
            text = with_defaults(text, {block.label.upper(): value})
        yield "\n".join(part for part in (heading, comment, text) if part)
        heading = ""


def _where(finding: Finding) -> Where:
    profile = finding.profile if is_configured(finding.profile) else ""
    return (profile, finding.account_id, finding.region)


def _aliases(places: list[Where]) -> dict[Where, str]:
    """Return the alias of each provider, empty when there is only one."""
    if len(places) == 1:
        return {places[0]: ""}
    aliases: dict[Where, str] = {}
    for where in places:
        aliases[where] = _free(_suffix(where) or "default", "", set(aliases.values()))
    return aliases


def _suffix(where: Where) -> str:
    profile, _, region = where
    word = re.sub(r"[^a-z0-9]+", "_", f"{profile}_{region}".lower()).strip("_")
    return word if word[:1].isalpha() else f"at_{word}".rstrip("_")


def _free(name: str, addition: str, names: Iterable[str]) -> str:
    """Return a free name: the name itself, else with the addition, else with a number too."""
    taken_names = set(names)
    if name not in taken_names:
        return name
    longer = f"{name}_{addition}" if addition else name
    if addition and longer not in taken_names:
        return longer
    return next(numbered for number in count(2) if (numbered := f"{longer}_{number}") not in taken_names)

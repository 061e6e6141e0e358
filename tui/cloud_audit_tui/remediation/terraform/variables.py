"""The variables of a Terraform file: what a person can be asked for, and values put in as defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.quoting import Quoted, QuotingError
from cloud_audit_tui.remediation.terraform.blocks import Block, UnknownBlockError, blocks
from cloud_audit_tui.remediation.terraform.format import aligned
from cloud_audit_tui.remediation.terraform.quoting import hcl_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARGUMENT = re.compile(r"^  (?P<name>[a-z_]+) *= (?P<value>.*)$", re.MULTILINE)
_PLAIN_TYPES = frozenset({"string", "number"})
_LIST_TYPES = frozenset({"list(string)", "set(string)"})
_NUMBER = re.compile("[0-9]{1,15}")


@dataclass(frozen=True)
class Variable:
    """A variable that has one value, or several with commas between.

    ``name`` is Terraform's; ``has_default`` says that nothing has to be given.
    """

    name: str
    description: str
    type: str
    has_default: bool
    block: Block

    @property
    def variable(self) -> str:
        """The name as a script would have it."""
        return self.name.upper()

    def literal(self, value: str) -> Quoted:
        """Return a value as an HCL expression of the variable's type; raises `QuotingError`."""
        if self.type == "number":
            if not _NUMBER.fullmatch(value):
                raise QuotingError(f"{value!r} is not a whole number")
            return hcl_literal(int(value))
        return hcl_literal(value.split(",") if self.type in _LIST_TYPES else value)


def variables(text: str) -> list[Variable]:
    """Return the variables of a file that a person can be asked for, in its order.

    Secrets are not among them, since a file is no place for one, nor what is made of parts.
    """
    try:
        found = blocks(text)
    except UnknownBlockError:
        return []
    known = [_variable(block) for block in found if block.kind == "variable"]
    return [each for each in known if each is not None]


def with_defaults(text: str, values: Mapping[str, str]) -> str:
    """Return a file in which these values, by `Variable.variable`, are defaults; raises `QuotingError`."""
    for each in variables(text):
        if value := values.get(each.variable, ""):
            text = text.replace(each.block.text, _with_default(each, each.literal(value)), 1)
    return text


def _variable(block: Block) -> Variable | None:
    said = {found["name"]: found["value"] for found in _ARGUMENT.finditer(block.text)}
    type_ = said.get("type", "")
    if type_ not in _PLAIN_TYPES | _LIST_TYPES or "sensitive" in said:
        return None
    description = said.get("description", "").strip('"')
    return Variable(block.label, description, type_, "default" in said, block)


def _with_default(variable: Variable, literal: Quoted) -> str:
    lines = []
    for line in variable.block.text.split("\n"):
        argument = _ARGUMENT.fullmatch(line)
        if argument is not None and argument["name"] == "default":
            continue
        lines.append(line)
        if argument is not None and argument["name"] == "type":
            lines.append(f"  default = {literal}")
    return aligned("\n".join(lines))

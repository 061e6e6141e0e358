"""Parses Terraform files of this project's templates into blocks, and renames their labels and variables.

The templates hold no interpolation and no heredoc, and every value in them is an escaped string, so
everything outside of strings and comments is code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKEN = re.compile(
    r"""
      (?P<string>"(?:\\.|[^"\\])*")
    | (?P<comment>(?:\#|//)[^\n]*|/\*.*?\*/)
    | (?P<name>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)
    | (?P<brace>[{}])
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_HEAD = re.compile(r'(?P<kind>[a-z]+)(?:\s+"(?P<first>[^"]+)")?(?:\s+"(?P<second>[^"]+)")?\s*\{')
_IMPORT_ID = re.compile(r'^\s*id\s*=\s*(?P<id>".*")\s*$', re.MULTILINE)
_IMPORT_TO = re.compile(r"^\s*to\s*=\s*(?P<type>\w+)\.(?P<label>[\w-]+)", re.MULTILINE)

Address = tuple[str, str]
"""A resource's type and label."""


@dataclass(frozen=True)
class Block:
    """A top-level block of a file; ``comment`` holds the comment lines above it."""

    kind: str
    text: str
    comment: str = ""
    type: str = ""
    label: str = ""

    @property
    def address(self) -> Address:
        """The type and label of a resource, or those of an import's target; the name of a variable."""
        if self.kind == "import" and (to := _IMPORT_TO.search(self.text)):
            return to["type"], to["label"]
        return (self.type, self.label)

    @property
    def import_id(self) -> str:
        """The quoted id of an import, empty for other blocks."""
        match = _IMPORT_ID.search(self.text) if self.kind == "import" else None
        return match["id"] if match else ""

    def renamed(self, labels: Mapping[Address, str], variables: Mapping[str, str]) -> Block:
        """Return the block with new labels of resources and new names of variables, references included."""
        text = "".join(_renamed(token, labels, variables) for token in _TOKEN.finditer(self.text))
        label = self.label
        if self.kind == "variable":
            label = variables.get(self.label, self.label)
            text = text.replace(f'"{self.label}"', f'"{label}"', 1)
        elif self.kind == "resource":
            label = labels.get(self.address, self.label)
            text = text.replace(f'"{self.type}" "{self.label}"', f'"{self.type}" "{label}"', 1)
        return Block(self.kind, text, self.comment, self.type, label)

    def with_provider(self, alias: str) -> Block:
        """Return a resource block that uses the provider of this alias."""
        head, _, body = self.text.partition("{\n")
        gap = "" if body.startswith("}") else "\n"
        text = f"{head}{{\n  provider = aws.{alias}\n{gap}{body}"
        return Block(self.kind, text, self.comment, self.type, self.label)


class UnknownBlockError(ValueError):
    """A template has a block that cannot share a file with others; this is a fault of the template."""


def blocks(text: str) -> list[Block]:
    """Return the blocks of a file in their order; raises `UnknownBlockError`."""
    return list(_blocks(text))


def _blocks(text: str) -> Iterator[Block]:
    depth, begin, first = 0, 0, -1
    for token in _TOKEN.finditer(text):
        if depth == 0 and token["name"] and first < 0:
            first = token.start()
        if token["brace"] == "{":
            depth += 1
        elif token["brace"] == "}":
            depth -= 1
            if depth == 0:
                yield _block(text[begin:first], text[first : token.end()])
                begin, first = token.end(), -1
    if first >= 0 or depth:
        raise UnknownBlockError("a block is not closed")


def _block(comment: str, text: str) -> Block:
    head = _HEAD.match(text)
    if head is None or head["kind"] not in ("resource", "variable", "import"):
        raise UnknownBlockError(f"there is no way to share {text.partition('{')[0].strip()!r}")
    comment = "\n".join(line for line in comment.splitlines() if line.strip())
    if head["kind"] == "resource":
        return Block("resource", text, comment, head["first"], head["second"])
    return Block(head["kind"], text, comment, "", head["first"] or "")


def _renamed(token: re.Match[str], labels: Mapping[Address, str], variables: Mapping[str, str]) -> str:
    name = token["name"]
    if not name or "." not in name:
        return token[0]
    first, second, *rest = name.split(".")
    new = variables.get(second, second) if first == "var" else labels.get((first, second), second)
    return ".".join([first, new, *rest])

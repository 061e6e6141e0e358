"""The program `terraform` with the AWS provider, run in one directory against the embedded AWS.

The files of many findings lie in one directory, each in a file of its own as a user would copy it: one run of
the program plans or applies all of them. Labels and variables bear the check's ID,
so that the files do not collide.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from closed_loop.account import REGION
from cloud_audit_tui.remediation.terraform.blocks import Block, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from closed_loop.terraform_types import FewTypes

PLUGINS = "CLOUD_AUDIT_TUI_TERRAFORM_PLUGINS"
"""The variable that names the mirror folder of the AWS provider, as `terraform init -plugin-dir` takes it."""
_PROVIDER = f"""provider "aws" {{
  region                      = "{REGION}"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  s3_use_path_style           = true
  max_retries                 = 3
}}
"""
_TYPE = re.compile(r"\baws_[a-z0-9_]+")
_PARALLEL = "-parallelism=6"
_DEADLINE = 150
"""Seconds after which a run of the program is given up."""
_LAST = 2000
"""How many characters of the program's output a message quotes."""
_EMPTY, _CHANGES = 0, 2
"""Exit codes of `terraform plan -detailed-exitcode`."""


@dataclass(frozen=True)
class Change:
    """The change of one resource in a plan.

    ``what`` is ``create``, ``update``, ``no-op``, ``replace`` or ``delete``; ``paths`` are the arguments of
    an update that change, dotted: with a ``-`` when it becomes unset, and a ``?`` when its value is unknown.
    """

    address: str
    what: str
    imported: bool
    paths: frozenset[str] = frozenset()

    @property
    def type(self) -> str:
        """The resource's type."""
        return self.address.partition(".")[0]

    def __str__(self) -> str:
        words = [self.type, "import" if self.imported else "", self.what, *sorted(self.paths)]
        return " ".join(word for word in words if word)


class TerraformError(Exception):
    """The program failed; the message is its own."""


@dataclass
class Workspace:
    """A directory of files by the ID of their check, and the program that runs in it."""

    program: str
    provider: FewTypes
    """The provider that the program attaches to; it gets the types that the files name."""
    directory: Path
    _suffixes: dict[str, str] = field(default_factory=dict)
    _types: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Write the provider block."""
        (self.directory / "provider.tf").write_text(_PROVIDER, encoding="utf-8")

    def add(self, check_id: str, text: str, values: Mapping[str, str]) -> None:
        """Write the file of a check; ``values`` are those of variables that no form asks for."""
        suffix = check_id.replace("-", "_")
        self._suffixes[suffix] = check_id
        parts = blocks(text)
        labels = {each.address: f"{each.label}_{suffix}" for each in parts if each.kind == "resource"}
        names = {each.label: f"{each.label}_{suffix}" for each in parts if each.kind == "variable"}
        body = "\n\n".join(_text_with_comment(each.renamed(labels, names)) for each in parts)
        self._types |= set(_TYPE.findall(body))
        (self.directory / f"{check_id}.tf").write_text(body + "\n", encoding="utf-8")
        if values:
            variables = {f"{name}_{suffix}": value for name, value in values.items()}
            (self.directory / f"{check_id}.auto.tfvars.json").write_text(
                json.dumps(variables), encoding="utf-8"
            )

    def remove(self, check_id: str) -> None:
        """Delete the file of a check, as a user deletes its blocks."""
        for path in self.directory.glob(f"{check_id}.*"):
            path.unlink()

    def forget(self, check_id: str) -> None:
        """Delete the file of a check, and remove its resources from the state of the program."""
        self.remove(check_id)
        if not (self.directory / "terraform.tfstate").exists():
            return
        suffix = f"_{check_id.replace('-', '_')}"
        for address in self._run("state", "list").split():
            if address.endswith(suffix):
                self._run("state", "rm", address)

    def plan(self) -> dict[str, list[Change]]:
        """Return the changes of a new plan by check, none if it is empty. Raises `TerraformError`."""
        code, _ = self._finish("plan", "-out=plan", "-detailed-exitcode", _PARALLEL)
        if code == _EMPTY:
            return {}
        plan = json.loads(self._run("show", "-json", "plan"))
        changes: dict[str, list[Change]] = {}
        for each in plan.get("resource_changes", []):
            changes.setdefault(self._check_of(each["address"]), []).append(change_of(each))
        return changes

    def apply(self) -> None:
        """Apply the last plan. Raises `TerraformError` after it applied what it could."""
        self._run("apply", _PARALLEL, "plan")

    def _check_of(self, address: str) -> str:
        return next(check for suffix, check in self._suffixes.items() if address.endswith(f"_{suffix}"))

    def _run(self, command: str, *options: str) -> str:
        return self._finish(command, *options)[1]

    def _finish(self, command: str, *options: str) -> tuple[int, str]:
        """Run a command of the program; return its exit code and its output, or raise `TerraformError`."""
        common = ("-input=false", "-no-color") if command in ("plan", "apply") else ()
        words = [self.program, command, *common, *options]
        self.provider.types = self._types
        process = subprocess.Popen(
            words,
            cwd=self.directory,
            # Without the user's `HOME`: their configuration of the program is no part of the proof.
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.directory),
                "TF_CLI_CONFIG_FILE": os.devnull,
                "CHECKPOINT_DISABLE": "1",
                "TF_IN_AUTOMATION": "1",
                "TF_REATTACH_PROVIDERS": self.provider.reattach,
                # The program needs a tenth of a second of CPU; otherwise it waits for the provider.
                "GOGC": "off",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            output, errors = process.communicate(timeout=_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            starts = set(re.findall(r"(?m)^(\S+): Still ", output))
            unfinished_addresses = starts - set(re.findall(r"(?m)^(\S+): .* complete", output))
            message = f"terraform {command} did not end: {', '.join(sorted(unfinished_addresses))}"
            raise TerraformError(message) from None
        if process.returncode not in (_EMPTY, _CHANGES) or (process.returncode and command != "plan"):
            raise TerraformError(f"terraform {command}:\n{errors or output[-_LAST:]}")
        return process.returncode, output


def program() -> str:
    """Return the path of `terraform`, empty where it is absent."""
    return shutil.which("terraform") or ""


def _text_with_comment(block: Block) -> str:
    return f"{block.comment}\n{block.text}" if block.comment else block.text


def change_of(resource_change: Mapping[str, Any]) -> Change:
    """Return the change of one resource, from an entry of the plan's ``resource_changes``."""
    change = resource_change["change"]
    actions = change["actions"]
    what = "replace" if len(actions) > 1 else actions[0]
    imported = "importing" in change
    paths = _paths(change) if what == "update" else ()
    return Change(resource_change["address"], what, imported, frozenset(paths))


def _paths(change: Mapping[str, Any]) -> Iterator[str]:
    before, after, unknown = change["before"], change["after"], change["after_unknown"]
    yield from _differences(before or {}, after or {}, unknown or {}, "")


def _differences(before: Any, after: Any, unknown: Any, path: str) -> Iterator[str]:
    """Yield the dotted paths at which two values differ, with a ``-`` where a value becomes unset."""
    if unknown is True:
        yield f"{path}?"
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            of_name = unknown.get(name) if isinstance(unknown, dict) else None
            yield from _differences(
                before.get(name), after.get(name), of_name, f"{path}.{name}" if path else name
            )
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        of_items = unknown if isinstance(unknown, list) else [None] * len(before)
        for one, other, of_item in zip(before, after, [*of_items, *[None] * len(before)], strict=False):
            yield from _differences(one, other, of_item, path)
    elif _meaning(before) != _meaning(after):
        yield path if after not in (None, [], {}, "") else f"{path}-"


def _meaning(value: Any) -> Any:
    """Return a value; a JSON document as the object in it, and an empty value as ``None``."""
    if isinstance(value, str) and re.match(r"\s*[\[{]", value):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return None if value in (None, [], {}, "") else value

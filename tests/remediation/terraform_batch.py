"""Many Terraform files for one `terraform validate`: its start takes most of the time of each.

Each file is the module of a run in a test file, and Terraform validates such a module as it does a root
module. Only a root module may have `import` blocks, so these stand in the root, with labels that no other
file has. The last module has a fault: a Terraform that does not find it has not looked at the modules.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ANY_IMPORT = re.compile(r"^\s*import\b", re.MULTILINE)
_IMPORT = re.compile(
    r"^import \{\n"
    r"  to = (?P<address>aws_\w+\.\w+)\n"
    # Without an interpolation, which may name what only the file has.
    r'  id = (?P<id>"(?:[^"\\$%\n]|\\.|\$\$\{|%%\{|[$%](?!\{))*")\n'
    r"\}\n",
    re.MULTILINE,
)
_FAULTY = "locals {\n  faulty = local.absent\n}\n"
_FAULT = "Reference to undeclared local value"


def fits(text: str) -> bool:
    """Say whether a file means the same in a batch."""
    return bool(text) and not _ANY_IMPORT.search(_IMPORT.sub("", text))


def write(directory: Path, texts: Sequence[str]) -> None:
    """Write the files of a batch into a directory."""
    imports, runs, modules = [], [], [{"Key": "", "Source": "", "Dir": "."}]
    for number, text in enumerate([*texts, _FAULTY]):
        name = f"file_{number}"
        (directory / name).mkdir()
        (directory / name / "main.tf").write_text(_IMPORT.sub("", text), encoding="utf-8")
        imports += [
            f"import {{\n  to = {block['address']}_{number}\n  id = {block['id']}\n}}\n"
            for block in _IMPORT.finditer(text)
        ]
        runs.append(f'run "{name}" {{\n  command = plan\n  module {{\n    source = "./{name}"\n  }}\n}}\n')
        modules.append({"Key": f"test.batch.{name}", "Source": f"./{name}", "Dir": name})
    (directory / "main.tf").write_text("".join(imports), encoding="utf-8")
    (directory / "batch.tftest.hcl").write_text("".join(runs), encoding="utf-8")
    manifest = directory / ".terraform" / "modules" / "modules.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"Modules": modules}), encoding="utf-8")


def all_right(diagnostics: Sequence[dict[str, Any]]) -> bool:
    """Say whether Terraform found the fault of the last module and nothing else in a batch."""
    return [each["summary"] for each in diagnostics] == [_FAULT] and "absent" in diagnostics[0]["detail"]

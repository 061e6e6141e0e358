"""Members of AWS's API that are newer than the pinned botocore, as data of the product.

``python tests/newest_models.py build [WHEEL]`` writes ``tui/cloud_audit_tui/aws/models`` from a wheel of
botocore; ``python tests/newest_models.py missing [WHEEL]`` lists what a newer wheel has beyond that.
Without a WHEEL, pip downloads the newest one. Members, shapes and enumerations are taken, no documentation.

The responses of every declared read and the requests and responses of every command that a remediation runs
are compared, since a fix carries a resource's settings through both.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import xform_name
from botocore.loaders import Loader

from cloud_audit_tui.aws import service_models
from cloud_audit_tui.aws.operations import IDENTITY_READS
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import explanation
from cloud_audit_tui.scan import choices

if TYPE_CHECKING:
    from collections.abc import Iterator

EXTRAS = "service-2.sdk-extras.json"
RELEVANT = frozenset(
    {
        "box", "enum", "flattened", "jsonvalue", "key", "location", "locationName", "member", "members",
        "payload", "queryName", "sensitive", "shape", "streaming", "timestampFormat", "type", "union",
        "value", "xmlAttribute", "xmlNamespace",
    }
)  # fmt: skip
"""What of a shape decides how it is written, read and checked; limits and documentation are left out."""
CLI_NAMES = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
"""Commands of the AWS CLI whose name is not botocore's name of the service."""
_COMMAND = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)")

Model = dict[str, Any]


def operations() -> set[tuple[str, str]]:
    """Return every operation whose members matter, as (service, operation)."""
    session = botocore.session.Session()
    commands: dict[str, dict[str, str]] = {}
    reads = {read for check in all_checks().values() for read in check.reads}
    pairs = {tuple(read.split(":")) for read in {*reads, *IDENTITY_READS, *choices.declared_reads()}}
    for check_id in all_checks():
        for service, command in _COMMAND.findall(explanation(check_id).cli):
            name = CLI_NAMES.get(service, service)
            if name not in commands:
                services = session.get_available_services()
                operation_names = session.get_service_model(name).operation_names if name in services else []
                commands[name] = {xform_name(each, "-"): each for each in operation_names}
            if command in commands[name]:
                pairs.add((name, commands[name][command]))
    return {(service, operation) for service, operation in pairs}


class Wheel:
    """The service models in a botocore wheel."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        self._names = set(self._archive.namelist())
        self.version = path.name.split("-")[1]

    def model(self, service: str) -> Model | None:
        """Return the newest model of a service, None where botocore has dropped it."""
        pattern = re.compile(rf"botocore/data/{re.escape(service)}/([\d-]+)/service-2\.json(\.gz)?")
        name = max((name for name in self._names if pattern.fullmatch(name)), default=None)
        if name is None:
            return None
        raw = self._archive.read(name)
        model: Model = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)
        return model


class Difference:
    """What a newer model has beyond an older one, reached from some operations."""

    def __init__(self, old: Model, new: Model) -> None:
        self._old, self._new = old["shapes"], new["shapes"]
        self._operations = old["operations"], new["operations"]
        self.shapes: Model = {}
        self.members: list[str] = []
        self._compared: set[tuple[str, str]] = set()

    def compare(self, operation: str) -> None:
        """Add what the newer model has in the request and the response of an operation."""
        old, new = (operations.get(operation) for operations in self._operations)
        for side in ("input", "output"):
            if old and new and side in old and side in new:
                self._pair(old[side]["shape"], new[side]["shape"], f"{operation}.{side}")

    def _pair(self, old_name: str, new_name: str, path: str) -> None:
        if (old_name, new_name) in self._compared:
            return
        self._compared.add((old_name, new_name))
        old, new = self._old[old_name], self._new[new_name]
        if old["type"] != new["type"]:
            return
        if new["type"] == "structure":
            for member, reference in new.get("members", {}).items():
                if member in old.get("members", {}):
                    self._pair(old["members"][member]["shape"], reference["shape"], f"{path}.{member}")
                else:
                    self.members.append(f"{path}.{member}")
                    self.shapes.setdefault(old_name, {}).setdefault("members", {})[member] = self._relevant(
                        reference
                    )
                    self._whole(reference["shape"])
        for part in ("member", "key", "value"):
            if isinstance(new.get(part), dict) and isinstance(old.get(part), dict):
                self._pair(old[part]["shape"], new[part]["shape"], path)
        if set(new.get("enum", [])) - set(old.get("enum", [])) and "enum" in old:
            self.shapes.setdefault(old_name, {})["enum"] = sorted({*old["enum"], *new["enum"]})

    def _whole(self, name: str) -> None:
        """Take over a shape that the older model does not have, and compare one that it has."""
        if name in self._old:
            self._pair(name, name, name)
            return
        if name in self.shapes:
            return
        shape = self._new[name]
        self.shapes[name] = self._relevant(shape)
        references = [
            *shape.get("members", {}).values(),
            *(shape.get(part) for part in ("member", "key", "value")),
        ]
        for reference in references:
            if isinstance(reference, dict):
                self._whole(reference["shape"])

    def _relevant(self, shape: Model) -> Model:
        relevant = {key: value for key, value in shape.items() if key in RELEVANT}
        if isinstance(relevant.get("members"), dict):
            relevant["members"] = {
                member: self._relevant(each) for member, each in relevant["members"].items()
            }
        for part in ("member", "key", "value"):
            if isinstance(relevant.get(part), dict):
                relevant[part] = self._relevant(relevant[part])
        return relevant


def differences(loader: Loader, wheel: Wheel) -> Iterator[tuple[str, str, Difference]]:
    """Yield the service, the API version of the loader's model, and what the wheel has beyond it."""
    by_service: defaultdict[str, list[str]] = defaultdict(list)
    for service, operation in operations():
        by_service[service].append(operation)
    for service, names in sorted(by_service.items()):
        new = wheel.model(service)
        if new is None:
            continue
        difference = Difference(loader.load_service_model(service, "service-2"), new)
        for operation in sorted(names):
            difference.compare(operation)
        yield service, loader.determine_latest_version(service, "service-2"), difference


def build(wheel: Wheel, directory: Path) -> list[str]:
    """Write the extras of every service anew; returns the members that they add."""
    for path in directory.glob(f"*/*/{EXTRAS}"):
        path.unlink()
    members = []
    for service, version, difference in differences(Loader(), wheel):
        if not difference.shapes:
            continue
        path = directory / service / version / EXTRAS
        path.parent.mkdir(parents=True, exist_ok=True)
        shapes = dict(sorted(difference.shapes.items()))
        text = json.dumps({"version": 1.0, "merge": {"shapes": shapes}}, indent=1, sort_keys=True)
        path.write_text(f"{text}\n", encoding="utf-8")
        members += [f"{service}:{member}" for member in difference.members]
    (directory / "VERSION").write_text(f"{wheel.version}\n", encoding="utf-8")
    return members


def missing(wheel: Wheel, directory: Path) -> list[str]:
    """Return the members that the wheel has and the loader with its extras has not."""
    loader = Loader(extra_search_paths=[str(directory)])
    return [
        f"{service}:{member}"
        for service, _, difference in differences(loader, wheel)
        for member in difference.members
    ]


def newest_wheel(directory: Path) -> Path:
    """Download the newest botocore wheel and return its path; raises `CalledProcessError`."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(directory),
        "botocore",
    ]
    subprocess.run(command, check=True)
    return next(directory.glob("botocore-*.whl"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["build", "missing"])
    parser.add_argument("wheel", nargs="?", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        wheel = Wheel(arguments.wheel or newest_wheel(Path(directory)))
        members = (build if arguments.command == "build" else missing)(wheel, service_models.MODELS)
    for member in members:
        print(member)
    print(f"{len(members)} members of botocore {wheel.version} beyond botocore {botocore.__version__}")


if __name__ == "__main__":
    main()

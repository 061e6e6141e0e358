"""All frameworks, one file each in `frameworks/`, and the controls that refer to a check."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from cloud_audit_tui.compliance.framework import Framework, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = ".tsv"


@cache
def frameworks() -> Mapping[str, Framework]:
    """Return the frameworks by id, in the order of their ids; raises `FrameworkError`."""
    sources = [file for file in (files(__package__) / "frameworks").iterdir() if file.name.endswith(SUFFIX)]
    return {
        framework.id: framework
        for file in sorted(sources, key=lambda file: file.name)
        for framework in [parse(file.name.removesuffix(SUFFIX), file.read_text(encoding="utf-8"))]
    }


def references(check_id: str) -> dict[str, list[str]]:
    """Return the controls that refer to a check, by framework id, in the order of the framework."""
    return {framework: list(controls) for framework, controls in _by_check().get(check_id, {}).items()}


@cache
def _by_check() -> Mapping[str, Mapping[str, list[str]]]:
    by_check: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for framework in frameworks().values():
        for control in framework.controls:
            for check_id in (*control.checks, *control.related):
                by_check[check_id][framework.id].append(control.id)
    return by_check

"""All checks, found by walking the packages of `checks.services`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from cloud_audit_tui.checks import services
from cloud_audit_tui.checks.api import Check
from cloud_audit_tui.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType


class UnknownCheckError(LookupError):
    """No check has the requested id."""

    def __init__(self, check_id: str, check_ids: Iterable[str]) -> None:
        hint = did_you_mean(check_id, check_ids, "Ids look like aws-s3-001.")
        super().__init__(
            f"There is no check {check_id!r}. {hint} `cloud-audit-tui checks` lists all with their titles."
        )


def modules() -> Iterator[ModuleType]:
    """Import the modules of the checks, one for each step."""
    for module_info in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        yield importlib.import_module(module_info.name)


@cache
def all_checks() -> dict[str, Check]:
    """Return the checks by id, in the order of their ids."""
    checks: dict[str, Check] = {}
    for module in modules():
        checks.update({value.id: value for value in vars(module).values() if isinstance(value, Check)})
    return dict(sorted(checks.items()))


def select(check_ids: Iterable[str]) -> list[Check]:
    """Return the checks of these ids, all checks when there is no id; raises `UnknownCheckError`."""
    checks = all_checks()
    selected = list(dict.fromkeys(check_ids))
    for check_id in selected:
        if check_id not in checks:
            raise UnknownCheckError(check_id, checks)
    return [checks[check_id] for check_id in selected] if selected else list(checks.values())

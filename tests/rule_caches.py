"""The rules of the checks, computed once for all tests: every scan reports them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.checks.rules import rules_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cloud_audit_tui.checks.api import Check
    from cloud_audit_tui.checks.rules import Rules


@pytest.fixture(scope="session", autouse=True)
def rules_are_remembered() -> Iterator[None]:
    """Compute the rules of a set of checks only for the first scan with that set."""
    digests: dict[tuple[object, ...], Rules] = {}

    def cached_rules(checks: Iterable[Check]) -> Rules:
        scanned_checks = list(checks)
        key = tuple(check.run for check in scanned_checks)
        if key not in digests:
            digests[key] = rules_of(scanned_checks)
        return digests[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cloud_audit_tui.scan.engine.rules_of", cached_rules)
        yield

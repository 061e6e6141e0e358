"""The values that the user typed for remediations in this session; they are never written to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.input_kinds import ABOUT_ITS_RESOURCE, SAME_AS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.inputs import Input


class RememberedInputs:
    """Values by profile, account, region and variable."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, str, str], str] = {}

    def remember(self, finding: Finding, values: Mapping[str, str]) -> None:
        """Keep values for the next finding of the same region, except those about this one resource."""
        for variable, value in values.items():
            if variable not in ABOUT_ITS_RESOURCE:
                self._values[_key(finding, variable)] = value

    def values_for(self, finding: Finding, needed: Iterable[Input]) -> dict[str, str]:
        """Return the remembered values that are valid for these inputs, by variable."""
        before = {each.variable: self._values.get(_key(finding, each.variable), "") for each in needed}
        return {
            each.variable: value
            for each in needed
            if (value := before[each.variable]) and not each.kind.fault(value, finding.partition)
        }


def _key(finding: Finding, variable: str) -> tuple[str, str, str, str]:
    return finding.profile, finding.account_id, finding.region, SAME_AS.get(variable, variable)

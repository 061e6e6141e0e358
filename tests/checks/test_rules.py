"""The digest of a rule follows what a check decides, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.rules import Rules, rules_of
from each_row import each_row

if TYPE_CHECKING:
    from pathlib import Path

CHECK = "aws-made-up-001"
SOURCE = '''
import re
from dataclasses import dataclass
from functools import cache, partial
from cloud_audit_tui.checks.api import check

OPEN = {"0.0.0.0/0", "::/0"}
PORT = re.compile("22|3389")

@dataclass(frozen=True)
class Rule:
    ports: tuple[int, ...]
    def is_open(self, group):
        """Say whether it is."""
        return bool(OPEN.intersection(group)) and self.ports

@cache
def limits():
    return Rule((22, 3389))

def judge(region, group):
    return limits().is_open(group) if PORT.match(group) else helper(group)

def helper(group):
    # Whoever reads this.
    return [each for each in group if len(each) > 3]

def other(group):
    return 1

@check("aws-made-up-001", reads=[])
async def checked(region):
    for group in map(partial(judge, region), []):
        yield group

@check("aws-made-up-002", reads=[])
async def another(region):
    yield other(region)
'''


def digests(source: str = SOURCE) -> dict[str, str]:
    """Return the digests of the checks of a module with this source."""
    module = ModuleType("cloud_audit_tui.checks.services.made_up")
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, "anywhere.py", "exec"), vars(module))
        return rules_of([module.checked, module.another]).digests
    finally:
        del sys.modules[module.__name__]


def test_another_rule_has_another_digest_and_no_other_check_has() -> None:
    rows = [
        ("len(each) > 3", "len(each) >= 3"),
        ("len(each) > 3", "len(each) > 4"),
        ('{"0.0.0.0/0", "::/0"}', '{"0.0.0.0/0"}'),
        ('"22|3389"', '"22|3390"'),
        ("Rule((22, 3389))", "Rule((22,))"),
        ("and self.ports", "or self.ports"),
        ("if PORT.match(group)", "if not PORT.match(group)"),
        ("partial(judge, region), []", "partial(judge, region), [1]"),
        ("for each in group if", "for each in group[1:] if"),
    ]
    with each_row() as row:
        for was, now in rows:
            with row(now):
                assert was in SOURCE
                before, after = digests(), digests(SOURCE.replace(was, now))
                assert before[CHECK] != after[CHECK]
                assert before["aws-made-up-002"] == after["aws-made-up-002"]


def test_words_lines_and_other_functions_are_no_part_of_a_rule() -> None:
    rows = [
        ("# Whoever reads this.", "# In other words.\n"),
        ('"""Say whether it is."""', '"""In other words."""'),
        ("import re\n", "import re\n\n\n"),
        ("return 1", "return 2"),
    ]
    with each_row() as row:
        for was, now in rows:
            with row(was):
                assert was in SOURCE
                assert digests()[CHECK] == digests(SOURCE.replace(was, now))[CHECK]


IN_A_PROCESS = """
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.rules import rules_of
print(rules_of(all_checks().values()))
"""


@pytest.mark.proof
def test_every_process_has_the_same_digests(tmp_path: Path) -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{rules_of(all_checks().values())}\n"}


def test_every_check_has_a_rule_of_its_own() -> None:
    rules = rules_of(all_checks().values())
    assert set(rules.digests) == set(all_checks())
    assert len(set(rules.digests.values())) == len(rules.digests)


def test_only_what_both_know_is_compared() -> None:
    one = Rules("cpython-311", {"a": "1", "b": "1"})
    assert one.changed(Rules("cpython-311", {"a": "2"}), "a")
    assert not one.changed(Rules("cpython-311", {"a": "2"}), "b")
    assert not one.changed(Rules("cpython-312", {"a": "2"}), "a")
    assert not one.changed(Rules(), "a")
    assert not Rules().comparable(Rules())

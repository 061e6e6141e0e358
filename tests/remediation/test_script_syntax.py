"""The look at many scripts finds what a look at each of them would find."""

from __future__ import annotations

from each_row import each_row
from remediation.script_syntax import look_at_syntax, syntax_faults

ONLY_IN_FULL = """[ "$1" = {} ] || [ "$?" = 1 ]\n"""
"""A script with a fault that shellcheck finds only where it follows what the script does."""


def test_every_script_that_does_what_is_wrong_has_the_fault() -> None:
    scripts = [ONLY_IN_FULL.format(f"'{text}'") for text in ("one", "$(another)")]
    look_at_syntax(scripts)
    with each_row() as row:
        for script in scripts:
            with row(script):
                (fault,) = syntax_faults(script)
                assert fault.startswith("shellcheck SC2319")


def test_a_text_that_leaves_its_quotes_is_found_beside_one_that_does_not() -> None:
    inside, outside = (f"printf 'a{text}'\n" for text in ("b", """'; [ "$1" ] || [ "$?" = 1 ]; : '"""))
    look_at_syntax([inside, outside])
    assert syntax_faults(inside) == []
    (fault,) = syntax_faults(outside)
    assert fault.startswith("shellcheck SC2319")

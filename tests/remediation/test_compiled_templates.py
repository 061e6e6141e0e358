"""A template is compiled once on a machine, and a file that is not certainly ours is never run."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

import pytest
from jinja2 import TemplateSyntaxError

from cloud_audit_tui import kept_file
from cloud_audit_tui.kept_file import header
from cloud_audit_tui.remediation import compiled_templates, templates
from cloud_audit_tui.remediation.quoting import Language
from cloud_audit_tui.remediation.templates import template

if TYPE_CHECKING:
    from pathlib import Path

CHECK = "aws-s3-001"
SOURCE = "echo {{ word }} {{ 'it is' }}\n"
FILLED = "echo a 'it is'\n"
OTHER = "rm -r {{ word }}\n"


@pytest.fixture
def cache_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of one template, written by one process."""
    monkeypatch.setattr(kept_file, "root_directory", lambda: tmp_path)
    assert filled() == FILLED
    return tmp_path / "templates" / f"{CHECK}.sh"


def filled(source: str = SOURCE) -> str:
    """Fill the template as a process does that has not filled it before."""
    template.cache_clear()
    return template(source, Language.SHELL, CHECK).render(word="a")


def code_of_another() -> bytes:
    return marshal.dumps(templates._environment(Language.SHELL).compile(OTHER))


def test_a_second_process_runs_the_file(cache_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "check_placement", lambda *_: pytest.fail("it was compiled again"))
    assert filled() == FILLED


def test_a_template_that_changes_is_compiled_again(cache_file: Path) -> None:
    assert filled(OTHER) == "rm -r a\n"
    assert filled() == FILLED


def test_a_damaged_file_is_replaced(cache_file: Path) -> None:
    good = cache_file.read_bytes()
    first, _, body = good.partition(b"\n")
    key = first.partition(b" ")[0].decode()
    other = code_of_another()
    bad = {
        "empty": b"",
        "cut": good[: len(good) // 2],
        "changed": first + b"\n" + other,
        "of another version": b"0" * 64 + first[64:] + b"\n" + body,
        "no code": header(key, b"N") + b"N",
        "no bytes of marshal": header(key, b"?") + b"?",
    }
    used = []
    for name, content in bad.items():
        cache_file.write_bytes(content)
        if filled() != FILLED or cache_file.read_bytes() != good:
            used.append(name)
    assert not used


def test_a_file_that_others_can_write_is_not_run(cache_file: Path) -> None:
    key = cache_file.read_bytes().partition(b" ")[0].decode()
    other = code_of_another()
    cache_file.write_bytes(header(key, other) + other)
    cache_file.chmod(0o622)
    assert filled() == FILLED


def test_a_faulty_template_is_not_kept(cache_file: Path) -> None:
    for _ in range(2):
        with pytest.raises(TemplateSyntaxError, match="quotes"):
            filled("echo '{{ word }}'\n")


def test_a_name_that_is_none_for_a_file_keeps_nothing(cache_file: Path) -> None:
    for name in ("../outside.sh", ".sh", "a/b.sh"):
        code = compiled_templates.compiled(name, SOURCE, lambda: compile("1", "<template>", "exec"))
        assert code.co_filename == "<template>"
    assert [path.name for path in cache_file.parents[1].rglob("*") if path.is_file()] == [cache_file.name]

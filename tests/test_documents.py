"""What the documents promise in numbers and names is so, and nobody has to edit it for a new check."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.commands.main import main
from cloud_audit_tui.commands.user_settings import load_settings
from cloud_audit_tui.config import audit_file
from each_row import each_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_number_of_checks_in_the_readme_is_the_catalogues() -> None:
    counts = {int(number) for number in re.findall(r"\b(\d+) checks\b", README)}
    assert counts <= {len(all_checks())}


def test_the_readme_has_one_test_command_and_it_runs_every_test() -> None:
    [command] = [line for line in README.splitlines() if "python -m pytest --quiet" in line]
    assert " -m " not in command.partition("pytest")[2], "a marker would leave tests out"


def test_a_document_that_the_readme_or_github_looks_for_is_there() -> None:
    with each_row() as row:
        for name in ("SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"):
            with row(name):
                assert (ROOT / name).read_text(encoding="utf-8").strip()


def test_no_document_links_to_a_file_that_is_not_there() -> None:
    for document in ROOT.glob("*.md"):
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / target).exists(), f"{document.name} links to {target}"


# Pictures

SCREENSHOTS = ROOT / "screenshots"
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")
MOST_BYTES_OF_THE_WALK = 1_000_000
PRIVATE = re.compile(r"/(?:root|home/(?!alice\b)|Users)/|/tmp/(?!cloud-audit-tui-demo/)|AKIA|ASIA")
"""Paths of a machine that made a picture, and ids of access keys."""


def test_every_picture_of_the_readme_is_one_that_the_program_makes() -> None:
    from screenshots import PICTURES

    pictures = {Path(target) for target in PICTURE.findall(README)}
    stems = {path.name.split("-")[0].removesuffix(".svg") for path in pictures}
    assert {path for path in pictures if not (ROOT / path).exists()} == set()
    assert stems == {*PICTURES, "wide", "walk"}


def test_every_picture_is_there_in_both_sizes_and_no_other_is() -> None:
    from screenshots import PICTURES, SIZES, WIDE

    sizes = dict.fromkeys(PICTURES, SIZES) | {"wide": (WIDE,)}
    file_names = {
        f"{name}-{width}x{height}{suffix}"
        for name, of_name in sizes.items()
        for width, height in of_name
        for suffix in (".svg", ".png")
    }
    assert {path.name for path in SCREENSHOTS.iterdir()} == file_names | {"walk.svg"}


def test_no_picture_shows_the_machine_that_made_it() -> None:
    private = {
        path.name: sorted(set(match))
        for path in SCREENSHOTS.glob("*.svg")
        if (match := PRIVATE.findall(path.read_text(encoding="utf-8").replace("&#160;", " ")))
    }
    assert private == {}


def test_the_walk_is_a_small_animation_that_loads_nothing() -> None:
    text = (SCREENSHOTS / "walk.svg").read_text(encoding="utf-8")
    assert len(text) < MOST_BYTES_OF_THE_WALK
    assert "@keyframes" in text
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)[^\s<]*", text) == [
        "http://127.0.0.1:5000"
    ] * text.count("http://127")
    assert not re.search(r"<(script|image|use|foreignObject)|@import|url\(", text)


# Commands and files


def fenced(language: str) -> list[str]:
    """Return the blocks of the README in a language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [text for name, text in blocks if name == language]


def shown_commands() -> Iterator[str]:
    """Yield every command of ours in the README that is written out; a synopsis has brackets or capitals."""
    lines = [line for block in fenced("sh") + fenced("yaml") for line in block.splitlines()]
    code = re.findall(r"`(cloud-audit-tui [^`]*)`", README)
    for line in [*lines, *code]:
        command = line.split("run: ")[-1].partition("#")[0].strip()
        if command.startswith("cloud-audit-tui"):
            yield command


def parse(text: str) -> None:
    """Parse a command line as click does, without running it; raises `click.UsageError`."""
    command: click.Command = main
    context, words = None, shlex.split(text)[1:]
    while isinstance(command, click.Group) and (
        names := [word for word in words if word in command.commands]
    ):
        before, words = words[: words.index(names[0])], words[words.index(names[0]) + 1 :]
        if before:
            context = command.make_context(command.name, before, parent=context)
        command = command.commands[names[0]]
    context = command.make_context(command.name, list(words), parent=context)
    if isinstance(command, click.Group):
        _, rest, _ = command.make_parser(context).parse_args(words)
        if rest:
            raise click.UsageError(f"there is no command {rest[0]}")


def test_every_command_in_the_readme_parses() -> None:
    commands = list(shown_commands())
    wrong = []
    for command in commands:
        try:
            parse(command)
        except click.ClickException as error:
            wrong.append(f"{command}: {error.message}")
    assert wrong == []
    assert len(commands) >= 10


def test_the_synopsis_names_every_command_and_only_options_that_exist() -> None:
    [synopsis] = [block for block in fenced("") if block.startswith("cloud-audit-tui scan")]
    wrong, names = [], set()
    for entry in re.split(r"\n(?=cloud-audit-tui )", synopsis):
        _, *words = re.split(r"[\s\[\]]+", entry)
        command: click.Command = main
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
            names.add(command.name)
        options = {option for parameter in command.params for option in parameter.opts}
        wrong += [
            f"{command.name} {word}"
            for word in words
            if re.match(r"--?[a-zA-Z]", word) and word not in options
        ]
    assert wrong == []
    assert {*main.commands} - names - {"config", "mutes"} == set()


def test_the_settings_in_the_readme_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [block] = fenced("toml")
    path = tmp_path / "config.toml"
    path.write_text(block, encoding="utf-8")
    monkeypatch.setenv("CLOUD_AUDIT_TUI_CONFIG", str(path))
    settings = load_settings()
    assert settings.theme
    assert settings.groups
    assert settings.keys


def test_the_accepted_findings_in_the_readme_are_right(tmp_path: Path) -> None:
    [block] = [block for block in fenced("yaml") if "suppressions:" in block]
    path = tmp_path / ".cloud-audit.yml"
    path.write_text(block, encoding="utf-8")
    [mute] = audit_file.load(path).mutes
    assert mute.check in all_checks()
    assert mute.expires

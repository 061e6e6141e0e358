"""Options that several commands share, and the errors for invalid values."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from cloud_audit_tui.commands.completion import complete_profiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cloud_audit_tui.demo.embedded import EmbeddedAws

F = TypeVar("F", bound="Callable[..., Any]")
COULD_NOT = 2
"""The exit code of a scan that could not run to completion."""


class Mistake(click.ClickException):
    """An error that the user can correct: one line on stderr, and exit code 2."""

    exit_code = COULD_NOT


@contextmanager
def mistakes_in_words() -> Iterator[None]:
    """Turn exceptions for invalid input into one line for the user."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, _mistakes()):
            raise
        raise Mistake(str(error.args[0])) from None


def _mistakes() -> tuple[type[Exception], ...]:
    # Without an error, the start of the app imports most of these packages later or never.
    from cloud_audit_tui.aws.profiles import ConfigError, UnknownProfileError  # noqa: PLC0415
    from cloud_audit_tui.aws.regions import UnknownRegionError  # noqa: PLC0415
    from cloud_audit_tui.checks.catalogue import UnknownCheckError  # noqa: PLC0415
    from cloud_audit_tui.config.audit_file import AuditFileError  # noqa: PLC0415
    from cloud_audit_tui.config.settings import SettingsError  # noqa: PLC0415
    from cloud_audit_tui.demo.embedded import DemoUnavailableError  # noqa: PLC0415

    return (
        AuditFileError,
        ConfigError,
        DemoUnavailableError,
        SettingsError,
        UnknownCheckError,
        UnknownProfileError,
        UnknownRegionError,
    )


profile_option = click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_profiles,
    help="AWS profile, or @GROUP of config.toml; may be repeated.",
)
"""``--profile`` of the commands that take several profiles."""


def _for_people_or_json(for_people: str) -> Callable[[F], F]:
    return click.option(
        "--format",
        "form",
        type=click.Choice([for_people, "json"], case_sensitive=False),
        default=for_people,
        show_default=True,
        help="Output format.",
    )


text_or_json_option = _for_people_or_json("text")
"""``--format`` of the commands that print lines, or JSON for programs."""
table_or_json_option = _for_people_or_json("table")
"""``--format`` of the commands that print a table, or JSON for programs."""


def is_typed(context: click.Context, name: str) -> bool:
    """Return whether an option is on the command line; the environment may set it for other commands."""
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _parts(values: Iterable[str]) -> list[str]:
    """Return the parts of comma-separated values without blanks and duplicates."""
    return list(dict.fromkeys(part.strip() for part in ",".join(values).split(",") if part.strip()))


def _list_option(name: str, variable: str, metavar: str, text: str) -> Callable[[F], F]:
    def parts_of(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[str]:
        parts = _parts(values)
        # An empty variable of a shell would mean all of them.
        if values and not parts:
            raise Mistake(f"{name} has no value in it. Give it one, or omit it.")
        return parts

    # Without `multiple` the last of several options would replace the others in silence.
    return click.option(name, variable, multiple=True, metavar=metavar, callback=parts_of, help=text)


def regions_option(text: str) -> Callable[[F], F]:
    """Return ``--regions`` with this help; its value is a list for `regions_named`."""
    return _list_option("--regions", "regions", "R1,R2|all", text)


def checks_option(text: str) -> Callable[[F], F]:
    """Return ``--checks`` with this help; its value is a list, whose ids `check_id_named` reads."""
    return _list_option("--checks", "check_ids", "ID,...", text)


def check_id_named(text: str) -> str:
    """Return the id of a check that the user may have written in capitals."""
    return text.lower()


def regions_named(names: Iterable[str]) -> list[str]:
    """Return the regions of ``--regions``; raises `UnknownRegionError`."""
    regions = _parts(names)
    if not regions:
        return []
    from cloud_audit_tui.aws.regions import check_known  # noqa: PLC0415
    from cloud_audit_tui.scan.jobs import ALL_REGIONS  # noqa: PLC0415

    if ALL_REGIONS in map(str.lower, regions):
        return [ALL_REGIONS]
    check_known(regions)
    return regions


def environment_of(aws: EmbeddedAws) -> dict[str, str | None]:
    """Return the environment changes that make this process use only the embedded AWS."""
    return {**dict.fromkeys(aws.without), **aws.environment}

"""Lambda's runtimes: when AWS deprecates them, when it blocks changes, and their successors.

The dates are those of <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html> as of `AS_OF`, from
the runtime table that cfn-lint generates from that page. Dates after that day are plans; AWS has postponed
such dates before.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

AS_OF = date(2026, 10, 20)
"""The day of the table's data."""


class Runtime(NamedTuple):
    """One managed runtime.

    ``deprecated`` is the day from which AWS no longer patches it; from ``update_blocked`` on AWS accepts
    changes only together with a supported runtime. ``successor`` is a supported runtime of the same language,
    empty if the runtime needs none.
    """

    deprecated: date
    update_blocked: date
    successor: str = ""


def _runtime(deprecated: str, update_blocked: str, successor: str = "") -> Runtime:
    return Runtime(date.fromisoformat(deprecated), date.fromisoformat(update_blocked), successor)


PYTHON, NODE, JAVA, DOTNET, RUBY = "python3.13", "nodejs24.x", "java21", "dotnet10", "ruby3.4"
OS_ONLY = "provided.al2023"
LAST_WITH_CALLBACKS = "nodejs22.x"
"""The last Node.js runtime that runs handlers with a callback.

Source: the Lambda Developer Guide on Node.js handlers: Node.js 24 runs no handler that takes a callback.
"""

RUNTIMES = {
    "dotnetcore1.0": _runtime("2019-06-27", "2019-07-30", DOTNET),
    "dotnetcore2.0": _runtime("2019-05-30", "2019-05-30", DOTNET),
    "dotnetcore2.1": _runtime("2022-01-05", "2022-04-13", DOTNET),
    "dotnetcore3.1": _runtime("2023-04-03", "2023-05-03", DOTNET),
    "dotnet6": _runtime("2024-12-20", "2027-03-03", DOTNET),
    "dotnet8": _runtime("2026-11-10", "2027-03-03", DOTNET),
    "dotnet10": _runtime("2028-11-14", "2029-01-15"),
    "go1.x": _runtime("2024-01-08", "2027-03-03", OS_ONLY),
    "java8": _runtime("2024-01-08", "2027-03-03", JAVA),
    "java8.al2": _runtime("2027-06-30", "2027-08-31", JAVA),
    "java11": _runtime("2027-06-30", "2027-08-31", JAVA),
    "java17": _runtime("2027-06-30", "2027-08-31", JAVA),
    "java21": _runtime("2029-06-30", "2029-08-31"),
    "java25": _runtime("2029-06-30", "2029-08-31"),
    "nodejs": _runtime("2016-08-30", "2016-10-31", NODE),
    "nodejs4.3": _runtime("2020-03-05", "2020-03-05", NODE),
    "nodejs4.3-edge": _runtime("2020-03-05", "2019-04-30", NODE),
    "nodejs6.10": _runtime("2019-08-12", "2019-08-12", NODE),
    "nodejs8.10": _runtime("2020-03-06", "2020-03-06", NODE),
    "nodejs10.x": _runtime("2021-07-30", "2022-02-14", NODE),
    "nodejs12.x": _runtime("2023-03-31", "2023-04-30", NODE),
    "nodejs14.x": _runtime("2023-12-04", "2027-03-03", NODE),
    "nodejs16.x": _runtime("2024-06-12", "2027-03-03", NODE),
    "nodejs18.x": _runtime("2025-09-01", "2027-03-03", NODE),
    "nodejs20.x": _runtime("2026-04-30", "2027-03-03", NODE),
    "nodejs22.x": _runtime("2027-04-30", "2027-07-01", NODE),
    "nodejs24.x": _runtime("2028-04-30", "2028-07-01"),
    "provided": _runtime("2024-01-08", "2027-03-03", OS_ONLY),
    "provided.al2": _runtime("2026-07-31", "2027-03-03", OS_ONLY),
    "provided.al2023": _runtime("2029-06-30", "2029-08-31"),
    "python2.7": _runtime("2021-07-15", "2022-05-30", PYTHON),
    "python3.6": _runtime("2022-07-18", "2022-08-29", PYTHON),
    "python3.7": _runtime("2023-12-04", "2027-03-03", PYTHON),
    "python3.8": _runtime("2024-10-14", "2027-03-03", PYTHON),
    "python3.9": _runtime("2025-12-15", "2027-03-03", PYTHON),
    "python3.10": _runtime("2026-10-31", "2027-03-03", PYTHON),
    "python3.11": _runtime("2027-06-30", "2027-08-31", PYTHON),
    "python3.12": _runtime("2028-10-31", "2029-01-10", PYTHON),
    "python3.13": _runtime("2029-06-30", "2029-08-31"),
    "python3.14": _runtime("2029-06-30", "2029-08-31"),
    "ruby2.5": _runtime("2021-07-30", "2022-03-31", RUBY),
    "ruby2.7": _runtime("2023-12-07", "2027-03-03", RUBY),
    "ruby3.2": _runtime("2026-03-31", "2027-03-03", RUBY),
    "ruby3.3": _runtime("2027-03-31", "2027-05-31", RUBY),
    "ruby3.4": _runtime("2028-03-31", "2028-05-31"),
    "ruby4.0": _runtime("2029-03-31", "2029-05-31"),
}


def successor_on(name: str, today: date) -> str:
    """Return the runtime to which a function can move with the least change of its code.

    Node.js functions move to the last runtime with callbacks for as long as AWS supports it.
    """
    successor = RUNTIMES[name].successor
    supported = RUNTIMES[LAST_WITH_CALLBACKS].deprecated > today
    return (
        LAST_WITH_CALLBACKS if successor == NODE and name != LAST_WITH_CALLBACKS and supported else successor
    )


def dates_on(name: str, today: date) -> dict[str, str | bool]:
    """Return the facts of a runtime in the table; raises `KeyError` for any other one."""
    runtime = RUNTIMES[name]
    return {
        "deprecated_on": runtime.deprecated.isoformat(),
        "update_blocked_on": runtime.update_blocked.isoformat(),
        "update_blocked": runtime.update_blocked <= today,
        "successor": successor_on(name, today),
    }

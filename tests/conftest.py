"""What every test shares: an environment without the user in it, and AWS without an account."""

from __future__ import annotations

import gc
import inspect
import itertools
import os
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from _pytest.unraisableexception import gc_collect_iterations_key

import forked_program
import forked_starts
from aws_stub import AwsStub, environment_of, serving
from botocore_caches import botocore_remembers  # noqa: F401 - for every test
from check_coverage import gaps, table
from closed_loop import proofs, rehearsals
from closed_loop.cli import quick_cli
from cloud_audit_tui.aws import attempts
from demo_scan import demo_scan  # noqa: F401 - for the tests of several rooms
from faults import kinds as fault_kinds
from order_of_tests import shares
from proof_marks import OPENS_APP, PROOF_FIXTURES
from remediation import fix_table
from rule_caches import rules_are_remembered  # noqa: F401 - for every test
from shared_demo import ADDRESS, Lender, empty_aws_url, lead_to, lender_of, shared_demo
from temporary_files import drop, keep_in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cloud_audit_tui.demo.embedded import EmbeddedAws

# The workers and the processes of hundreds of tests share what Python and pytest compile once.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_IN_MEMORY = keep_in_memory()
_PYTHON = sys.executable

# Nothing that the collection makes is garbage; see `pytest_collection_finish`.
gc.disable()

# Processes that a test starts read these, and Textual when it is imported, unless a plugin of pytest has done
# so before (`app_pace.quick_pace`).
os.environ["TEXTUAL_ANIMATIONS"] = "none"
for _name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL"):
    os.environ.pop(_name, None)

# Every run tries the same examples, so that a run judges the change and not its luck. No example has a
# deadline of its own, which a loaded machine misses: the time limit is that of the test.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile("same")

_FOREIGN = ("AWS_", "BOTO_", "MOTO_", "XDG_", "SSH_", "TMUX", "CLOUD_AUDIT_TUI_")
_FOREIGN_NAMES = {"NO_COLOR", "TEXTUAL_THEME", "STY", "DISPLAY", "WAYLAND_DISPLAY", "TERM_PROGRAM"}
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--check-table", action="store_true", help="print how each check is tested")
    parser.addoption(
        "--plain-textual", action="store_true", help="open the apps of the tests on Textual as it is, slowly"
    )


def pytest_xdist_auto_num_workers() -> int:
    """Return two workers more than there are cores: tests that wait for a program use none."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 2


_LENDER = pytest.StashKey[Lender]()
_PASSED = pytest.StashKey[bool]()


def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Fork the workers from a process that has imported the tests.

    Coverage counts what each process imports itself. Only on Linux may any program be forked.
    """
    if sys.platform == "linux" and not config.getoption("cov_source", None):
        lender = config.stash[_LENDER] = Lender()
        python = lender.interpreter(config.args)
        for spec in specs:
            spec.python = python


def pytest_configure_node(node: Any) -> None:
    """Tell a worker where it gets the AWS of the demo."""
    if _LENDER not in node.config.stash:
        node.config.stash[_LENDER] = Lender()
    node.workerinput[ADDRESS] = node.config.stash[_LENDER].address


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Note whether a test has failed, whose files are kept."""
    session.config.stash[_PASSED] = exitstatus == pytest.ExitCode.OK


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the AWS that the workers shared, and drop the files of a run that passed."""
    if _LENDER in config.stash:
        config.stash[_LENDER].close()
    if _IN_MEMORY is not None and config.stash.get(_PASSED, False):
        drop(_IN_MEMORY)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which checks lack which kind of test, whenever their tests were among those that ran."""
    passed = terminalreporter.stats.get("passed", [])
    counts_by_check = table(entry for report in passed for entry in report.user_properties)
    if config.getoption("--check-table"):
        terminalreporter.section("tests of each check")
        for check_id, counts in counts_by_check.items():
            line = "  ".join(f"{kind} {count:>3}" for kind, count in counts.items())
            terminalreporter.write_line(f"{check_id:<20} {line}")
    if any(sum(counts.values()) for counts in counts_by_check.values()):
        whole = len(counts_by_check) - len(gaps(counts_by_check))
        terminalreporter.write_line(
            f"{whole} of {len(counts_by_check)} checks have a fail, a pass, a denied and a paged test"
        )
        for line in gaps(counts_by_check) if config.getoption("--check-table") else []:
            terminalreporter.write_line(line)

    # What a fixture notes after its test is in the report of the teardown, which is filed under no word.
    reports = [*passed, *terminalreporter.stats.get("", [])]
    proven = fix_table.fixes(entry for report in reports for entry in report.user_properties)
    if any(any(languages.values()) for languages in proven.values()):
        if config.getoption("--check-table"):
            terminalreporter.section("fix of each check")
            for line in fix_table.table(proven):
                terminalreporter.write_line(line)
        for line in fix_table.counts(proven):
            terminalreporter.write_line(line)

    ran = [*passed, *terminalreporter.stats.get("failed", [])]
    _write_faults(terminalreporter, ran)
    if kinds := proofs.proof_kinds(entry for report in ran for entry in report.user_properties):
        if config.getoption("--check-table"):
            terminalreporter.section("scripts that were run")
            for line in proofs.table(kinds):
                terminalreporter.write_line(line)
        terminalreporter.write_line(proofs.counts(kinds))
        terminalreporter.write_line(rehearsals.counts(kinds))


def _write_faults(terminalreporter: Any, ran: list[Any]) -> None:
    """Print what each kind of fault cost the scans that ran."""
    lines = list(fault_kinds.table(entry for report in ran for entry in report.user_properties))
    if lines:
        terminalreporter.section("faults of the network")
    for line in lines:
        terminalreporter.write_line(line)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark as proofs what uses a slow fixture and what opens an app, which every coroutine of its room does.

    Other slow tests bear the mark themselves. A proof that fails runs once more and is named in the summary:
    it depends on programs, clocks and terminals, whose faults a loaded machine has as well.
    """
    if PROOF_FIXTURES & set(getattr(item, "fixturenames", ())):
        item.add_marker("proof")
    elif "tests/app/" in item.nodeid and inspect.iscoroutinefunction(getattr(item, "function", None)):
        item.add_marker(pytest.mark.proof(OPENS_APP))
    if item.get_closest_marker("proof"):
        item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long: at the end one worker would be left with some.

    The proofs come before the quick tests. Each worker gets as many tests as the others, in their order, and
    begins with one of those that take longest.
    """
    longest = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if not item.get_closest_marker("long")]
    others.sort(key=lambda item: item.get_closest_marker("proof") is None)
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = shares(others, longest, workers)


def pytest_collection_finish() -> None:
    """Keep the garbage collector away from what lives until the end.

    The modules and the collected tests are a million objects, which Python would look through again every
    few milliseconds while an app is drawn: that is a third of the CPU time of the app's tests.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    """Look once, and not five times, for errors of what is only collected at the end of the run.

    Each worker learns where it borrows the imported program.
    """
    config.stash[gc_collect_iterations_key] = 1
    if sys.platform == "linux":
        forked_program.lender = lender_of(config)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the next home directory may be: to find a free name, pytest lists those of all tests before."""
    directory = tmp_path_factory.mktemp("homes")
    return (directory / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def nobodys_machine(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take the user's AWS, directories, terminal and proxies away; returns the home directory."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN) or name in _FOREIGN_NAMES or name.upper() in _PROXIES:
            monkeypatch.delenv(name)
    home = next(homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / f"xdg-{name.lower()}"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "no-aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "no-aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    return home


@pytest.fixture(scope="session")
def forked_python(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program that starts this one as a fork, or Python where there is no process to fork."""
    lender = lender_of(pytestconfig)
    if not lender or sys.platform != "linux":
        return sys.executable
    return str(forked_starts.interpreter(tmp_path_factory.mktemp("python"), lender))


@pytest.fixture
def quick_starts(forked_python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork this program where a test or the program starts it."""
    monkeypatch.setattr(sys, "executable", forked_python)


@pytest.fixture
def real_starts(quick_starts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start this program as a process of its own in one test of a file that uses `quick_starts`."""
    monkeypatch.setattr(sys, "executable", _PYTHON)


@pytest.fixture
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a call rest for a moment only before it is tried again."""
    for name in ("SHORT_REST", "THROTTLED_REST", "LONGEST_REST"):
        monkeypatch.setattr(attempts, name, 0.001)


@pytest.fixture(scope="session")
def embedded_aws(pytestconfig: pytest.Config) -> Iterator[EmbeddedAws]:
    """The seeded AWS of the demo without its delays, one for all tests: they may look, not change."""
    with shared_demo(lender_of(pytestconfig)) as aws:
        yield aws


@pytest.fixture
def in_demo(embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> EmbeddedAws:
    """The seeded AWS, with this process's environment pointed at it."""
    lead_to(embedded_aws, monkeypatch)
    return embedded_aws


@pytest.fixture(scope="session")
def empty_aws(pytestconfig: pytest.Config) -> Iterator[str]:
    """The endpoint URL of an AWS with nothing in it; use `aws_server`, which empties it before each test."""
    with empty_aws_url(lender_of(pytestconfig)) as endpoint_url:
        yield endpoint_url


@pytest.fixture(scope="session")
def quick(pytestconfig: pytest.Config) -> Iterator[Path]:
    """The directory of an AWS CLI that starts quickly."""
    with quick_cli(lender_of(pytestconfig)) as directory:
        yield directory


@pytest.fixture
def aws_server(empty_aws: str) -> str:
    """The endpoint URL of an AWS with nothing in it: any credentials are those of account 123456789012."""
    request = urllib.request.Request(f"{empty_aws}/moto-api/reset", method="POST")
    with urllib.request.urlopen(request) as answer:
        answer.read()
    return empty_aws


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsStub]:
    """The scripted AWS of one test, reached through the environment as a user would reach it."""
    with serving() as stub:
        for name, value in environment_of(stub).items():
            monkeypatch.setenv(name, value)
        yield stub

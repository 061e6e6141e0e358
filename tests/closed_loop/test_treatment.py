"""The comparison of states finds a change too many, an outage, and a second run that ends otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from closed_loop.state_changes import changed, changes
from closed_loop.treatment import Step, Treatment, outages, rerun_differences, unintended_changes
from cloud_audit_tui.model import Finding, Resource, Severity, Status

if TYPE_CHECKING:
    from closed_loop.state_changes import State

BEFORE: State = {"s3/mine/acl": "'public'", "s3/mine/tags": "{}", "s3/other/acl": "'private'"}
AFTER: State = {**BEFORE, "s3/mine/acl": "'private'", "s3/mine/key": "'key-0a1b2c3d'"}
FINDING = Finding(
    check_id="aws-s3-001",
    status=Status.FAIL,
    severity=Severity.HIGH,
    subject=Resource("arn:aws:s3:::mine", "mine", "AWS::S3::Bucket"),
    profile="mended",
    account_id="111122223333",
    region="us-east-1",
    partition="aws",
    title="",
    reason="",
)


def treatment(after: State, *steps: tuple[State, State]) -> Treatment:
    """Return the treatment that ends in a state, with the states at each kill and after each second run."""
    of_steps = [Step("s3 put", changes(BEFORE, kill), changes(BEFORE, end), 0, "") for kill, end in steps]
    return Treatment(FINDING, BEFORE, changes(BEFORE, after), 0, "", ["s3 put"] * len(steps), of_steps)


def without(state: State, path: str) -> State:
    return {each: value for each, value in state.items() if each != path}


def test_changes_lead_from_one_state_to_the_other() -> None:
    after = without(AFTER, "s3/other/acl")
    found = changes(BEFORE, after)
    assert found == {"s3/mine/acl": "'private'", "s3/mine/key": "'key-0a1b2c3d'", "s3/other/acl": None}
    assert changed(BEFORE, found) == after


def test_a_change_that_no_pattern_allows_is_unintended() -> None:
    of_more = treatment({**without(AFTER, "s3/mine/tags"), "s3/other/acl": "'public'"})
    assert not unintended_changes(treatment(AFTER), ["s3/{}/acl", "+s3/*/key"])
    assert unintended_changes(of_more, ["s3/{}", "+s3/other"]) == ["s3/other/acl: 'private' -> 'public'"]
    assert unintended_changes(treatment(without(BEFORE, "s3/mine/acl")), ["+s3/mine"]) == [
        "s3/mine/acl: 'public' -> None"
    ]


def test_a_third_value_while_the_fix_runs_is_an_outage_unless_its_path_is_named() -> None:
    for value, kill in (
        ("'none'", {**BEFORE, "s3/mine/acl": "'none'"}),
        (None, without(BEFORE, "s3/mine/acl")),
    ):
        of_third = treatment(AFTER, (BEFORE, AFTER), (kill, AFTER), (AFTER, AFTER))
        line = f"after 2, s3 put: s3/mine/acl: 'public' -> {value} (at the end 'private')"
        assert outages(of_third) == [line]
        assert not outages(of_third, ["s3/*/acl"])


def test_a_second_run_may_make_another_id_and_nothing_else() -> None:
    another = {**AFTER, "s3/mine/key": "'key-4e5f6a7b'"}
    assert not rerun_differences(treatment(AFTER, (BEFORE, another)))
    [of_less] = rerun_differences(treatment(AFTER, (BEFORE, BEFORE), (AFTER, AFTER)))
    assert "missing: s3/mine/acl = 'private'" in of_less
    [of_more] = rerun_differences(treatment(AFTER, (BEFORE, {**AFTER, "s3/other/acl": "'public'"})))
    assert "too much: s3/other/acl = 'public'" in of_more


def test_only_after_its_last_write_a_second_run_may_stop_with_a_message() -> None:
    of_two = treatment(AFTER, (BEFORE, AFTER), (AFTER, AFTER))
    stopping = [replace(step, exit_code=1, output="no work") for step in of_two.steps]
    [line] = rerun_differences(replace(of_two, steps=stopping))
    assert line == "killed after 1, s3 put: exit code 1: no work"

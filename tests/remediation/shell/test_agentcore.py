"""The functions that wait for an update of AgentCore."""

from __future__ import annotations

import subprocess

import pytest

from cloud_audit_tui.remediation.quoting import Language, Quoted, QuotingError
from cloud_audit_tui.remediation.shell.agentcore import update_functions

WHERE = Quoted("--region=eu-west-1", Language.SHELL)
WAITING = Quoted("printf 'Waiting\\n'", Language.SHELL)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("agent runtime", "get-agent-runtime --region=eu-west-1 --agent-runtime-id='a b'"),
        ("gateway", "get-gateway --region=eu-west-1 --gateway-identifier='a b'"),
    ],
)
def test_the_resource_is_read_by_its_own_command_with_its_name_as_one_word(kind: str, command: str) -> None:
    functions = update_functions(kind, "a b", WHERE, WAITING)
    assert f"aws bedrock-agentcore-control {command} " in functions
    assert f"the {kind} is %s" in functions


def test_a_reason_that_tells_of_an_earlier_failure_is_none() -> None:
    for kind, state, code in (
        ("agent runtime", "READY\tThe last UPDATE_FAILED.", 0),
        ("agent runtime", "UPDATE_FAILED\tNo such subnet.", 1),
        ("gateway", "READY\tNone", 0),
        ("gateway", "UPDATE_UNSUCCESSFUL\tNone", 1),
        ("gateway", "FAILED\tNone", 1),
    ):
        functions = update_functions(kind, "a", WHERE, WAITING)
        script = f"{functions}\nstate=$1\nstop_if_failed"
        ran = subprocess.run(["bash", "-c", script, "bash", state], capture_output=True, check=False)
        assert ran.returncode == code, (kind, state)


def test_what_the_shell_cannot_hold_is_refused() -> None:
    with pytest.raises(QuotingError):
        update_functions("gateway", "a\0b", WHERE, WAITING)
    with pytest.raises(QuotingError):
        update_functions("gateway", "a", Quoted("x", Language.HCL), WAITING)

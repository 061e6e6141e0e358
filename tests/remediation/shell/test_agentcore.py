"""The functions that wait for an update of AgentCore."""

from __future__ import annotations

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


def test_what_the_shell_cannot_hold_is_refused() -> None:
    with pytest.raises(QuotingError):
        update_functions("gateway", "a\0b", WHERE, WAITING)
    with pytest.raises(QuotingError):
        update_functions("gateway", "a", Quoted("x", Language.HCL), WAITING)

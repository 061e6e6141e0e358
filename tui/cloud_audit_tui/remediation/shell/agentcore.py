"""The wait for an update of AgentCore, which accepts no other update meanwhile."""

from __future__ import annotations

from cloud_audit_tui.remediation.quoting import Language, Quoted, quoted_in
from cloud_audit_tui.remediation.shell.quoting import shell_literal

_READS = {
    "agent runtime": (
        "get-agent-runtime",
        "agent-runtime-id",
        "failureReason",
        "CREATE_FAILED* | UPDATE_FAILED*",
    ),
    "gateway": ("get-gateway", "gateway-identifier", "statusReasons[0]", "FAILED* | UPDATE_UNSUCCESSFUL*"),
}
"""For each kind: the command that reads it, the option that names it, and the member with the reason of a
failure.

The last are shell patterns of the failed states in AWS's model. The reason follows the state, so a pattern
begins with the state.
"""


def update_functions(kind: str, identifier: str, where: Quoted, waiting: Quoted) -> Quoted:
    """Return `wait_for_aws`, which waits until AWS has finished with a resource, and `stop_if_failed`.

    ``kind`` is ``agent runtime`` or ``gateway``, ``where`` the options of every command, and ``waiting`` the
    command that reports the wait. `stop_if_failed` ends the script if the update has failed.
    Raises `QuotingError` for an identifier that the shell cannot hold, `LookupError` for another kind.
    """
    command, option, reason, failed = _READS[kind]
    resource = f"{quoted_in(Language.SHELL, where)} --{option}={shell_literal(identifier)}"
    say = quoted_in(Language.SHELL, waiting)
    lines = (
        "wait_for_aws() {",
        "  while :; do",
        f"    state=$(aws bedrock-agentcore-control {command} {resource} \\",
        f"      --query='[status,{reason}]' --output=text)",
        '    case "$state" in',
        "      CREATING* | UPDATING*)",
        f"        {say}",
        "        sleep 5",
        "        ;;",
        "      *) break ;;",
        "    esac",
        "  done",
        "}",
        "stop_if_failed() {",
        '  case "$state" in',
        f"    {failed})",
        f"      printf 'AWS did not finish this: the {kind} is %s\\n' \"$state\" >&2",
        "      exit 1",
        "      ;;",
        "  esac",
        "}",
    )
    return Quoted("\n".join(lines), Language.SHELL)

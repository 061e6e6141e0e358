"""The script of one fix: its steps in a subshell that stops at the first failure.

It pastes into an interactive bash or zsh with AWS CLI 1 or 2. The script is one command in parentheses: the
shell reads it to its end before anything runs, no command can read a later line as its input, and neither
`exit` nor an option set inside reaches the user's own shell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cloud_audit_tui.aws.account_roles import account_role
from cloud_audit_tui.aws.regions import role_region
from cloud_audit_tui.remediation.quoting import visible
from cloud_audit_tui.remediation.shell.quoting import shell_literal, shell_quote
from cloud_audit_tui.remediation.templates import is_configured, where, with_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud_audit_tui.model import Finding
    from cloud_audit_tui.remediation.templates import Input, Rendered

_EXPORTED = re.compile(r"AWS_(?:CONFIG_FILE|SHARED_CREDENTIALS_FILE|CA_BUNDLE|ENDPOINT_URL(?:_[A-Z0-9_]+)?)")
"""Variables that name a file or an endpoint; one that may hold a secret is never written into a script."""

_CLI_SETTINGS = (
    # CLI 2 would open a pager, which would read the rest of a paste as keys.
    "AWS_PAGER=''",
    # Where the user has it on, CLI 2 would open its own prompt for every command.
    "AWS_CLI_AUTO_PROMPT=off",
    # A step that looks for an error of AWS reads it in this form:
    # https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-error-format.html
    "AWS_CLI_ERROR_FORMAT=legacy",
)
"""Settings that the user's own configuration must not override; a CLI that has no such setting ignores it."""

_BEDROCK = re.compile(r"\baws bedrock(?:-runtime)? ")
"""Commands for which the AWS CLI prefers a key in AWS_BEARER_TOKEN_BEDROCK to the profile's credentials
(``botocore.handlers``); it may belong to another account than the one that the script checks."""


def script(
    steps: Rendered,
    finding: Finding,
    environment: Mapping[str, str],
    values: Mapping[str, str] | None = None,
) -> str:
    """Return the steps as text to paste, empty when there are none; raises `QuotingError`.

    ``values`` are the user's values by variable. The script checks before its first step that every other
    input is set, and that its credentials belong to the finding's account: a profile of the same name may
    lead elsewhere on another machine.
    """
    if not steps.text:
        return ""
    lines = ["(", "set -euo pipefail"]
    lines += [_assignment(entry, (values or {}).get(entry.variable, "")) for entry in steps.inputs.values()]
    lines.append(f"export {' '.join(_CLI_SETTINGS)}")
    lines += [
        f"export {name}={shell_quote(value)}"
        for name, value in sorted(environment.items())
        if _EXPORTED.fullmatch(name)
    ]
    if _BEDROCK.search(steps.text):
        lines.append("unset AWS_BEARER_TOKEN_BEDROCK")
    lines += _assumed_role(finding)
    lines += _same_account(finding)
    return "\n".join([*lines, steps.text.rstrip("\n"), ")", ""])


def _assignment(entry: Input, value: str) -> str:
    if value:
        return f"{entry.variable}={shell_literal(value)}"
    return f': "${{{entry.variable}:?{entry.instruction}}}"'


def _assumed_role(finding: Finding) -> list[str]:
    """Return the lines that assume the role of a finding that was read through one.

    Only this subshell holds the credentials; no file or argument does. An audit role may have no write
    permission, so the user can name another role.
    """
    role = account_role(finding.profile)
    if role is None:
        return []
    partition = finding.partition or "aws"
    arn = role.arn(partition).removesuffix(role.role)
    words = ["aws sts assume-role"]
    if region := role_region(finding.region, partition):
        words.append(f"--region={shell_literal(region)}")
    if region != finding.region:
        # A session of the global endpoint is refused in regions that accounts enable themselves.
        words.insert(0, "AWS_STS_REGIONAL_ENDPOINTS=regional")
    if is_configured(role.source):
        words.append(f"--profile={shell_literal(role.source)}")
    words += [
        # A report from elsewhere may name any partition; the role's name has plain characters.
        f'--role-arn={shell_literal(arn)}"${{FIX_ROLE:-{role.role}}}"',
        "--role-session-name=cloud-audit-tui",
        "--query='Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'",
        "--output=text",
    ]
    return [
        # An interactive zsh does not accept comments.
        f": 'Assumes {role.role} in account {role.account_id}; to use another role, export FIX_ROLE=NAME'",
        f"role_session=$({' '.join(words)})",
        'read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$role_session"',
        "export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
        "unset role_session AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN",
    ]


def _same_account(finding: Finding) -> list[str]:
    if not finding.account_id:
        return []
    words = ["aws sts get-caller-identity", where(finding), "--query=Account --output=text"]
    owner = f"of profile {visible(finding.profile)}" if with_profile(finding) else "in this shell"
    message = f"Nothing was changed: the credentials {owner} are not those of account {finding.account_id}."
    return [
        f"account=$({' '.join(filter(None, words))})",
        f'[ "$account" = {shell_quote(finding.account_id)} ] || {{',
        f"  printf '%s\\n' {shell_quote(message)} >&2",
        "  exit 1",
        "}",
    ]

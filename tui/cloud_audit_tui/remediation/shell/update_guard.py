"""The guard of an update that replaces a whole configuration and must send back every present setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud_audit_tui.remediation.quoting import Language, Quoted
from cloud_audit_tui.remediation.shell.quoting import shell_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOOP = r"""
for member in "$@"; do
  case "$present" in
    *"\"$member\""*) ;;
    *)
      printf 'Nothing was changed: the setting %s is gone since the scan, or your AWS CLI does not know it. Update the AWS CLI, or scan again.\n' "$member"
      exit 1
      ;;
  esac
done
""".rstrip()  # noqa: E501 - a line of the script


def check_carried(members: Iterable[str]) -> Quoted:
    """Return the commands that end the script when the JSON in ``$present`` lacks one of these members.

    An AWS CLI that is older than a member does not print it. Raises `QuotingError` for a
    member that the shell cannot hold.
    """
    return Quoted(" ".join(["set --", *map(shell_literal, members)]) + _LOOP, Language.SHELL)

"""What a fix copies is the same to the last character."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop import faults  # noqa: F401 - its modules register the faults
from closed_loop.loop import script_of

if TYPE_CHECKING:
    from closed_loop.account import Account


def test_a_parameter_keeps_the_line_ends_at_its_end(account: Account) -> None:
    script, seeded_fault = script_of(account, "aws-ssm-002")
    ssm = account.client("ssm")
    value = "-----BEGIN PRIVATE KEY-----\n`x` $HOME\n-----END PRIVATE KEY-----\n\n"
    old = seeded_fault.resource[seeded_fault.resource.index("/") :]
    ssm.put_parameter(Name=old, Value=value, Type="String", Overwrite=True)
    ran = account.run(script, {})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    copy = ssm.get_parameter(Name=seeded_fault.inputs["NEW_NAME"], WithDecryption=True)["Parameter"]
    assert (copy["Type"], copy["Value"]) == ("SecureString", value)

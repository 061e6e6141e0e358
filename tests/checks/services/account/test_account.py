from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Judge = Callable[..., Awaitable[list[Finding]]]

CONTACT = "aws-account-001"


async def test_a_security_contact_passes_and_is_not_kept(aws: Any, judge: Judge) -> None:
    contact = {"AlternateContactType": "SECURITY", "EmailAddress": "sec@example.com", "Name": "Sec"}
    aws.answer("account", "GetAlternateContact", {"AlternateContact": contact})
    [finding] = await judge(CONTACT)
    assert finding.status is Status.PASS
    assert "sec@example.com" not in str(finding)
    assert [call.region for call in aws.calls if call.service == "account"] == ["us-east-1"]


async def test_no_security_contact_fails(aws: Any, judge: Judge) -> None:
    refusal = aws.refusal(
        "ResourceNotFoundException", "No contact of the inputted alternate contact type found."
    )
    aws.answer("account", "GetAlternateContact", refusal)
    [finding] = await judge(CONTACT)
    assert (finding.status, finding.resource_id) == (Status.FAIL, "arn:aws:iam::111122223333:root")


async def test_what_could_not_be_read_neither_passes_nor_fails(aws: Any, judge: Judge) -> None:
    aws.denied("account", "GetAlternateContact")
    [finding] = await judge(CONTACT)
    assert finding.status is Status.NOT_ASSESSED
    assert finding.evidence["missing_permission"] == "account:GetAlternateContact"

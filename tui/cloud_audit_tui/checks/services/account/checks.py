"""The account's contacts."""

from __future__ import annotations

from cloud_audit_tui.checks.api import Region, Verdicts, check
from cloud_audit_tui.model import AccountScope, Status, Verdict


@check("aws-account-001", reads=["account:GetAlternateContact"])
async def security_contact(region: Region) -> Verdicts:
    """Fail an account without an alternate contact for security.

    Source: GetAlternateContact, which returns ResourceNotFoundException if none is set; CIS v3.0.0 1.2. Any
    other error is not assessed; other scanners pass the account. The contact is personal data and is not in
    the evidence.
    """
    subject = AccountScope("AWS::Account")
    answer = await region.find(
        "account",
        "GetAlternateContact",
        absent={"ResourceNotFoundException"},
        AlternateContactType="SECURITY",
    )
    contact = (answer or {}).get("AlternateContact") or {}
    evidence = {"account_id": region.account_id}
    if contact.get("EmailAddress"):
        yield Verdict(Status.PASS, subject, "A contact for security matters is set.", evidence)
    else:
        reason = "No contact for security matters is set, so AWS writes to the root user's address only."
        yield Verdict(Status.FAIL, subject, reason, evidence)

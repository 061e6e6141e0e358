"""What WAF, GuardDuty, Inspector, Security Hub, AWS Backup and Access Analyzer refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.iam import is_usable
from closed_loop.refusals.rule import Answer, Refusal, follows, refuses

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_WAF = "https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html"
_WAF_KNOWS_AFTER = 60
FIRST_ENABLING = "first enabling of Inspector"
_HUB = "https://docs.aws.amazon.com/securityhub/1.0/APIReference"


@follows("wafv2:CreateWebACL", document=_WAF)
def web_acl_is_new(call: Call) -> None:
    """A new web ACL takes some seconds to some minutes until it is known everywhere."""
    call.clock.make("web acl", call["Name"])


@refuses("wafv2:AssociateWebACL", document=_WAF)
def web_acl_is_unavailable(call: Call) -> Refusal | None:
    """A new web ACL cannot be associated at first."""
    name = (call["WebACLArn"] or "").split("/")[-2]
    if call.clock.age("web acl", name) >= _WAF_KNOWS_AFTER:
        return None
    return Refusal(
        "WAFUnavailableEntityException",
        "AWS WAF couldn’t retrieve the resource that you requested. Retry your request.",
    )


@refuses(
    "inspector2:Enable", document="https://docs.aws.amazon.com/inspector/v2/APIReference/API_Enable.html"
)
def scans_that_are_not_enabled(call: Call) -> Answer | None:
    """Enabling answers with status 200 and names the accounts for which it did nothing.

    It does so here for accounts other than the caller's, which only a delegated administrator enables.
    """
    others = [account for account in call["accountIds"] or () if account != call.backend().account_id]
    if not others:
        return None
    failures = [
        {
            "accountId": account,
            "errorCode": "ACCESS_DENIED",
            "errorMessage": "Not a member of this administrator",
        }
        for account in others
    ]
    return Answer({"accounts": [], "failedAccounts": failures})


@refuses(
    "guardduty:ArchiveFindings",
    "guardduty:UnarchiveFindings",
    document="https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ArchiveFindings.html",
)
def fifty_findings(call: Call) -> Refusal | None:
    """At most 50 findings are archived at once."""
    ids = call["findingIds"] or call["FindingIds"] or ()
    if len(ids) <= 50:
        return None
    return Refusal(
        "BadRequestException", "The request is rejected because the parameter findingIds is out-of-bounds."
    )


@refuses(
    "guardduty:CreateDetector",
    document="https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html",
)
def one_detector(call: Call) -> Refusal | None:
    """A region has one detector of an account."""
    if not call.backend().detectors:
        return None
    return Refusal(
        "BadRequestException",
        "The request is rejected because a detector already exists for the current account.",
    )


@refuses(
    "backup:CreateBackupSelection",
    document="https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupSelection.html",
)
def role_of_a_selection(call: Call) -> Refusal | None:
    """AWS Backup can assume the role, which it cannot for the first seconds of a new one."""
    role = (call["BackupSelection"] or {}).get("IamRoleArn") or ""
    if is_usable(call, role, "backup.amazonaws.com"):
        return None
    return Refusal(
        "InvalidParameterValueException", f"IAM Role {role} is not authorized to call tag:GetResources"
    )


@refuses("securityhub:EnableSecurityHub", document=f"{_HUB}/API_EnableSecurityHub.html")
def hub_that_is_enabled(call: Call) -> Refusal | None:
    """Security Hub CSPM that is enabled is not enabled again."""
    if not call.backend().enabled:
        return None
    return Refusal("ResourceConflictException", "Account is already subscribed to Security Hub")


@refuses("securityhub:BatchEnableStandards", document=f"{_HUB}/API_BatchEnableStandards.html")
def standard_of_another_region(call: Call) -> Refusal | None:
    """A standard has an ARN that DescribeStandards returns: of this region, or of none for the first one."""
    requests = call["StandardsSubscriptionRequests"] or ()
    own = (f":{call.region}::standards/", ":::ruleset/")
    if all(any(part in request["StandardsArn"] for part in own) for request in requests):
        return None
    return Refusal("InvalidInputException", "Invalid StandardsArn")


@refuses(
    "accessanalyzer:CreateAnalyzer",
    document="https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html",
)
def one_analyzer(call: Call) -> Refusal | None:
    """A region has one analyzer of an account, with a name of its own."""
    # moto lacks the service, and the demo's answers to it are in the server's process alone.
    from cloud_audit_tui.demo.unimplemented import ANSWERS

    analyzers = ANSWERS["access-analyzer:ListAnalyzers"](ACCOUNT, call.region, b"")["analyzers"]
    if any(each["name"] == call["analyzerName"] for each in analyzers):
        return Refusal("ConflictException", f"Analyzer {call['analyzerName']} already exists.")
    if call["type"] == "ACCOUNT" and any(each["type"] == "ACCOUNT" for each in analyzers):
        return Refusal("ServiceQuotaExceededException", "You have reached your limit of analyzers.")
    return None

"""Extends moto's Security Hub: standards, which moto lacks."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.securityhub import urls
from moto.securityhub.exceptions import SecurityHubClientError
from moto.securityhub.responses import SecurityHubResponse

from cloud_audit_tui.demo.moto_patches.in_moto import answer_with, state_of

_OFFERED = (
    "aws-foundational-security-best-practices/v/1.0.0",
    "cis-aws-foundations-benchmark/v/1.4.0",
    "cis-aws-foundations-benchmark/v/3.0.0",
    "cis-aws-foundations-benchmark/v/5.0.0",
)


class SecurityHub(SecurityHubResponse):  # type: ignore[misc]  # moto has no types that mypy sees
    """moto's Security Hub with DescribeStandards, BatchEnableStandards and GetEnabledStandards."""

    def describe_standards(self) -> Any:
        """Return the region's standards that our scripts choose from."""
        prefix = f"arn:{self.partition}:securityhub"
        arns = [f"{prefix}:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"]
        arns += [f"{prefix}:{self.region}::standards/{name}" for name in _OFFERED]
        return ActionResult({"Standards": [{"StandardsArn": arn} for arn in arns]})

    def batch_enable_standards(self) -> Any:
        """Enable standards in a region where the service is enabled; they are ready immediately."""
        backend = self.securityhub_backend
        if not backend.enabled:
            raise SecurityHubClientError(
                "InvalidAccessException", "Account is not subscribed to AWS Security Hub"
            )
        standards = state_of(backend, "standards")
        for request in self._get_param("StandardsSubscriptionRequests"):
            arn = request["StandardsArn"]
            name = arn.rpartition(":standards/")[2] or arn.rpartition(":ruleset/")[2]
            standards[arn] = {
                "StandardsArn": arn,
                "StandardsInput": request.get("StandardsInput", {}),
                "StandardsStatus": "READY",
                "StandardsSubscriptionArn": (
                    f"arn:{self.partition}:securityhub:{self.region}:{self.current_account}:"
                    f"subscription/{name}"
                ),
            }
        return self.get_enabled_standards()

    def get_enabled_standards(self) -> Any:
        """Return the enabled standards."""
        enabled = list(state_of(self.securityhub_backend, "standards").values())
        return ActionResult({"StandardsSubscriptions": enabled})


def install() -> None:
    """Make moto serve the service's calls with this class."""
    paths = ("{0}/standards$", "{0}/standards/register$", "{0}/standards/get$")
    answer_with(SecurityHub, SecurityHubResponse, urls, *paths)

"""Known privilege escalation methods, as data: `escalation_methods.tsv` beside this module.

A row is one method. ``needs`` are joined by `` + ``; each names an action, or alternatives separated by
``|``, and after ``@`` what the action must reach. ``service`` is the principal to which a role is passed.
``unread`` states a further requirement that the program does not read: such a method is never certain. The
same of one alternative stands after its ``?``: what is not created by the method must exist already.
``source`` is a key of `PUBLICATIONS`, else names a page of AWS's service authorization reference.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import TYPE_CHECKING

from cloud_audit_tui.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLICATIONS = {
    "rhino": "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/",
    "rhino2": "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation-part-2/",
    "bishopfox": "https://bishopfox.com/blog/privilege-escalation-in-aws",
    "pathfinding": "https://pathfinding.cloud/paths/",
    "hacktricks": "https://cloud.hacktricks.wiki/en/pentesting-cloud/aws-security/aws-privilege-escalation/",
    "iam": "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    "list_awsidentityandaccessmanagementiam.html",
    "sso": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamidentitycenter.html",
}
_REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_{}.html"


class Reach(StrEnum):
    """What an action must be allowed on; the needs of a method with the same reach share one target."""

    ANYTHING = ""
    OWN_POLICY = "own-policy"
    OWN_USER = "own-user"
    OWN_GROUP = "own-group"
    OWN_ROLE = "own-role"
    POLICY_OF_OWN_ROLE = "policy-of-own-role"
    POLICY_OF_A_ROLE = "policy-of-a-role"
    ADMIN_USER = "admin-user"
    ADMIN_GROUP = "admin-group"
    ADMIN_ROLE = "admin-role"
    PASSED_ROLE = "passed-role"
    A_USER = "a-user"
    A_GROUP = "a-group"
    A_ROLE = "a-role"
    NEW_USER = "new-user"
    NEW_GROUP = "new-group"
    NEW_ROLE = "new-role"
    EXISTING = "existing"


RESOURCES = {
    "agent-runtime": "bedrock-agentcore:*:{account}:runtime/{name}",
    "apprunner-service": "apprunner:*:{account}:service/{name}/0",
    "beanstalk-environment": "elasticbeanstalk:*:{account}:environment/{name}/{name}",
    "browser": "bedrock-agentcore:*:{account}:browser-custom/{name}",
    "code-interpreter": "bedrock-agentcore:*:{account}:code-interpreter-custom/{name}",
    "deployment-group": "codedeploy:*:{account}:deploymentgroup:{name}/{name}",
    "dev-endpoint": "glue:*:{account}:devEndpoint/{name}",
    "document": "ssm:*:{account}:document/{name}",
    "emr-cluster": "elasticmapreduce:*:{account}:cluster/{name}",
    "function": "lambda:*:{account}:function:{name}",
    "glue-job": "glue:*:{account}:job/{name}",
    "glue-session": "glue:*:{account}:session/{name}",
    "instance": "ec2:*:{account}:instance/{name}",
    "job-definition": "batch:*:{account}:job-definition/{name}:1",
    "launch-template": "ec2:*:{account}:launch-template/{name}",
    "maintenance-window": "ssm:*:{account}:maintenancewindow/{name}",
    "notebook": "sagemaker:*:{account}:notebook-instance/{name}",
    "oidc-provider": "iam::{account}:oidc-provider/{name}",
    "project": "codebuild:*:{account}:project/{name}",
    "saml-provider": "iam::{account}:saml-provider/{name}",
    "service": "ecs:*:{account}:service/{name}/{name}",
    "stack": "cloudformation:*:{account}:stack/{name}/0",
    "stack-set": "cloudformation:*:{account}:stackset/{name}:0",
    "state-machine": "states:*:{account}:stateMachine:{name}",
    "task": "ecs:*:{account}:task/{name}/0",
    "tracking-server": "sagemaker:*:{account}:mlflow-tracking-server/{name}",
    "user-pool": "cognito-idp:*:{account}:userpool/{name}",
    "user-profile": "sagemaker:*:{account}:user-profile/{name}/{name}",
}
"""The part of an ARN after the partition, by the name in a row of an existing resource."""


@dataclass(frozen=True)
class Need:
    """Alternative actions and what they must reach; ``resource`` is a key of `RESOURCES`.

    ``requirements`` are what an action also needs and nothing reads, by the action.
    """

    actions: tuple[str, ...]
    reach: Reach = Reach.ANYTHING
    resource: str = ""
    requirements: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def arn(self) -> str:
        """The ARN after the partition of an existing resource, empty for every other reach."""
        return RESOURCES[self.resource] if self.resource else ""


@dataclass(frozen=True)
class Method:
    """A privilege escalation method: a row of the table."""

    needs: tuple[Need, ...]
    severity: Severity
    source: str
    service: str = ""
    unread: str = ""


def _need(text: str) -> Need:
    alternatives, _, reach = text.partition("@")
    parts = [alternative.partition("?") for alternative in alternatives.split("|")]
    actions = tuple(action for action, _, _ in parts)
    requirements = {action: requirement for action, _, requirement in parts if requirement}
    if reach in RESOURCES:
        return Need(actions, Reach.EXISTING, reach, requirements)
    return Need(actions, Reach(reach), requirements=requirements)


def _methods() -> tuple[Method, ...]:
    text = files(__package__).joinpath("escalation_methods.tsv").read_text(encoding="utf-8")
    return tuple(
        Method(
            tuple(_need(one) for one in row["needs"].split(" + ")),
            Severity(row["severity"]),
            PUBLICATIONS.get(row["source"]) or _REFERENCE.format(row["source"]),
            row["service"],
            row["unread"],
        )
        for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    )


METHODS: tuple[Method, ...] = _methods()

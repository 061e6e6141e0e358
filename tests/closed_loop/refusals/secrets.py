"""What Secrets Manager and Parameter Store refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from closed_loop.grants import ACCOUNT
from closed_loop.refusals.policies import policy_refusal, service_may
from closed_loop.refusals.rule import Refusal, refuses
from cloud_audit_tui.iam.conditions import public_statements
from cloud_audit_tui.iam.policy import parse

if TYPE_CHECKING:
    from closed_loop.refusals.call import Call

_REFERENCE = "https://docs.aws.amazon.com/secretsmanager/latest/apireference"
_GUIDE = "https://docs.aws.amazon.com/secretsmanager/latest/userguide"


def _secret(call: Call) -> Any:
    return call.backend().secrets.get(call["SecretId"])


@refuses("secretsmanager:PutResourcePolicy", document=f"{_REFERENCE}/API_PutResourcePolicy.html")
def secret_policy(call: Call) -> Refusal | None:
    """At most 20,480 characters, with principals that exist."""
    return policy_refusal(
        call, call["ResourcePolicy"], "MalformedPolicyDocumentException", limit=20_480, kind="secret"
    )


@refuses("secretsmanager:PutResourcePolicy", document=f"{_REFERENCE}/API_PutResourcePolicy.html")
def public_secret_policy(call: Call) -> Refusal | None:
    """With BlockPublicPolicy a policy that lets everyone in is refused."""
    if not call["BlockPublicPolicy"] or not public_statements(parse(call["ResourcePolicy"])):
        return None
    return Refusal(
        "PublicPolicyException", "You can't use the resource policy: it grants broad access to the secret."
    )


@refuses(
    "secretsmanager:RotateSecret", document=f"{_GUIDE}/rotating-secrets-required-permissions-function.html"
)
def rotation_function(call: Call) -> Refusal | None:
    """Secrets Manager may invoke the function, by a permission for its service principal."""
    secret = _secret(call)
    arn = call["RotationLambdaARN"] or getattr(secret, "rotation_lambda_arn", None)
    if not arn:
        return None
    statements = call.backend("lambda").get_function(arn).policy.statements
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    keys = {"aws:SourceAccount": ACCOUNT}
    if service_may(policy, "secretsmanager.amazonaws.com", "lambda:InvokeFunction", arn, keys):
        return None
    return Refusal(
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy "
        "grants access to the principal secretsmanager.amazonaws.com.",
    )


@refuses("secretsmanager:RotateSecret", document=f"{_REFERENCE}/API_RotateSecret.html")
def rotation_in_progress(call: Call) -> Refusal | None:
    """A version that is AWSPENDING alone is a rotation that is in progress or has failed."""
    secret = _secret(call)
    if secret is None or not call["RotateImmediately"]:
        return None
    for version in secret.versions.values():
        stages = version.get("version_stages") or []
        if "AWSPENDING" in stages and "AWSCURRENT" not in stages:
            return Refusal(
                "InvalidRequestException",
                "A previous rotation isn't complete. That rotation will be reattempted.",
            )
    return None


@refuses(
    "secretsmanager:DeleteSecret",
    "secretsmanager:PutSecretValue",
    "secretsmanager:RotateSecret",
    document=f"{_GUIDE}/service-linked-secrets.html",
)
def secret_of_a_service(call: Call) -> Refusal | None:
    """A secret that a service manages is changed by that service."""
    secret = _secret(call)
    owner = getattr(secret, "owning_service", None) or (
        "rds" if secret is not None and secret.name.startswith("rds!") else None
    )
    if owner is None:
        return None
    return Refusal("InvalidRequestException", f"You can't do this: the secret is managed by {owner}.")


@refuses(
    "ssm:PutParameter",
    document="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html",
)
def type_of_a_parameter(call: Call) -> Refusal | None:
    """The type of a parameter is not changed, and a standard value has at most 4 KB."""
    if len((call["Value"] or "").encode()) > 4_096 and call["Tier"] not in (
        "Advanced",
        "Intelligent-Tiering",
    ):
        return Refusal(
            "ValidationException",
            "Standard tier parameters support a maximum parameter value of 4096 characters.",
        )
    parameters = call.backend()._parameters
    versions = parameters[call["Name"]]
    if not versions or not call["Type"] or versions[-1].parameter_type == call["Type"]:
        return None
    return Refusal("HierarchyTypeMismatchException", "The parameter already exists with another type.")

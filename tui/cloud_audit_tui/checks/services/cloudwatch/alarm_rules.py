"""The CloudTrail events on which each alarm of CIS 4.1 to 4.15 has to fire, as CloudTrail writes them.

A metric filter meets the benchmark if it matches every event listed here, however its pattern is written. The
events are those of the benchmark's own patterns, version 3.0.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloud_audit_tui.checks.services.cloudwatch.metric_filters import Pattern

Event = dict[str, Any]

CALLER: Event = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLE",
    "arn": "arn:aws:iam::111122223333:user/alice",
    "accountId": "111122223333",
    "userName": "alice",
}
ROOT: Event = {
    "type": "Root",
    "principalId": "111122223333",
    "arn": "arn:aws:iam::111122223333:root",
    "accountId": "111122223333",
}
SEVERAL = 10
"""The most events for which an alarm on everyday failures may wait: one mistyped password is no attack."""
REGIONS = ("us-east-1", "ap-southeast-2")
"""The alarm on an event of a regional service has to fire in every region; two regions stand for all."""


@dataclass(frozen=True, eq=False)
class Sample:
    """An event on which an alarm has to fire, and its name in a reason."""

    name: str
    event: Event


@dataclass(frozen=True)
class AlarmRule:
    """One alarm: its subject, the name of what a remediation creates, and its events.

    ``source`` is the service whose management events the trail must not leave out. ``most_events`` is how
    many events an alarm may wait for: one, where a single event matters.
    """

    about: str
    name: str
    source: str
    samples: tuple[Sample, ...]
    most_events: int = 1

    def missed(self, patterns: Iterable[Pattern]) -> list[str]:
        """Return the distinct names of the events that none of the patterns matches."""
        tried = tuple(patterns)
        missed = (each for each in self.samples if not any(_matches(pattern, each) for pattern in tried))
        return list(dict.fromkeys(each.name for each in missed))


@lru_cache(20_000)
def _matches(pattern: Pattern, sample: Sample) -> bool:
    """Say whether a pattern matches an event; each is tried in every region that a trail delivers to."""
    return pattern.matches(sample.event)


def _event(name: str, source: str, region: str = "us-east-1", **changes: Any) -> Event:
    return {
        "eventVersion": "1.11",
        "userIdentity": CALLER,
        "eventTime": "2025-11-01T12:00:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": {},
        "responseElements": {},
        "requestID": "b4b2ea1e-5c5c-4f6a-9a55-example11111",
        "eventID": "11111111-2222-3333-4444-555555555555",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
        **changes,
    }


def _calls(source: str, names: str, regions: tuple[str, ...] = REGIONS) -> tuple[Sample, ...]:
    return tuple(Sample(name, _event(name, source, region)) for name in names.split() for region in regions)


def _login(**changes: Any) -> Event:
    return _event(
        "ConsoleLogin",
        "signin.amazonaws.com",
        eventType="AwsConsoleSignIn",
        requestParameters=None,
        **{
            "additionalEventData": {
                "LoginTo": "https://console.aws.amazon.com/",
                "MobileVersion": "No",
                "MFAUsed": "No",
            },
            **changes,
        },
    )


def _refused(code: str, name: str, source: str) -> Sample:
    event = _event(name, source, errorCode=code, errorMessage="You are not authorized", responseElements=None)
    return Sample(f"{name} refused with {code}", event)


ROOT_USAGE = AlarmRule(
    "use of the root user",
    "root-usage",
    "iam.amazonaws.com",
    (
        Sample("a call of the root user", _event("CreateUser", "iam.amazonaws.com", userIdentity=ROOT)),
        Sample(
            "a console sign-in of the root user",
            _login(userIdentity=ROOT, responseElements={"ConsoleLogin": "Success"}),
        ),
    ),
)
UNAUTHORIZED_CALLS = AlarmRule(
    "calls that were refused",
    "unauthorized-api-calls",
    "iam.amazonaws.com",
    (
        _refused("Client.UnauthorizedOperation", "RunInstances", "ec2.amazonaws.com"),
        _refused("AccessDenied", "CreateUser", "iam.amazonaws.com"),
        _refused("AccessDeniedException", "GetSecretValue", "secretsmanager.amazonaws.com"),
    ),
    SEVERAL,
)
LOGIN_WITHOUT_MFA = AlarmRule(
    "console sign-ins without MFA",
    "console-login-without-mfa",
    "signin.amazonaws.com",
    (
        Sample(
            "a user's sign-in with MFAUsed No",
            _login(responseElements={"ConsoleLogin": "Success"}),
        ),
    ),
)
IAM_POLICY_CHANGES = AlarmRule(
    "changes of IAM policies",
    "iam-policy-changes",
    "iam.amazonaws.com",
    _calls(
        "iam.amazonaws.com",
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy "
        "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy "
        "DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
        REGIONS[:1],
    ),
)
TRAIL_CHANGES = AlarmRule(
    "changes of CloudTrail's configuration",
    "cloudtrail-changes",
    "cloudtrail.amazonaws.com",
    _calls("cloudtrail.amazonaws.com", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
)
FAILED_LOGINS = AlarmRule(
    "failed console sign-ins",
    "console-authentication-failures",
    "signin.amazonaws.com",
    (
        Sample(
            "a sign-in with Failed authentication",
            _login(errorMessage="Failed authentication", responseElements={"ConsoleLogin": "Failure"}),
        ),
    ),
    SEVERAL,
)
KEY_REMOVAL = AlarmRule(
    "KMS keys that are disabled or scheduled for deletion",
    "kms-key-disable-or-deletion",
    "kms.amazonaws.com",
    _calls("kms.amazonaws.com", "DisableKey ScheduleKeyDeletion"),
)
BUCKET_POLICY_CHANGES = AlarmRule(
    "changes of S3 bucket policies",
    "s3-bucket-policy-changes",
    "s3.amazonaws.com",
    _calls(
        "s3.amazonaws.com",
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication "
        "DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
)
CONFIG_CHANGES = AlarmRule(
    "changes of AWS Config's configuration",
    "aws-config-changes",
    "config.amazonaws.com",
    _calls(
        "config.amazonaws.com",
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
    ),
)
SECURITY_GROUP_CHANGES = AlarmRule(
    "changes of security groups",
    "security-group-changes",
    "ec2.amazonaws.com",
    _calls(
        "ec2.amazonaws.com",
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
    ),
)
NETWORK_ACL_CHANGES = AlarmRule(
    "changes of network ACLs",
    "network-acl-changes",
    "ec2.amazonaws.com",
    _calls(
        "ec2.amazonaws.com",
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry "
        "ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
    ),
)
GATEWAY_CHANGES = AlarmRule(
    "changes of network gateways",
    "network-gateway-changes",
    "ec2.amazonaws.com",
    _calls(
        "ec2.amazonaws.com",
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway",
    ),
)
ROUTE_TABLE_CHANGES = AlarmRule(
    "changes of route tables",
    "route-table-changes",
    "ec2.amazonaws.com",
    _calls(
        "ec2.amazonaws.com",
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable "
        "DeleteRoute DisassociateRouteTable",
    ),
)
VPC_CHANGES = AlarmRule(
    "changes of VPCs",
    "vpc-changes",
    "ec2.amazonaws.com",
    # The benchmark also lists the events of ClassicLink, which AWS has retired.
    _calls(
        "ec2.amazonaws.com",
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection",
    ),
)
ORGANIZATION_CHANGES = AlarmRule(
    "changes of AWS Organizations",
    "organizations-changes",
    "organizations.amazonaws.com",
    _calls(
        "organizations.amazonaws.com",
        "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake "
        "DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType "
        "EnablePolicyType InviteAccountToOrganization LeaveOrganization MoveAccount "
        "RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy",
        REGIONS[:1],
    ),
)

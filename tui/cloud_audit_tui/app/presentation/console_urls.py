"""The address of a resource in the AWS console, by partition and type; its values are percent-encoded.

The address for a type without a path here has the ARN, which the console's ``go/view`` resolves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from cloud_audit_tui.model import Finding

HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
"""The host of the console of each public partition."""
DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
"""The end of a service's host where it is not ``amazonaws.com``."""

_EC2, _VPC = "ec2/home?region={region}", "vpcconsole/home?region={region}"
_RDS, _IAM = "rds/home?region={region}", "iam/home"
_AGENT_CORE = "bedrock-agentcore/home?region={region}"
PATHS = {
    "AWS::AccessAnalyzer::Analyzer": "access-analyzer/home?region={region}#/",
    "AWS::Account": "billing/home#/account",
    "AWS::Backup::BackupPlan": "backup/home?region={region}#/backupplan",
    "AWS::Bedrock::Guardrail": "bedrock/home?region={region}#/guardrails/{id}",
    "AWS::Bedrock::ModelInvocationLogging": "bedrock/home?region={region}#/settings",
    "AWS::BedrockAgentCore::CodeInterpreterCustom": _AGENT_CORE + "#/builtInTools",
    "AWS::BedrockAgentCore::Gateway": _AGENT_CORE + "#/toolsAndGateways/{id}",
    "AWS::BedrockAgentCore::Memory": _AGENT_CORE + "#/memory/{id}",
    "AWS::BedrockAgentCore::Runtime": _AGENT_CORE + "#/agents/{id}",
    "AWS::CloudTrail::Trail": "cloudtrailv2/home?region={region}#/trails/{arn}",
    "AWS::CloudWatch::Alarm": "cloudwatch/home?region={region}#alarmsV2:",
    "AWS::Config::ConfigurationRecorder": "config/home?region={region}#/settings",
    "AWS::Config::DeliveryChannel": "config/home?region={region}#/settings",
    "AWS::DynamoDB::Table": "dynamodbv2/home?region={region}#table?name={name}",
    "AWS::EC2::EIP": _EC2 + "#ElasticIpDetails:AllocationId={id}",
    "AWS::EC2::Image": _EC2 + "#ImageDetails:imageId={id}",
    "AWS::EC2::Instance": _EC2 + "#InstanceDetails:instanceId={id}",
    "AWS::EC2::NetworkAcl": _VPC + "#NetworkAclDetails:networkAclId={id}",
    "AWS::EC2::Region": _EC2 + "#Settings:",
    "AWS::EC2::SecurityGroup": _EC2 + "#SecurityGroup:groupId={id}",
    "AWS::EC2::Subnet": _VPC + "#SubnetDetails:subnetId={id}",
    "AWS::EC2::VPC": _VPC + "#VpcDetails:VpcId={id}",
    "AWS::EC2::Volume": _EC2 + "#VolumeDetails:volumeId={id}",
    "AWS::ECS::Service": "ecs/v2/clusters/{parent}/services/{id}?region={region}",
    "AWS::ECS::TaskDefinition": "ecs/v2/task-definitions/{family}/{revision}?region={region}",
    "AWS::EFS::FileSystem": "efs/home?region={region}#/file-systems/{id}",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _EC2 + "#LoadBalancer:loadBalancerArn={arn}",
    "AWS::GuardDuty::Detector": "guardduty/home?region={region}#/summary",
    "AWS::IAM::AccessKey": _IAM + "#/users",
    "AWS::IAM::AccountPasswordPolicy": _IAM + "#/account_settings",
    "AWS::IAM::Group": _IAM + "#/groups/details/{name}",
    "AWS::IAM::ManagedPolicy": _IAM + "#/policies/details/{arn}",
    "AWS::IAM::Role": _IAM + "#/roles/details/{id}",
    "AWS::IAM::Root": _IAM + "#/home",
    "AWS::IAM::ServerCertificate": _IAM + "#/home",
    "AWS::IAM::User": _IAM + "#/users/details/{id}",
    "AWS::Inspector2::Enabler": "inspector/v2/home?region={region}#/dashboard",
    "AWS::KMS::Key": "kms/home?region={region}#/kms/keys/{id}",
    "AWS::Lambda::Function": "lambda/home?region={region}#/functions/{function}",
    "AWS::Logs::LogGroup": "cloudwatch/home?region={region}#logsV2:log-groups/log-group/{twice}",
    "AWS::RDS::DBCluster": _RDS + "#database:id={name};is-cluster=true",
    "AWS::RDS::DBInstance": _RDS + "#database:id={name};is-cluster=false",
    "AWS::S3::Bucket": "s3/buckets/{name}?region={region}",
    "AWS::SNS::Topic": "sns/v3/home?region={region}#/topic/{arn}",
    "AWS::SQS::Queue": "sqs/v3/home?region={region}#/queues/{queue}",
    "AWS::SSM::Parameter": "systems-manager/parameters/{name}/description?region={region}",
    "AWS::SageMaker::Endpoint": "sagemaker/home?region={region}#/endpoints/{name}",
    "AWS::SageMaker::NotebookInstance": "sagemaker/home?region={region}#/notebook-instances/{name}",
    "AWS::SecretsManager::Secret": "secretsmanager/secret?name={name}&region={region}",
    "AWS::SecurityHub::Hub": "securityhub/home?region={region}#/summary",
    "AWS::WAFv2::WebACL": "wafv2/homev2/web-acls?region={region}",
}
"""The path of each type that the checks judge, with placeholders for its values."""
GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The console's region for a resource without a region, by partition."""


def console_url(finding: Finding) -> str:
    """Return the address of a finding's resource; empty if the console has none."""
    host = HOSTS.get(finding.partition)
    if host is None:
        return ""
    path = PATHS.get(finding.resource_type)
    if path is not None:
        return f"https://{host}/{path.format_map(_values(finding))}"
    if finding.resource_id.startswith("arn:"):
        return f"https://{host}/go/view?arn={_encoded(finding.resource_id)}"
    return ""


def _encoded(text: str) -> str:
    # Two dots would lead to another page of the console, and a dot is not percent-encoded.
    return quote(text.encode("utf-8", "replace"), safe="") if text.strip(".") else ""


def _values(finding: Finding) -> dict[str, str]:
    """Return the percent-encoded values for the placeholders of paths."""
    parts = finding.resource_id.split(":")
    tail = parts[-1] if finding.resource_id.startswith("arn:") else finding.resource_id
    steps = tail.split("/")
    region = finding.region if finding.region not in ("", "global") else GLOBAL_REGIONS[finding.partition]
    suffix = DNS_SUFFIXES.get(finding.partition, "amazonaws.com")
    name = finding.resource_name or steps[-1]
    family, _, revision = finding.resource_id.rpartition("/")[2].partition(":")
    queue = f"https://sqs.{region}.{suffix}/{finding.account_id}/{name}"
    values = {
        "arn": finding.resource_id,
        "family": family,
        "function": parts[6] if len(parts) > 6 else name,  # noqa: PLR2004 - arn:p:lambda:r:a:function:NAME
        "id": steps[-1],
        "name": name,
        "parent": steps[-2] if len(steps) > 1 else "default",
        "queue": queue,
        "region": region,
        "revision": revision or "1",
    }
    encoded = {key: _encoded(value) for key, value in values.items()}
    # The console encodes names of log groups twice, with a dollar sign in place of the percent sign.
    return {**encoded, "twice": quote(encoded["name"], safe="").replace("%", "$")}

"""For each rule of the rehearsal: a call that AWS refuses and moto accepts, on an account that was empty."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT, REGION
from closed_loop.faults.buckets import function
from closed_loop.faults.data import database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from closed_loop.account import Account

Row = tuple[str, str, dict[str, Any], str]
"""The service and the method of a client, the parameters, and the code; an empty code is status 200."""

ROWS: dict[str, Callable[[Account], Row]] = {}
"""The functions that prepare the call of each rule, by the rule's name."""

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def row(prepare: Callable[[Account], Row]) -> Callable[[Account], Row]:
    """Add the row of the rule that the function is named after."""
    ROWS[prepare.__name__] = prepare
    return prepare


@contextmanager
def _long_work(account: Account) -> Iterator[None]:
    """Let the work that starts in the context take an hour, so that it still goes on afterwards."""
    account.work_takes(3600)
    with account.rehearsal():
        yield
    account.work_takes(0)


def _policy(resource: str, action: str = "*", principal: Any = None, **more: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": principal or {"AWS": ROOT},
        "Action": action,
        "Resource": resource,
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


_NOBODY = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/deleted"}


# Bedrock


@row
def bucket_of_the_invocation_log(account: Account) -> Row:
    config = {"s3Config": {"bucketName": account.bucket("prompts-row")}}
    return (
        "bedrock",
        "put_model_invocation_logging_configuration",
        {"loggingConfig": config},
        "ValidationException",
    )


@row
def version_of_a_new_guardrail(account: Account) -> Row:
    with account.rehearsal():
        guardrail = account.client("bedrock").create_guardrail(
            name=f"row-{len(account.client('bedrock').list_guardrails()['guardrails'])}",
            blockedInputMessaging="no",
            blockedOutputsMessaging="no",
            contentPolicyConfig={
                "filtersConfig": [{"type": "HATE", "inputStrength": "LOW", "outputStrength": "LOW"}]
            },
        )
    parameters = {"guardrailIdentifier": guardrail["guardrailId"]}
    return "bedrock", "create_guardrail_version", parameters, "ConflictException"


@row
def guardrail_is_being_created(account: Account) -> Row:
    return "bedrock", "get_guardrail", version_of_a_new_guardrail(account)[2], ""


# IAM


@row
def service_linked_role(account: Account) -> Row:
    role = account.client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]
    parameters = {"RoleName": role["RoleName"], "PolicyName": "p", "PolicyDocument": _document()}
    return "iam", "put_role_policy", parameters, "UnmodifiableEntity"


def _document(size: int = 0) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{'b' * (size or 3)}"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@row
def trust_policy(account: Account) -> Row:
    account.role("row-trust")
    trust = json.loads(_trust("ec2.amazonaws.com"))
    trust["Statement"][0]["Principal"] = _NOBODY
    parameters = {"RoleName": "row-trust", "PolicyDocument": json.dumps(trust)}
    return "iam", "update_assume_role_policy", parameters, "MalformedPolicyDocument"


@row
def inline_policies_too_long(account: Account) -> Row:
    account.client("iam").create_group(GroupName="row-long")
    parameters = {"GroupName": "row-long", "PolicyName": "p", "PolicyDocument": _document(5_200)}
    return "iam", "put_group_policy", parameters, "LimitExceeded"


def _managed_policy(account: Account, number: int) -> str:
    arn: str = account.client("iam").create_policy(PolicyName=f"row-{number}", PolicyDocument=_document())[
        "Policy"
    ]["Arn"]
    return arn


@row
def ten_managed_policies(account: Account) -> Row:
    account.role("row-ten")
    for number in range(10):
        arn = _managed_policy(account, number)
        account.client("iam").attach_role_policy(RoleName="row-ten", PolicyArn=arn)
    parameters = {"RoleName": "row-ten", "PolicyArn": _managed_policy(account, 10)}
    return "iam", "attach_role_policy", parameters, "LimitExceeded"


@row
def ten_groups_of_a_user(account: Account) -> Row:
    iam = account.client("iam")
    iam.create_user(UserName="row-joiner")
    for number in range(11):
        iam.create_group(GroupName=f"row-group-{number}")
        if number < 10:
            iam.add_user_to_group(GroupName=f"row-group-{number}", UserName="row-joiner")
    parameters = {"GroupName": "row-group-10", "UserName": "row-joiner"}
    return "iam", "add_user_to_group", parameters, "LimitExceeded"


@row
def policy_too_long(account: Account) -> Row:
    parameters = {"PolicyArn": _managed_policy(account, 99), "PolicyDocument": _document(6_200)}
    return "iam", "create_policy_version", parameters, "LimitExceeded"


@row
def session_duration_range(account: Account) -> Row:
    account.role("row-session")
    parameters = {"RoleName": "row-session", "MaxSessionDuration": 50_000}
    return "iam", "update_role", parameters, "ValidationError"


@row
def certificate_in_use(account: Account) -> Row:
    arn = account.client("iam").upload_server_certificate(
        ServerCertificateName="row-cert", CertificateBody="x", PrivateKey="y"
    )["ServerCertificateMetadata"]["Arn"]
    balancer = _balancer(account)
    target = account.client("elbv2").create_target_group(
        Name="row", Protocol="HTTP", Port=80, VpcId=balancer["VpcId"]
    )["TargetGroups"][0]["TargetGroupArn"]
    account.client("elbv2").create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
    )
    parameters = {"ServerCertificateName": "row-cert"}
    return "iam", "delete_server_certificate", parameters, "DeleteConflict"


def _balancer(account: Account) -> Any:
    return account.once(_new_balancer)


def _new_balancer(account: Account) -> Any:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.30.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")[
            "Subnet"
        ]["SubnetId"]
        for n, zone in enumerate("ab", 1)
    ]
    return account.client("elbv2").create_load_balancer(Name="row", Subnets=subnets)["LoadBalancers"][0]


@row
def deleted_while_in_use(account: Account) -> Row:
    account.client("iam").create_group(GroupName="row-used")
    account.client("iam").put_group_policy(GroupName="row-used", PolicyName="p", PolicyDocument=_document())
    return "iam", "delete_group", {"GroupName": "row-used"}, "DeleteConflict"


@row
def device_still_assigned(account: Account) -> Row:
    iam = account.client("iam")
    iam.create_user(UserName="row-mfa")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="row")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="row-mfa", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    return "iam", "delete_virtual_mfa_device", {"SerialNumber": serial}, "DeleteConflict"


# CloudTrail


@row
def bucket_of_a_trail(account: Account) -> Row:
    parameters = {"Name": "row", "S3BucketName": account.bucket("row-trail-closed")}
    return "cloudtrail", "create_trail", parameters, "InsufficientS3BucketPolicyException"


def _trail(account: Account, name: str) -> str:
    bucket = account.bucket(f"files-of-{name}", "cloudtrail.amazonaws.com")
    account.client("cloudtrail").create_trail(Name=name, S3BucketName=bucket)
    return name


@row
def key_of_a_trail(account: Account) -> Row:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    parameters = {"Name": _trail(account, "row-key"), "KmsKeyId": key}
    return "cloudtrail", "update_trail", parameters, "InsufficientEncryptionPolicyException"


@row
def log_group_of_a_trail(account: Account) -> Row:
    account.client("logs").create_log_group(logGroupName="row-trail")
    parameters = {
        "Name": _trail(account, "row-logs"),
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:row-trail:*",
        "CloudWatchLogsRoleArn": account.role("row-other-service"),
    }
    return "cloudtrail", "update_trail", parameters, "InvalidCloudWatchLogsRoleArnException"


@row
def topic_of_a_trail(account: Account) -> Row:
    account.client("sns").create_topic(Name="row-trail")
    parameters = {"Name": _trail(account, "row-topic"), "SnsTopicName": "row-trail"}
    return "cloudtrail", "update_trail", parameters, "InsufficientSnsTopicPolicyException"


@row
def selectors_of_a_trail(account: Account) -> Row:
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True}
    parameters = {"TrailName": _trail(account, "row-selectors"), "EventSelectors": [selector] * 6}
    return "cloudtrail", "put_event_selectors", parameters, "InvalidEventSelectorsException"


# AWS Config


def _recorder(name: str, role: str) -> dict[str, Any]:
    group = {"allSupported": True, "includeGlobalResourceTypes": False}
    return {"ConfigurationRecorder": {"name": name, "roleARN": role, "recordingGroup": group}}


@row
def role_of_a_recorder(account: Account) -> Row:
    with account.rehearsal():
        account.client("iam").create_role(
            RoleName="row-new-recorder", AssumeRolePolicyDocument=_trust("config.amazonaws.com")
        )
    recorder = _recorder("default", f"arn:aws:iam::{ACCOUNT}:role/row-new-recorder")
    return "config", "put_configuration_recorder", recorder, "InvalidRoleException"


def _config(account: Account) -> None:
    config = account.client("config")
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    config.put_configuration_recorder(**_recorder("default", role))


@row
def bucket_of_a_channel(account: Account) -> Row:
    account.once(_config)
    channel = {"name": "default", "s3BucketName": account.bucket("row-channel-closed")}
    return (
        "config",
        "put_delivery_channel",
        {"DeliveryChannel": channel},
        "InsufficientDeliveryPolicyException",
    )


@row
def key_of_a_channel(account: Account) -> Row:
    account.once(_config)
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    bucket = account.bucket("row-channel-keyed", "config.amazonaws.com")
    channel = {"name": "default", "s3BucketName": bucket, "s3KmsKeyArn": key}
    return (
        "config",
        "put_delivery_channel",
        {"DeliveryChannel": channel},
        "InsufficientDeliveryPolicyException",
    )


# DynamoDB, EFS, SageMaker


def _table(account: Account, name: str) -> str:
    account.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with _long_work(account):
        account.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=True)
    return name


@row
def table_is_not_active(account: Account) -> Row:
    parameters = {"TableName": _table(account, "row-busy"), "DeletionProtectionEnabled": False}
    return "dynamodb", "update_table", parameters, "ResourceInUseException"


@row
def key_of_a_table(account: Account) -> Row:
    name = _table(account, "row-key")
    account.advance(3600)
    key = account.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    parameters = {"TableName": name, "SSESpecification": {"Enabled": True, "KMSMasterKeyId": key}}
    return "dynamodb", "update_table", parameters, "ValidationException"


@row
def backups_of_a_new_table(account: Account) -> Row:
    parameters = {
        "TableName": _table(account, "row-backups"),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    return "dynamodb", "update_continuous_backups", parameters, "ContinuousBackupsUnavailableException"


def _notebook(account: Account, name: str) -> str:
    account.client("sagemaker").create_notebook_instance(
        NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=account.role(name)
    )
    return name


def _endpoint(account: Account, name: str) -> str:
    sagemaker = account.client("sagemaker")
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=account.role(name), PrimaryContainer={"Image": "app:1"}
    )
    variant = {
        "VariantName": "main",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return name


@row
def endpoint_is_not_in_service(account: Account) -> Row:
    name = _endpoint(account, "row-endpoint")
    parameters = {"EndpointName": name, "EndpointConfigName": name}
    return "sagemaker", "update_endpoint", parameters, "ValidationException"


@row
def configuration_in_use(account: Account) -> Row:
    parameters = {"EndpointConfigName": _endpoint(account, "row-config")}
    return "sagemaker", "delete_endpoint_config", parameters, "ValidationException"


# EC2


@row
def volume_performance(_account: Account) -> Row:
    zone = f"{REGION}a"
    parameters = {
        "AvailabilityZone": zone,
        "Size": 100,
        "VolumeType": "gp3",
        "Iops": 3000,
        "Throughput": 1000,
    }
    return "ec2", "create_volume", parameters, "InvalidParameterValue"


@row
def volume_of_a_pending_snapshot(account: Account) -> Row:
    ec2 = account.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
    with _long_work(account):
        snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    parameters = {"AvailabilityZone": f"{REGION}a", "SnapshotId": snapshot}
    return "ec2", "create_volume", parameters, "IncorrectState"


def _instance(account: Account) -> str:
    ec2 = account.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    balancer = _balancer(account)
    subnet = balancer["AvailabilityZones"][0]["SubnetId"]
    instance_id: str = ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, InstanceType="t3.micro"
    )["Instances"][0]["InstanceId"]
    return instance_id


@row
def volume_cannot_be_attached(account: Account) -> Row:
    instance = _instance(account)
    volume = account.client("ec2").create_volume(AvailabilityZone=f"{REGION}c", Size=8)["VolumeId"]
    parameters = {"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdf"}
    return "ec2", "attach_volume", parameters, "InvalidVolume.ZoneMismatch"


@row
def root_volume_of_a_running_instance(account: Account) -> Row:
    ec2 = account.client("ec2")
    instance = _instance(account)
    [reservation] = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    [mapping] = reservation["Instances"][0]["BlockDeviceMappings"]
    parameters = {"VolumeId": mapping["Ebs"]["VolumeId"], "InstanceId": instance}
    return "ec2", "detach_volume", parameters, "OperationNotPermitted"


@row
def attribute_of_a_running_instance(account: Account) -> Row:
    parameters = {"InstanceId": _instance(account), "InstanceType": {"Value": "t3.small"}}
    return "ec2", "modify_instance_attribute", parameters, "IncorrectInstanceState"


@row
def instance_profile(account: Account) -> Row:
    instance = _instance(account)
    account.role("row-profile")
    with account.rehearsal():
        account.client("iam").create_instance_profile(InstanceProfileName="row-profile")
        account.client("iam").add_role_to_instance_profile(
            InstanceProfileName="row-profile", RoleName="row-profile"
        )
    parameters = {"InstanceId": instance, "IamInstanceProfile": {"Name": "row-profile"}}
    return "ec2", "associate_iam_instance_profile", parameters, "InvalidParameterValue"


@row
def address_in_use(account: Account) -> Row:
    ec2 = account.client("ec2")
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=allocation, InstanceId=_instance(account))
    return "ec2", "release_address", {"AllocationId": allocation}, "InvalidIPAddress.InUse"


@row
def dependency(account: Account) -> Row:
    subnet = _balancer(account)["AvailabilityZones"][1]["SubnetId"]
    account.client("ec2").create_network_interface(SubnetId=subnet)
    return "ec2", "delete_subnet", {"SubnetId": subnet}, "DependencyViolation"


@row
def twenty_rules_of_an_acl(account: Account) -> Row:
    ec2 = account.client("ec2")
    acl = ec2.create_network_acl(VpcId=_balancer(account)["VpcId"])["NetworkAcl"]["NetworkAclId"]
    entry = {
        "NetworkAclId": acl,
        "Protocol": "6",
        "RuleAction": "deny",
        "Egress": False,
        "CidrBlock": "10.0.0.0/8",
        "PortRange": {"From": 22, "To": 22},
    }
    for number in range(1, 21):
        ec2.create_network_acl_entry(**entry, RuleNumber=number)
    return "ec2", "create_network_acl_entry", {**entry, "RuleNumber": 21}, "NetworkAclEntryLimitExceeded"


@row
def flow_log_bucket(account: Account) -> Row:
    bucket = account.bucket("row-flow-logs", "config.amazonaws.com")
    parameters = {
        "ResourceIds": [_balancer(account)["VpcId"]],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": f"arn:aws:s3:::{bucket}",
    }
    return "ec2", "create_flow_logs", parameters, ""


@row
def flow_log_role(account: Account) -> Row:
    account.client("logs").create_log_group(logGroupName="row-flow")
    parameters = {
        "ResourceIds": [_balancer(account)["VpcId"]],
        "ResourceType": "VPC",
        "TrafficType": "REJECT",
        "LogGroupName": "row-flow",
        "DeliverLogsPermissionArn": account.role("row-flow"),
    }
    return "ec2", "create_flow_logs", parameters, ""


# Lambda


@row
def role_of_a_function(account: Account) -> Row:
    function(account, "row-role")
    parameters = {"FunctionName": "row-role", "Role": account.role("row-not-lambda")}
    return "lambda", "update_function_configuration", parameters, "InvalidParameterValueException"


@row
def update_during_an_update(account: Account) -> Row:
    function(account, "row-update")
    with account.rehearsal():
        account.client("lambda").update_function_configuration(FunctionName="row-update", Timeout=5)
    parameters = {"FunctionName": "row-update", "Timeout": 6}
    return "lambda", "update_function_configuration", parameters, "ResourceConflictException"


@row
def runtime_has_ended(account: Account) -> Row:
    function(account, "row-runtime")
    parameters = {"FunctionName": "row-runtime", "Runtime": "python3.7"}
    return "lambda", "update_function_configuration", parameters, "InvalidParameterValueException"


@row
def permission(account: Account) -> Row:
    function(account, "row-permission")
    parameters = {
        "FunctionName": "row-permission",
        "StatementId": "with a space",
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    }
    return "lambda", "add_permission", parameters, "ValidationException"


# WAF and the guards


@row
def web_acl_is_unavailable(account: Account) -> Row:
    metrics = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "row"}
    with account.rehearsal():
        arn = account.client("wafv2").create_web_acl(
            Name="row", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=metrics
        )["Summary"]["ARN"]
    parameters = {"WebACLArn": arn, "ResourceArn": _balancer(account)["LoadBalancerArn"]}
    return "wafv2", "associate_web_acl", parameters, "WAFUnavailableEntityException"


@row
def scans_that_are_not_enabled(_account: Account) -> Row:
    return "inspector2", "enable", {"accountIds": ["210987654321"], "resourceTypes": ["EC2"]}, ""


@row
def fifty_findings(account: Account) -> Row:
    detector = account.client("guardduty").create_detector(Enable=True)["DetectorId"]
    parameters = {"DetectorId": detector, "FindingIds": [f"{number:032}" for number in range(51)]}
    return "guardduty", "archive_findings", parameters, "BadRequestException"


@row
def one_detector(_account: Account) -> Row:
    return "guardduty", "create_detector", {"Enable": True}, "BadRequestException"


@row
def role_of_a_selection(account: Account) -> Row:
    backup = account.client("backup")
    backup.create_backup_vault(BackupVaultName="row")
    rule = {"RuleName": "row", "TargetBackupVaultName": "row"}
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "row", "Rules": [rule]})["BackupPlanId"]
    selection = {"SelectionName": "row", "IamRoleArn": account.role("row-not-backup"), "Resources": ["*"]}
    parameters = {"BackupPlanId": plan, "BackupSelection": selection}
    return "backup", "create_backup_selection", parameters, "InvalidParameterValueException"


# KMS and CloudWatch


@row
def key_policy(account: Account) -> Row:
    key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    policy = json.loads(_policy("*", "kms:*"))
    policy["Statement"].append({**policy["Statement"][0], "Principal": _NOBODY})
    parameters = {"KeyId": key, "PolicyName": "default", "Policy": json.dumps(policy)}
    return "kms", "put_key_policy", parameters, "MalformedPolicyDocumentException"


@row
def lockout_safety_check(account: Account) -> Row:
    key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    parameters = {"KeyId": key, "PolicyName": "default", "Policy": _policy("*", "kms:Decrypt")}
    return "kms", "put_key_policy", parameters, "MalformedPolicyDocumentException"


@row
def rotation(account: Account) -> Row:
    key = account.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    return "kms", "enable_key_rotation", {"KeyId": key}, "UnsupportedOperationException"


@row
def key_of_a_log_group(account: Account) -> Row:
    account.client("logs").create_log_group(logGroupName="row-key")
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    return (
        "logs",
        "associate_kms_key",
        {"logGroupName": "row-key", "kmsKeyId": key},
        "InvalidParameterException",
    )


@row
def retention_days(account: Account) -> Row:
    account.client("logs").create_log_group(logGroupName="row-retention")
    parameters = {"logGroupName": "row-retention", "retentionInDays": 366}
    return "logs", "put_retention_policy", parameters, "InvalidParameterException"


def _filter(group: str, name: str) -> dict[str, Any]:
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    return {
        "logGroupName": group,
        "filterName": name,
        "filterPattern": "x",
        "metricTransformations": [metric],
    }


@row
def hundred_metric_filters(account: Account) -> Row:
    logs = account.client("logs")
    logs.create_log_group(logGroupName="row-filters")
    for number in range(100):
        logs.put_metric_filter(**_filter("row-filters", f"f{number}"))
    return "logs", "put_metric_filter", _filter("row-filters", "f100"), "LimitExceededException"


@row
def alarm(_account: Account) -> Row:
    parameters = {
        "AlarmName": "row",
        "MetricName": "m",
        "Namespace": "n",
        "Period": 45,
        "EvaluationPeriods": 1,
        "Statistic": "Sum",
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return "cloudwatch", "put_metric_alarm", parameters, "ValidationError"


# SNS and SQS


@row
def topic_policy(account: Account) -> Row:
    topic = account.client("sns").create_topic(Name="row-policy")["TopicArn"]
    parameters = {
        "TopicArn": topic,
        "AttributeName": "Policy",
        "AttributeValue": _policy(topic, "sns:ListTopics"),
    }
    return "sns", "set_topic_attributes", parameters, "InvalidParameter"


@row
def subscription_of_a_fifo_topic(account: Account) -> Row:
    topic = account.client("sns").create_topic(Name="row.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    parameters = {"TopicArn": topic, "Protocol": "email", "Endpoint": "security@example.com"}
    return "sns", "subscribe", parameters, "InvalidParameter"


@row
def queue_policy(account: Account) -> Row:
    url = account.client("sqs").create_queue(QueueName="row")["QueueUrl"]
    policy = _policy(f"arn:aws:sqs:{REGION}:{ACCOUNT}:row", "sqs:SendMessage", _NOBODY)
    parameters = {"QueueUrl": url, "Attributes": {"Policy": policy}}
    return "sqs", "set_queue_attributes", parameters, "InvalidAttributeValue"


# RDS


def _database(account: Account, name: str) -> str:
    database(account, name, StorageType="gp3")
    return name


def _snapshot(account: Account, name: str) -> str:
    account.client("rds").create_db_snapshot(
        DBInstanceIdentifier=_database(account, name), DBSnapshotIdentifier=name
    )
    return name


@row
def managed_password_on_restore(account: Account) -> Row:
    parameters = {
        "DBInstanceIdentifier": "row-restored",
        "DBSnapshotIdentifier": _snapshot(account, "row-password"),
        "ManageMasterUserPassword": True,
    }
    return "rds", "restore_db_instance_from_db_snapshot", parameters, "InvalidParameterCombination"


@row
def gp3_below_its_threshold(account: Account) -> Row:
    parameters = {
        "DBInstanceIdentifier": "row-restored-gp3",
        "DBSnapshotIdentifier": _snapshot(account, "row-gp3"),
        "StorageType": "gp3",
        "Iops": 3000,
        "StorageThroughput": 125,
    }
    return "rds", "restore_db_instance_from_db_snapshot", parameters, "InvalidParameterCombination"


def _cluster(account: Account, name: str, engine: str, **more: Any) -> str:
    account.client("rds").create_db_cluster(
        DBClusterIdentifier=name,
        Engine=engine,
        MasterUsername="master",
        MasterUserPassword="Correct-horse-1",
        **more,
    )
    account.client("rds").create_db_instance(
        DBInstanceIdentifier=f"{name}-1",
        DBClusterIdentifier=name,
        Engine=engine,
        DBInstanceClass="db.m6g.large",
    )
    return f"{name}-1"


@row
def member_of_a_multi_az_cluster(account: Account) -> Row:
    more = {"DBClusterInstanceClass": "db.m6gd.large", "AllocatedStorage": 100, "Iops": 1000}
    member = _cluster(account, "row-multi-az", "postgres", StorageType="io1", **more)
    parameters = {"DBInstanceIdentifier": member, "AutoMinorVersionUpgrade": True}
    return "rds", "modify_db_instance", parameters, "InvalidParameterCombination"


@row
def setting_of_the_cluster(account: Account) -> Row:
    member = _cluster(account, "row-aurora", "aurora-postgresql")
    parameters = {"DBInstanceIdentifier": member, "MultiAZ": True}
    return "rds", "modify_db_instance", parameters, "InvalidParameterCombination"


@row
def password_and_managed_password(account: Account) -> Row:
    parameters = {
        "DBInstanceIdentifier": _database(account, "row-both"),
        "MasterUserPassword": "Correct-horse-2",
        "ManageMasterUserPassword": True,
    }
    return "rds", "modify_db_instance", parameters, "InvalidParameterCombination"


@row
def instance_is_not_available(account: Account) -> Row:
    name = _database(account, "row-modifying")
    with _long_work(account):
        account.client("rds").modify_db_instance(DBInstanceIdentifier=name, BackupRetentionPeriod=7)
    parameters = {"DBInstanceIdentifier": name, "BackupRetentionPeriod": 8}
    return "rds", "modify_db_instance", parameters, "InvalidDBInstanceState"


@row
def snapshot_is_not_available(account: Account) -> Row:
    name = _database(account, "row-creating")
    with _long_work(account):
        account.client("rds").create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=name)
    parameters = {"SourceDBSnapshotIdentifier": name, "TargetDBSnapshotIdentifier": "row-copy"}
    return "rds", "copy_db_snapshot", parameters, "InvalidDBSnapshotState"


# S3


@row
def acls_are_disabled(account: Account) -> Row:
    parameters = {"Bucket": account.bucket("row-acl"), "ACL": "log-delivery-write"}
    return "s3", "put_bucket_acl", parameters, "AccessControlListNotSupported"


@row
def acl_of_a_new_bucket(_account: Account) -> Row:
    parameters = {"Bucket": "row-new-acl", "ACL": "public-read"}
    return "s3", "create_bucket", parameters, "InvalidBucketAclWithObjectOwnership"


@row
def bucket_that_is_there(account: Account) -> Row:
    return "s3", "create_bucket", {"Bucket": account.bucket("row-there")}, ""


@row
def bucket_policy_is_malformed(account: Account) -> Row:
    bucket = account.bucket("row-policy")
    policy = _policy(f"arn:aws:s3:::{bucket}/*", "s3:GetObject", _NOBODY)
    return "s3", "put_bucket_policy", {"Bucket": bucket, "Policy": policy}, "MalformedPolicy"


@row
def public_policy_is_blocked(account: Account) -> Row:
    bucket = account.bucket("row-public")
    blocks = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    account.client("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocks)
    policy = _policy(f"arn:aws:s3:::{bucket}/*", "s3:GetObject", "*")
    return "s3", "put_bucket_policy", {"Bucket": bucket, "Policy": policy}, "AccessDenied"


@row
def log_bucket_of_another_kind(account: Account) -> Row:
    s3, source, target = account.client("s3"), account.bucket("row-source"), "row-target"
    s3.create_bucket(Bucket=target, ObjectLockEnabledForBucket=True)
    policy = _policy(f"arn:aws:s3:::{target}/*", "s3:PutObject", {"Service": "logging.s3.amazonaws.com"})
    s3.put_bucket_policy(Bucket=target, Policy=policy)
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=target, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )
    status = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "x/"}}
    parameters = {"Bucket": source, "BucketLoggingStatus": status}
    return "s3", "put_bucket_logging", parameters, "InvalidTargetBucketForLogging"


@row
def versioning_of_a_locked_bucket(account: Account) -> Row:
    account.client("s3").create_bucket(Bucket="row-locked", ObjectLockEnabledForBucket=True)
    parameters = {"Bucket": "row-locked", "VersioningConfiguration": {"Status": "Suspended"}}
    return "s3", "put_bucket_versioning", parameters, "InvalidBucketState"


@row
def lifecycle_of_mixed_forms(account: Account) -> Row:
    rules = [
        {"ID": "old", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 9}},
        {"ID": "new", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 9}},
    ]
    parameters = {"Bucket": account.bucket("row-rules"), "LifecycleConfiguration": {"Rules": rules}}
    return "s3", "put_bucket_lifecycle_configuration", parameters, "InvalidRequest"


# Secrets Manager and Parameter Store


def _secret(account: Account, name: str, **more: Any) -> str:
    arn: str = account.client("secretsmanager").create_secret(Name=name, SecretString="x", **more)["ARN"]
    return arn


@row
def secret_policy(account: Account) -> Row:
    policy = _policy("*", "secretsmanager:GetSecretValue", _NOBODY)
    parameters = {"SecretId": _secret(account, "row-policy"), "ResourcePolicy": policy}
    return "secretsmanager", "put_resource_policy", parameters, "MalformedPolicyDocumentException"


@row
def public_secret_policy(account: Account) -> Row:
    parameters = {
        "SecretId": _secret(account, "row-public"),
        "ResourcePolicy": _policy("*", "secretsmanager:GetSecretValue", "*"),
        "BlockPublicPolicy": True,
    }
    return "secretsmanager", "put_resource_policy", parameters, "PublicPolicyException"


@row
def rotation_function(account: Account) -> Row:
    parameters = {
        "SecretId": _secret(account, "row-rotation"),
        "RotationLambdaARN": function(account, "row-rotation"),
        "RotationRules": {"AutomaticallyAfterDays": 30},
        "RotateImmediately": False,
    }
    return "secretsmanager", "rotate_secret", parameters, "AccessDeniedException"


@row
def rotation_in_progress(account: Account) -> Row:
    secret, rotate = _secret(account, "row-pending"), function(account, "row-pending")
    account.client("lambda").add_permission(
        FunctionName="row-pending",
        StatementId="rotation",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
    )
    account.client("secretsmanager").put_secret_value(
        SecretId=secret, SecretString="y", VersionStages=["AWSPENDING"]
    )
    parameters = {"SecretId": secret, "RotationLambdaARN": rotate, "RotateImmediately": True}
    return "secretsmanager", "rotate_secret", parameters, "InvalidRequestException"


@row
def secret_of_a_service(account: Account) -> Row:
    parameters = {"SecretId": _secret(account, "rds!row"), "SecretString": "y"}
    return "secretsmanager", "put_secret_value", parameters, "InvalidRequestException"


@row
def type_of_a_parameter(account: Account) -> Row:
    account.client("ssm").put_parameter(Name="/row", Value="x", Type="String")
    parameters = {"Name": "/row", "Value": "x", "Type": "SecureString", "Overwrite": True}
    return "ssm", "put_parameter", parameters, "HierarchyTypeMismatchException"


# Account Management


@row
def alternate_contact(_account: Account) -> Row:
    parameters = {
        "AlternateContactType": "SECURITY",
        "Name": "Security team",
        "Title": "Security",
        "EmailAddress": "security@example.com",
        "PhoneNumber": "+49 30 1234567 ext. 8",
    }
    return "account", "put_alternate_contact", parameters, "ValidationException"


# AgentCore

AGENTS = "bedrock-agentcore-control"


@row
def name_of_an_agent_resource(account: Account) -> Row:
    parameters = {"name": "row_taken", "networkConfiguration": {"networkMode": "SANDBOX"}}
    account.client(AGENTS).create_code_interpreter(**parameters)
    return AGENTS, "create_code_interpreter", parameters, "ConflictException"


@row
def expiry_of_a_memory(_account: Account) -> Row:
    return AGENTS, "create_memory", {"name": "row_long", "eventExpiryDuration": 4000}, "ValidationException"


def _gateway(account: Account, name: str) -> dict[str, Any]:
    settings = {
        "name": name,
        "roleArn": f"{ROOT[:-4]}role/row",
        "protocolType": "MCP",
        "authorizerType": "NONE",
    }
    gateway = account.client(AGENTS).create_gateway(**settings)["gatewayId"]
    return {"gatewayIdentifier": gateway, **settings, "authorizerType": "AWS_IAM"}


@row
def update_of_an_agent_resource(account: Account) -> Row:
    parameters = _gateway(account, "row-updating")
    with account.rehearsal():
        account.client(AGENTS).update_gateway(**parameters)
    return AGENTS, "update_gateway", parameters, "ConflictException"


@row
def status_of_an_agent_resource(account: Account) -> Row:
    parameters = _gateway(account, "row-status")
    with account.rehearsal():
        account.client(AGENTS).update_gateway(**parameters)
    return AGENTS, "get_gateway", {"gatewayIdentifier": parameters["gatewayIdentifier"]}, ""


# Application Auto Scaling


def _scalable(name: str, **more: Any) -> dict[str, Any]:
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{name}",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        **more,
    }


@row
def limits_of_a_scalable_target(_account: Account) -> Row:
    parameters = _scalable("row-limits", MinCapacity=9, MaxCapacity=8)
    return "application-autoscaling", "register_scalable_target", parameters, "ValidationException"


@row
def policy_without_a_target(account: Account) -> Row:
    with account.rehearsal():
        account.client("application-autoscaling").register_scalable_target(
            **_scalable("row-policy", MinCapacity=1, MaxCapacity=8)
        )
    metric = {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}
    parameters = _scalable(
        "row-policy",
        PolicyName="row",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": metric,
        },
    )
    return "application-autoscaling", "put_scaling_policy", parameters, "ObjectNotFoundException"


# ECS

_CONTAINER = {"name": "main", "image": "app:1", "memory": 128}


@row
def tags_of_a_task_definition(_account: Account) -> Row:
    tags = [{"key": "AWS:cloudformation:stack-id", "value": "x"}]
    parameters = {"family": "row-tags", "containerDefinitions": [_CONTAINER], "tags": tags}
    return "ecs", "register_task_definition", parameters, "InvalidParameterException"


@row
def task_definition_of_fargate(_account: Account) -> Row:
    logs = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/row", "awslogs-region": REGION}}
    parameters = {
        "family": "row-fargate",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{**_CONTAINER, "logConfiguration": logs}],
    }
    return "ecs", "register_task_definition", parameters, "ClientException"


def _service(account: Account, name: str, **more: Any) -> dict[str, Any]:
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="row")
    ecs.register_task_definition(family=name, containerDefinitions=[_CONTAINER])
    ecs.create_service(cluster="row", serviceName=name, taskDefinition=name, desiredCount=0, **more)
    return {"cluster": "row", "service": name}


@row
def service_that_another_controller_deploys(account: Account) -> Row:
    parameters = _service(account, "row-external", deploymentController={"type": "EXTERNAL"})
    more = {"enableExecuteCommand": False, "forceNewDeployment": True}
    return "ecs", "update_service", {**parameters, **more}, "InvalidParameterException"


@row
def service_that_is_not_active(account: Account) -> Row:
    parameters = _service(account, "row-deleted")
    account.client("ecs").delete_service(**parameters)
    return "ecs", "update_service", {**parameters, "forceNewDeployment": True}, "ServiceNotActiveException"


# EFS, and notebook instances


def _file_system(account: Account, name: str) -> str:
    file_system: str = account.client("efs").create_file_system(CreationToken=name)["FileSystemId"]
    return file_system


@row
def file_system_is_not_available(account: Account) -> Row:
    source = _file_system(account, "row-updating")
    account.happens("file_system_changes", file_system=source, state="updating")
    parameters = {"SourceFileSystemId": source, "Destinations": [{"Region": REGION}]}
    return "efs", "create_replication_configuration", parameters, "IncorrectFileSystemLifeCycleState"


@row
def file_system_in_a_replication(account: Account) -> Row:
    replication = account.client("efs").create_replication_configuration(
        SourceFileSystemId=_file_system(account, "row-source"), Destinations=[{"Region": REGION}]
    )
    destination = replication["Destinations"][0]["FileSystemId"]
    parameters = {"SourceFileSystemId": destination, "Destinations": [{"Region": REGION}]}
    return "efs", "create_replication_configuration", parameters, "ValidationException"


@row
def notebook_instance(account: Account) -> Row:
    parameters = {
        "NotebookInstanceName": "row-notebook",
        "InstanceType": "ml.t3.medium",
        "RoleArn": account.role("row-notebook", "lambda.amazonaws.com"),
    }
    return "sagemaker", "create_notebook_instance", parameters, "ValidationException"


# Images, metadata options and subnets


@row
def instance_that_neither_runs_nor_is_stopped(account: Account) -> Row:
    instance = _instance(account)
    account.client("ec2").terminate_instances(InstanceIds=[instance])
    parameters = {"InstanceId": instance, "HttpTokens": "required"}
    return "ec2", "modify_instance_metadata_options", parameters, "IncorrectInstanceState"


@row
def name_of_an_image(account: Account) -> Row:
    parameters = {"InstanceId": _instance(account), "Name": "row image"}
    account.client("ec2").create_image(**parameters)
    return "ec2", "create_image", parameters, "InvalidAMIName.Duplicate"


@row
def size_of_a_subnet(account: Account) -> Row:
    vpc = account.client("ec2").create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    return "ec2", "create_subnet", {"VpcId": vpc, "CidrBlock": "10.40.1.0/29"}, "InvalidSubnet.Range"


@row
def route_table_that_is_not_known_yet(account: Account) -> Row:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.41.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.41.1.0/24")["Subnet"]["SubnetId"]
    with account.rehearsal():
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    parameters = {"RouteTableId": table, "SubnetId": subnet}
    return "ec2", "associate_route_table", parameters, "InvalidRouteTableID.NotFound"


@row
def folder_of_a_flow_log(account: Account) -> Row:
    parameters = {
        "ResourceIds": [account.client("ec2").create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": f"arn:aws:s3:::{account.bucket('row-flow-folder')}/AWSLogs",
    }
    return "ec2", "create_flow_logs", parameters, "InvalidParameter"


# Commands, standards and analyzers


@row
def command_to_an_unmanaged_node(account: Account) -> Row:
    parameters = {"InstanceIds": [_instance(account)], "DocumentName": "AWS-RunShellScript"}
    return "ssm", "send_command", parameters, "InvalidInstanceId"


@row
def parameters_of_patch_manager(account: Account) -> Row:
    instance = _instance(account)
    account.happens("agent_registers", instance=instance)
    parameters = {
        "InstanceIds": [instance],
        "DocumentName": "AWS-RunPatchBaseline",
        "Parameters": {"Operation": ["Install"], "RebootOption": ["Never"]},
    }
    return "ssm", "send_command", parameters, "InvalidParameters"


@row
def hub_that_is_enabled(account: Account) -> Row:
    account.client("securityhub").enable_security_hub()
    return "securityhub", "enable_security_hub", {}, "ResourceConflictException"


@row
def standard_of_another_region(account: Account) -> Row:
    account.client("securityhub").enable_security_hub()
    arn = "arn:aws:securityhub:eu-west-1::standards/cis-aws-foundations-benchmark/v/3.0.0"
    parameters = {"StandardsSubscriptionRequests": [{"StandardsArn": arn}]}
    return "securityhub", "batch_enable_standards", parameters, "InvalidInputException"


@row
def one_analyzer(account: Account) -> Row:
    account.client("accessanalyzer").create_analyzer(analyzerName="row-first", type="ACCOUNT")
    parameters = {"analyzerName": "row-second", "type": "ACCOUNT"}
    return "accessanalyzer", "create_analyzer", parameters, "ServiceQuotaExceededException"


# MFA devices, default encryption, URLs of functions, recorders


@row
def authentication_codes(account: Account) -> Row:
    iam = account.client("iam")
    iam.create_user(UserName="row-codes")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="row-codes")["VirtualMFADevice"]
    parameters = {
        "UserName": "row-codes",
        "SerialNumber": device["SerialNumber"],
        "AuthenticationCode1": "123456",
        "AuthenticationCode2": "123456",
    }
    return "iam", "enable_mfa_device", parameters, "InvalidAuthenticationCode"


@row
def name_of_a_device(_account: Account) -> Row:
    return "iam", "create_virtual_mfa_device", {"VirtualMFADeviceName": "row device"}, "ValidationError"


@row
def key_of_a_default_encryption(account: Account) -> Row:
    default = {"SSEAlgorithm": "AES256", "KMSMasterKeyID": account.key}
    parameters = {
        "Bucket": account.bucket("row-encryption"),
        "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]},
    }
    return "s3", "put_bucket_encryption", parameters, "InvalidArgument"


@row
def qualifier_of_a_url(account: Account) -> Row:
    function(account, "row-url")
    account.client("lambda").create_function_url_config(FunctionName="row-url", AuthType="NONE")
    parameters = {"FunctionName": "row-url", "Qualifier": "1", "AuthType": "AWS_IAM"}
    return "lambda", "update_function_url_config", parameters, "ValidationException"


@row
def recorder_of_a_service(account: Account) -> Row:
    account.once(_config)
    name = "AWSConfigurationRecorderForSecurityHub"
    config = account.client("config")
    role = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
    config.delete_configuration_recorder(ConfigurationRecorderName="default")
    config.put_configuration_recorder(**_recorder(name, role))
    config.put_delivery_channel(
        DeliveryChannel={"name": "default", "s3BucketName": account.bucket("row-records")}
    )
    parameters = {"ConfigurationRecorderName": name}
    return "config", "start_configuration_recorder", parameters, "UnmodifiableEntityException"


@row
def status_of_an_update(account: Account) -> Row:
    function(account, "row-progress")
    with account.rehearsal():
        account.client("lambda").update_function_configuration(FunctionName="row-progress", Timeout=9)
    return "lambda", "get_function_configuration", {"FunctionName": "row-progress"}, ""

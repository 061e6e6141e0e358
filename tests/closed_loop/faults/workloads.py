"""An account of containers, functions, agents and models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT
from closed_loop.fault import SeededFault, fault
from closed_loop.faults.buckets import FUNCTION_STATE, function
from closed_loop.terraform_plans import Plan

if TYPE_CHECKING:
    from closed_loop.account import Account
    from cloud_audit_tui.model import Finding

AGENTS = "bedrock-agentcore-control"
VERSION_6 = "the resource exists in version 6 of the provider only, which is checked by its schema"
"""Why a Terraform file is not applied here."""


def _task(account: Account, family: str, **container: Any) -> SeededFault:
    """Register a task definition without a service: in moto a deployment keeps its first revision."""
    response = account.client("ecs").register_task_definition(
        family=family,
        containerDefinitions=[{"name": "main", "image": "app:1", "memory": 128, **container}],
        tags=[{"key": "team", "value": "web"}],
    )
    return SeededFault(response["taskDefinition"]["taskDefinitionArn"])


LOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/apps", "awslogs-region": "us-east-1"},
}


@fault("aws-ecs-001", may_change=("ecs/us-east-1/task_definitions/*/2",), plan="")
def privileged_container(account: Account) -> SeededFault:
    _task(account, "mighty", privileged=True, logConfiguration=LOGS)
    return SeededFault("task-definition/mighty")


@fault(
    "aws-ecs-002",
    may_change=(
        "ecs/us-east-1/task_definitions/*/2",
        "logs/us-east-1/groups/|ecs|*",
        "logs/us-east-1/tagger/tags/*",
    ),
    plan="",
)
def silent_container(account: Account) -> SeededFault:
    _task(account, "silent")
    return SeededFault("task-definition/silent")


@fault(
    "aws-ecs-003",
    may_change=("ecs/us-east-1/services/*/enable_execute_command", "ecs/us-east-1/services/*/deployments/*"),
    plan=Plan(("aws_ecs_service import update enable_execute_command force_new_deployment",)),
)
def shell_in_containers(account: Account) -> SeededFault:
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="apps")
    task = _task(account, "open", logConfiguration=LOGS)
    response = ecs.create_service(
        cluster="apps",
        serviceName="open",
        taskDefinition=task.resource,
        desiredCount=0,
        enableExecuteCommand=True,
    )
    return SeededFault(response["service"]["serviceArn"])


@fault(
    "aws-lambda-001",
    may_change=(f"{FUNCTION_STATE}/url_config/config/AuthType",),
    plan=Plan(("aws_lambda_function_url import update authorization_type",)),
)
def url_for_everyone(account: Account) -> SeededFault:
    arn = function(account, "public")
    account.client("lambda").create_function_url_config(FunctionName="public", AuthType="NONE")
    return SeededFault(arn)


@fault(
    "aws-lambda-002",
    may_change=(f"{FUNCTION_STATE}/run_time", f"{FUNCTION_STATE}/code_or_config_updated"),
    plan=Plan(("aws_lambda_function import update runtime",)),
)
def old_runtime(account: Account) -> SeededFault:
    return SeededFault(function(account, "old", Runtime="python3.8"))


def _take_variable_out(account: Account) -> None:
    account.client("lambda").update_function_configuration(
        FunctionName="talkative", Environment={"Variables": {"STAGE": "prod"}}
    )


@fault(
    "aws-lambda-003",
    by_hand=_take_variable_out,
    leaves=("aws-sm-001",),
    may_change=("iam/aws/roles/*/policies/read-*", "secretsmanager/us-east-1/secrets/lambda|{}|*"),
    plan=Plan(
        ("aws_iam_role_policy create", "aws_secretsmanager_secret create"),
        rest="let the code read the secret, remove the variable",
    ),
)
def secret_variable(account: Account) -> SeededFault:
    variables = {"STAGE": "prod", "DB_PASSWORD": "hunter2"}
    return SeededFault(function(account, "talkative", Environment={"Variables": variables}))


@fault(
    "aws-agc-001",
    then=("delete-code-interpreter",),
    gone=True,
    may_change=("bedrock-agentcore-control/us-east-1/_kept_interpreters/{}_sandbox-*",),
    plan=VERSION_6,
)
def interpreter_on_the_internet(account: Account) -> SeededFault:
    response = account.client(AGENTS).create_code_interpreter(
        name="calculator", networkConfiguration={"networkMode": "PUBLIC"}
    )
    return SeededFault(response["codeInterpreterArn"])


@fault(
    "aws-agc-002",
    may_change=(
        "bedrock-agentcore-control/us-east-1/agent_runtimes/*/network_configuration",
        "bedrock-agentcore-control/us-east-1/agent_runtimes/*/agent_runtime_version",
        "bedrock-agentcore-control/us-east-1/agent_runtimes/*/versions/1",
        "bedrock-agentcore-control/us-east-1/_kept_metadata/*",
    ),
    plan=VERSION_6,
)
def agent_in_public(account: Account) -> SeededFault:
    container = {"containerUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/agent:1"}
    response = account.client(AGENTS).create_agent_runtime(
        agentRuntimeName="agent",
        agentRuntimeArtifact={"containerConfiguration": container},
        networkConfiguration={"networkMode": "PUBLIC"},
        environmentVariables={"STAGE": "prod"},
        roleArn=account.role("agent"),
    )
    inputs = {"SUBNET_IDS": "subnet-0123456789abcdef0", "SECURITY_GROUP_IDS": "sg-0123456789abcdef0"}
    return SeededFault(response["agentRuntimeArn"], inputs)


@fault(
    "aws-agc-003",
    may_change=(
        "bedrock-agentcore-control/us-east-1/agent_runtimes/*/agent_runtime_version",
        "bedrock-agentcore-control/us-east-1/agent_runtimes/*/versions/1",
        "bedrock-agentcore-control/us-east-1/_kept_metadata/*",
    ),
    plan="",
)
def agent_with_old_metadata(account: Account) -> SeededFault:
    container = {"containerUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/agent:2"}
    response = account.client(AGENTS).create_agent_runtime(
        agentRuntimeName="talkative_agent",
        agentRuntimeArtifact={"containerConfiguration": container},
        networkConfiguration={"networkMode": "PUBLIC"},
        environmentVariables={"STAGE": "prod"},
        roleArn=account.role("talkative-agent"),
    )
    return SeededFault(response["agentRuntimeArn"])


@fault(
    "aws-agc-004",
    then=("delete-memory",),
    gone=True,
    may_change=("bedrock-agentcore-control/us-east-1/memories/*",),
    plan=VERSION_6,
)
def memory_without_key(account: Account) -> SeededFault:
    response = account.client(AGENTS).create_memory(name="memories", eventExpiryDuration=30)
    return SeededFault(response["memory"]["arn"], {"KMS_KEY_ARN": account.key})


@fault(
    "aws-agc-005",
    may_change=("bedrock-agentcore-control/us-east-1/gateways/*/authorizer_type",),
    plan=VERSION_6,
)
def gateway_without_authorizer(account: Account) -> SeededFault:
    response = account.client(AGENTS).create_gateway(
        name="tools", roleArn=account.role("gateway"), protocolType="MCP", authorizerType="NONE"
    )
    return SeededFault(response["gatewayArn"])


@fault(
    "aws-agc-006",
    may_change=("bedrock-agentcore-control/us-east-1/gateways/*/policy_engine_configuration",),
    plan=VERSION_6,
)
def gateway_without_policies(account: Account) -> SeededFault:
    response = account.client(AGENTS).create_gateway(
        name="free", roleArn=account.role("free-gateway"), protocolType="MCP", authorizerType="AWS_IAM"
    )
    engine = f"arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:policy-engine/tools-a1b2c3d4e5"
    return SeededFault(response["gatewayArn"], {"POLICY_ENGINE_ARN": engine})


@fault(
    "aws-bedrock-002",
    may_change=("+bedrock/us-east-1/_kept_guardrails/*", "+bedrock/us-east-1/_kept_guardrail_settings/*"),
    plan=Plan(("aws_bedrock_guardrail create",)),
)
def no_guardrail(_account: Account) -> SeededFault:
    return SeededFault()


@fault(
    "aws-bedrock-001",
    may_change=("bedrock/us-east-1/model_invocation_logging_configuration",),
    plan=Plan(("aws_bedrock_model_invocation_logging_configuration create",)),
)
def unlogged_models(account: Account) -> SeededFault:
    return SeededFault(inputs={"LOG_BUCKET": account.bucket("prompts", "bedrock.amazonaws.com")})


def _model(account: Account) -> None:
    account.client("sagemaker").create_model(
        ModelName="model", ExecutionRoleArn=account.role("scoring"), PrimaryContainer={"Image": "app:1"}
    )


def _notebook(account: Account, name: str) -> SeededFault:
    response = account.client("sagemaker").create_notebook_instance(
        NotebookInstanceName=name,
        InstanceType="ml.t3.medium",
        RoleArn=account.role(name, "sagemaker.amazonaws.com"),
        Tags=[{"Key": "team", "Value": "ml"}],
    )
    return SeededFault(response["NotebookInstanceArn"])


def _notebook_settings(account: Account, finding: Finding) -> dict[str, str]:
    notebook = account.client("sagemaker").describe_notebook_instance(
        NotebookInstanceName=finding.evidence["notebook_name"]
    )
    return {"INSTANCE_TYPE": notebook["InstanceType"], "ROLE_ARN": notebook["RoleArn"]}


@fault(
    "aws-sagemaker-001",
    work_seconds=3_600,
    may_change=("sagemaker/us-east-1/notebook_instances/{}/root_access",),
    plan=Plan(("aws_sagemaker_notebook_instance import update root_access",), inputs=_notebook_settings),
    no_rule="the demo's SageMaker refuses it as AWS does: changes in a state that forbids them",
    transient_paths=("sagemaker/us-east-1/notebook_instances/{}/status",),
)
def root_notebook(account: Account) -> SeededFault:
    return _notebook(account, "root")


@fault(
    "aws-sagemaker-002",
    then=("stop-notebook-instance", "wait notebook-instance-stopped", "delete-notebook-instance"),
    gone=True,
    leaves=("aws-sagemaker-001",),
    may_change=("sagemaker/us-east-1/notebook_instances/{}-in-vpc",),
    plan=Plan(("aws_sagemaker_notebook_instance create",), rest="move the files, delete the old instance"),
)
def notebook_on_the_internet(account: Account) -> SeededFault:
    notebook = _notebook(account, "online")
    inputs = {"SUBNET_ID": "subnet-0123456789abcdef0", "SECURITY_GROUP_IDS": "sg-0123456789abcdef0"}
    return SeededFault(notebook.resource, inputs)


@fault(
    "aws-sagemaker-003",
    work_seconds=3_600,
    may_change=(
        "sagemaker/us-east-1/endpoint_configs/{}-with-key",
        "sagemaker/us-east-1/endpoints/{}/endpoint_config_name",
    ),
    plan=Plan(
        (
            "aws_sagemaker_endpoint import update endpoint_config_name?",
            "aws_sagemaker_endpoint_configuration create",
        )
    ),
)
def endpoint_without_key(account: Account) -> SeededFault:
    account.once(_model)
    sagemaker = account.client("sagemaker")
    variant = {
        "VariantName": "main",
        "ModelName": "model",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="scoring", ProductionVariants=[variant])
    response = sagemaker.create_endpoint(EndpointName="scoring", EndpointConfigName="scoring")
    return SeededFault(response["EndpointArn"], {"KMS_KEY_ID": account.key})

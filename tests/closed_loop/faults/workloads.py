"""An account of containers, functions, agents and models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closed_loop.account import ACCOUNT
from closed_loop.fault import Seeded, fault
from closed_loop.faults.buckets import function

if TYPE_CHECKING:
    from closed_loop.account import Account

AGENTS = "bedrock-agentcore-control"


def _task(account: Account, family: str, **container: Any) -> Seeded:
    """Register a task definition that no service uses: in moto a deployment keeps its first revision."""
    response = account.client("ecs").register_task_definition(
        family=family,
        containerDefinitions=[{"name": "main", "image": "app:1", "memory": 128, **container}],
        tags=[{"key": "team", "value": "web"}],
    )
    return Seeded(response["taskDefinition"]["taskDefinitionArn"])


LOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/apps", "awslogs-region": "us-east-1"},
}


@fault("aws-ecs-001")
def privileged(account: Account) -> Seeded:
    _task(account, "mighty", privileged=True, logConfiguration=LOGS)
    return Seeded("task-definition/mighty")


@fault("aws-ecs-002")
def silent(account: Account) -> Seeded:
    _task(account, "silent")
    return Seeded("task-definition/silent")


@fault("aws-ecs-003")
def shell_in_containers(account: Account) -> Seeded:
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
    return Seeded(response["service"]["serviceArn"])


@fault("aws-lambda-001")
def url_for_everyone(account: Account) -> Seeded:
    arn = function(account, "public")
    account.client("lambda").create_function_url_config(FunctionName="public", AuthType="NONE")
    return Seeded(arn)


@fault("aws-lambda-002")
def old_runtime(account: Account) -> Seeded:
    return Seeded(function(account, "old", Runtime="python3.8"))


def _take_variable_out(account: Account) -> None:
    account.client("lambda").update_function_configuration(
        FunctionName="talkative", Environment={"Variables": {"STAGE": "prod"}}
    )


@fault("aws-lambda-003", by_hand=_take_variable_out, leaves=("aws-sm-001",))
def secret_variable(account: Account) -> Seeded:
    variables = {"STAGE": "prod", "DB_PASSWORD": "hunter2"}
    return Seeded(function(account, "talkative", Environment={"Variables": variables}))


@fault("aws-agc-001", then=("delete-code-interpreter",), gone=True)
def interpreter_on_the_internet(account: Account) -> Seeded:
    response = account.client(AGENTS).create_code_interpreter(
        name="calculator", networkConfiguration={"networkMode": "PUBLIC"}
    )
    return Seeded(response["codeInterpreterArn"])


@fault("aws-agc-002")
def agent_in_public(account: Account) -> Seeded:
    container = {"containerUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/agent:1"}
    response = account.client(AGENTS).create_agent_runtime(
        agentRuntimeName="agent",
        agentRuntimeArtifact={"containerConfiguration": container},
        networkConfiguration={"networkMode": "PUBLIC"},
        environmentVariables={"STAGE": "prod"},
        roleArn=account.role("agent"),
    )
    inputs = {"SUBNET_IDS": "subnet-0123456789abcdef0", "SECURITY_GROUP_IDS": "sg-0123456789abcdef0"}
    return Seeded(response["agentRuntimeArn"], inputs)


@fault("aws-agc-003")
def agent_with_old_metadata(account: Account) -> Seeded:
    container = {"containerUri": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/agent:2"}
    response = account.client(AGENTS).create_agent_runtime(
        agentRuntimeName="talkative_agent",
        agentRuntimeArtifact={"containerConfiguration": container},
        networkConfiguration={"networkMode": "PUBLIC"},
        environmentVariables={"STAGE": "prod"},
        roleArn=account.role("talkative-agent"),
    )
    return Seeded(response["agentRuntimeArn"])


@fault("aws-agc-004", then=("delete-memory",), gone=True)
def memory_without_key(account: Account) -> Seeded:
    response = account.client(AGENTS).create_memory(name="memories", eventExpiryDuration=30)
    return Seeded(response["memory"]["arn"], {"KMS_KEY_ARN": account.key})


@fault("aws-agc-005")
def gateway_without_authorizer(account: Account) -> Seeded:
    response = account.client(AGENTS).create_gateway(
        name="tools", roleArn=account.role("gateway"), protocolType="MCP", authorizerType="NONE"
    )
    return Seeded(response["gatewayArn"])


@fault("aws-agc-006")
def gateway_without_policies(account: Account) -> Seeded:
    response = account.client(AGENTS).create_gateway(
        name="free", roleArn=account.role("free-gateway"), protocolType="MCP", authorizerType="AWS_IAM"
    )
    engine = f"arn:aws:bedrock-agentcore:us-east-1:{ACCOUNT}:policy-engine/tools-a1b2c3d4e5"
    return Seeded(response["gatewayArn"], {"POLICY_ENGINE_ARN": engine})


@fault("aws-bedrock-002")
def no_guardrail(_account: Account) -> Seeded:
    return Seeded()


@fault("aws-bedrock-001")
def unlogged_models(account: Account) -> Seeded:
    return Seeded(inputs={"LOG_BUCKET": account.bucket("prompts", "bedrock.amazonaws.com")})


def _model(account: Account) -> None:
    account.client("sagemaker").create_model(
        ModelName="model", ExecutionRoleArn=account.role("scoring"), PrimaryContainer={"Image": "app:1"}
    )


def _notebook(account: Account, name: str) -> Seeded:
    response = account.client("sagemaker").create_notebook_instance(
        NotebookInstanceName=name,
        InstanceType="ml.t3.medium",
        RoleArn=account.role(name, "sagemaker.amazonaws.com"),
        Tags=[{"Key": "team", "Value": "ml"}],
    )
    return Seeded(response["NotebookInstanceArn"])


@fault("aws-sagemaker-001")
def root_notebook(account: Account) -> Seeded:
    return _notebook(account, "root")


@fault(
    "aws-sagemaker-002",
    then=("stop-notebook-instance", "wait notebook-instance-stopped", "delete-notebook-instance"),
    gone=True,
    leaves=("aws-sagemaker-001",),
)
def notebook_on_the_internet(account: Account) -> Seeded:
    seeded = _notebook(account, "online")
    inputs = {"SUBNET_ID": "subnet-0123456789abcdef0", "SECURITY_GROUP_IDS": "sg-0123456789abcdef0"}
    return Seeded(seeded.resource, inputs)


@fault("aws-sagemaker-003")
def endpoint_without_key(account: Account) -> Seeded:
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
    return Seeded(response["EndpointArn"], {"KMS_KEY_ID": account.key})

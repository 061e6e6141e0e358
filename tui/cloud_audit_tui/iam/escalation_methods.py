"""Published ways from some permissions to all of them, as data.

A method is a set of needs: actions, and what each must reach. Sources are the publications that describe
the method, or the page of AWS's service authorization reference that documents its actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cloud_audit_tui.model import Severity

CRITICAL, HIGH = Severity.CRITICAL, Severity.HIGH

RHINO = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/"
RHINO_PART_2 = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation-part-2/"
BISHOP_FOX = "https://bishopfox.com/blog/privilege-escalation-in-aws"
_REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/list_{}.html"


class Reach(Enum):
    """What an action must be allowed on to help.

    All but `ANYTHING` are also reached by an Allow that covers a resource of the kind with an arbitrary
    name.
    """

    ANYTHING = "any resource of the action: what is made is the caller's own"
    OWN_POLICY = "a customer managed policy that the caller has"
    OWN_USER = "the caller's own user"
    OWN_GROUP = "a group that the caller is in"
    OWN_ROLE = "the caller's own role, or one that it may assume"
    ADMIN_USER = "another user, who is an administrator"
    ADMIN_GROUP = "a group of administrators"
    ADMIN_ROLE = "a role that is an administrator"
    PASSED_ROLE = "an administrator role that trusts the service"
    EXISTING = "resources that others made, under any name"


@dataclass(frozen=True)
class Need:
    """An action and what it must reach; ``arn`` is the resource part of what exists, for `Reach.EXISTING`."""

    action: str
    reach: Reach = Reach.ANYTHING
    arn: str = ""


@dataclass(frozen=True)
class Method:
    """A way to more permissions. ``service`` is the principal that a role is passed to."""

    name: str
    needs: tuple[Need, ...]
    severity: Severity
    source: str
    service: str = ""

    @property
    def actions(self) -> list[str]:
        """The actions that it takes."""
        return [need.action for need in self.needs]

    @property
    def key_action(self) -> str:
        """The action without which the rest is harmless."""
        return self.needs[0].action


def _alone(action: str, reach: Reach, source: str = RHINO) -> Method:
    return Method(action, (Need(action, reach),), CRITICAL, source)


def _pass(service: str, *actions: str, source: str) -> Method:
    name = " + ".join(("iam:PassRole", *actions))
    needs = (Need("iam:PassRole", Reach.PASSED_ROLE), *(Need(action) for action in actions))
    return Method(name, needs, CRITICAL, source, service)


def _take_over(arn: str, *actions: str, source: str) -> Method:
    needs = tuple(Need(action, Reach.EXISTING, arn) for action in actions)
    return Method(" + ".join(actions), needs, HIGH, source)


def _reference(service: str) -> str:
    return _REFERENCE.format(service)


EC2, LAMBDA, GLUE = "ec2.amazonaws.com", "lambda.amazonaws.com", "glue.amazonaws.com"
SAGEMAKER, CODEBUILD = "sagemaker.amazonaws.com", "codebuild.amazonaws.com"
CLOUDFORMATION, TASKS = "cloudformation.amazonaws.com", "ecs-tasks.amazonaws.com"
FUNCTION, INSTANCE = "lambda:*:{account}:function:{name}", "ec2:*:{account}:instance/{name}"

METHODS: tuple[Method, ...] = (
    _alone("iam:CreatePolicyVersion", Reach.OWN_POLICY),
    _alone("iam:SetDefaultPolicyVersion", Reach.OWN_POLICY),
    _alone("iam:CreateAccessKey", Reach.ADMIN_USER),
    _alone("iam:CreateLoginProfile", Reach.ADMIN_USER),
    _alone("iam:UpdateLoginProfile", Reach.ADMIN_USER),
    _alone("iam:AttachUserPolicy", Reach.OWN_USER),
    _alone("iam:AttachGroupPolicy", Reach.OWN_GROUP),
    _alone("iam:AttachRolePolicy", Reach.OWN_ROLE),
    _alone("iam:PutUserPolicy", Reach.OWN_USER),
    _alone("iam:PutGroupPolicy", Reach.OWN_GROUP),
    _alone("iam:PutRolePolicy", Reach.OWN_ROLE),
    _alone("iam:AddUserToGroup", Reach.ADMIN_GROUP),
    _alone("iam:UpdateAssumeRolePolicy", Reach.ADMIN_ROLE),
    _pass(EC2, "ec2:RunInstances", source=RHINO),
    _pass(EC2, "ec2:RequestSpotInstances", source=_reference("amazonec2")),
    _pass(EC2, "ec2:AssociateIamInstanceProfile", source=BISHOP_FOX),
    _pass(EC2, "ec2:ReplaceIamInstanceProfileAssociation", source=_reference("amazonec2")),
    _pass(
        EC2,
        "autoscaling:CreateLaunchConfiguration",
        "autoscaling:CreateAutoScalingGroup",
        source=_reference("amazonec2autoscaling"),
    ),
    _pass(LAMBDA, "lambda:CreateFunction", "lambda:InvokeFunction", source=RHINO),
    _pass(LAMBDA, "lambda:CreateFunction", "lambda:CreateEventSourceMapping", source=RHINO),
    _pass(LAMBDA, "lambda:CreateFunction", "lambda:AddPermission", source=BISHOP_FOX),
    _pass(
        LAMBDA,
        "lambda:UpdateFunctionConfiguration",
        "lambda:UpdateFunctionCode",
        source=_reference("awslambda"),
    ),
    _pass(GLUE, "glue:CreateDevEndpoint", source=RHINO),
    _pass(GLUE, "glue:CreateJob", "glue:StartJobRun", source=BISHOP_FOX),
    _pass(GLUE, "glue:CreateJob", "glue:CreateTrigger", source=BISHOP_FOX),
    _pass(GLUE, "glue:UpdateJob", "glue:StartJobRun", source=BISHOP_FOX),
    _pass(GLUE, "glue:UpdateJob", "glue:CreateTrigger", source=BISHOP_FOX),
    _pass(GLUE, "glue:CreateSession", "glue:RunStatement", source=_reference("awsglue")),
    _pass(CLOUDFORMATION, "cloudformation:CreateStack", source=RHINO),
    _pass(CLOUDFORMATION, "cloudformation:UpdateStack", source=_reference("awscloudformation")),
    _pass(
        CLOUDFORMATION,
        "cloudformation:CreateStackSet",
        "cloudformation:CreateStackInstances",
        source=_reference("awscloudformation"),
    ),
    _pass(CLOUDFORMATION, "cloudformation:UpdateStackSet", source=_reference("awscloudformation")),
    _pass(
        CLOUDFORMATION,
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
        source=_reference("awscloudformation"),
    ),
    _pass(
        "datapipeline.amazonaws.com",
        "datapipeline:CreatePipeline",
        "datapipeline:PutPipelineDefinition",
        "datapipeline:ActivatePipeline",
        source=RHINO,
    ),
    _pass(
        SAGEMAKER,
        "sagemaker:CreateNotebookInstance",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        source=RHINO_PART_2,
    ),
    _pass(SAGEMAKER, "sagemaker:CreateTrainingJob", source=_reference("amazonsagemaker")),
    _pass(SAGEMAKER, "sagemaker:CreateProcessingJob", source=_reference("amazonsagemaker")),
    _pass(CODEBUILD, "codebuild:CreateProject", "codebuild:StartBuild", source=BISHOP_FOX),
    _pass(CODEBUILD, "codebuild:CreateProject", "codebuild:StartBuildBatch", source=BISHOP_FOX),
    _pass(CODEBUILD, "codebuild:UpdateProject", "codebuild:StartBuild", source=_reference("awscodebuild")),
    _pass("codepipeline.amazonaws.com", "codepipeline:CreatePipeline", source=_reference("awscodepipeline")),
    _pass(
        TASKS,
        "ecs:RegisterTaskDefinition",
        "ecs:RunTask",
        source=_reference("amazonelasticcontainerservice"),
    ),
    _pass(
        TASKS,
        "ecs:RegisterTaskDefinition",
        "ecs:StartTask",
        source=_reference("amazonelasticcontainerservice"),
    ),
    _pass(
        TASKS,
        "ecs:RegisterTaskDefinition",
        "ecs:CreateService",
        source=_reference("amazonelasticcontainerservice"),
    ),
    _pass(TASKS, "batch:RegisterJobDefinition", "batch:SubmitJob", source=_reference("awsbatch")),
    _pass(
        "states.amazonaws.com",
        "states:CreateStateMachine",
        "states:StartExecution",
        source=_reference("awsstepfunctions"),
    ),
    _pass(
        "scheduler.amazonaws.com", "scheduler:CreateSchedule", source=_reference("amazoneventbridgescheduler")
    ),
    _pass("ssm.amazonaws.com", "ssm:StartAutomationExecution", source=_reference("awssystemsmanager")),
    _pass("tasks.apprunner.amazonaws.com", "apprunner:CreateService", source=_reference("awsapprunner")),
    _pass(EC2, "elasticmapreduce:RunJobFlow", source=_reference("amazonelasticmapreduce")),
    _pass(
        "emr-serverless.amazonaws.com",
        "emr-serverless:CreateApplication",
        "emr-serverless:StartJobRun",
        source=_reference("amazonemrserverless"),
    ),
    _pass(
        "bedrock-agentcore.amazonaws.com",
        "bedrock-agentcore:CreateCodeInterpreter",
        "bedrock-agentcore:StartCodeInterpreterSession",
        "bedrock-agentcore:InvokeCodeInterpreter",
        source=_reference("amazonbedrockagentcore"),
    ),
    _take_over(FUNCTION, "lambda:UpdateFunctionCode", source=RHINO),
    _take_over(FUNCTION, "lambda:UpdateFunctionConfiguration", source=RHINO_PART_2),
    _take_over("glue:*:{account}:devEndpoint/{name}", "glue:UpdateDevEndpoint", source=RHINO),
    _take_over("cloudformation:*:{account}:stack/{name}/0", "cloudformation:UpdateStack", source=BISHOP_FOX),
    _take_over("codebuild:*:{account}:project/{name}", "codebuild:StartBuild", source=BISHOP_FOX),
    _take_over(
        "sagemaker:*:{account}:notebook-instance/{name}",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        source=RHINO_PART_2,
    ),
    _take_over(INSTANCE, "ssm:SendCommand", source=BISHOP_FOX),
    _take_over(INSTANCE, "ssm:StartSession", source=BISHOP_FOX),
    _take_over(
        INSTANCE,
        "ec2:ModifyInstanceAttribute",
        "ec2:StopInstances",
        "ec2:StartInstances",
        source=BISHOP_FOX,
    ),
    _take_over(
        "ecs:*:{account}:task/{name}/0",
        "ecs:ExecuteCommand",
        source=_reference("amazonelasticcontainerservice"),
    ),
    _take_over(
        "iam::{account}:saml-provider/{name}",
        "iam:UpdateSAMLProvider",
        source=_reference("awsidentityandaccessmanagementiam"),
    ),
)

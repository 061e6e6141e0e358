"""Workloads other than SageMaker: functions, containers, load balancers and web ACLs."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING
from cloud_audit_tui.demo.region_client import trust

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient

_ROLE = "functions"


@dataclass(frozen=True)
class Function:
    """A function; ``url`` is the auth type of its URL, ``NONE`` or ``AWS_IAM``, empty for no URL.

    ``bus`` is the AWS service that may invoke it, and ``bounded`` limits that to this account.
    """

    name: str
    runtime: str = "python3.13"
    variables: tuple[str, ...] = ()
    url: str = ""
    bus: str = ""
    bounded: bool = True


@dataclass(frozen=True)
class Service:
    """An ECS service with its own task definition; ``execute`` enables ECS Exec."""

    name: str
    image: str
    privileged: bool = False
    logs: bool = True
    execute: bool = False


@dataclass(frozen=True)
class Work:
    """The workloads of a region; ``balancer`` faces the internet, optionally behind a web ACL."""

    account: Account
    region: str
    functions: tuple[Function, ...] = ()
    cluster: str = ""
    services: tuple[Service, ...] = ()
    network: str = ""
    balancer: str = ""
    web_acl: str = field(default="")


WORK = (
    Work(
        PRODUCTION,
        "us-east-1",
        (
            Function("claims-intake", variables=("QUEUE_URL", "LOG_LEVEL"), bus="sns"),
            Function("fraud-score-webhook", variables=("MODEL_NAME",), url="AWS_IAM"),
            Function("invoice-importer", "python3.8", ("BUCKET", "SFTP_PASSWORD")),
            Function("nightly-retraining", variables=("PIPELINE_ARN",), bus="events"),
        ),
        "platform",
        (
            Service("scoring-gateway", "scoring-gateway:4.2"),
            Service("feature-writer", "feature-writer:1.9"),
            Service("node-agent", "node-agent:7.0", privileged=True),
        ),
        network="platform",
        balancer="scoring-public",
        web_acl="scoring",
    ),
    Work(PRODUCTION, "eu-west-1", (Function("consent-sync", variables=("TABLE_NAME",)),)),
    Work(
        STAGING,
        "eu-central-1",
        (
            Function("claims-intake", variables=("QUEUE_URL", "PARTNER_API_KEY"), bus="sns", bounded=False),
            Function("preview-cleanup", "nodejs18.x"),
            Function("preview-links", url="NONE"),
        ),
        "staging",
        (
            Service("scoring-gateway", "scoring-gateway:main", execute=True),
            Service("mock-partner", "mock:2", logs=False),
        ),
        network="staging",
        balancer="staging-public",
        web_acl="unused",
    ),
    Work(
        RESEARCH,
        "ap-southeast-2",
        (
            Function("sensor-upload", "python3.7", ("DB_PASSWORD", "API_TOKEN"), url="NONE"),
            Function("tile-renderer", "python3.12"),
        ),
        "lab",
        (Service("jupyterhub", "jupyterhub:latest", privileged=True, logs=False, execute=True),),
        network="lab",
        balancer="jupyterhub",
    ),
)


def fill(at: At) -> None:
    """Create the resources of `WORK`."""
    for account in (PRODUCTION, STAGING, RESEARCH):
        here = at(account, account.region)
        here(
            "iam",
            "CreateRole",
            RoleName=_ROLE,
            AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"),
        )
    for work in WORK:
        here = at(work.account, work.region)
        for function in work.functions:
            _function(here, function)
        if work.cluster:
            here("ecs", "CreateCluster", clusterName=work.cluster)
        for service in work.services:
            _service(here, work.cluster, service)
        if work.balancer:
            _balancer(here, work)


@cache
def _package() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("handler.py", "def handle(event, context):\n    return event\n")
    return file.getvalue()


def _function(here: RegionClient, function: Function) -> None:
    values = dict.fromkeys(function.variables, "demo-only")
    here(
        "lambda",
        "CreateFunction",
        FunctionName=function.name,
        Runtime=function.runtime,
        Role=here.role_arn(_ROLE),
        Handler="handler.handle",
        Code={"ZipFile": _package()},
        **({"Environment": {"Variables": values}} if values else {}),
    )
    if function.url:
        here("lambda", "CreateFunctionUrlConfig", FunctionName=function.name, AuthType=function.url)
    if function.bus:
        bounded = {"SourceAccount": here.account.id} if function.bounded else {}
        here(
            "lambda",
            "AddPermission",
            FunctionName=function.name,
            StatementId="Events",
            Action="lambda:InvokeFunction",
            Principal=f"{function.bus}.amazonaws.com",
            **bounded,
        )


def _service(here: RegionClient, cluster: str, service: Service) -> None:
    container: dict[str, Any] = {
        "name": service.name,
        "image": f"{here.account.id}.dkr.ecr.{here.region}.amazonaws.com/{service.image}",
        "memory": 512,
        "essential": True,
        "privileged": service.privileged,
    }
    if service.logs:
        options = {"awslogs-group": f"/ecs/{service.name}", "awslogs-region": here.region}
        container["logConfiguration"] = {"logDriver": "awslogs", "options": options}
    here("ecs", "RegisterTaskDefinition", family=service.name, containerDefinitions=[container])
    here(
        "ecs",
        "CreateService",
        cluster=cluster,
        serviceName=service.name,
        taskDefinition=service.name,
        desiredCount=2,
        enableExecuteCommand=service.execute,
    )


def _balancer(here: RegionClient, work: Work) -> None:
    filters = [{"Name": "tag:Name", "Values": [f"{work.network}-public"]}]
    public = here("ec2", "DescribeSubnets", Filters=filters)["Subnets"][0]
    # A load balancer needs a second subnet in another Availability Zone.
    block = ".".join([*public["CidrBlock"].split(".")[:2], "9", "0/24"])
    other = here(
        "ec2",
        "CreateSubnet",
        VpcId=public["VpcId"],
        CidrBlock=block,
        AvailabilityZone=f"{here.region}b",
    )["Subnet"]
    tables = here(
        "ec2",
        "DescribeRouteTables",
        Filters=[{"Name": "association.subnet-id", "Values": [public["SubnetId"]]}],
    )
    here(
        "ec2",
        "AssociateRouteTable",
        RouteTableId=tables["RouteTables"][0]["RouteTableId"],
        SubnetId=other["SubnetId"],
    )
    balancer = here(
        "elbv2",
        "CreateLoadBalancer",
        Name=work.balancer,
        Subnets=[public["SubnetId"], other["SubnetId"]],
        Scheme="internet-facing",
        Type="application",
    )["LoadBalancers"][0]["LoadBalancerArn"]
    if not work.web_acl:
        return
    visibility = {
        "SampledRequestsEnabled": True,
        "CloudWatchMetricsEnabled": True,
        "MetricName": work.web_acl,
    }
    acl = here(
        "wafv2",
        "CreateWebACL",
        Name=work.web_acl,
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig=visibility,
        Rules=[],
    )["Summary"]["ARN"]
    if work.web_acl != "unused":
        here("wafv2", "AssociateWebACL", WebACLArn=acl, ResourceArn=balancer)

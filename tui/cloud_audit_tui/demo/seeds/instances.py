"""EC2 in the accounts: instances, their volumes, images and Elastic IP addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.demo.accounts import PRODUCTION, RESEARCH, STAGING
from cloud_audit_tui.demo.region_client import tags

if TYPE_CHECKING:
    from cloud_audit_tui.demo.accounts import Account
    from cloud_audit_tui.demo.region_client import At, RegionClient

LINUX = "ami-0a7d3f1c5e9b24680"
"""The only Amazon image in the accounts; `images.json` describes it."""


@dataclass(frozen=True)
class Node:
    """An instance's state in Systems Manager; ``missing`` patches are ``None`` before the first scan."""

    ping: str = "Online"
    missing: int | None = 0
    failed: int = 0


@dataclass(frozen=True)
class Instance:
    """An instance; ``tokens`` requires IMDSv2, ``role`` gives it an instance profile.

    Without a ``subnet`` it is in the default VPC. ``stopped_days`` is the days since it was stopped, 0 for a
    running instance.
    """

    name: str
    kind: str
    subnet: str
    group: str = ""
    tokens: bool = True
    role: bool = True
    protected: bool = False
    encrypted: bool = True
    stopped_days: int = 0
    node: Node | None = None


@dataclass(frozen=True)
class Fleet:
    """The instances of an account in a region, and their related resources.

    ``volumes`` are unattached ones, with whether each is encrypted; ``addresses`` are Elastic IPs with the
    associated instance, empty for none; ``images`` say whether each is public.
    """

    account: Account
    region: str
    instances: tuple[Instance, ...]
    encrypts: bool = False
    volumes: tuple[tuple[str, bool], ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    images: tuple[tuple[str, bool], ...] = ()


FLEETS = (
    Fleet(
        PRODUCTION,
        "us-east-1",
        (
            Instance(
                "fraud-api-1", "m6i.xlarge", "platform-private", "applications", protected=True, node=Node()
            ),
            Instance(
                "fraud-api-2", "m6i.xlarge", "platform-private", "applications", protected=True, node=Node()
            ),
            Instance(
                "bastion", "t3.small", "platform-public", "bastion", protected=True, node=Node(missing=3)
            ),
            Instance(
                "partner-etl-legacy",
                "m4.large",
                "platform-public",
                "legacy-etl",
                tokens=False,
                role=False,
                encrypted=False,
            ),
            Instance(
                "quarter-end-reports", "r5.2xlarge", "platform-private", "applications", stopped_days=38
            ),
        ),
        encrypts=True,
        volumes=(("feature-store-scratch", True),),
        addresses=(("bastion", "bastion"), ("former-vpn", "")),
        images=(("fraud-api-golden", False),),
    ),
    Fleet(
        PRODUCTION,
        "eu-west-1",
        (
            Instance(
                "fraud-api-eu-1",
                "m6i.large",
                "platform-eu-private",
                "applications",
                protected=True,
                node=Node(),
            ),
        ),
        encrypts=True,
        addresses=(("nat-eu", "fraud-api-eu-1"),),
    ),
    Fleet(
        STAGING,
        "eu-central-1",
        (
            Instance(
                "release-candidate", "m6i.large", "staging-private", "applications", node=Node(missing=12)
            ),
            Instance(
                "load-generator", "c5.4xlarge", "staging-public", "web", tokens=False, node=Node(missing=None)
            ),
            Instance("db-migration-dry-run", "m5.large", "staging-private", stopped_days=3),
        ),
        volumes=(("load-test-corpus", False), ("release-cache", True)),
        addresses=(("load-generator", "load-generator"),),
        images=(("release-candidate-base", False),),
    ),
    Fleet(
        RESEARCH,
        "ap-southeast-2",
        (
            Instance(
                "gpu-box-ana",
                "g5.2xlarge",
                "",
                tokens=False,
                role=False,
                encrypted=False,
            ),
            Instance(
                "jupyter-shared",
                "m5.4xlarge",
                "lab-public",
                "jupyter",
                tokens=False,
                encrypted=False,
                node=Node("ConnectionLost", missing=41, failed=2),
            ),
            Instance("tide-model", "c6i.8xlarge", "lab-public", "applications", node=Node()),
            Instance("thesis-cluster-head", "t3.xlarge", "lab-public", encrypted=False, stopped_days=210),
        ),
        volumes=(("sonar-raw-2022", False), ("sonar-raw-2023", False)),
        addresses=(("jupyter", "jupyter-shared"), ("old-ftp", ""), ("workshop", "")),
        images=(("lab-workstation", True), ("tide-model-runtime", False)),
    ),
)

_ROOT = "/dev/xvda"


def fill(at: At) -> None:
    """Create the resources of `FLEETS`."""
    for fleet in FLEETS:
        _fill(at(fleet.account, fleet.region), fleet)


def _fill(here: RegionClient, fleet: Fleet) -> None:
    if fleet.encrypts:
        here("ec2", "EnableEbsEncryptionByDefault")
    profile = f"{here.region}-instances"
    here("iam", "CreateInstanceProfile", InstanceProfileName=profile)
    ids = {instance.name: _launch(here, instance, profile) for instance in fleet.instances}
    for name, encrypted in fleet.volumes:
        here(
            "ec2",
            "CreateVolume",
            AvailabilityZone=f"{here.region}a",
            Size=200,
            VolumeType="gp3",
            Encrypted=encrypted,
            **({"KmsKeyId": here.key} if encrypted else {}),
            TagSpecifications=[{"ResourceType": "volume", "Tags": tags(Name=name)}],
        )
    for name, instance_name in fleet.addresses:
        address = here(
            "ec2",
            "AllocateAddress",
            Domain="vpc",
            TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags(Name=name)}],
        )["AllocationId"]
        if instance_name:
            here("ec2", "AssociateAddress", AllocationId=address, InstanceId=ids[instance_name])
    for name, public in fleet.images:
        image = here("ec2", "CreateImage", InstanceId=next(iter(ids.values())), Name=name)["ImageId"]
        if public:
            everybody = {"Add": [{"Group": "all"}]}
            here("ec2", "ModifyImageAttribute", ImageId=image, LaunchPermission=everybody)


def _launch(here: RegionClient, instance: Instance, profile: str) -> str:
    more: dict[str, Any] = {}
    if instance.subnet:
        subnet = _describe(here, "Subnets", "tag:Name", instance.subnet)
        more["SubnetId"] = subnet["SubnetId"]
        if instance.group:
            group = _describe(here, "SecurityGroups", "group-name", instance.group, subnet["VpcId"])
            more["SecurityGroupIds"] = [group["GroupId"]]
    if instance.role:
        more["IamInstanceProfile"] = {"Name": profile}
    disk: dict[str, Any] = {"VolumeSize": 50, "VolumeType": "gp3", "DeleteOnTermination": True}
    if instance.encrypted:
        disk |= {"Encrypted": True, "KmsKeyId": here.key}
    response = here(
        "ec2",
        "RunInstances",
        ImageId=LINUX,
        InstanceType=instance.kind,
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[{"DeviceName": _ROOT, "Ebs": disk}],
        MetadataOptions={
            "HttpTokens": "required" if instance.tokens else "optional",
            "HttpEndpoint": "enabled",
        },
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags(Name=instance.name)}],
        **more,
    )
    instance_id = str(response["Instances"][0]["InstanceId"])
    if instance.protected:
        # moto ignores this member of RunInstances.
        protection = {"DisableApiTermination": {"Value": True}}
        here("ec2", "ModifyInstanceAttribute", InstanceId=instance_id, **protection)
    if instance.stopped_days:
        here("ec2", "StopInstances", InstanceIds=[instance_id])
    return instance_id


def _describe(here: RegionClient, kind: str, name: str, value: str, vpc: str = "") -> dict[str, Any]:
    filters = [{"Name": name, "Values": [value]}]
    if vpc:
        filters.append({"Name": "vpc-id", "Values": [vpc]})
    first: dict[str, Any] = here("ec2", f"Describe{kind}", Filters=filters)[kind][0]
    return first

"""Sets state that no API call can set: ages, a root user's MFA device, reports of agents and detectors."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends
from moto.bedrockagentcorecontrol.models import bedrockagentcorecontrol_backends
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.iam.models import AccessKeyLastUsed, iam_backends
from moto.secretsmanager.models import secretsmanager_backends

from cloud_audit_tui.demo.accounts import PRODUCTION
from cloud_audit_tui.demo.moto_patches import guardduty, ssm
from cloud_audit_tui.demo.seeds import agents, guards, identity, instances, messages, workloads

if TYPE_CHECKING:
    from datetime import datetime

    from cloud_audit_tui.demo.region_client import At

MFA_OF_ROOT = (PRODUCTION,)
"""Accounts whose root user has a hardware MFA device."""
FOUND_DAYS = 600
"""The age in days of the finding of a suspended detector."""
_GLOBAL = "aws"


def fill(_at: At) -> None:
    """Backdate resources to the ages in the seeds."""
    for account in MFA_OF_ROOT:
        iam_backends[account.id][_GLOBAL].account_summary._account_mfa_enabled = 1
    for people in identity.PEOPLE:
        users = {user.name: user for user in iam_backends[people.account.id][_GLOBAL].users.values()}
        for user in people.users:
            _age_user(users[user.name], user, people.account.region)
    for fleet in instances.FLEETS:
        _age_fleet(fleet)
    for traffic in messages.TRAFFIC:
        _age_secrets(traffic)
    for guard in guards.GUARDS:
        if guard.guardduty == "suspended":
            guardduty.find(guard.account.id, guard.region, _days_ago(FOUND_DAYS))
    for seed in agents.AGENTS:
        _finish_gateways(seed)
    for work in workloads.WORK:
        for function in work.functions:
            if function.url == "NONE":
                _open_url(lambda_backends[work.account.id][work.region].get_function(function.name))


def _age_user(moto_user: Any, user: identity.User, region: str) -> None:
    ages = [age for age, _ in user.keys]
    moto_user.create_date = _days_ago(max([*ages, user.signed_in or 0]) + 30)
    if user.signed_in is not None:
        moto_user.password_last_used = _days_ago(user.signed_in)
    for key, (age, used) in zip(moto_user.access_keys, user.keys, strict=True):
        key.create_date = _days_ago(age)
        if used is not None:
            key.last_used = AccessKeyLastUsed(_days_ago(used), "s3", region)


def _age_secrets(traffic: messages.Traffic) -> None:
    moto_secrets = secretsmanager_backends[traffic.account.id][traffic.region].secrets
    for secret in traffic.secrets:
        moto_secret = moto_secrets.get(secret.name)
        moto_secret.created_date = int(_days_ago(secret.age).timestamp())
        if secret.rotated is not None:
            moto_secret.last_rotation_date = int(_days_ago(secret.rotated).timestamp())


def _age_fleet(fleet: instances.Fleet) -> None:
    """Backdate the instances of a fleet, and register those that have an agent with Systems Manager."""
    seeded = {instance.name: instance for instance in fleet.instances}
    for moto_instance in _instances(fleet.account.id, fleet.region):
        instance = seeded[_name(moto_instance)]
        _age_instance(moto_instance, instance)
        if node := instance.node:
            where = (fleet.account.id, fleet.region, moto_instance.id)
            ssm.register(*where, node.ping)
            if node.missing is not None:
                ssm.patches_missing(*where, node.missing, node.failed)


def _instances(account_id: str, region: str) -> list[Any]:
    return list(ec2_backends[account_id][region].all_instances())


def _name(instance: Any) -> str:
    return str({tag["key"]: tag["value"] for tag in instance.get_tags()}.get("Name"))


def _age_instance(moto_instance: Any, instance: instances.Instance) -> None:
    moto_instance.launch_time = _days_ago(instance.stopped_days + 200)
    if instance.stopped_days:
        stopped = _days_ago(instance.stopped_days)
        moto_instance._reason = f"User initiated ({stopped:%Y-%m-%d %H:%M:%S} GMT)"


def _finish_gateways(seed: agents.Agents) -> None:
    """Set the policy engines of gateways, which botocore's models lack."""
    backend = bedrockagentcorecontrol_backends[seed.account.id][seed.region]
    good = {name for name, fine in seed.gateways if fine}
    mode = "ENFORCE" if seed.account is PRODUCTION else "LOG_ONLY"
    for gateway in backend.gateways.values():
        if gateway.name in good:
            engine = f"arn:aws:bedrock-agentcore:{seed.region}:{seed.account.id}:policy-engine/tools"
            gateway.policy_engine_configuration = {"arn": engine, "mode": mode}


def _open_url(function: Any) -> None:
    """Make a function URL public with the policy statement that AWS adds, which moto lacks."""
    function.policy.statements.append(
        {
            "Sid": "FunctionURLAllowPublicAccess",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "lambda:InvokeFunctionUrl",
            "Resource": function.function_arn,
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        }
    )


def _days_ago(days: int) -> datetime:
    moment: datetime = utcnow() - timedelta(days=days, hours=1)
    return moment

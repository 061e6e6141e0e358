"""Each remediation says what it does to the account, and which permissions it needs."""

from __future__ import annotations

import re
from functools import cache

import botocore.session
from botocore import xform_name

from cloud_audit_tui.aws.permissions import ACTION_PREFIXES, ACTIONS
from cloud_audit_tui.checks.catalogue import all_checks
from cloud_audit_tui.checks.explanation import Effect, Risk, explanation
from cloud_audit_tui.remediation.destructive import destructive_commands
from each_row import each_row
from remediation.permitted import unnamed

CHECKS = sorted(all_checks())
SESSION = botocore.session.get_session()
BOTOCORE_SERVICES = set(SESSION.get_available_services())
SERVICES = {"s3api": "s3", "configservice": "config"}
"""Services that the AWS CLI names otherwise than botocore."""
WITHOUT_OPERATION = {
    "apigateway:SetWebACL",
    "appsync:SetWebACL",
    "backup-storage:MountCapsule",
    "elasticloadbalancing:SetWebACL",
    "iam:PassRole",
    "lambda:InvokeFunction",
    "logs:CreateLogDelivery",
}
"""Actions of the service authorization reference that no operation has the name of."""
_MESSAGES = re.compile(r"\{\{-?\s*say\(.*?\)\s*-?\}\}|\{% do (?:note|stop)\(.*?\) %\}", re.DOTALL)
_NO_RISK = re.compile(r"Nothing(?: now\b|,? until\b|[.:]|, and\b| in AWS;| for\b|;)")
"""Nothing, or nothing until somebody takes a step of their own; "Nothing, if ..." is a risk."""
_VALUE = re.compile(r"\{\{.*?\}\}")
_COMMAND = re.compile(
    r"\baws +(?P<service>[a-z0-9-]+) +(?P<command>[a-z0-9-]+)(?= |$)(?: +(?P<waiter>[a-z-]+))?", re.M
)


def effect_of(check_id: str) -> Effect:
    return explanation(check_id).about.effect


@cache
def operations_of(service: str) -> dict[str, str]:
    """Return the operations of a service by the names of their commands."""
    model = SESSION.get_service_model(service)
    return {xform_name(name, "-"): name for name in model.operation_names}


def code_of(check_id: str) -> str:
    """Return the template of a script, all of its branches, without what it only prints."""
    return _MESSAGES.sub("", explanation(check_id).cli)


def commands(check_id: str) -> list[re.Match[str]]:
    """Return the commands that a template spells out; those that it puts together are left to the proof."""
    return list(_COMMAND.finditer(code_of(check_id)))


def called(command: re.Match[str]) -> str:
    """Return the operation of a command; that of ``wait`` is the one that the waiter polls."""
    service = SERVICES.get(command["service"], command["service"])
    if command["command"] != "wait":
        return f"{service}:{operations_of(service)[command['command']]}"
    waiters = SESSION.get_waiter_model(service)
    [name] = [each for each in waiters.waiter_names if xform_name(each, "-") == command["waiter"]]
    return f"{service}:{waiters.get_waiter(name).operation}"


def test_the_effect_is_told_in_sentences() -> None:
    with each_row() as row:
        for check_id in CHECKS:
            effect = effect_of(check_id)
            for sentence in (effect.changes, effect.interrupts, effect.costs, effect.undo):
                with row(check_id):
                    assert re.fullmatch(r"[A-Z\d].*[^\s.]\.", sentence), sentence
                    assert not re.search(r"`|\*\*|  ", sentence), "it is plain text, not Markdown"


def test_the_permissions_are_actions_in_order() -> None:
    with each_row() as row:
        for check_id in CHECKS:
            with row(check_id):
                permissions = effect_of(check_id).permissions
                assert permissions == sorted(set(permissions))
                for action in set(permissions) - WITHOUT_OPERATION - set(ACTIONS.values()):
                    assert re.fullmatch(r"[a-z\d-]+:[A-Z][A-Za-z\d]+", action), action
                    prefix, name = action.split(":")
                    renamed = {
                        service
                        for service, action_prefix in ACTION_PREFIXES.items()
                        if action_prefix == prefix
                    }
                    services = renamed | {prefix} & BOTOCORE_SERVICES
                    assert any(name in operations_of(service).values() for service in services), action


def test_every_command_of_the_template_has_its_permission() -> None:
    with each_row() as row:
        for check_id in CHECKS:
            with row(check_id):
                assert unnamed(check_id, {called(command) for command in commands(check_id)}) == []


def test_what_takes_something_away_says_how_it_comes_back() -> None:
    with each_row() as row:
        for check_id in CHECKS:
            destructive = destructive_commands(_VALUE.sub("x", code_of(check_id)))
            effect = effect_of(check_id)
            for sentence in (effect.changes, effect.undo) if destructive else ():
                with row(check_id):
                    assert not re.match(r"Nothing\b|No\b", sentence), destructive


def test_the_risks_agree_with_what_is_told() -> None:
    """ "Nothing" without a condition means no risk, and anything else is one."""
    wrong = []
    for check_id in CHECKS:
        effect = effect_of(check_id)
        for risk, sentence in ((Risk.INTERRUPTS, effect.interrupts), (Risk.COSTS, effect.costs)):
            stated = risk in effect.risks
            if sentence in ("Nothing.", "Nothing now.") and stated:
                wrong.append(f"{check_id} has the risk {risk}, and tells of nothing")
            if not stated and not _NO_RISK.match(sentence):
                wrong.append(f"{check_id} lacks the risk {risk}: {sentence}")
        if effect.undo.startswith("Cannot be undone") and not effect.risks:
            wrong.append(f"{check_id} cannot be undone, and has no risk")
        if effect.risks != [risk for risk in Risk if risk in effect.risks]:
            wrong.append(f"{check_id}: the risks stand in another order than those of Risk")
    assert wrong == []


def test_fixes_with_a_stated_interruption_ask() -> None:
    """No verb of their commands tells that these interrupt somebody."""
    names = ["rds-001", "rds-003", "vpc-004", "ec2-001", "ec2-004", "ct-003", "ct-005", "waf-001"]
    silent = [name for name in names if Risk.INTERRUPTS not in effect_of(f"aws-{name}").risks]
    assert silent == []


def test_a_check_without_a_command_says_what_is_done_by_hand() -> None:
    by_hand = [check_id for check_id in CHECKS if not re.search(r"\baws ", code_of(check_id))]
    assert by_hand
    for check_id in by_hand:
        assert re.search(r"\b[Yy]ou\b|\bby hand\b", effect_of(check_id).changes), check_id

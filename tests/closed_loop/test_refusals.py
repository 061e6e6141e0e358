"""The rehearsal refuses what AWS refuses by its documents, and moto alone accepts the same calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from closed_loop import refusals  # noqa: F401 - its modules add the rules
from closed_loop.refusal_rows import ROWS
from closed_loop.refusals.rule import CONSEQUENCES, RULES, Consequence, Rule

if TYPE_CHECKING:
    from closed_loop.account import Account


def error_code(account: Account, service: str, method: str, parameters: dict[str, object]) -> str:
    """Call a method and return the error's code, empty for none."""
    try:
        getattr(account.client(service), method)(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except (BotoCoreError, ResponseParserError) as error:
        return repr(error)
    return ""


def test_each_rule_refuses_what_moto_accepts(account: Account) -> None:
    wrong = []
    for name, prepare in ROWS.items():
        try:
            service, method, parameters, code = prepare(account)
        except Exception as error:
            wrong.append(f"{name}: its account cannot be made: {error}")
            continue
        with account.rehearsal() as rehearsal:
            answer = error_code(account, service, method, parameters)
        if answer != code or not any(line.startswith(f"{name} ") for line in rehearsal.refusals):
            wrong.append(
                f"{name}: {answer or 'no error'} and not {code or 'status 200'}: {rehearsal.refusals}"
            )
        elif alone := error_code(account, service, method, parameters):
            wrong.append(f"{name}: moto refuses it as well ({alone}), so that the rule is not needed")
    assert not wrong, "\n".join(wrong)


def test_each_rule_has_a_row() -> None:
    assert set(ROWS) == set(RULES)


def test_each_rule_names_its_document_and_says_what_is_refused() -> None:
    entries: list[Rule | Consequence] = [*RULES.values(), *CONSEQUENCES.values()]
    wrong = [
        each.name
        for each in entries
        if not re.fullmatch(r"https://docs\.aws\.amazon\.com/[\w./-]+\.html", each.document)
    ]
    wrong += [rule.name for rule in RULES.values() if not (rule.judge.__doc__ or "").strip()]
    assert not wrong, wrong

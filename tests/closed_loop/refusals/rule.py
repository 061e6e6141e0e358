"""What a rule of the rehearsal is: an operation, the document that states the refusal, and the judgement.

A rule looks at a call before moto answers it. It imports moto only inside its function, because the tests
read the rules too and moto is loaded in the server's process alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_loop.refusals.call import Call


class Refusal(Exception):  # noqa: N818 - moto serializes exceptions by their code
    """The error that AWS answers with: its code and message, as the service spells them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Answer:
    """What AWS answers in moto's place with status 200, by the members of the operation's output."""

    members: dict[str, Any]


class Judge(Protocol):
    """Decides on one call; ``None`` lets it through to moto."""

    __name__: str

    def __call__(self, call: Call, /) -> Refusal | Answer | None: ...


@dataclass(frozen=True)
class Rule:
    """One refusal of AWS's that moto lacks.

    ``operations`` are those that it looks at, as ``service:Operation`` with the service's name in botocore;
    ``document`` is the URL of the page that states the refusal.
    """

    name: str
    operations: tuple[str, ...]
    document: str
    judge: Judge


@dataclass(frozen=True)
class Consequence:
    """What AWS still does after an operation that moto has answered, such as long work."""

    name: str
    operations: tuple[str, ...]
    document: str
    happen: Callable[[Call], None]


RULES: dict[str, Rule] = {}
"""All rules by name; the modules of `closed_loop.refusals` add them."""
CONSEQUENCES: dict[str, Consequence] = {}
"""All consequences by name; those modules add them too."""


def refuses(*operations: str, document: str) -> Callable[[Judge], Judge]:
    """Add a rule that looks at some operations; its name is that of its function."""

    def register(judge: Judge) -> Judge:
        assert judge.__name__ not in RULES, judge.__name__
        RULES[judge.__name__] = Rule(judge.__name__, operations, document, judge)
        return judge

    return register


def follows(*operations: str, document: str) -> Callable[[Callable[[Call], None]], Callable[[Call], None]]:
    """Add a consequence of some operations; its name is that of its function."""

    def register(happen: Callable[[Call], None]) -> Callable[[Call], None]:
        assert happen.__name__ not in CONSEQUENCES, happen.__name__
        CONSEQUENCES[happen.__name__] = Consequence(happen.__name__, operations, document, happen)
        return happen

    return register

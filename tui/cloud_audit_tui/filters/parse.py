"""From a filter's text to its expression."""

from __future__ import annotations

import difflib
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, cast

from cloud_audit_tui.filters.errors import FilterError
from cloud_audit_tui.filters.expression import (
    LEAST_PART,
    And,
    Expression,
    Fuzzy,
    Like,
    Not,
    Or,
    Pattern,
    Term,
    Text,
)
from cloud_audit_tui.filters.fields import Field
from cloud_audit_tui.filters.grammar import GRAMMAR
from cloud_audit_tui.filters.keys import KEYS, ValueNotAllowedError
from cloud_audit_tui.filters.search_text import fold
from cloud_audit_tui.text import REPLACEMENT, storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Lark, Token, Tree

LONGEST_FILTER = 10_000
"""Characters of a filter; SQLite refuses patterns beyond 50,000 bytes."""
MOST_ITEMS = 200
"""Words and values of a filter: each is compared with every finding."""
LONGEST_FUZZY = 100
"""Characters of a ``~`` word: each is a wildcard."""
LONGEST_FUZZY_WORD = 16
"""Letters of a word that matches in two parts; each letter adds two comparisons for every finding."""

_FUZZY_FIELDS = (Field.TITLE, Field.RESOURCE, Field.CHECK)
_ACCOUNT_NAMES = (Field.ALIAS, Field.PROFILE)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LONE_MARKS = frozenset("-!~")


@lru_cache(maxsize=64)
def parse(text: str) -> Expression:
    """Return the expression of a filter; raises `FilterError`.

    White space alone matches everything. A lone ``-``, ``!`` or ``~``, as while somebody types, is ignored.
    """
    if len(text) > LONGEST_FILTER:
        raise FilterError(
            f"The filter has {len(text):,} characters; {LONGEST_FILTER:,} are allowed.", LONGEST_FILTER
        )
    if not text.strip():
        return And(())
    tree = _tree(storable(text).replace("\0", REPLACEMENT))
    count = sum(1 for _ in tree.find_data("value")) + len(tree.children)
    if count > MOST_ITEMS:
        raise FilterError(f"The filter has {count} words and values; {MOST_ITEMS} are allowed.", len(text))
    return And(tuple(dict.fromkeys(_parts(tree))))


def load_grammar() -> None:
    """Build the parser, which takes a tenth of a second, before the first filter needs it."""
    _parser()


@cache
def _parser() -> Lark:
    # Lark takes a tenth of a second to import, which an app without a filter need not wait for.
    from lark import Lark  # noqa: PLC0415

    return Lark(GRAMMAR, parser="lalr")


def _tree(text: str) -> Tree[Token]:
    parser = _parser()
    from lark import UnexpectedInput  # noqa: PLC0415

    try:
        return parser.parse(text)
    except UnexpectedInput as error:
        position = error.pos_in_stream
        raise _syntax_error(text, len(text) if position is None or position < 0 else position) from None


def _syntax_error(text: str, position: int) -> FilterError:
    """Return the error for a position at which the grammar does not allow the text."""
    before, rest = text[:position], text[position:]
    column = position + 1
    if rest and before.endswith('"'):
        words = "after a closing quote comes a space, or | or a comma between values."
    elif rest.startswith('"'):
        words = 'this quote has no end. Write \\" for a quote inside quotes.'
    else:
        words = "a value is missing between | or commas; remove the extra separator."
    return FilterError(f"Column {column}: {words}", position)


def _parts(tree: Tree[Token]) -> Iterator[Expression]:
    for item in cast("list[Tree[Token]]", tree.children):
        *negation, content = item.children
        # An excluded word matches only as it is written.
        part = _part(cast("Tree[Token]", content), fuzzy=not negation)
        if part is not None:
            yield Not(part) if negation else part


def _part(tree: Tree[Token], *, fuzzy: bool) -> Expression | None:
    if tree.data == "term":
        key, *values = tree.children
        return _term(cast("Token", key), cast("list[Tree[Token]]", values))
    word = cast("Token", tree.children[0])
    if word.type == "WORD" and str(word) in _LONE_MARKS:
        return None
    text = _literal(word)
    if tree.data == "text":
        return _word(text, fuzzy=fuzzy and word.type == "WORD") if text else None
    if len(text) > LONGEST_FUZZY:
        raise FilterError(
            f"Column {_start(word) + 1}: a word after ~ has at most {LONGEST_FUZZY} letters.", _start(word)
        )
    return Like(_FUZZY_FIELDS, Pattern(("", *text, ""))) if text else None


def _word(text: str, *, fuzzy: bool) -> Expression:
    """Search for a word in the finding's own texts, and in the alias and profiles of its account.

    A ``fuzzy`` word may be interrupted once, or have a wrong letter, in title, resource or check id.
    """
    exact = (Text(fold(text)), Like(_ACCOUNT_NAMES, Pattern(("", text, ""))))
    return Or((*exact, Fuzzy(_FUZZY_FIELDS, text)) if fuzzy and _may_be_fuzzy(text) else exact)


def _may_be_fuzzy(word: str) -> bool:
    """Say whether a word may match in two parts: not a long one, nor one with a digit, such as an id."""
    if len(word) > LONGEST_FUZZY_WORD or any(letter.isdigit() for letter in word):
        return False
    return len(word) >= 2 * LEAST_PART


def _term(key_token: Token, value_trees: list[Tree[Token]]) -> Term:
    position = _start(key_token)
    key = KEYS.get(key_token[:-1].lower())
    if key is None:
        raise _unknown_key(key_token)
    tokens = [cast("Token", tree.children[0]) for tree in value_trees]
    if not tokens and not key.default:
        message = f"{key.name}: needs a value, such as {key.name}:{key.example}."
        raise FilterError(message, position + len(key_token))
    meanings: list[Expression] = []
    for token in tokens:
        try:
            meanings.append(key.meaning(_pattern(token)))
        except ValueNotAllowedError as error:
            message = f"{key.name}:{token} is not a value of {key.name}. {error}"
            raise FilterError(message, _start(token)) from None
    if not tokens:
        meanings.append(key.meaning(Pattern((key.default,))))
    meaning = meanings[0] if len(meanings) == 1 else Or(tuple(dict.fromkeys(meanings)))
    return Term(key.name, tuple(_literal(token) for token in tokens) or (key.default,), meaning, position)


def _unknown_key(token: Token) -> FilterError:
    name = token[:-1]
    prefix = name[:40].lower()
    near = [key for key in KEYS if key.startswith(prefix)] or difflib.get_close_matches(prefix, KEYS, n=2)
    hint = f"Did you mean {' or '.join(f'{key}:' for key in near)}?" if near else f"Keys: {', '.join(KEYS)}."
    words = f"There is no key {name[:40]}: in filters. {hint} Put it in quotes to look for the text."
    return FilterError(words, _start(token))


def _start(token: Token) -> int:
    return token.start_pos or 0


def _literal(token: Token) -> str:
    """Return the text of a token without its quotes and escapes."""
    return _ESCAPE.sub(r"\1", token[1:-1]) if token.type == "QUOTED" else str(token)


def _pattern(token: Token) -> Pattern:
    """Return the pattern of a value: outside quotes, one or more ``*`` in a row are a wildcard."""
    if token.type == "QUOTED":
        return Pattern((_literal(token),))
    return Pattern(tuple(re.sub(r"\*+", "*", token).split("*")))

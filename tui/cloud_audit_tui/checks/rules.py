"""The rule of a check as a digest of the code that it runs, for the comparison of scans.

The digest covers the compiled code of the check's function, and that of all functions and classes of
`checks`, `iam` and `network` that it names, with the constants that they use. Comments, docstrings and line
numbers do not change it. It is the same on every machine with the Python compiler that `Rules.runtime` names.
"""

from __future__ import annotations

import datetime
import functools
import re
import sys
from enum import Enum
from hashlib import blake2b
from pathlib import Path
from types import CodeType, FunctionType, MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cloud_audit_tui.checks.api import Check

PACKAGES = tuple(f"cloud_audit_tui.{room}." for room in ("checks", "iam", "network"))
DIGEST_BYTES = 6
"""Enough to tell the versions of one check apart."""

_WORDING = "cloud_audit_tui.checks.wording."
"""The module that words reasons: no verdict depends on it, and most checks use it."""

_CONSTANTS = frozenset(
    {type(None), bool, int, float, complex, str, bytes, type(...), datetime.date, datetime.timedelta}
)
_DATA_SUFFIX = ".tsv"


class Rules(msgspec.Struct, frozen=True):
    """The digests of checks by their ids; only those of one ``runtime`` can be compared."""

    runtime: str = ""
    digests: dict[str, str] = {}

    def comparable(self, other: Rules) -> bool:
        """Say whether both have digests, and of the same runtime."""
        return bool(self.digests and other.digests) and self.runtime == other.runtime

    def changed(self, other: Rules, check_id: str) -> bool:
        """Say whether both have a digest of a check, and the digests differ."""
        one, another = self.digests.get(check_id), other.digests.get(check_id)
        return self.comparable(other) and None not in {one, another} and one != another


def rules_of(checks: Iterable[Check]) -> Rules:
    """Return the rules of some checks as they are now."""
    graph = _Graph()
    digests = {check.id: graph.digest(_functions_of(check)) for check in checks}
    return Rules(f"{sys.implementation.cache_tag}-{sys.flags.optimize}", digests)


def _functions_of(check: Check) -> list[Any]:
    """Return the functions that a check was declared with: `api.check` wraps them in one of its own."""
    closure = getattr(check.run, "__closure__", None) or ()
    functions = [cell.cell_contents for cell in closure if callable(cell.cell_contents)]
    return functions or [check.run]


class _Node(msgspec.Struct, frozen=True, gc=False):
    """A function, class or module: the digest of its own contents, and what it names."""

    digest: bytes
    references: list[Any]


class _Graph:
    """All functions and classes that rules name; each is digested once for all checks."""

    def __init__(self) -> None:
        self._nodes: dict[int, _Node] = {}

    def digest(self, functions: Iterable[Any]) -> str:
        """Return the digest of functions and of all that they name."""
        waiting, visited_ids = list(functions), set[int]()
        digests = set()
        while waiting:
            value = waiting.pop()
            if id(value) not in visited_ids:
                visited_ids.add(id(value))
                node = self._node(value)
                digests.add(node.digest)
                waiting += node.references
        together = blake2b(digest_size=DIGEST_BYTES)
        for each in sorted(digests):
            together.update(each)
        return together.hexdigest()

    def _node(self, value: Any) -> _Node:
        node = self._nodes.get(id(value))
        if node is None:
            references: list[Any] = []
            text = "\n".join(_contents(value, references))
            node = _Node(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), references)
            self._nodes[id(value)] = node
        return node


def _contents(value: Any, references: list[Any]) -> Iterator[str]:
    """Yield the contents of a function, class or module, and add what it names to ``references``."""
    yield _name(value)
    match value:
        case FunctionType():
            codes = list(_codes(value.__code__))
            names = dict.fromkeys(name for code in codes for name in code.co_names)
            for code in codes:
                yield from _code(code, value.__doc__, references)
            for default in (value.__defaults__, value.__kwdefaults__):
                yield _description(default, references)
            for name in names:
                if name in value.__globals__:
                    yield f"{name}={_description(value.__globals__[name], references, names)}"
            for cell in value.__closure__ or ():
                yield _description(cell.cell_contents, references)
            yield _data_beside(value.__module__)
        case type():
            for base in value.__bases__:
                yield _description(base, references)
            for name, member in vars(value).items():
                if not _is_generated(name, member):
                    yield f"{name}={_description(member, references)}"


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code and those of the functions, lambdas and comprehensions inside of it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _code(code: CodeType, doc: str | None, references: list[Any]) -> Iterator[str]:
    names = *code.co_names, "", *code.co_varnames, "", *code.co_freevars, str(code.co_flags)
    yield "\n".join((code.co_code.hex(), code.co_exceptiontable.hex(), *names))
    for constant in code.co_consts:
        if not isinstance(constant, CodeType) and (doc is None or constant != doc):
            yield _description(constant, references)


def _description(value: Any, references: list[Any], names: Iterable[str] = ()) -> str:
    """Return a value as the same text in every process; add functions and classes to ``references``."""
    if type(value) in _CONSTANTS:
        return repr(value)
    match value:
        case Enum():
            return f"{_name(type(value))}.{value.name}={value.value!r}"
        case tuple() | list() | set() | frozenset() | dict() | MappingProxyType():
            return _items_description(value, references)
        case re.Pattern():
            return f"pattern({value.pattern!r}, {value.flags})"
        case functools.partial():
            return f"partial({_description((value.func, value.args, value.keywords), references)})"
        case property():
            return _description((value.fget, value.fset), references)
        case staticmethod() | classmethod():
            return f"{type(value).__name__}({_description(value.__func__, references)})"
        case functools.cached_property():
            return f"cached({_description(value.func, references)})"
        case ModuleType():
            if _is_ours(f"{value.__name__}."):
                references += (vars(value)[name] for name in names if _is_code(vars(value).get(name)))
            return value.__name__
    return _object_description(getattr(value, "__wrapped__", value), references)


def _items_description(value: Any, references: list[Any]) -> str:
    match value:
        case set() | frozenset():
            return f"set({', '.join(sorted(_description(item, references) for item in value))})"
        case dict() | MappingProxyType():
            items = (
                f"{_description(key, references)}: {_description(item, references)}"
                for key, item in value.items()
            )
            return f"dict({', '.join(items)})"
    return f"{type(value).__name__}({', '.join(_description(item, references) for item in value)})"


def _object_description(value: Any, references: list[Any]) -> str:
    if _is_code(value):
        references.append(value)
        return _name(value)
    if _is_ours(f"{type(value).__module__}."):
        references.append(type(value))
        return f"{_name(type(value))}({_description(_fields(value), references)})"
    return _name(value if isinstance(value, type | FunctionType) else type(value))


def _fields(value: Any) -> dict[str, Any]:
    names: tuple[str, ...] = getattr(type(value), "__struct_fields__", ())
    return {name: getattr(value, name, None) for name in names} | getattr(value, "__dict__", {})


def _is_code(value: Any) -> bool:
    """Say whether a value is a function or class of `PACKAGES`."""
    return isinstance(value, FunctionType | type) and _is_ours(f"{value.__module__}.")


def _is_ours(module: str) -> bool:
    return module.startswith(PACKAGES) and module != _WORDING


def _is_generated(name: str, member: Any) -> bool:
    """Say whether Python generated a member of a class, or no rule depends on the member."""
    if isinstance(member, FunctionType):
        has_no_source = getattr(member, "__wrapped__", member).__code__.co_filename.startswith("<")
        return name.startswith("__") and has_no_source
    return name.startswith("__") or type(member).__name__.endswith(("descriptor", "_abc_data"))


def _name(value: Any) -> str:
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"


@functools.cache
def _data_beside(module: str) -> str:
    """Return the digest of the table that has a module's name, empty if there is none."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return ""
    try:
        return blake2b(Path(file).with_suffix(_DATA_SUFFIX).read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""

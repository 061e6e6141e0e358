"""The whole state of moto as plain text: one value for each path, without values that only time changes.

moto makes its responses from the attributes of its objects, so a change of any response is a change here. The
state also has what no response describes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from collections.abc import Mapping, Set
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict, BaseBackend

from closed_loop.grants import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable

State = dict[str, str]

_DAY = 86400
_DATE = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d")
_ACCESS_LOG = re.compile(r"20\d\d(?:-\d\d){5}-[0-9A-F]{16}$")
"""The end of the name of an access log's object in S3; each read of a bucket adds one."""
_ACCESS_LOG_LENGTH = 36
"""The length of that end."""
_INSTANCE_OF_AN_IMAGE = re.compile(r"(?:\d{12}/)?ec2/[^/]+/amis/[^/]+/instance$")
"""The instance of an image; its first path would be that below the image."""
_IGNORED_SERVICES = frozenset({"moto_api", "instance_metadata"})
_IGNORED_NAMES = frozenset(
    {
        # Counters and caches of moto itself.
        "_reset_model_refs",
        "account_id", "partition", "region_name", "key_name", "tag_name", "value_name",
 "_lock", "lock", "backend", "_backend", "ec2_backend", "_id_generator", "tracer",
        "instance_types", "instance_type_offerings",
        # An index of moto's RDS; the resources have their own paths.
        "resource_map",
        # moto counts a policy twice after a second attachment.
        "attachment_count",
        # The schemas that moto's AWS Config reads from botocore, two thirds of all paths.
        "config_schema",
        # The progress of moto's own state machines.
        "_tick", "_time_progressed", "_transitions",
    }
)  # fmt: skip
_CONTAINERS = frozenset({dict, list, set, tuple})
"""The types of most values that have members; none of them is a backend or an instance."""
_NAMES_KEPT = 65_536
_NAME_KEYS = ("Key", "key", "Name", "name", "TagKey", "Sid", "ID", "Id", "id")
_NAME_KEYS_SET = frozenset(_NAME_KEYS)


def state() -> State:
    """Return the value of every path below every backend that exists: ``s3/aws/buckets/mine/versioning``."""
    return _Walk().result


class _Walk:
    def __init__(self) -> None:
        self.result: State = {}
        self._now = datetime.now(UTC).timestamp()
        self._paths_by_id: dict[int, str] = {}
        self._objects: list[Any] = []
        self._queue: deque[tuple[str, Any]] = deque()
        for backends in list(BackendDict._instances):
            if backends.service_name in _IGNORED_SERVICES:
                continue
            for account_id, regions in list(backends.items()):
                for region, backend in list(regions.items()):
                    place = f"{backends.service_name}/{region}"
                    if account_id != ACCOUNT:
                        place = f"{account_id}/{place}"
                    self._paths_by_id[id(backend)] = place
                    self._members(place, vars(backend))
        while self._queue:
            self._expand(*self._queue.popleft())

    def _members(self, path: str, members: Mapping[Any, Any]) -> None:
        visible_members = [
            (f"{path}/{_word(name)}", value) for name, value in list(members.items()) if not _is_ignored(name)
        ]
        if not visible_members:
            self.result[path] = "{}"
        self._add(visible_members)

    def _add(self, values: Iterable[tuple[str, Any]]) -> None:
        """Add values by their paths; the types that most of them have come first."""
        result, later = self.result, self._queue.append
        for path, value in values:
            kind = type(value)
            if kind is str and value[:1] != "{":
                result[path] = "TIME" if value[:2] == "20" and self._is_now_text(value) else repr(value)
            elif value is None or kind is bool:
                result[path] = repr(value)
            elif kind in _CONTAINERS:
                later((path, value))
            elif kind is int or kind is float:
                result[path] = self._number(value)
            elif _may_be_plain(kind) and (plain := self._plain(value)) is not None:  # type: ignore[arg-type]
                result[path] = plain
            elif not isinstance(value, BaseBackend) and not _INSTANCE_OF_AN_IMAGE.match(path):
                later((path, value))

    def _plain(self, value: Any) -> str | None:
        if value is None or isinstance(value, bool):
            return repr(value)
        if isinstance(value, int | float):
            return self._number(value)
        if isinstance(value, Enum):
            return str(value.value)
        if isinstance(value, str | bytes) and value[:1] in ("{", b"{") and _document(value) is not None:
            return None
        if isinstance(value, str):
            return "TIME" if self._is_now_text(value) else repr(value)
        if isinstance(value, bytes | bytearray):
            return _digest(value)
        if isinstance(value, datetime):
            return "TIME" if self._is_now(value.timestamp()) else value.isoformat()
        if isinstance(value, date):
            return value.isoformat()
        return None

    def _number(self, value: float) -> str:
        """Return a number as text; a time in the next two years as a number of days from now."""
        if value < self._now - _DAY:
            return repr(value)
        days = round((value - self._now) / _DAY)
        if self._is_now(value):
            return "TIME"
        return f"in {days} days" if 0 < days < 2 * 365 else repr(value)

    def _is_now(self, number: float) -> bool:
        return abs(number - self._now) < _DAY or abs(number / 1000 - self._now) < _DAY

    def _is_now_text(self, text: str) -> bool:
        if not _DATE.match(text):
            return False
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            return False
        return self._is_now((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())

    def _expand(self, path: str, value: Any) -> None:
        if id(value) in self._paths_by_id:
            self.result[path] = f"-> {self._paths_by_id[id(value)]}"
            return
        match _container(type(value)):  # type: ignore[arg-type]
            case "document":
                self._members(path, _document(value) or {})
            case "mapping":
                self._members(path, value)
            case "set":
                self.result[path] = repr(sorted(map(str, value)))
            case "list":
                self._items(path, value)
            case _ if hasattr(value, "_value_buffer"):
                # An object of S3, whose content is in a file.
                content = value.value
                self._keep(path, value)
                self.result[f"{path}/content"] = _digest(content)
                self._members(path, {k: v for k, v in vars(value).items() if k != "_value_buffer"})
            case "object" if hasattr(value, "__dict__"):
                self._keep(path, value)
                self._members(path, vars(value))

    def _keep(self, path: str, value: Any) -> None:
        """Keep the path of an object; at every other path it is a reference."""
        self._paths_by_id[id(value)] = path
        self._objects.append(value)

    def _items(self, path: str, items: Any) -> None:
        if not items:
            self.result[path] = "[]"
        self._add((f"{path}/{_name(item) or number}", item) for number, item in enumerate(items))


@cache
def _may_be_plain(kind: type) -> bool:
    return issubclass(kind, int | float | Enum | str | bytes | bytearray | date)


@cache
def _container(kind: type) -> str:
    """Return what a value of a type is, when it is nothing plain."""
    if issubclass(kind, str | bytes):
        return "document"
    if issubclass(kind, Mapping):
        return "mapping"
    if issubclass(kind, Set):
        return "set"
    if issubclass(kind, list | tuple | deque):
        return "list"
    return "object" if kind.__module__.startswith(("moto.", "cloud_audit_tui.")) else ""


@lru_cache(maxsize=_NAMES_KEPT)
def _is_ignored(name: Any) -> bool:
    if not isinstance(name, str):
        return name in _IGNORED_NAMES
    return name in _IGNORED_NAMES or (
        len(name) >= _ACCESS_LOG_LENGTH and _ACCESS_LOG.search(name) is not None
    )


def _digest(content: bytes | bytearray) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _document(text: str | bytes) -> dict[str, Any] | None:
    """Return a JSON object, such as a policy; None for any other text."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _name(item: Any) -> str:
    members = item if isinstance(item, Mapping) else getattr(item, "__dict__", {})
    if type(members) is dict and _NAME_KEYS_SET.isdisjoint(members):
        return ""
    for key in _NAME_KEYS:
        if isinstance(members.get(key), str):
            return _word(members[key])
    return ""


@lru_cache(maxsize=_NAMES_KEPT, typed=True)
def _word(name: Any) -> str:
    return str(name).replace("/", "|")

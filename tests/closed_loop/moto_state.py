"""The whole state of moto as plain text: one value for each path, without what time alone changes.

What moto's responses describe is made from the attributes of its objects, so a change of anything described
is a change here, and what no call describes is here as well.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from collections.abc import Mapping, Set
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from closed_loop.grants import ACCOUNT

State = dict[str, str]

"""The account that paths do not name."""
_DAY = 86400
_DATE = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d")
_ACCESS_LOG = re.compile(r"20\d\d(?:-\d\d){5}-[0-9A-F]{16}$")
"""The end of the name of an object that logs the requests to a bucket, which each read adds."""
_ACCESS_LOG_LENGTH = 36
"""How long that end is."""
_SEEN_ELSEWHERE = re.compile(r"(?:\d{12}/)?ec2/[^/]+/amis/[^/]+/instance$")
"""The instance of an image: moto's object for it, whose path would be that of the image."""
_UNCHANGING = frozenset({"moto_api", "instance_metadata"})
_UNSEEN = frozenset(
    {
        # Counters and caches of moto itself.
        "_reset_model_refs",
        "account_id", "partition", "region_name", "key_name", "tag_name", "value_name",
 "_lock", "lock", "backend", "_backend", "ec2_backend", "_id_generator", "tracer",
        "instance_types", "instance_type_offerings",
        # What moto's RDS finds its resources by, which is there under their own paths.
        "resource_map",
        # moto counts a policy twice that is attached again.
        "attachment_count",
        # What moto's AWS Config reads from botocore, two thirds of all paths.
        "config_schema",
        # The progress of moto's own state machines.
        "_tick", "_time_progressed", "_transitions",
    }
)  # fmt: skip
_NAMED_BY = ("Key", "key", "Name", "name", "TagKey", "Sid", "ID", "Id", "id")


def state() -> State:
    """Return the value of every path below every backend that exists: ``s3/aws/buckets/mine/versioning``."""
    return _Walk().result


class _Walk:
    def __init__(self) -> None:
        self.result: State = {}
        self._now = datetime.now(UTC).timestamp()
        self._seen: dict[int, str] = {}
        self._kept: list[Any] = []
        self._queue: deque[tuple[str, Any]] = deque()
        for backends in list(BackendDict._instances):
            if backends.service_name in _UNCHANGING:
                continue
            for account_id, regions in list(backends.items()):
                for region, backend in list(regions.items()):
                    place = f"{backends.service_name}/{region}"
                    if account_id != ACCOUNT:
                        place = f"{account_id}/{place}"
                    self._seen[id(backend)] = place
                    self._members(place, vars(backend))
        while self._queue:
            self._expand(*self._queue.popleft())

    def _members(self, path: str, members: Mapping[Any, Any]) -> None:
        seen = {name: value for name, value in members.items() if not _unseen(name)}
        if not seen:
            self.result[path] = "{}"
        for name, value in seen.items():
            self._add(f"{path}/{_word(name)}", value)

    def _add(self, path: str, value: Any) -> None:
        plain = self._plain(value)
        if plain is not None:
            self.result[path] = plain
        elif not isinstance(value, BaseBackend) and not _SEEN_ELSEWHERE.match(path):
            self._queue.append((path, value))

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
        """Return a number; a moment of the next two years is a number of days from now."""
        days = round((value - self._now) / _DAY)
        if self._is_now(value):
            return "TIME"
        return f"in {days} days" if 0 < days < 2 * 365 else repr(value)

    def _is_now(self, number: float) -> bool:
        return any(abs(number / unit - self._now) < _DAY for unit in (1, 1000))

    def _is_now_text(self, text: str) -> bool:
        if not _DATE.match(text):
            return False
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            return False
        return self._is_now((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())

    def _expand(self, path: str, value: Any) -> None:
        if id(value) in self._seen:
            self.result[path] = f"-> {self._seen[id(value)]}"
            return
        if isinstance(value, str | bytes):
            self._members(path, _document(value) or {})
        elif isinstance(value, Mapping):
            self._members(path, value)
        elif isinstance(value, Set):
            self.result[path] = repr(sorted(map(str, value)))
        elif isinstance(value, list | tuple | deque):
            self._items(path, value)
        elif hasattr(value, "_value_buffer"):
            # The content of an object of S3, which is in a file.
            content = value.value
            self._keep(path, value)
            self.result[f"{path}/content"] = _digest(content)
            self._members(path, {k: v for k, v in vars(value).items() if k != "_value_buffer"})
        elif hasattr(value, "__dict__") and type(value).__module__.startswith(("moto.", "cloud_audit_tui.")):
            self._keep(path, value)
            self._members(path, vars(value))

    def _keep(self, path: str, value: Any) -> None:
        """Remember where an object is; what is seen again is a reference."""
        self._seen[id(value)] = path
        self._kept.append(value)

    def _items(self, path: str, items: Any) -> None:
        if not items:
            self.result[path] = "[]"
        for number, item in enumerate(items):
            self._add(f"{path}/{_name(item) or number}", item)


def _unseen(name: Any) -> bool:
    if not isinstance(name, str):
        return name in _UNSEEN
    return name in _UNSEEN or (len(name) >= _ACCESS_LOG_LENGTH and _ACCESS_LOG.search(name) is not None)


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
    for key in _NAMED_BY:
        if isinstance(members.get(key), str):
            return _word(members[key])
    return ""


def _word(name: Any) -> str:
    return str(name).replace("/", "|")

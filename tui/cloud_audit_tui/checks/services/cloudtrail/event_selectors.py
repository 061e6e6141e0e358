"""The events that a CloudTrail trail records, by its basic or advanced event selectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Item = dict[str, Any]

S3_OBJECT = "AWS::S3::Object"

COMMON_SOURCES = ("ec2.amazonaws.com", "iam.amazonaws.com", "s3.amazonaws.com", "signin.amazonaws.com")
"""Services whose management events every selector for all events includes.

CloudTrail offers to exclude the numerous events of KMS and of the RDS Data API, and only those.
"""


@dataclass(frozen=True)
class EventSelectors:
    """The selectors of one trail; a trail has basic or advanced ones, never both."""

    basic: tuple[Item, ...]
    advanced: tuple[Item, ...]

    @classmethod
    def of(cls, response: Item) -> EventSelectors:
        """Return the selectors in a response of GetEventSelectors."""
        return cls(
            tuple(response.get("EventSelectors") or ()), tuple(response.get("AdvancedEventSelectors") or ())
        )

    @property
    def kind(self) -> str:
        """``advanced``, ``basic``, or ``default`` for a trail with none."""
        return "advanced" if self.advanced else "basic" if self.basic else "default"

    def all_management_events(self) -> bool:
        """Say whether read and write management events of all services are recorded."""
        return all(
            self.management_event(source, read_only=read_only)
            for source in COMMON_SOURCES
            for read_only in (True, False)
        )

    def management_event(self, source: str, *, read_only: bool) -> bool:
        """Say whether the management events of a service are recorded.

        A trail without selectors records them all, as AWS documents.
        """
        if self.advanced:
            event = {"eventCategory": "Management", "readOnly": _word(read_only), "eventSource": source}
            return any(_admits(selector, event) for selector in self.advanced)
        return not self.basic or any(
            selector.get("IncludeManagementEvents", True)
            and _direction(selector, read_only=read_only)
            and source not in (selector.get("ExcludeManagementEventSources") or ())
            for selector in self.basic
        )

    def all_s3_objects(self, partition: str, own_bucket: str, *, read_only: bool) -> bool:
        """Say whether the reads, or the writes, of the objects of all buckets are recorded.

        A selector may exclude the trail's own bucket, because otherwise it records each delivery of log
        files.
        """
        if self.advanced:
            event = {
                "eventCategory": "Data",
                "resources.type": S3_OBJECT,
                "readOnly": _word(read_only),
                "eventSource": "s3.amazonaws.com",
            }
            return any(_admits(selector, event, (partition, own_bucket)) for selector in self.advanced)
        return any(
            resource.get("Type") == S3_OBJECT
            and any(_is_every_bucket(str(value), partition) for value in resource.get("Values") or ())
            for selector in self.basic
            if _direction(selector, read_only=read_only)
            for resource in selector.get("DataResources") or ()
        )


def _word(value: bool) -> str:
    return "true" if value else "false"


def _direction(selector: Item, *, read_only: bool) -> bool:
    direction = selector.get("ReadWriteType") or "All"
    return direction in ("All", "ReadOnly" if read_only else "WriteOnly")


def _admits(selector: Item, event: dict[str, str], every_bucket: tuple[str, str] | None = None) -> bool:
    """Say whether an advanced selector records an event; a field that the event lacks excludes it."""
    for field in selector.get("FieldSelectors") or ():
        name = field.get("Field")
        if name == "resources.ARN" and every_bucket is not None:
            if not _all_objects(field, *every_bucket):
                return False
        elif name not in event or not _holds(field, event[name]):
            return False
    return True


def _holds(field: Item, value: str) -> bool:
    tests: dict[str, Callable[[str], bool]] = {
        "Equals": lambda operand: value == operand,
        "StartsWith": value.startswith,
        "EndsWith": value.endswith,
    }
    selected = all(
        any(test(operand) for operand in field[operator])
        for operator, test in tests.items()
        if field.get(operator)
    )
    refused = any(
        test(operand) for operator, test in tests.items() for operand in field.get(f"Not{operator}") or ()
    )
    return selected and not refused


def _all_objects(field: Item, partition: str, own_bucket: str) -> bool:
    if field.get("Equals") or field.get("EndsWith") or field.get("NotEndsWith"):
        return False
    prefixes = field.get("StartsWith")
    if prefixes and not any(_is_every_bucket(str(value), partition) for value in prefixes):
        return False
    own = f"arn:{partition}:s3:::{own_bucket}"
    return all(
        own_bucket and (value == own or str(value).startswith(f"{own}/"))
        for operator in ("NotEquals", "NotStartsWith")
        for value in field.get(operator) or ()
    )


def _is_every_bucket(value: str, partition: str) -> bool:
    """Say whether a partial ARN is a prefix of every bucket's ARN, such as ``arn:aws:s3``."""
    return f"arn:{partition}:s3:::".startswith(value) and value.startswith(f"arn:{partition}:s3")

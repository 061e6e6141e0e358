"""How an operation is paginated, from botocore's paginators or else from its model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jmespath
from botocore import xform_name

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = dict[str, Any]

LARGEST_PAGE = 1000
TOKENS = ("NextToken", "nextToken", "NextMarker", "Marker", "marker", "PaginationToken")
"""Pagination members of operations for which botocore ships no paginator."""


@dataclass(frozen=True)
class Paging:
    """An operation's input and output tokens, its page size parameter and the path of its items."""

    input_tokens: tuple[str, ...]
    output_tokens: tuple[str, ...]
    more: str
    size: tuple[str, int] | None
    result_keys: tuple[str, ...]

    def request(self, params: Item, token: dict[str, Any]) -> Item:
        """Return the request parameters for the page of a token."""
        size = {self.size[0]: self.size[1]} if self.size and self.size[0] not in params else {}
        return {**size, **params, **token}

    def next_token(self, page: Item) -> dict[str, Any] | None:
        """Return the token of the next page, or ``None`` after the last."""
        if self.more and jmespath.search(self.more, page) is False:
            return None
        following = {
            name: value
            for name, path in zip(self.input_tokens, self.output_tokens, strict=True)
            if (value := jmespath.search(path, page))
        }
        return following or None

    def is_cut_short(self, page: Item) -> bool:
        """Say whether a page announces another one without a token for it."""
        return bool(self.more) and jmespath.search(self.more, page) is True and not self.next_token(page)

    def items(self, page: Item) -> Iterator[Any]:
        """Yield the items of a page."""
        for path in self.result_keys:
            yield from jmespath.search(path, page) or []


def method_name(operation: str) -> str:
    """Return the client method name of an operation."""
    return str(xform_name(operation))


def paging_of(client: Any, operation: str) -> Paging | None:
    """Return how an operation is paginated, or ``None`` when it is not."""
    method = method_name(operation)
    model = client.meta.service_model.operation_model(operation)
    if client.can_paginate(method):
        config = client.get_paginator(method)._pagination_cfg
        return Paging(
            input_tokens=_names(config["input_token"]),
            output_tokens=_names(config["output_token"]),
            more=config.get("more_results", ""),
            size=_size(model, config.get("limit_key")),
            result_keys=_names(config["result_key"]),
        )
    request_members = model.input_shape.members if model.input_shape else {}
    response_members = model.output_shape.members if model.output_shape else {}
    for token in TOKENS:
        if token in request_members and token in response_members:
            lists = tuple(name for name, shape in response_members.items() if shape.type_name == "list")
            limit = next(
                (name for name in ("MaxResults", "maxResults", "MaxItems") if name in request_members), None
            )
            return Paging((token,), (token,), "", _size(model, limit), lists)
    return None


def _names(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _size(model: Any, limit_key: str | None) -> tuple[str, int] | None:
    """Return the largest page that the model allows, since the default of many lists is 10."""
    if not limit_key or limit_key not in model.input_shape.members:
        return None
    largest = model.input_shape.members[limit_key].metadata.get("max")
    return (limit_key, int(largest)) if largest and int(largest) <= LARGEST_PAGE else None

"""Protocols and port ranges of network rules, and the share of the internet in a set of addresses.

A rule is open to the internet when its sources cover at least half of all addresses. So 0.0.0.0/0 is open,
and so are the pair 0.0.0.0/1 and 128.0.0.0/1 and a rule that excludes a few networks.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Interval = tuple[int, int]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LAST_PORT = 65535
ALL_PROTOCOLS = "-1"
PROTOCOL_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}
TCP, UDP = "6", "17"
PROTOCOL_NAMES = {"6": "tcp", "17": "udp"}

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The IPv6 addresses that are routed on the internet."""

INTERNET: dict[int, Interval] = {
    4: (0, 2**32 - 1),
    6: (int(_GLOBAL_UNICAST.network_address), int(_GLOBAL_UNICAST.broadcast_address)),
}
"""The first and the last address of the internet by version of IP."""

WIDEST_ALLOCATION = {4: 8, 6: 12}
"""Prefix lengths of the largest blocks that one registry or organization holds."""


def network_of(cidr: Any) -> Network | None:
    """Return the network of a CIDR, or ``None`` when it is invalid."""
    try:
        return ipaddress.ip_network(str(cidr), strict=False)
    except ValueError:
        return None


def interval_of(network: Network) -> Interval | None:
    """Return the part of the internet that a network covers, or ``None`` when it covers none of it."""
    first, last = INTERNET[network.version]
    begin, end = max(first, int(network.network_address)), min(last, int(network.broadcast_address))
    return (begin, end) if begin <= end else None


def is_wide(network: Network) -> bool:
    """Say whether a network is larger than the blocks that one organization holds."""
    return network.prefixlen < WIDEST_ALLOCATION[network.version]


def is_internet(intervals: Iterable[Interval], version: int) -> bool:
    """Say whether sets of addresses cover at least half of the internet."""
    first, last = INTERNET[version]
    return 2 * sum(end - begin + 1 for begin, end in merged(intervals)) >= last - first + 1


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same addresses as intervals that neither overlap nor touch."""
    result: list[Interval] = []
    for begin, end in sorted(intervals):
        if result and begin <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def without(interval: Interval, excluded: Iterable[Interval]) -> list[Interval]:
    """Return the parts of an interval that remain after subtracting others."""
    remaining = [interval]
    for begin, end in excluded:
        remaining = [
            piece
            for low, high in remaining
            for piece in ((low, min(high, begin - 1)), (max(low, end + 1), high))
            if piece[0] <= piece[1]
        ]
    return remaining


def protocol_number(protocol: Any) -> str:
    """Return the number of a protocol given by name or number; ``-1`` means all protocols."""
    word = str(protocol if protocol is not None else ALL_PROTOCOLS).lower()
    return PROTOCOL_NUMBERS.get(word, word)


def ports_of(first: Any, last: Any) -> tuple[int, int]:
    """Return a range of ports; AWS writes all ports as 0-65535 or -1, or omits them."""
    if first is None or int(first) < 0:
        return 0, LAST_PORT
    return int(first), int(first if last is None or int(last) < 0 else last)


def lets_through(rule_protocol: str, ports: tuple[int, int], protocol: str, port: int) -> bool:
    """Say whether a rule's protocol and port range include one port of one protocol."""
    if rule_protocol == ALL_PROTOCOLS:
        return True
    return rule_protocol == protocol and ports[0] <= port <= ports[1]

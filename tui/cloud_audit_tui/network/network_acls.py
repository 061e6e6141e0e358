"""Finds the ports that a network ACL opens to the internet, and the rules that close them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.network.ranges import (
    PROTOCOL_NAMES,
    TCP,
    UDP,
    Interval,
    Network,
    interval_of,
    is_internet,
    is_wide,
    lets_through,
    network_of,
    ports_of,
    protocol_number,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Item = dict[str, Any]

ADMIN_PORTS = (22, 3389)
"""SSH and RDP, the ports of remote administration that the CIS benchmark lists."""
ADMIN_PROTOCOLS = (TCP, UDP)
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


@dataclass(frozen=True)
class Opening:
    """A port that is open to the internet, and the numbers of the rules that open it."""

    port: int
    protocol: str
    version: int
    rules: tuple[int, ...]

    def __str__(self) -> str:
        return f"{PROTOCOL_NAMES[self.protocol]} {self.port} from {EVERYWHERE[self.version]}"


def inbound(acl: Item) -> list[Item]:
    """Return the inbound rules in the order in which AWS evaluates them."""
    entries = [entry for entry in acl.get("Entries") or [] if not entry.get("Egress")]
    return sorted(entries, key=_number)


def openings(acl: Item) -> list[Opening]:
    """Return the administration ports that an ACL opens to the internet."""
    entries = inbound(acl)
    return [
        Opening(port, protocol, version, rules)
        for version in (4, 6)
        for port in ADMIN_PORTS
        for protocol in ADMIN_PROTOCOLS
        if (rules := _let_in(entries, port, protocol, version))
    ]


def _let_in(entries: Iterable[Item], port: int, protocol: str, version: int) -> tuple[int, ...]:
    """Return the numbers of the rules that admit the internet, or none if they admit less than half of it.

    The first matching rule decides, so each rule covers only the addresses that earlier rules do not match.
    """
    decided: list[Interval] = []
    allowed: list[Interval] = []
    rules: list[int] = []
    for entry in entries:
        network = _source(entry, version)
        source = interval_of(network) if network is not None else None
        about = lets_through(protocol_number(entry.get("Protocol")), _ports(entry), protocol, port)
        if network is None or source is None or not about:
            continue
        remaining = without(source, decided)
        decided.append(source)
        # A rule for one organization's network opens nothing, and must precede the closing rule.
        if remaining and entry.get("RuleAction") == "allow" and is_wide(network):
            allowed += remaining
            rules.append(_number(entry))
    return tuple(rules) if is_internet(allowed, version) else ()


def stopping_rules(acl: Item, open_ports: list[Opening]) -> list[Item] | None:
    """Return rules that close the openings, or ``None`` if too few rule numbers are free.

    They use the highest free numbers between the opening rule and the preceding rule of the same address
    family, so earlier rules for narrower sources still apply. Rules of the other family match other packets
    and do not matter: the default ACL of a dual-stack VPC allows IPv4 by rule 100 and IPv6 by rule 101. Each
    new rule denies one port; ``trusted`` marks the place of a rule that admits the administrators' own
    network before that.
    """
    entries = inbound(acl)
    numbers = {_number(entry) for entry in entries}
    planned: list[Item] = []
    for first in sorted({min(opening.rules) for opening in open_ports}):
        opened = [opening for opening in open_ports if min(opening.rules) == first]
        rules = _rules_for(opened)
        family = [_number(entry) for entry in entries if _source(entry, opened[0].version) is not None]
        below = max((number for number in family if number < first), default=0)
        free = [number for number in range(below + 1, first) if number not in numbers][-len(rules) :]
        if len(free) < len(rules):
            return None
        numbers |= set(free)
        planned += [{"rule_number": number, **rule} for number, rule in zip(free, rules, strict=True)]
    return planned


def _rules_for(open_ports: list[Opening]) -> list[Item]:
    trusted = [
        _rule(opening, action="allow", trusted=True)
        for opening in open_ports
        if opening.version == 4 and opening.protocol == TCP  # noqa: PLR2004 - IPv4
    ]
    return trusted + [_rule(opening, action="deny", trusted=False) for opening in open_ports]


def _rule(opening: Opening, *, action: str, trusted: bool) -> Item:
    return {
        "action": action,
        "trusted": trusted,
        "protocol": opening.protocol,
        "port": opening.port,
        "version": opening.version,
        "cidr": EVERYWHERE[opening.version],
    }


def _source(entry: Item, version: int) -> Network | None:
    cidr = entry.get("CidrBlock" if version == 4 else "Ipv6CidrBlock")  # noqa: PLR2004 - IPv4
    network = network_of(cidr) if cidr else None
    return network if network is not None and network.version == version else None


def _ports(entry: Item) -> tuple[int, int]:
    ports = entry.get("PortRange") or {}
    return ports_of(ports.get("From"), ports.get("To"))


def _number(entry: Item) -> int:
    return int(entry.get("RuleNumber") or 0)

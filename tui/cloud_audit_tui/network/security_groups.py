"""Finds inbound rules of a security group that expose sensitive ports to the internet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.model import Severity
from cloud_audit_tui.network.ranges import (
    ALL_PROTOCOLS,
    LAST_PORT,
    PROTOCOL_NAMES,
    TCP,
    UDP,
    Network,
    interval_of,
    is_internet,
    is_wide,
    lets_through,
    network_of,
    ports_of,
    protocol_number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Item = dict[str, Any]

SERVICES = {
    22: "SSH",
    3389: "RDP",
    3306: "MySQL",
    5432: "PostgreSQL",
    1433: "SQL Server",
    6379: "Redis",
    27017: "MongoDB",
    9200: "Elasticsearch",
    5601: "Kibana",
}
"""The services by port; none of these ports may be open to the internet."""
CRITICAL_PORTS = frozenset({22, 3389, 3306, 5432})
ADMIN_PORTS = frozenset({22, 3389})
WATCHED = [(TCP, port) for port in SERVICES] + [(UDP, port) for port in sorted(ADMIN_PORTS)]
"""The services use TCP; for administration the CIS benchmark also lists UDP, which RDP uses."""


@dataclass(frozen=True)
class Source:
    """One broad source of one rule: a CIDR block, or a prefix list that contains one."""

    permission: int
    kind: str
    value: str
    networks: tuple[Network, ...]


@dataclass(frozen=True)
class Exposure:
    """The open ports of a security group by protocol, and the sources that open them."""

    ports: list[tuple[str, int]]
    everything: bool
    sources: list[Source]

    @property
    def severity(self) -> Severity:
        """The most severe open service."""
        critical = self.everything or any(port in CRITICAL_PORTS for _, port in self.ports)
        return Severity.CRITICAL if critical else Severity.HIGH


def prefix_lists(group: Item) -> list[str]:
    """Return the prefix lists that inbound rules for a watched port reference."""
    return sorted(
        {
            str(entry.get("PrefixListId") or "")
            for permission in group.get("IpPermissions") or []
            if _watched(permission)
            for entry in permission.get("PrefixListIds") or []
        }
    )


def exposure(group: Item, prefixes: Mapping[str, list[str]]) -> Exposure:
    """Return the ports open to the internet; ``prefixes`` are the blocks of each known prefix list."""
    permissions = group.get("IpPermissions") or []
    sources = [
        source for at, permission in enumerate(permissions) for source in _sources(at, permission, prefixes)
    ]
    ports: list[tuple[str, int]] = []
    opening_sources: dict[Source, None] = {}
    for protocol, port in WATCHED:
        matching = [source for source in sources if _lets(permissions[source.permission], protocol, port)]
        for version in (4, 6):
            wide = [source for source in matching if any(each.version == version for each in source.networks)]
            if is_internet(_intervals(wide, version), version):
                ports.append((protocol, port))
                opening_sources.update(dict.fromkeys(wide))
    everything = any(
        protocol_number(permissions[source.permission].get("IpProtocol")) == ALL_PROTOCOLS
        for source in opening_sources
    )
    return Exposure(
        list(dict.fromkeys(ports)), everything, sorted(opening_sources, key=lambda one: one.permission)
    )


def rule(group: Item, source: Source) -> Item:
    """Return the IpPermission that revokes exactly this source of a rule."""
    permission = group["IpPermissions"][source.permission]
    exact = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
    member, key = {
        "ipv4": ("IpRanges", "CidrIp"),
        "ipv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefix_list": ("PrefixListIds", "PrefixListId"),
    }[source.kind]
    return {**exact, member: [{key: source.value}]}


def words(permission: Item) -> str:
    """Return a readable label of a rule's ports, such as ``tcp 20-25``."""
    number = protocol_number(permission.get("IpProtocol"))
    if number == ALL_PROTOCOLS:
        return "all traffic"
    first, last = ports_of(permission.get("FromPort"), permission.get("ToPort"))
    ports = (
        "all ports" if (first, last) == (0, LAST_PORT) else f"{first}-{last}" if first != last else str(first)
    )
    return f"{PROTOCOL_NAMES.get(number, number)} {ports}"


def _watched(permission: Item) -> bool:
    return any(_lets(permission, protocol, port) for protocol, port in WATCHED)


def _lets(permission: Item, protocol: str, port: int) -> bool:
    ports = ports_of(permission.get("FromPort"), permission.get("ToPort"))
    return lets_through(protocol_number(permission.get("IpProtocol")), ports, protocol, port)


def _sources(at: int, permission: Item, prefixes: Mapping[str, list[str]]) -> list[Source]:
    blocks = [("ipv4", str(each.get("CidrIp") or "")) for each in permission.get("IpRanges") or []]
    blocks += [("ipv6", str(each.get("CidrIpv6") or "")) for each in permission.get("Ipv6Ranges") or []]
    sources = [Source(at, kind, cidr, _wide([cidr])) for kind, cidr in blocks]
    for entry in permission.get("PrefixListIds") or []:
        list_id = str(entry.get("PrefixListId") or "")
        sources.append(Source(at, "prefix_list", list_id, _wide(prefixes.get(list_id, []))))
    return [source for source in sources if source.networks]


def _wide(cidrs: list[str]) -> tuple[Network, ...]:
    networks = [network for cidr in cidrs if (network := network_of(cidr)) is not None]
    return tuple(network for network in networks if is_wide(network))


def _intervals(sources: list[Source], version: int) -> list[tuple[int, int]]:
    return [
        interval
        for source in sources
        for network in source.networks
        if network.version == version and (interval := interval_of(network)) is not None
    ]

"""Which subnets route to an internet gateway, and which address blocks of a VPC are free."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from cloud_audit_tui.network.ranges import interval_of, is_internet, network_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Item = dict[str, Any]


class RouteTables:
    """The route tables of one VPC, as DescribeRouteTables returns them."""

    def __init__(self, tables: Iterable[Item]) -> None:
        self._by_subnet: dict[str, Item] = {}
        self._main: Item | None = None
        for table in tables:
            for association in table.get("Associations") or []:
                if association.get("SubnetId"):
                    self._by_subnet[str(association["SubnetId"])] = table
                if association.get("Main") and self._main is None:
                    self._main = table

    def of_subnet(self, subnet_id: str) -> Item | None:
        """Return the table associated with a subnet, else the VPC's main table, if AWS returns either."""
        return self._by_subnet.get(subnet_id, self._main)


def blocks_public_access(subnet: Item) -> bool:
    """Say whether VPC Block Public Access blocks a subnet's internet gateway traffic."""
    states: Any = subnet.get("BlockPublicAccessStates") or {}
    return str(states.get("InternetGatewayBlockMode") or "off") != "off"


def gateway_prefix_lists(table: Item) -> list[str]:
    """Return the prefix lists that are destinations of routes to internet gateways."""
    lists = {str(route.get("DestinationPrefixListId") or "") for route in _gateway_routes(table)}
    return sorted(lists - {""})


def reaches_internet(table: Item, prefixes: Mapping[str, list[str]]) -> bool:
    """Say whether the routes to internet gateways cover at least half of the internet.

    ``prefixes`` are the blocks of each of `gateway_prefix_lists`. A route in the state ``blackhole`` is
    ignored.
    """
    reached: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    for route in _gateway_routes(table):
        block = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")
        for each in [block, *prefixes.get(str(route.get("DestinationPrefixListId") or ""), [])]:
            network = network_of(each)
            if network is not None and (interval := interval_of(network)) is not None:
                reached[network.version].append(interval)
    return any(is_internet(intervals, version) for version, intervals in reached.items())


def _gateway_routes(table: Item) -> Iterator[Item]:
    for route in table.get("Routes") or []:
        if str(route.get("GatewayId") or "").startswith("igw-") and route.get("State") != "blackhole":
            yield route


def free_block(vpc_block: str, used_blocks: list[str]) -> str:
    """Return a free block of a VPC, as large as its smallest subnet, empty when there is none."""
    whole = network_of(vpc_block)
    networks = [
        network for block in used_blocks if isinstance(network := network_of(block), ipaddress.IPv4Network)
    ]
    if not isinstance(whole, ipaddress.IPv4Network) or not networks:
        return ""
    length = max(network.prefixlen for network in networks)
    if length < whole.prefixlen:
        return ""
    for candidate in whole.subnets(new_prefix=length):
        if not any(candidate.overlaps(network) for network in networks):
            return str(candidate)
    return ""

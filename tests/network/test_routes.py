from __future__ import annotations

from typing import Any

from cloud_audit_tui.network.routes import (
    RouteTables,
    blocks_public_access,
    free_block,
    gateway_prefix_lists,
    reaches_internet,
)

GATEWAY = {"GatewayId": "igw-1", "State": "active"}


def table(table_id: str, *associations: dict[str, Any]) -> dict[str, Any]:
    return {"RouteTableId": table_id, "Associations": list(associations)}


def test_a_subnet_has_its_own_table_or_the_main_one() -> None:
    tables = RouteTables(
        [table("own", {"SubnetId": "subnet-1"}), table("main", {"Main": True}), table("none")]
    )
    own_table, main = tables.of_subnet("subnet-1"), tables.of_subnet("subnet-2")
    assert own_table is not None
    assert main is not None
    assert (own_table["RouteTableId"], main["RouteTableId"]) == ("own", "main")
    assert RouteTables([]).of_subnet("subnet-1") is None


def test_routes_to_an_internet_gateway_reach_the_internet() -> None:
    rows: list[tuple[list[dict[str, str]], bool]] = [
        ([{"DestinationCidrBlock": "0.0.0.0/0", **GATEWAY}], True),
        ([{"DestinationIpv6CidrBlock": "::/0", **GATEWAY}], True),
        ([{"DestinationCidrBlock": block, **GATEWAY} for block in ("0.0.0.0/1", "128.0.0.0/1")], True),
        ([{"DestinationCidrBlock": "0.0.0.0/0", **GATEWAY, "State": "blackhole"}], False),
        ([{"DestinationCidrBlock": "203.0.113.0/24", **GATEWAY}], False),
        ([{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}], False),
        ([{"DestinationPrefixListId": "pl-all", **GATEWAY}], True),
        ([{"DestinationPrefixListId": "pl-office", **GATEWAY}], False),
        ([], False),
    ]
    prefixes = {"pl-all": ["0.0.0.0/1", "128.0.0.0/1"], "pl-office": ["203.0.113.0/24"]}
    failed = [
        routes for routes, reaches in rows if reaches_internet({"Routes": routes}, prefixes) is not reaches
    ]
    assert failed == []


def test_only_the_prefix_lists_of_gateways_are_read() -> None:
    routes = [
        {"DestinationPrefixListId": "pl-2", **GATEWAY},
        {"DestinationPrefixListId": "pl-1", **GATEWAY},
        {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-1"},
        {"DestinationCidrBlock": "0.0.0.0/0", **GATEWAY},
    ]
    assert gateway_prefix_lists({"Routes": routes}) == ["pl-1", "pl-2"]


def test_block_public_access_bars_the_gateway() -> None:
    assert blocks_public_access(
        {"BlockPublicAccessStates": {"InternetGatewayBlockMode": "block-bidirectional"}}
    )
    assert not blocks_public_access({"BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"}})
    assert not blocks_public_access({})


def test_a_free_block_is_as_large_as_the_smallest_subnet() -> None:
    rows = [
        ("10.0.0.0/16", ["10.0.0.0/24", "10.0.1.0/24"], "10.0.2.0/24"),
        ("10.0.0.0/24", ["10.0.0.0/25", "10.0.0.128/25"], ""),
        ("10.0.0.0/16", [], ""),
        ("10.0.0.0/24", ["10.9.0.0/16"], ""),
        ("", ["10.0.0.0/24"], ""),
    ]
    assert [row for row in rows if free_block(row[0], row[1]) != row[2]] == []

"""Servers: an address that clients were given must stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from writ.openapi.change import listed, shown
from writ.openapi.context import Where
from writ.openapi.document import UnreadableError, as_list, as_object


def compare_servers(where: Where, old: Sequence[Any], new: Sequence[Any]) -> None:
    """Record what changed in two lists of servers; an empty one is the address of the document itself."""
    with where.readable():
        before, after = _by_address(old), _by_address(new)
        for address, server in before.items():
            if address not in after:
                where.below(f"server {shown(address)}").add("server.removed", "the server is gone")
            else:
                _variables(where.below(f"server {shown(address)}"), server, after[address])
        for address in after:
            if address not in before:
                where.below(f"server {shown(address)}").add("server.added", "the server is new")


def servers_of(*owners: Mapping[str, Any]) -> Sequence[Any]:
    """The servers of the innermost part that has some. Raises UnreadableError for what is no list."""
    for owner in reversed(owners):
        if found := as_list(owner.get("servers", ()), "servers"):
            return found
    return ()


def _by_address(servers: Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for part in servers or ({"url": "/"},):
        server = as_object(part, "servers")
        address = server.get("url")
        if not isinstance(address, str):
            raise UnreadableError("a server has no url")
        found[address.rstrip("/") or "/"] = server
    return found


def _variables(at: Where, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    before = as_object(old.get("variables", {}), "variables")
    after = as_object(new.get("variables", {}), "variables")
    for name in sorted(before.keys() & after.keys()):
        one, other = as_object(before[name], name), as_object(after[name], name)
        if one.get("default") != other.get("default"):
            told = f"was {shown(one.get('default'))}, now {shown(other.get('default'))}"
            at.add("server.default-changed", f"default of {shown(name)} {told}")
        values = [[str(each) for each in as_list(part.get("enum", ()), "enum")] for part in (one, other)]
        gone = [value for value in values[0] if value not in values[1]] if values[1] else []
        come = [value for value in values[1] if value not in values[0]] if values[0] else []
        if gone or (values[1] and not values[0]):
            told = f"{listed(gone)} no more" if gone else f"only {listed(values[1])}"
            at.add("server.value-removed", f"{shown(name)} may be {told}")
        if come or (values[0] and not values[1]):
            at.add("server.value-added", f"{shown(name)} may be {listed(come) if come else 'anything'}")

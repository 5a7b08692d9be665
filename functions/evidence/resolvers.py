"""From the evidence graph to the fields of its schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeAlias

from graphql import GraphQLResolveInfo, GraphQLSchema, assert_enum_type, assert_object_type, build_schema

from functions.evidence import connections, recent
from functions.evidence.graph import Evidence, EvidenceGraph, Neighbor, Wanted
from functions.evidence.paths import Asked, Step, shortest
from functions.evidence.ports import Ports
from functions.evidence.schema import sdl, type_name
from writ.contracts.errors import ContractError
from writ.contracts.statement import rfc3339
from writ.ledger.graph import Kind, Node, Relation
from writ.ledger.log import Log

_SHORT: Final = 12
# Of a hub a search follows its newest links only, and says so.
_LINKS_A_NODE: Final = 50


@dataclass(frozen=True, slots=True)
class World:
    """What the fields of one request are read from."""

    graph: EvidenceGraph
    ports: Ports
    now: datetime


Info: TypeAlias = "GraphQLResolveInfo[World]"
_Resolvers: TypeAlias = dict[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A node, and the link it was reached by."""

    node: Node
    via: Neighbor | None = None


@cache
def schema() -> GraphQLSchema:
    """The schema with its resolvers, built once in an execution environment."""
    made = build_schema(sdl())
    for name, values in (("NodeKind", Kind), ("Relation", Relation)):
        enum = assert_enum_type(made.type_map[name])
        for value in values:
            enum.values[value.upper()].value = value
    _resolve(made, "Query", {"node": _node, "nodes": _nodes, "path": _path, "log": _log})
    common: _Resolvers = {
        "id": _id,
        "kind": _kind,
        "label": _label,
        "evidence": _evidence,
        "neighbors": _neighbors,
    }
    for kind in Kind:
        _resolve(made, type_name(kind), {**_facts_of(made, kind), **common})
    return made


def resolve_type(seen: Seen, *_: object) -> str:
    """The GraphQL type of a node."""
    return type_name(seen.node.kind)


def _resolve(made: GraphQLSchema, name: str, resolvers: _Resolvers) -> None:
    owner = assert_object_type(made.type_map[name])
    for field, resolver in resolvers.items():
        owner.fields[field].resolve = resolver


def _node(_root: None, info: Info, id: str) -> Seen | None:
    node = Node.parse(id)
    return Seen(node) if _world(info).graph.evidence(node) else None


def _nodes(
    _root: None,
    info: Info,
    *,
    kind: Kind,
    first: int,
    since: str | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    world = _world(info)
    page = recent.recent(
        world.graph,
        kind,
        first,
        since=recent.start_of(None if since is None else _instant(since), world.now),
        now=world.now,
        after=None if after is None else connections.mark_of(after),
    )
    edges = [
        {
            "cursor": connections.mark_text(found.mark),
            "evidence": _shown(found.evidence),
            "node": Seen(found.node),
        }
        for found in page.found
    ]
    _load(world, [found.node for found in page.found])
    return connections.connection(edges, None if page.rest is None else connections.mark_text(page.rest))


def _neighbors(
    seen: Seen,
    info: Info,
    *,
    first: int,
    after: str | None = None,
    relations: Sequence[Relation] | None = None,
    kinds: Sequence[Kind] | None = None,
    direction: str | None = None,
) -> dict[str, Any]:
    world, node = _world(info), seen.node
    wanted = Wanted(
        None if relations is None else frozenset(relations),
        None if kinds is None else frozenset(kinds),
        None if direction is None else direction == "OUT",
    )
    place = None if after is None else connections.place_of(after)
    page = world.graph.neighbors(node, first, after=place, wanted=wanted)
    _load(world, [neighbor.link.other(node) for neighbor in page.neighbors])
    edges = [
        {
            "cursor": connections.place_text(neighbor.place),
            "relation": neighbor.link.relation,
            "direction": "OUT" if neighbor.link.source == node else "IN",
            "evidence": _shown(neighbor.evidence),
            "node": Seen(neighbor.link.other(node), neighbor),
        }
        for neighbor in page.neighbors
    ]
    return connections.connection(edges, None if page.rest is None else connections.place_text(page.rest))


def _path(
    _root: None,
    info: Info,
    *,
    to: str,
    maxDepth: int,
    relations: Sequence[Relation] | None = None,
    **ends: str,
) -> dict[str, Any]:
    world = _world(info)
    wanted = Wanted(None if relations is None else frozenset(relations))

    def ask(node: Node) -> Asked[Node, Neighbor]:
        page = world.graph.neighbors(node, _LINKS_A_NODE, wanted=wanted)
        return Asked([(n.link.other(node), n) for n in page.neighbors], page.rest is None)

    way = shortest(Node.parse(ends["from"], "from"), Node.parse(to, "to"), ask, depth=maxDepth)
    return {
        "found": way.steps is not None,
        "complete": way.complete,
        "steps": [_step(step) for step in way.steps or ()],
    }


def _step(step: Step[Node, Neighbor]) -> dict[str, Any]:
    return {
        "from": Seen(step.start, step.link),
        "relation": step.link.link.relation,
        "direction": "OUT" if step.link.link.source == step.start else "IN",
        "to": Seen(step.end, step.link),
        "evidence": _shown(step.link.evidence),
    }


def _log(_root: None, info: Info) -> dict[str, Any]:
    head = Log.open(_world(info).ports.files).head
    return {"size": head.size, "checkpoint": head.note.decode()}


def _id(seen: Seen, _info: Info) -> str:
    return seen.node.id


def _kind(seen: Seen, _info: Info) -> Kind:
    return seen.node.kind


def _evidence(seen: Seen, info: Info) -> list[dict[str, Any]]:
    return [_shown(evidence) for evidence in _world(info).graph.evidence(seen.node, seen.via)]


def _label(seen: Seen, info: Info) -> str:
    facts = _world(info).graph.facts(seen.node, seen.via)
    match seen.node.kind:
        case Kind.ACTION:
            return str(facts.get("name", seen.node.name))
        case Kind.EVENT:
            return str(facts.get("type", seen.node.name))
        case Kind.DECISION:
            return str(facts.get("verdict", seen.node.name))
        case Kind.APPROVAL:
            return "approved" if facts.get("approved") else "rejected"
        case Kind.ARTIFACT | Kind.POLICY_BUNDLE:
            return str(facts.get("name", seen.node.name[:_SHORT]))
        case _:
            return seen.node.name


_NAMES: Final = {"plannedAt": "planned_at", "decidedAt": "decided_at", "answeredAt": "at"}
_OWN: Final = frozenset({Kind.ACTION, Kind.ARTIFACT, Kind.EVENT, Kind.DECISION, Kind.APPROVAL})


def _facts_of(made: GraphQLSchema, kind: Kind) -> _Resolvers:
    """Resolvers of the fields that are of this kind only: facts from statements, else the node's own name."""
    owner = assert_object_type(made.type_map[type_name(kind)])
    return {
        field: _own_name if field == "sha256" or kind not in _OWN else _fact(_NAMES.get(field, field))
        for field in owner.fields
    }


def _own_name(seen: Seen, _info: Info) -> str:
    return seen.node.name


def _fact(name: str) -> Callable[[Seen, Info], Any]:
    def resolver(seen: Seen, info: Info) -> Any:
        return _world(info).graph.facts(seen.node, seen.via).get(name)

    return resolver


def _world(info: Info) -> World:
    return info.context


def _load(world: World, nodes: Sequence[Node]) -> None:
    """Read the streams of a page's actions together, for whatever is asked of them next."""
    world.graph.load_streams(node.stream for node in nodes if node.stream is not None)


def _shown(evidence: Evidence) -> dict[str, Any]:
    return {
        "entry": evidence.entry,
        "leafIndex": evidence.index,
        "bot": evidence.bot,
        "predicateType": evidence.type,
        "time": rfc3339(evidence.time),
    }


def _instant(text: str) -> datetime:
    """Raises ContractError for anything but RFC 3339 with its offset."""
    try:
        instant = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        instant = None
    if instant is None or instant.tzinfo is None:
        what = "since is an instant with its offset, such as 2026-01-31T08:00:00Z"
        raise ContractError(what, field="since")
    return instant

"""A part of the evidence graph, as read from the API: what commands draw."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from cli.output import CommandError, UsageError
from writ.contracts.errors import ContractError
from writ.ledger.graph import ACTION_ID, Kind, Node

# The API counts the nodes a query may ask for; a node costs itself, its page and the nodes of the page.
_NODES_A_QUERY: Final = 400
# Half the log hangs on these: they are followed only from the subject itself.
HUBS: Final = frozenset({Kind.ACTOR, Kind.BOT, Kind.POLICY_BUNDLE})
_SHOWN: Final = "id kind label ... on Action { target status verdict }"
_AROUND: Final = f"""neighbors(first: $first, relations: $relations) {{
  edges {{ relation direction evidence {{ entry leafIndex }} node {{ {_SHOWN} }} }}
  pageInfo {{ hasNextPage }}
}}"""
_PATH: Final = f"""query($from: ID!, $to: ID!, $depth: Int!, $relations: [Relation!]) {{
  log {{ size }}
  path(from: $from, to: $to, maxDepth: $depth, relations: $relations) {{
    found complete
    steps {{ from {{ {_SHOWN} }} relation direction to {{ {_SHOWN} }} evidence {{ entry leafIndex }} }}
  }}
}}"""


# Sends the body of a GraphQL request and returns that of the answer.
Ask = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Thing:
    """A node, in words: `note` says how it stands, `about` what it is about, where there is such a thing."""

    id: str
    kind: Kind
    label: str
    note: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A link by the ids of its ends, and the leaf of the statement that says so."""

    leaf: int
    source: str
    relation: str
    target: str

    def other(self, id: str) -> str:
        return self.target if id == self.source else self.source


@dataclass(slots=True)
class Picture:
    """Nodes and links around a subject; `cut` are nodes that have more links than were read."""

    subject: str
    size: int = 0
    things: dict[str, Thing] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The picture as JSON."""
        return {
            "subject": self.subject,
            "log_size": self.size,
            "nodes": [
                {
                    "id": thing.id,
                    "kind": thing.kind.value,
                    "label": thing.label,
                    "state": thing.note or None,
                    "target": thing.about or None,
                }
                for thing in self.things.values()
            ],
            "links": [
                {"source": edge.source, "relation": edge.relation, "target": edge.target, "leaf": edge.leaf}
                for edge in self.edges
            ],
            "more": self.cut,
        }


def subject_of(text: str) -> str:
    """The id of what a person typed: an id, an action, a SHA-256, or `kind:name` of a thing that is acted on.

    Raises UsageError for anything else.
    """
    if re.fullmatch(ACTION_ID, text):
        return f"{Kind.ACTION}:{text}"
    if re.fullmatch(r"[0-9a-f]{64}", text):
        return f"{Kind.ARTIFACT}:{text}"
    kind, _, name = text.partition(":")
    if name and kind not in list(Kind) and re.fullmatch(r"[a-z][a-z0-9-]*", kind):
        return f"{Kind.ARTIFACT}:{sha256(text.encode()).hexdigest()}"
    try:
        return Node.parse(text, "SUBJECT").id
    except ContractError as error:
        hint = "act-…, a SHA-256, task:…, or kind:name such as event:…, bot:backlog"
        raise UsageError(error.message, field="SUBJECT", hint=hint) from None


def explore(
    ask: Ask,
    subject: str,
    *,
    depth: int,
    limit: int,
    most: int,
    relations: Sequence[str] | None = None,
    typed: str = "",
) -> Picture:
    """What lies within `depth` links of a subject: `limit` links a node, `most` nodes.

    Raises CommandError when no evidence names the subject, by what a person `typed` for it.
    """
    picture = Picture(subject)
    edges: dict[Edge, None] = {}
    frontier = [subject]
    for _ in range(depth):
        reached: dict[str, None] = {}
        for id, thing, page in _around(ask, picture, frontier, limit, relations):
            picture.things.setdefault(id, thing)
            if page["pageInfo"]["hasNextPage"]:
                picture.cut.append(id)
            for link in page["edges"]:
                other = _thing(link["node"])
                if other.id not in picture.things and len(picture.things) >= most:
                    picture.cut += [id] if id not in picture.cut else []
                    continue
                if other.id not in picture.things:
                    reached[other.id] = None
                picture.things.setdefault(other.id, other)
                edges[_edge(id, link)] = None
        frontier = [id for id in reached if picture.things[id].kind not in HUBS]
    if subject not in picture.things:
        raise CommandError(
            f"no evidence in the log names {typed or subject}",
            code="not_found",
            field="SUBJECT",
            hint="writ actions list: its targets are things as evidence names them",
        )
    picture.edges = sorted(edges)
    return picture


def path(
    ask: Ask, start: str, end: str, *, depth: int, relations: Sequence[str] | None = None
) -> tuple[Picture, bool, bool]:
    """The shortest way as a picture, whether there is one, and whether nothing was left out."""
    asked = {"from": start, "to": end, "depth": depth, "relations": relations}
    answer = query(ask, _PATH, asked)
    picture = Picture(start, int(answer["log"]["size"]))
    for step in answer["path"]["steps"]:
        for node in (step["from"], step["to"]):
            picture.things.setdefault(node["id"], _thing(node))
        link = {**step, "node": step["to"]}
        picture.edges.append(_edge(step["from"]["id"], link))
    return picture, bool(answer["path"]["found"]), bool(answer["path"]["complete"])


def query(ask: Ask, text: str, variables: Mapping[str, Any]) -> Any:
    """The data of a query. Raises CommandError, or UsageError for a variable, with the code of the answer."""
    given = {name: value for name, value in variables.items() if value is not None}
    answer = ask({"query": text, "variables": given})
    for error in answer.get("errors", ()):
        said = error.get("extensions", {})
        kind = UsageError if str(said.get("code", "")).startswith("contract.") else CommandError
        raise kind(error["message"], code=said.get("code"), field=said.get("field"))
    return answer["data"]


def _around(
    ask: Ask, picture: Picture, ids: Sequence[str], limit: int, relations: Sequence[str] | None
) -> Iterator[tuple[str, Thing, Any]]:
    """Each node with a page of its links, several in one query."""
    at_once = max(1, _NODES_A_QUERY // (limit + 2))
    for start in range(0, len(ids), at_once):
        batch = ids[start : start + at_once]
        names = [f"n{place}" for place in range(len(batch))]
        wanted = "".join(f" {name}: node(id: ${name}) {{ {_SHOWN} {_AROUND} }}" for name in names)
        head = "".join(f", ${name}: ID!" for name in names)
        text = f"query($first: Int!, $relations: [Relation!]{head}) {{ log {{ size }}{wanted} }}"
        variables = {"first": limit, "relations": relations, **dict(zip(names, batch, strict=True))}
        answer = query(ask, text, variables)
        picture.size = int(answer["log"]["size"])
        for name, id in zip(names, batch, strict=True):
            node = answer[name]
            if node is not None:
                yield id, _thing(node), node["neighbors"]


def _thing(node: Mapping[str, Any]) -> Thing:
    kind = Kind(str(node["kind"]).lower())
    note = str(node.get("status") or node.get("verdict") or "")
    return Thing(str(node["id"]), kind, str(node["label"]), note, str(node.get("target") or ""))


def _edge(id: str, link: Mapping[str, Any]) -> Edge:
    ends = (id, str(link["node"]["id"]))
    source, target = ends if link["direction"] == "OUT" else ends[::-1]
    return Edge(int(link["evidence"]["leafIndex"]), source, str(link["relation"]).lower(), target)

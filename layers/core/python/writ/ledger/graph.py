"""The evidence graph: which things a statement names, and how it says they belong together. Pure.

Nothing of the graph is kept but the statements themselves: nodes and links are read out of them, so the graph
can be audited like the log, and what is erased from the one is gone from the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Self

from writ.contracts.errors import ContractError
from writ.contracts.redaction import redact_text


class Kind(StrEnum):
    """What a node is."""

    ACTOR = "actor"
    BOT = "bot"
    ACTION = "action"
    ARTIFACT = "artifact"
    EVENT = "event"
    DECISION = "decision"
    APPROVAL = "approval"
    POLICY_BUNDLE = "policy_bundle"
    COMMIT = "commit"
    RELEASE = "release"
    CUSTOMER = "customer"
    CONTROL = "control"


class Relation(StrEnum):
    """How the source of a link is related to its target, read `source relation target`."""

    CAUSED = "caused"
    REQUESTED = "requested"
    PLANNED = "planned"
    DECIDED = "decided"
    BASED_ON = "based_on"
    WAIVED_BY = "waived_by"
    GAVE = "gave"
    ANSWERED = "answered"
    STATED = "stated"
    TARGETED = "targeted"
    MENTIONED = "mentioned"
    OBSERVED = "observed"
    PUBLISHED = "published"


ACTION_ID: Final = r"act-[0-9a-f]{32}"
_DIGEST: Final = r"[0-9a-f]{64}"
_TEXT: Final = r"[^\x00-\x1f\x7f]{1,512}"
_NAMES: Final[Mapping[Kind, str]] = {
    Kind.ACTION: ACTION_ID,
    Kind.DECISION: ACTION_ID,
    Kind.APPROVAL: ACTION_ID,
    Kind.ARTIFACT: _DIGEST,
    Kind.POLICY_BUNDLE: _DIGEST,
    Kind.BOT: r"[a-z][a-z0-9]*(-[a-z0-9]+)*",
}
# A target of another kind is an artifact, known by the digest of its content or of its name.
_THINGS: Final = frozenset({Kind.BOT, Kind.COMMIT, Kind.RELEASE, Kind.CUSTOMER, Kind.CONTROL})
_OF_A_STREAM: Final = frozenset({Kind.ACTION, Kind.DECISION, Kind.APPROVAL})
_UNNAMED: Final = frozenset({Kind.ARTIFACT, Kind.POLICY_BUNDLE})


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """One thing that evidence names; `id` is its kind and name, and stays the same for ever."""

    kind: Kind
    name: str

    @classmethod
    def parse(cls, text: str, field: str = "id") -> Self:
        """The node of an id. Raises ContractError that names `field`."""
        kind, separator, name = text.partition(":")
        if not separator or kind not in list(Kind):
            raise ContractError(f"{field} is kind:name, where kind is one of {', '.join(Kind)}", field=field)
        if not re.fullmatch(_NAMES.get(Kind(kind), _TEXT), name):
            raise ContractError(f"{field} is not the id of a {kind}", field=field)
        return cls(Kind(kind), _shown(name) if kind == Kind.ACTOR else name)

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.name}"

    @property
    def stream(self) -> str | None:
        """The stream whose statements make this node, where there is one."""
        return self.name if self.kind in _OF_A_STREAM else None

    @property
    def digest(self) -> str:
        """What the index lists it under: its own digest, or that of its id as subjects without content have.

        A name in the form of a digest stands for a name that is not shown.
        """
        if self.kind in _UNNAMED or (self.kind is Kind.ACTOR and re.fullmatch(_DIGEST, self.name)):
            return self.name
        return sha256(self.id.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Link:
    """Two nodes and their relation."""

    source: Node
    relation: Relation
    target: Node

    def touches(self, node: Node) -> bool:
        return node in (self.source, self.target)

    def other(self, node: Node) -> Node:
        """The node at the other end; the same for a link to itself."""
        return self.target if node == self.source else self.source


def actor(name: str) -> Node:
    """A person; one whose name is personal data is known by its digest."""
    return Node(Kind.ACTOR, _shown(name))


def thing(kind: str, id: str, digest: str | None = None) -> Node:
    """What is acted on: by its name for the kinds that the graph knows, else an artifact by its digest."""
    if kind in _THINGS and re.fullmatch(_NAMES.get(Kind(kind), _TEXT), id):
        return Node(Kind(kind), id)
    return Node(Kind.ARTIFACT, digest or sha256(f"{kind}:{id}".encode()).hexdigest())


def _shown(name: str) -> str:
    return name if redact_text(name) == name else sha256(f"{Kind.ACTOR}:{name}".encode()).hexdigest()


def references(links: Sequence[Link], stream: str, subjects: Sequence[str]) -> tuple[str, ...]:
    """Digests under which the index must list a statement, beside its stream and its subjects."""
    nodes = dict.fromkeys(node for link in links for node in (link.source, link.target))
    found = dict.fromkeys(node.digest for node in nodes if node.stream != stream)
    return tuple(digest for digest in found if digest not in subjects)


# Every node that a statement mentions is a write to the index: a list without end must not become one.
MOST_MENTIONS: Final = 16
_DEEPEST: Final = 4
_NAMED_KINDS: Final = {
    name: kind
    for kind in (Kind.COMMIT, Kind.RELEASE, Kind.CUSTOMER, Kind.CONTROL)
    for name in (kind.value, f"{kind.value}s")
}
_COMMIT_KEY: Final = re.compile(r"(?:\w+_)?sha|commit_id")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ARTIFACT_KEY: Final = re.compile(r"(?:\w+_)?(?:digest|sha256)s?")


def mentions(value: Any) -> list[Node]:
    """The things that parameters or observations name, by the names of their fields; `MOST_MENTIONS` at most.

    `commit`, `release`, `customer` and `control`, one or many, are such things; so is a commit under `sha`,
    `head_sha` and the like, and an artifact, by its SHA-256, under `digest`, `sha256` or names that end so.
    """
    found: dict[Node, None] = {}
    for key, text in _texts(value, "", 0):
        node = _mentioned(key, text)
        if node is not None:
            found[node] = None
        if len(found) == MOST_MENTIONS:
            break
    return list(found)


def _mentioned(key: str, text: str) -> Node | None:
    kind = _NAMED_KINDS.get(key)
    if kind is not None and re.fullmatch(_TEXT, text):
        return Node(kind, text)
    if _ARTIFACT_KEY.fullmatch(key):
        digest = text.removeprefix("sha256:")
        return Node(Kind.ARTIFACT, digest) if re.fullmatch(_DIGEST, digest) else None
    if _COMMIT_KEY.fullmatch(key) and _COMMIT.fullmatch(text):
        return Node(Kind.COMMIT, text)
    return None


def _texts(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif depth < _DEEPEST and isinstance(value, Mapping):
        for name in sorted(value):
            yield from _texts(value[name], str(name), depth + 1)
    elif depth < _DEEPEST and isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, key, depth + 1)

"""What one statement adds to the evidence graph: links, and what it says about the nodes. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.action import Approval, Name, Target
from writ.contracts.statement import Cause, Phase, Statement, rfc3339
from writ.ledger.graph import (
    ACTION_ID,
    Kind,
    Link,
    Node,
    Relation,
    actor,
    mentions,
    references,
    thing,
)

# The kernel names what an action publishes after it: `act-….outcome`, `act-….0`.
_PUBLISHED: Final = re.compile(rf"({ACTION_ID})\..+")
Facts = dict[str, Any]


class _Told(BaseModel):
    """A tolerant reader: a later version may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class _Action(_Told):
    id: Annotated[str, Field(pattern=f"^{ACTION_ID}$")]
    bot: Name
    name: Name
    target: Target
    parameters: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None


class _Said(_Told):
    action: _Action
    event: Cause | None = None
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The links of one statement, and what it tells of each node that it names."""

    links: tuple[Link, ...]
    facts: Mapping[Node, Facts]

    def names(self, node: Node) -> bool:
        """Whether the statement says anything of a node."""
        return node in self.facts or any(link.touches(node) for link in self.links)


def read(statement: Statement) -> Reading:
    """What a statement adds to the graph. One of a type that is not known links its bot to its subjects."""
    predicate = statement.predicate
    try:
        said = _Said.model_validate(predicate.model_extra or {})
    except ValidationError:
        return _subjects(statement)
    if said.action.id != predicate.stream:
        return _subjects(statement)
    links = tuple(dict.fromkeys(_links(statement, said)))
    return Reading(links, _facts(statement, said))


def nodes_of(statement: Statement) -> tuple[str, ...]:
    """The digests under which the index lists a statement, beside those of its subjects."""
    subjects = [subject.digest.sha256 for subject in statement.subject]
    return references(read(statement).links, statement.predicate.stream, subjects)


def _links(statement: Statement, said: _Said) -> Iterator[Link]:
    predicate, action = statement.predicate, Node(Kind.ACTION, said.action.id)
    speaker = Node(Kind.BOT, predicate.actor.bot)
    if predicate.phase is Phase.INTENT:
        yield Link(speaker, Relation.PLANNED, action)
        target = said.action.target
        yield Link(action, Relation.TARGETED, thing(target.kind, target.id, target.digest))
        yield from _causes(said, action)
        yield from _decision(statement, said)
        for node in mentions(said.action.parameters):
            yield Link(action, Relation.MENTIONED, node)
    elif said.approval is not None:
        approval = Node(Kind.APPROVAL, said.action.id)
        yield Link(actor(said.approval.by), Relation.GAVE, approval)
        yield Link(approval, Relation.ANSWERED, action)
        yield Link(speaker, Relation.STATED, approval)
    elif predicate.outcome is not None:
        if predicate.actor.bot != said.action.bot:
            yield Link(speaker, Relation.STATED, action)
        for node in mentions(predicate.outcome.observed):
            yield Link(action, Relation.OBSERVED, node)


def _causes(said: _Said, action: Node) -> Iterator[Link]:
    if said.event is None:
        return
    event = Node(Kind.EVENT, said.event.id)
    yield Link(event, Relation.CAUSED, action)
    if published := _PUBLISHED.fullmatch(said.event.id):
        yield Link(Node(Kind.ACTION, published[1]), Relation.PUBLISHED, event)
    if said.event.by:
        yield Link(actor(said.event.by), Relation.REQUESTED, action)


def _decision(statement: Statement, said: _Said) -> Iterator[Link]:
    made = statement.predicate.decision
    if made is None:
        return
    decision = Node(Kind.DECISION, said.action.id)
    yield Link(decision, Relation.DECIDED, Node(Kind.ACTION, said.action.id))
    yield Link(decision, Relation.BASED_ON, Node(Kind.POLICY_BUNDLE, made.bundle_digest))
    for exception in made.exceptions:
        yield Link(decision, Relation.WAIVED_BY, thing("exception", exception))


def _facts(statement: Statement, said: _Said) -> Mapping[Node, Facts]:
    predicate, told = statement.predicate, said.action
    name = f"{told.target.kind}:{told.target.id}"
    action: Facts = {"bot": told.bot, "name": told.name, "target": name}
    facts: dict[Node, Facts] = {Node(Kind.ACTION, told.id): action}
    if told.reason is not None:
        action["reason"] = told.reason
    if predicate.phase is Phase.INTENT:
        action["planned_at"] = rfc3339(predicate.time)
    target = thing(told.target.kind, told.target.id, told.target.digest)
    if target.kind is Kind.ARTIFACT:
        facts[target] = {"name": name}
    if said.event is not None:
        facts[Node(Kind.EVENT, said.event.id)] = {"type": said.event.type}
    if (made := predicate.decision) is not None:
        action["verdict"] = made.verdict.value
        decision = made.model_dump(mode="json", include={"verdict", "reasons", "exceptions", "decided_at"})
        facts[Node(Kind.DECISION, told.id)] = decision
        facts |= {thing("exception", name): {"name": f"exception:{name}"} for name in made.exceptions}
    if said.approval is not None:
        answer = said.approval.model_dump(mode="json", include={"approved", "reason", "at"})
        facts[Node(Kind.APPROVAL, told.id)] = answer
    if predicate.outcome is not None:
        action |= {"status": predicate.outcome.status.value, "code": predicate.outcome.code}
    return facts


def _subjects(statement: Statement) -> Reading:
    speaker = Node(Kind.BOT, statement.predicate.actor.bot)
    facts: dict[Node, Facts] = {}
    for subject in statement.subject:
        kind, _, id = (subject.name or "").partition(":")
        named = thing(kind, id)
        node = named if named.kind is not Kind.ARTIFACT else Node(Kind.ARTIFACT, subject.digest.sha256)
        facts[node] = {} if node is named or not subject.name else {"name": subject.name}
    return Reading(tuple(Link(speaker, Relation.STATED, node) for node in facts), facts)

"""What the evidence graph reads out of statements, and under which digests the index must list them."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from tests.support.log_forge import NOW, a_decision, an_action, an_intent, an_outcome, stamp
from writ.contracts import statement as statements
from writ.contracts.action import Action, Approval, Outcome, Status, Target
from writ.contracts.errors import ContractError
from writ.contracts.statement import Cause, Link, Statement
from writ.ledger.batch import Leaves
from writ.ledger.canonical import canonical
from writ.ledger.evidence import read_statement
from writ.ledger.graph import MOST_MENTIONS, Kind, Node, Relation, actor, mentions, thing
from writ.ledger.reading import nodes_of, read

ACTION = an_action()
INTENT = Link(entry=f"{ACTION.id}.intent", sha256="d" * 64)
DIGEST = "e" * 64


def statement(made: dict[str, Any]) -> Statement:
    return read_statement(canonical(made))


def said(made: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Links in short, the action's id left out."""
    links = read(statement(made)).links
    short = [(link.source.id, link.relation.value, link.target.id) for link in links]
    return {tuple(part.replace(f":{ACTION.id}", "") for part in link) for link in short}  # type: ignore[misc]


def intent(action: Action = ACTION, cause: Cause | None = None, **decided: Any) -> dict[str, Any]:
    decision = a_decision().model_copy(update=decided)
    return statements.intent(action, decision, cause or Cause(id="e-1", type="T.v1"), stamp(action.bot))


def target(kind: str, id: str, digest: str | None = None) -> Action:
    return ACTION.model_copy(update={"target": Target(kind=kind, id=id, digest=digest)})


def test_an_intent_links_bot_cause_target_and_decision() -> None:
    task = sha256(b"task:task-0").hexdigest()
    assert said(an_intent(ACTION)) == {
        ("bot:backlog", "planned", "action"),
        ("action", "targeted", f"artifact:{task}"),
        ("event:event-1", "caused", "action"),
        ("decision", "decided", "action"),
        ("decision", "based_on", f"policy_bundle:{'b' * 64}"),
    }


def test_a_person_behind_an_event_and_an_exception_used_are_linked() -> None:
    made = intent(cause=Cause(id="e-1", type="T.v1", by="ann"), exceptions=("migration",))
    waiver = sha256(b"exception:migration").hexdigest()
    assert {("actor:ann", "requested", "action"), ("decision", "waived_by", f"artifact:{waiver}")} <= said(
        made
    )


def test_an_event_that_an_action_published_leads_back_to_it() -> None:
    before = an_action(7).id
    made = intent(cause=Cause(id=f"{before}.0", type="BacklogTaskAdded.v1"))
    assert (f"action:{before}", "published", f"event:{before}.0") in said(made)
    assert Node(Kind.ACTION, before).digest in nodes_of(statement(made))


def test_an_approval_links_the_person_and_the_function_that_took_the_answer() -> None:
    answer = Approval(approved=False, by="bea", at=NOW, reason="no")
    made = statements.approval(ACTION, answer, INTENT, stamp("approvals"))
    assert said(made) == {
        ("actor:bea", "gave", "approval"),
        ("approval", "answered", "action"),
        ("bot:approvals", "stated", "approval"),
    }


def test_an_outcome_links_what_was_observed_and_whoever_else_stated_it() -> None:
    assert said(an_outcome(ACTION, INTENT)) == set()
    result = Outcome(status=Status.SUCCEEDED, observed={"digest": DIGEST, "release": "1.2.0"})
    made = statements.outcome(ACTION, result, INTENT, stamp("reconciler"))
    assert said(made) == {
        ("bot:reconciler", "stated", "action"),
        ("action", "observed", f"artifact:{DIGEST}"),
        ("action", "observed", "release:1.2.0"),
    }


@pytest.mark.parametrize(
    ("kind", "id", "digest", "node"),
    [
        ("bot", "canary", None, "bot:canary"),
        ("commit", "octo/x@f00", None, "commit:octo/x@f00"),
        ("release", "1.2.0", DIGEST, "release:1.2.0"),
        ("customer", "acme", None, "customer:acme"),
        ("control", "CC8.1", None, "control:CC8.1"),
        ("image", "web", DIGEST, f"artifact:{DIGEST}"),
        ("bot", "Not A Bot", None, f"artifact:{sha256(b'bot:Not A Bot').hexdigest()}"),
    ],
)
def test_a_target_is_a_thing_of_its_kind_or_an_artifact(
    kind: str, id: str, digest: str | None, node: str
) -> None:
    made = intent(target(kind, id, digest))
    assert ("action", "targeted", node) in said(made)
    parsed = Node.parse(node)
    subject = made["subject"][0]["digest"]["sha256"]
    assert parsed.digest in {subject, *nodes_of(statement(made))}


def test_every_node_of_a_statement_is_found_by_its_stream_a_subject_or_the_index() -> None:
    result = Outcome(status=Status.SUCCEEDED, observed={"sha256": DIGEST})
    answer = Approval(approved=True, by="ann@example.org", at=NOW, reason="yes")
    for made in (
        intent(cause=Cause(id=f"{an_action(3).id}.1", type="T.v1", by="ann")),
        statements.outcome(ACTION, result, INTENT, stamp("reconciler")),
        statements.approval(ACTION, answer, INTENT, stamp("approvals")),
    ):
        found = statement(made)
        listed = {subject.digest.sha256 for subject in found.subject} | set(nodes_of(found))
        ends = {node for link in read(found).links for node in (link.source, link.target)}
        assert all(node.stream == ACTION.id or node.digest in listed for node in ends)


def test_facts_come_from_the_statement_that_has_them() -> None:
    facts = read(statement(an_intent(ACTION))).facts
    action = facts[Node(Kind.ACTION, ACTION.id)]
    assert (action["name"], action["verdict"], action["reason"]) == (ACTION.name, "allow", ACTION.reason)
    assert facts[Node(Kind.EVENT, "event-1")] == {"type": "CheckFailed.v1"}
    assert facts[thing("task", "task-0")] == {"name": "task:task-0"}
    later = read(statement(an_outcome(ACTION, INTENT))).facts[Node(Kind.ACTION, ACTION.id)]
    assert later["status"] == "succeeded"
    assert "verdict" not in later


@pytest.mark.parametrize("damage", ["no action", "action of another stream", "broken action"])
def test_a_statement_of_another_kind_links_its_bot_to_its_subjects(damage: str) -> None:
    made = an_outcome(ACTION, INTENT)
    predicate = made["predicate"]
    match damage:
        case "no action":
            del predicate["action"]
        case "action of another stream":
            predicate["action"] = {**predicate["action"], "id": an_action(5).id}
        case _:
            predicate["action"] = {"id": "nonsense"}
    made["subject"].append({"name": "customer:acme", "digest": {"sha256": "1" * 64}})
    assert said(made) == {
        ("bot:backlog", "stated", f"artifact:{made['subject'][0]['digest']['sha256']}"),
        ("bot:backlog", "stated", "customer:acme"),
    }


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"commit": "octo/x@f00"}, {"commit:octo/x@f00"}),
        ({"commits": ["a1", "b2"], "n": 3}, {"commit:a1", "commit:b2"}),
        ({"head_sha": "a" * 40}, {f"commit:{'a' * 40}"}),
        ({"sha": "not one"}, set()),
        ({"image_digest": f"sha256:{DIGEST}"}, {f"artifact:{DIGEST}"}),
        ({"sha256": DIGEST.upper()}, set()),
        ({"deep": {"control": "CC8.1", "customer": "acme"}}, {"control:CC8.1", "customer:acme"}),
        ({"release": {"name": "1.2.0"}}, set()),
        ({"release": "1.0\nrelease: 2.0"}, set()),
        ({"customer": 7}, set()),
        ({"a": {"b": {"c": {"d": {"commit": "a1"}}}}}, set()),
    ],
)
def test_things_are_known_by_the_names_of_their_fields(value: dict[str, Any], found: set[str]) -> None:
    assert {node.id for node in mentions(value)} == found


def test_a_list_without_end_is_not_a_write_without_end() -> None:
    value = {"commits": [f"c{number}" for number in range(10_000)]}
    assert len(mentions(value)) == MOST_MENTIONS


@pytest.mark.parametrize(
    "id", ["action:act-1", "artifact:abc", "bot:Not A Bot", "task:x", "event", "event:", ":x", "actor:a\nb"]
)
def test_what_is_no_id_is_refused_and_named(id: str) -> None:
    with pytest.raises(ContractError) as refused:
        Node.parse(id, "from")
    assert refused.value.field == "from"


def test_an_id_reads_back_as_its_node() -> None:
    for node in (
        Node(Kind.EVENT, "a:b:c"),
        actor("ann"),
        Node(Kind.ACTION, ACTION.id),
        Node(Kind.BOT, "a-b"),
    ):
        assert Node.parse(node.id) == node


def test_a_person_whose_name_is_personal_data_is_known_by_its_digest() -> None:
    node = actor("ann@example.org")
    assert node.name == node.digest == sha256(b"actor:ann@example.org").hexdigest()
    assert Node.parse(node.id) == Node.parse("actor:ann@example.org") == node
    assert actor("ann").digest == sha256(b"actor:ann").hexdigest()


def test_links_know_their_other_end() -> None:
    (planned, *_) = read(statement(an_intent(ACTION))).links
    assert planned.relation is Relation.PLANNED
    assert planned.other(planned.source) == planned.target
    assert planned.other(planned.target) == planned.source


def test_a_staged_batch_keeps_what_the_graph_finds_entries_by() -> None:
    from tests.unit.evidence.conftest import Log

    log = Log()
    name = log.append(0)
    batch = Leaves.of(0, [(log.entries.entries[name], b"leaf")])
    assert len(batch.entries[0].nodes) >= 3
    assert Leaves.decode(batch.encode()).entries[0].nodes == batch.entries[0].nodes
    broken = replace(log.entries.entries[name], envelope=b"{}")
    assert Leaves.of(0, [(broken, b"leaf")]).entries[0].nodes == ()

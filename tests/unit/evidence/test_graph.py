"""The evidence graph over a log: neighbours in pages, what is known of a node, and what is not in the log."""

from __future__ import annotations

import pytest

from functions.evidence import graph as graphs
from functions.evidence.graph import EvidenceGraph, Neighbor, Place, Wanted
from tests.support.log_forge import NOW, an_action, an_intent, an_outcome, stamp
from tests.unit.evidence.conftest import Log
from writ.contracts import statement as statements
from writ.contracts.action import Approval
from writ.ledger.graph import Kind, Node, Relation, actor

BOT = Node(Kind.BOT, "backlog")
EVENT = Node(Kind.EVENT, "event-1")
BUNDLE = Node(Kind.POLICY_BUNDLE, "b" * 64)


def graph(log: Log) -> EvidenceGraph:
    return EvidenceGraph(log.entries, log.index)


def action(number: int) -> Node:
    return Node(Kind.ACTION, an_action(number).id)


def others(found: list[Neighbor], node: Node) -> list[str]:
    return [neighbor.link.other(node).id for neighbor in found]


def whole(log: Log, number: int) -> None:
    """An action that was approved and succeeded."""
    made = an_action(number)
    intent = log.tell(an_intent(made))
    answer = Approval(approved=True, by="bea", at=NOW, reason="yes")
    approval = log.tell(statements.approval(made, answer, intent, stamp("approvals", seed=f"a{number}")))
    log.tell(an_outcome(made, approval, stamp("reconciler", seed=f"o{number}")))


@pytest.mark.parametrize("first", [1, 2, 5, 100])
@pytest.mark.parametrize("node", [BOT, EVENT, BUNDLE], ids=lambda node: node.id)
def test_pages_add_up_to_every_neighbour_the_newest_first(log: Log, node: Node, first: int) -> None:
    for number in range(5):
        log.append(number)
    found: list[Neighbor] = []
    place: Place | None = None
    for _ in range(9):
        page = graph(log).neighbors(node, first, after=place)
        assert len(page.neighbors) <= first
        found += page.neighbors
        if (place := page.rest) is None:
            break
    kind = "decision" if node == BUNDLE else "action"
    assert others(found, node) == [f"{kind}:{an_action(number).id}" for number in (4, 3, 2, 1, 0)]


def test_every_link_is_found_from_both_of_its_ends(log: Log) -> None:
    whole(log, 0)
    whole(log, 1)
    seen = graph(log)
    waiting, links = [action(0)], {}
    while waiting:
        node = waiting.pop()
        if node not in links:
            links[node] = {neighbor.link for neighbor in seen.neighbors(node, 100).neighbors}
            waiting += [link.other(node) for link in links[node]]
    assert action(1) in links
    assert {node.kind for node in links} >= {
        Kind.ACTOR, Kind.BOT, Kind.ACTION, Kind.ARTIFACT, Kind.EVENT, Kind.DECISION, Kind.APPROVAL,
    }  # fmt: skip
    for node, around in links.items():
        for link in around:
            assert link in links[link.other(node)], (node, link)


def test_an_action_is_described_by_all_of_its_statements(log: Log) -> None:
    whole(log, 0)
    seen = graph(log)
    facts = seen.facts(action(0))
    assert (facts["verdict"], facts["status"], facts["reason"]) == ("allow", "succeeded", an_action(0).reason)
    assert [evidence.index for evidence in seen.evidence(action(0))] == [0, 1, 2]
    assert [evidence.bot for evidence in seen.evidence(action(0))] == ["backlog", "approvals", "reconciler"]
    approval = Node(Kind.APPROVAL, an_action(0).id)
    assert seen.facts(approval)["approved"] is True
    assert [evidence.index for evidence in seen.evidence(approval)] == [1]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(relations=frozenset({Relation.PLANNED})), {"bot:backlog"}),
        (Wanted(kinds=frozenset({Kind.BOT})), {"bot:backlog", "bot:reconciler"}),
        (Wanted(relations=frozenset({Relation.CAUSED}), outward=True), set()),
        (Wanted(relations=frozenset({Relation.CAUSED}), outward=False), {"event:event-1"}),
        (Wanted(relations=frozenset()), set()),
    ],
)
def test_only_wanted_links_are_given(log: Log, wanted: Wanted, found: set[str]) -> None:
    whole(log, 0)
    page = graph(log).neighbors(action(0), 100, wanted=wanted)
    assert set(others(list(page.neighbors), action(0))) == found


def test_what_is_not_in_the_log_is_not_in_the_graph(log: Log) -> None:
    log.append(0, logged=False)
    assert list(graph(log).evidence(action(0))) == []
    assert graph(log).neighbors(BOT, 10).neighbors == []


def test_the_graph_forgets_a_statement_that_is_gone(log: Log) -> None:
    for number in range(3):
        log.append(number)
    del log.entries.entries[f"{an_action(1).id}.intent"]
    page = graph(log).neighbors(BOT, 10)
    assert others(list(page.neighbors), BOT) == [action(2).id, action(0).id]
    assert list(graph(log).evidence(action(1))) == []


def test_a_filter_that_little_passes_ends_a_page_early_and_says_where(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "MOST_READ", 4)
    monkeypatch.setattr(graphs, "_AT_ONCE", 2)
    for number in range(6):
        log.append(number)
    wanted = Wanted(kinds=frozenset({Kind.CUSTOMER}))
    first = graph(log).neighbors(BOT, 5, wanted=wanted)
    assert (list(first.neighbors), first.rest is None) == ([], False)
    second = graph(log).neighbors(BOT, 5, wanted=wanted, after=first.rest)
    assert (list(second.neighbors), second.rest) == ([], None)


def test_each_statement_is_read_once_a_request(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    whole(log, 0)
    read: list[str] = []
    original = log.entries.get_many

    def counting(names: list[str]) -> object:
        read.extend(names)
        return original(names)

    monkeypatch.setattr(log.entries, "get_many", counting)
    seen = graph(log)
    for node in (BOT, action(0), EVENT, BUNDLE, actor("bea")):
        seen.neighbors(node, 10)
        seen.facts(node)
    assert len(read) == len(set(read)) == 3

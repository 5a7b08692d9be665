"""The evidence graph over DynamoDB: what the sequencer indexed is found from both ends, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.evidence.graph import EvidenceGraph, Neighbor, Place
from tests.support.log_forge import an_action, an_intent, an_outcome, stamp
from tests.support.moto_aws import moto_aws
from tests.unit.evidence.conftest import Log
from writ.adapters.entry_table import EntryTable
from writ.adapters.index_table import IndexTable
from writ.ledger.graph import Kind, Node

BOT = Node(Kind.BOT, "backlog")
ACTIONS = 60


@pytest.fixture(scope="module")
def log() -> Iterator[Log]:
    with moto_aws("entries", "index"):
        stores: Any = {"entries": EntryTable("entries"), "index": IndexTable("index")}
        log = Log(**stores)
        names: list[str] = []
        for number in range(ACTIONS):
            action = an_action(number)
            intent = log.tell(an_intent(action), logged=False)
            outcome = log.tell(
                an_outcome(action, intent, stamp("reconciler", seed=str(number))), logged=False
            )
            names += [intent.entry, outcome.entry]
            if number in (3, 20, ACTIONS - 1):  # commits of several sizes
                log.sequencer.integrate(names)
                names = []
        yield log


def graph(log: Log) -> EvidenceGraph:
    return EvidenceGraph(log.entries, log.index)


@pytest.mark.parametrize("first", [7, 25, 100])
@pytest.mark.parametrize("bot", ["backlog", "reconciler"])
def test_pages_of_a_hub_add_up_the_newest_first(log: Log, bot: str, first: int) -> None:
    node, found = Node(Kind.BOT, bot), list[Neighbor]()
    place: Place | None = None
    while True:
        page = graph(log).neighbors(node, first, after=place)
        found += page.neighbors
        if (place := page.rest) is None:
            break
    others = [neighbor.link.other(node).name for neighbor in found]
    assert others == [an_action(number).id for number in reversed(range(ACTIONS))]


def test_every_link_of_an_action_is_found_from_its_other_end(log: Log) -> None:
    action = Node(Kind.ACTION, an_action(30).id)
    links = [neighbor.link for neighbor in graph(log).neighbors(action, 100).neighbors]
    assert len(links) == 5
    for link in links:
        other = link.other(action)
        assert link in [n.link for n in graph(log).neighbors(other, 100).neighbors], other
    assert [e.index for e in graph(log).evidence(action)] == [60, 61]


def test_indexing_again_changes_nothing(log: Log) -> None:
    before = [n.link for n in graph(log).neighbors(BOT, 100).neighbors]
    names = [f"{an_action(number).id}.{phase}" for number in range(30) for phase in ("intent", "outcome")]
    log.sequencer.integrate(names)
    assert [n.link for n in graph(log).neighbors(BOT, 100).neighbors] == before
    assert log.index.find([(an_action(0).id, names[0])]) == {names[0]: 0}

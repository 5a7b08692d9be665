"""Appending evidence: durable once, adopted ever after."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.log_forge import BOTS, NOW, Forge, an_action, an_intent, an_outcome, stamp
from tests.support.memory import ManualClock
from tests.support.memory_ledger import MemoryAuthority, MemoryCertificates, MemoryEntries
from writ.contracts.errors import ContractError
from writ.contracts.statement import Link
from writ.ledger.recorder import Recorder, Sessions


class World:
    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.entries = MemoryEntries()
        self.certificates = MemoryCertificates()
        self.authority = MemoryAuthority(Forge().issuer, BOTS + "backlog", self.certificates, self.clock)
        self.recorder = self.another()

    def another(self) -> Recorder:
        return Recorder(self.entries, Sessions(self.authority, self.clock), self.clock)


@pytest.fixture
def world() -> World:
    return World()


def test_first_statement_is_stored_with_what_the_index_needs(world: World) -> None:
    action = an_action()
    first = world.recorder.append_or_adopt(f"{action.id}.intent", an_intent(action))
    made = an_outcome(action, Link(entry=first.entry_id, sha256=first.payload_sha256))
    world.recorder.append_or_adopt(f"{action.id}.outcome", made)
    stored = world.entries.entries[f"{action.id}.outcome"]
    assert first.fresh
    assert (stored.actor, stored.stream, stored.previous) == ("backlog", action.id, f"{action.id}.intent")
    assert stored.subjects == (action.target.subject_digest(),)
    assert stored.certificate in world.certificates.certificates


def test_second_statement_under_an_id_adopts_the_first(world: World) -> None:
    action = an_action()
    entry_id = f"{action.id}.intent"
    first = world.recorder.append_or_adopt(entry_id, an_intent(action))
    again = world.another().append_or_adopt(entry_id, an_intent(action, stamped=stamp(seed="other")))
    assert (again.fresh, again.payload_sha256) == (False, first.payload_sha256)
    assert again.payload == an_intent(action)
    assert world.recorder.get(entry_id) == again
    assert world.recorder.get("absent") is None


def test_our_own_earlier_write_is_still_fresh(world: World) -> None:
    action = an_action()
    entry_id = f"{action.id}.intent"
    world.recorder.append_or_adopt(entry_id, an_intent(action))
    assert world.recorder.append_or_adopt(entry_id, an_intent(action)).fresh


def test_certificate_is_renewed_at_half_of_its_hour(world: World) -> None:
    for number, minutes in enumerate((0, 15, 14, 1, 29, 1)):
        world.clock.forward(minutes=minutes)
        action = an_action(number)
        stamped = stamp(time=world.clock.now(), seed=str(number))
        world.recorder.append_or_adopt(f"{action.id}.intent", an_intent(action, stamped=stamped))
    assert world.authority.issued == 3
    assert world.clock.now() == NOW + timedelta(minutes=60)


def test_statement_is_refused_when_it_is_not_what_the_entry_says(world: World) -> None:
    with pytest.raises(ContractError, match=r"predicate\.entry"):
        world.recorder.append_or_adopt("another.intent", an_intent(an_action()))
    broken = an_intent(an_action())
    del broken["predicate"]["actor"]
    with pytest.raises(ContractError, match=r"predicate\.actor"):
        world.recorder.append_or_adopt(f"{an_action().id}.intent", broken)
    huge = an_intent(an_action())
    huge["predicate"]["action"]["parameters"] = {"text": "x" * 400_000}
    with pytest.raises(ContractError, match="too_large"):
        world.recorder.append_or_adopt(f"{an_action().id}.intent", huge)
    assert world.entries.entries == {}

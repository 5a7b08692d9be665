"""What must be true of a world in which the migration is over, and what had to be true all the time."""

from __future__ import annotations

from tests.chaos.harness.world import attested
from tests.chaos.migration.world import ROUNDS, World
from writ.migration.state import Ending, Record


def judge(world: World) -> None:
    """Raises AssertionError that says what is wrong."""
    assert not world.broken, world.broken[0]
    record = world.record
    assert record is not None, "it was never begun"
    assert world.is_settled(), f"not over after {world.rounds} rounds of {ROUNDS}: {_standing(record)}"
    assert not world.migrations.locks, "the table is still taken"
    _shapes(world, record)
    attested(world)


def _shapes(world: World, record: Record) -> None:
    """Every item is of one shape, with what was written last in it; none is lost, none came back."""
    items, truth = world.application.items, world.application.truth
    assert items.keys() == truth.keys(), "an item is lost, or came back"
    for id, (value, mail, note) in truth.items():
        item = items[id]
        assert item["note"] == {"S": note}, f"{id}: a newer note is lost"
        assert item["mail"] == {"S": mail}, f"{id}: a newer address is lost"
        old = {"id": {"S": id}, "total": {"N": str(value)}, "mail": {"S": mail}, "note": {"S": note}}
        new = {**old, "amount": old["total"], "mail_key": {"S": mail.lower()}, "currency": {"S": "EUR"}}
        del new["total"]
        if record.final is Ending.DONE:
            assert item == new, f"{id} is not of the new shape: {item}"
        elif record.final is Ending.REVERSED:
            assert item == old, f"{id} is not of the old shape: {item}"
        else:
            there = (item.get("total"), item.get("amount"))
            assert {"N": str(value)} in there, f"{id}: a newer total is lost"


def _standing(record: Record) -> str:
    where = f"{record.stage} of {'the way back' if record.back else 'the way on'}, {record.pause}"
    return where if record.sweep is None else f"{where}, pass {record.sweep.number}: {record.sweep.counts}"

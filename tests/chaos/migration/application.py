"""The application beside a migration: its writes are the truth.

It keeps to the protocol, with the delay that flags have: it writes the shapes that it was told to write, up
to `SETTLE_S` late.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tests.support.migrations import TABLE, order
from writ.migration.state import TURNS
from writ.migration.transitions import writes

if TYPE_CHECKING:
    from tests.chaos.migration.world import World

SETTLE_S: Final = 10


class Application:
    """Writers of the service: each write is new, and is remembered as the truth."""

    def __init__(self, world: World) -> None:
        self.world, self.number = world, 0
        self.truth: dict[str, tuple[int, str, str]] = {}

    def seed(self, count: int) -> None:
        for number in range(count):
            item = order(number)
            self.items[item["id"]["S"]] = item
            self.truth[item["id"]["S"]] = (number * 10, item["mail"]["S"], item["note"]["S"])

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        return self.world.items.tables[TABLE]

    def mode(self) -> str:
        """What a writer writes just now: what it was told, or what it was told before that."""
        record = self.world.record
        if record is None:
            return "old"
        told = writes(record)[0]
        turn = next((mark for mark in reversed(record.marks) if mark.stage in TURNS), None)
        if turn is None or self.world.chance.random() < 0.5:
            return told
        late = self.world.clock.now() - turn.at <= timedelta(seconds=SETTLE_S)
        before = record.marks[: record.marks.index(turn)]
        return writes(record.model_copy(update={"marks": before}))[0] if late else told

    def write(self) -> None:
        """One write of some order: all of it, or its note alone, or a new one, or none any more."""
        chance, mode = self.world.chance, self.mode()
        self.number += 1
        kind, ids = chance.choice(["order"] * 6 + ["note", "note", "new", "gone"]), sorted(self.items)
        kind = kind if ids else "new"
        if kind == "new":
            id, item = f"n{self.number:04d}{chance.randrange(10)}", dict[str, Any]()
            item["id"] = {"S": id}
        else:
            id = chance.choice(ids)
            item = dict(self.items[id])
        if kind == "gone":
            del self.items[id]
            self.truth.pop(id)
            return
        value, mail, note = self.truth.get(id, (0, "", ""))
        note = f"note {self.number}"
        if kind != "note":
            value, mail = 1000 + self.number, f"Writer{self.number}@Example.org"
            if mode == "old" and chance.random() < 0.5:
                item = {"id": item["id"]}  # an old version puts what it knows, and nothing else
            item |= self._shapes(mode, value, mail)
        item["note"] = {"S": note}
        self.items[id], self.truth[id] = item, (value, mail, note)

    @staticmethod
    def _shapes(mode: str, value: int, mail: str) -> dict[str, Any]:
        shape: dict[str, Any] = {"mail": {"S": mail}}
        if mode in ("old", "both"):
            shape["total"] = {"N": str(value)}
        if mode in ("both", "new"):
            shape |= {"amount": {"N": str(value)}, "mail_key": {"S": mail.lower()}, "currency": {"S": "EUR"}}
        return shape

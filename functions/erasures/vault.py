"""Vault on DynamoDB: the table of data keys, as seen by who destroys them.

Beside the items of `writ.adapters.key_table` it keeps: `erasures`/`<ref>`, one for every key ever fenced;
`holds`/`<id>`; `guard`/`<scope>`, how many holds of a scope are in force, which fencing and destroying check
in their own transaction; `retention`/`<type>`, the last day that was erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from functions.erasures.model import EVERYTHING, Hold, KeyRecord, KeyState, Member
from writ.adapters import dynamo
from writ.adapters.key_table import ENTRY, KEY, KeyItem, pointer_key
from writ.contracts.errors import ConflictError, NotFoundError

_ERASURES: Final = "erasures"
_HOLDS: Final = "holds"
_GUARD: Final = "guard"
_RETENTION: Final = "retention"
_PAGE: Final = 1000


class VaultTable:
    """See Vault."""

    def __init__(self, subjects: str) -> None:
        self._item = dynamo.bind(KeyItem, subjects)

    def lookup(self, person: str) -> str | None:
        pointer = dynamo.get(self._item, pointer_key(person), KEY)
        return None if pointer is None else pointer.ref

    def read(self, ref: str) -> KeyRecord | None:
        item = dynamo.get(self._item, ref, KEY)
        return None if item is None or item.state is None else _record(item)

    def members(self, ref: str) -> Sequence[Member]:
        found = self._all(ref, self._item.sk.startswith(ENTRY))
        return [_member(item) for item in found]

    def page(self, ref: str, after: str, limit: int) -> Sequence[Member]:
        item = self._item
        condition = item.sk.between(f"{ENTRY}{after}\0" if after else ENTRY, f"{ENTRY}\uffff")
        found, _ = dynamo.query(item, ref, condition, limit=limit, consistent=True)
        return [_member(each) for each in found]

    def seals(self, ref: str, stream: str) -> bool:
        item = self._item
        found, _ = dynamo.query(item, ref, item.sk.startswith(ENTRY + stream), limit=1, consistent=True)
        return bool(found)

    def note(self, ref: str, member: Member) -> None:
        item = self._item
        nodes = " ".join(member.nodes or ())
        dynamo.update(item(ref, ENTRY + member.entry_id), [item.nodes.set(nodes)], item.pk.exists())

    def fence(self, ref: str, action_id: str, now: datetime) -> None:
        item, key = self._item, self.read(ref)
        if key is None or key.state is not KeyState.ACTIVE:
            return
        at = now.isoformat()
        changes: list[Any] = [
            item.state.set(KeyState.ERASING.value),
            item.action.set(action_id),
            item.since.set(at),
        ]
        try:
            with dynamo.transaction() as transaction:
                self._check_holds(transaction, ref)
                transaction.delete(item(pointer_key(key.person or ""), KEY), condition=item.ref == ref)
                transaction.save(item(_ERASURES, ref, action=action_id, since=at))
                transaction.update(item(ref, KEY), changes, condition=item.state == KeyState.ACTIVE.value)
        except dynamo.TransactionRefusedError as refused:
            self._explain(refused, ref, KeyState.ACTIVE)

    def destroy(self, ref: str, parts: int) -> None:
        item = self._item
        changes: list[Any] = [
            item.state.set(KeyState.DESTROYED.value),
            item.wrapped.remove(),
            item.person.remove(),
            item.parts.set(parts),
        ]
        try:
            with dynamo.transaction() as transaction:
                self._check_holds(transaction, ref)
                transaction.update(item(ref, KEY), changes, condition=item.state == KeyState.ERASING.value)
        except dynamo.TransactionRefusedError as refused:
            self._explain(refused, ref, KeyState.ERASING)

    def advance(self, ref: str, part: int, after: str, entries: int) -> None:
        item = self._item
        before = item.part.does_not_exist() if part == 1 else item.part == part - 1
        changes = [item.part.set(part), item.after.set(after), item.done.add(entries)]
        dynamo.update(item(ref, KEY), changes, before & (item.state == KeyState.DESTROYED.value))

    def forget(self, ref: str, members: Sequence[Member]) -> None:
        for member in members:
            dynamo.delete(self._item(ref, ENTRY + member.entry_id))

    def finish(self, ref: str, entries: int) -> None:
        item = self._item
        changes = [item.state.set(KeyState.ERASED.value), item.n.set(entries)]
        try:
            dynamo.update(item(ref, KEY), changes, item.state == KeyState.DESTROYED.value)
        except ConflictError:
            key = self.read(ref)
            if key is None or key.state is not KeyState.ERASED:
                raise
        self.forget(ref, self.members(ref))

    def erasures(self) -> Sequence[KeyRecord]:
        refs = [item.sk for item in self._all(_ERASURES)]
        found = dynamo.get_many(self._item, [(ref, KEY) for ref in refs])
        return sorted((_record(item) for item in found), key=lambda key: (str(key.since), key.ref))

    def holds(self) -> Sequence[Hold]:
        return [hold for hold in map(_hold, self._all(_HOLDS)) if hold.lifted_by is None]

    def hold(self, id: str) -> Hold | None:
        item = dynamo.get(self._item, _HOLDS, id)
        return None if item is None else _hold(item)

    def place(self, hold: Hold) -> None:
        item = self._item
        placed = item(_HOLDS, hold.id, ref=hold.scope, action=hold.action, since=hold.placed_at.isoformat())
        try:
            with dynamo.transaction() as transaction:
                transaction.save(placed, condition=item.pk.does_not_exist())
                transaction.update(item(_GUARD, hold.scope), [item.n.add(1)])
        except dynamo.TransactionRefusedError:
            earlier = self.hold(hold.id)
            if earlier is None or earlier.action != hold.action:
                raise ConflictError(f"there is or was a hold {hold.id}", field="id") from None

    def lift(self, id: str, action_id: str) -> None:
        item, hold = self._item, self.hold(id)
        if hold is not None and hold.lifted_by == action_id:
            return
        if hold is None or hold.lifted_by is not None:
            raise NotFoundError(f"there is no hold {id} in force", field="id")
        with dynamo.transaction() as transaction:
            transaction.update(
                item(_HOLDS, id), [item.state.set(action_id)], condition=item.state.does_not_exist()
            )
            transaction.update(item(_GUARD, hold.scope), [item.n.add(-1)])

    def expired_until(self, predicate_type: str) -> date | None:
        item = dynamo.get(self._item, _RETENTION, predicate_type)
        return None if item is None or item.since is None else date.fromisoformat(item.since)

    def expire(self, predicate_type: str, day: date) -> None:
        item, before = self._item, (day - timedelta(days=1)).isoformat()
        condition = item.since.does_not_exist() | (item.since == before)
        try:
            dynamo.update(item(_RETENTION, predicate_type), [item.since.set(day.isoformat())], condition)
        except ConflictError:
            return  # past it already, or an earlier day is still to be erased

    def _check_holds(self, transaction: Any, ref: str) -> None:
        free = self._item.n.does_not_exist() | (self._item.n <= 0)
        for scope in (EVERYTHING, ref):
            transaction.condition_check(self._item, _GUARD, scope, free)

    def _explain(self, refused: dynamo.TransactionRefusedError, ref: str, expected: KeyState) -> None:
        """A hold raises; a key that is further than expected is what was wanted."""
        if refused.failed & {0, 1}:
            raise ConflictError(f"a legal hold keeps {ref}", code="conflict.held") from None
        key = self.read(ref)
        if key is None or key.state is expected:
            raise ConflictError(f"{ref} kept changing") from None

    def _all(self, partition: str, condition: Any = None) -> list[KeyItem]:
        found: list[KeyItem] = []
        rest: Any = None
        while True:
            items, rest = dynamo.query(
                self._item, partition, condition, limit=_PAGE, start=rest, consistent=True
            )
            found.extend(items)
            if rest is None:
                return found


def _record(item: KeyItem) -> KeyRecord:
    return KeyRecord(
        ref=item.pk,
        state=KeyState(item.state or ""),
        person=item.person,
        action=item.action,
        since=datetime.fromisoformat(item.since) if item.since else None,
        entries=None if item.n is None else int(item.n),
        part=int(item.part or 0),
        parts=int(item.parts or 0),
        after=item.after or "",
        done=int(item.done or 0),
    )


def _member(item: KeyItem) -> Member:
    nodes = None if item.nodes is None else tuple(item.nodes.split())
    return Member(item.sk.removeprefix(ENTRY), item.stream or "", nodes)


def _hold(item: KeyItem) -> Hold:
    placed_at = datetime.fromisoformat(item.since or "")
    return Hold(item.sk, item.ref or "", placed_at, item.action or "", item.state)

"""SubjectKeys on DynamoDB and KMS: data keys wrapped in a table of their own, unwrapped once a process.

Three kinds of items. `person#<name>`/`key` says which key is a person's present one. `<ref>`/`key` is that
key, wrapped by KMS. `<ref>`/`entry#<id>` names an entry that was sealed with it, written with the entry.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.contracts.errors import ContendedError
from writ.ports.ledger import SubjectKey

KEY: Final = "key"
ENTRY: Final = "entry#"
ACTIVE: Final = "active"
_PERSON: Final = "person#"
_REMEMBERED: Final = 4096
_ROUNDS: Final = 3


class KeyItem(Model):
    """A person's pointer, a key, or an entry's membership; see the module."""

    class Meta:
        table_name = "subjects"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    ref = UnicodeAttribute(null=True)
    wrapped = BinaryAttribute(legacy_encoding=False, null=True)
    state = UnicodeAttribute(null=True)
    person = UnicodeAttribute(null=True)
    made_at = UnicodeAttribute(null=True)
    stream = UnicodeAttribute(null=True)
    action = UnicodeAttribute(null=True)
    since = UnicodeAttribute(null=True)
    n = NumberAttribute(null=True)
    nodes = UnicodeAttribute(null=True)
    part = NumberAttribute(null=True)
    parts = NumberAttribute(null=True)
    after = UnicodeAttribute(null=True)
    done = NumberAttribute(null=True)


class Wrapping(Protocol):
    """Makes data keys and unwraps them; each is bound to its reference."""

    def generate(self, ref: str) -> tuple[bytes, bytes]:
        """A new key, plain and wrapped."""

    def unwrap(self, ref: str, wrapped: bytes) -> bytes: ...


class KeyTable:
    """See SubjectKeys. What was unwrapped is remembered, for a key never changes."""

    def __init__(self, table: str, wrapping: Wrapping) -> None:
        self.item = dynamo.bind(KeyItem, table)
        self._wrapping = wrapping
        self._current: dict[str, SubjectKey] = {}
        self._known: dict[str, SubjectKey] = {}

    def current(self, persons: Sequence[str]) -> Sequence[SubjectKey]:
        return [self._current.get(name) or self._present(name) for name in persons]

    def find(self, refs: Sequence[str]) -> Mapping[str, SubjectKey]:
        found = ((ref, self._known.get(ref) or self._read(ref)) for ref in dict.fromkeys(refs))
        return {ref: key for ref, key in found if key is not None}

    def forget(self, keys: Sequence[SubjectKey]) -> None:
        gone = {key.ref for key in keys}
        for name in [name for name, key in self._current.items() if key.ref in gone]:
            del self._current[name]
        for ref in gone:
            self._known.pop(ref, None)

    def _present(self, name: str) -> SubjectKey:
        for _ in range(_ROUNDS):
            pointer = dynamo.get(self.item, pointer_key(name), KEY)
            key = self._make(name) if pointer is None else self.find([str(pointer.ref)]).get(str(pointer.ref))
            if key is not None:
                _remember(self._current, name, key)
                return key
        raise ContendedError("the data key of a person is being replaced")

    def _make(self, name: str) -> SubjectKey | None:
        """A new key for a person; None when somebody else made one first."""
        ref = f"ds-{secrets.token_hex(16)}"
        secret, wrapped = self._wrapping.generate(ref)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        key = self.item(ref, KEY, wrapped=wrapped, state=ACTIVE, person=name, made_at=made_at)
        try:
            with dynamo.transaction() as transaction:
                transaction.save(key, condition=self.item.pk.does_not_exist())
                transaction.save(
                    self.item(pointer_key(name), KEY, ref=ref), condition=self.item.pk.does_not_exist()
                )
        except dynamo.TransactionRefusedError:
            return None
        made = SubjectKey(ref, secret)
        _remember(self._known, ref, made)
        return made

    def _read(self, ref: str) -> SubjectKey | None:
        item = dynamo.get(self.item, ref, KEY)
        if item is None or item.wrapped is None:
            return None
        key = SubjectKey(ref, self._wrapping.unwrap(ref, item.wrapped))
        _remember(self._known, ref, key)
        return key


def pointer_key(name: str) -> str:
    """Where the present key of a person is named."""
    return _PERSON + name


def _remember(cache: dict[str, SubjectKey], name: str, key: SubjectKey) -> None:
    if len(cache) >= _REMEMBERED:
        cache.clear()
    cache[name] = key

"""Erasing, step by step: each step may be the last that an attempt completes, and any may be repeated.

For a person: fence the key, so that the list of its entries is final; wait until all of them are in the log
and their actions are closed; destroy the key; then for every entry take it off the index, scrub the working
copies and strip the payload; state in the log which leaves that were; and only then call it done. From the
moment the key is destroyed nothing of it can be read, whatever fails after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from functions.erasures.model import Kept, KeyRecord, KeyState, Member
from writ.contracts import statement
from writ.contracts.errors import ConflictError, PermanentError, TransientError
from writ.ledger.reading import nodes_of
from writ.ports.ledger import IndexedEntry

if TYPE_CHECKING:
    from functions.erasures.ports import Ports
    from writ.ports.evidence import Adopted

# A sequencer that was overtaken may write its part of the index again, for as long as it may run.
SETTLED: Final = timedelta(seconds=60)
LEAVES_A_PART: Final = 1000
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Batch:
    """What is erased together: what for, why, and by which action."""

    of: str
    cause: Literal["request", "retention"]
    action: str

    @property
    def erasure(self) -> str:
        """The entry that says so."""
        return statement.erasure_id(self.of)


def begin(ref: str, action_id: str, ports: Ports) -> None:
    """Fence a key, unless that was done. Raises PermanentError for what must not be erased now."""
    members = ports.vault.members(ref)
    if any(member.stream == action_id for member in members):
        message = "who asks for an erasure or approves it is named in its evidence, so others have to"
        raise PermanentError(message, code="conflict.own_erasure")
    for action in _actions(members):
        if ports.records.is_open(action):
            raise PermanentError(f"{action} is about the same person and still open", code="conflict.open")
    try:
        ports.vault.fence(ref, action_id, ports.clock.now())
    except ConflictError as error:
        raise PermanentError(error.message, code=error.code) from None


def finish(ref: str, ports: Ports) -> KeyRecord:
    """Take a fenced key to its end.

    Raises
    ------
    TransientError
        `erasure.settling`: not everything it seals is in the log, or closed, for long enough yet.
    PermanentError
        `conflict.held`: a legal hold came in time.
    """
    key = _read(ref, ports)
    members = ports.vault.members(ref)
    if key.state is KeyState.ERASING:
        _require_settled(members, ports)
        members = [_noted(ref, member, ports) for member in members]
        try:
            ports.vault.destroy(ref)
        except ConflictError as error:
            raise PermanentError(error.message, code=error.code) from None
    entries = key.entries or 0
    if key.state is not KeyState.ERASED:
        entries = erase(Batch(ref, "request", key.action or ""), members, ports)
    ports.vault.finish(ref, entries)
    return _read(ref, ports)


def erase(batch: Batch, members: Sequence[Member], ports: Ports) -> int:
    """Erase the payloads of entries that are in the log, and state it there; returns how many it were.

    One that another erasure took is left to that.
    """
    mine: list[statement.ErasedLeaf] = []
    for some in _chunks(members):
        places = ports.index.find([(member.stream, member.entry_id) for member in some])
        kept = ports.payloads.read(list(places))
        for member in some:
            one = kept.get(member.entry_id)
            if one is not None and one.erased_by is None:
                _erase_one(batch, member, one, places[member.entry_id], ports)
        for name, one in ports.payloads.read(list(places)).items():
            if one.erased_by == batch.erasure:
                mine.append(statement.ErasedLeaf(places[name], name, one.payload_sha256))
    if mine or batch.cause == "request":
        _state(batch, sorted(mine, key=lambda erased: erased.leaf), ports)
    return len(mine)


def _erase_one(batch: Batch, member: Member, kept: Kept, index: int, ports: Ports) -> None:
    """The payload last: by what is stored beside it an attempt that comes later knows what to do."""
    nodes = _nodes(member, ports) if member.nodes is None else member.nodes
    entry: IndexedEntry = replace(kept.entry, index=index, nodes=nodes)
    ports.index.erase(entry)
    if entry.stream.startswith("act-"):
        ports.records.forget(entry.stream)
    ports.payloads.erase(kept, batch.erasure)


def _noted(ref: str, member: Member, ports: Ports) -> Member:
    """The entry with its nodes, kept beside it: once the key is gone nobody can read them out of it."""
    if member.nodes is not None:
        return member
    noted = replace(member, nodes=_nodes(member, ports))
    ports.vault.note(ref, noted)
    return noted


def _nodes(member: Member, ports: Ports) -> tuple[str, ...]:
    stated = ports.evidence.get(member.entry_id)
    if stated is None or not stated.payload:
        return ()
    return nodes_of(statement.Statement.model_validate(stated.payload))


def _state(batch: Batch, leaves: Sequence[statement.ErasedLeaf], ports: Ports) -> None:
    identity = ports.identity
    actor = statement.Actor(bot=identity.bot, version=identity.version, code=identity.code_digest)
    parts = [leaves[at : at + LEAVES_A_PART] for at in range(0, len(leaves), LEAVES_A_PART)] or [[]]
    before: Adopted | None = None
    for number, part in enumerate(parts, 1):
        erased = statement.Erasure(
            of=batch.of,
            cause=batch.cause,
            action=batch.action,
            part=number,
            parts=len(parts),
            leaves=part,
        )
        stamp = statement.Stamp(actor=actor, time=ports.clock.now(), salt=ports.entropy(32).hex())
        link = None
        if before is not None:
            link = statement.Link(entry=before.entry_id, sha256=before.payload_sha256)
        made = statement.erasure(erased, link, stamp)
        before = ports.evidence.append_or_adopt(statement.erasure_id(batch.of, number), made)


def _require_settled(members: Sequence[Member], ports: Ports) -> None:
    now = ports.clock.now()
    for some in _chunks(members):
        pairs = [(member.stream, member.entry_id) for member in some]
        kept: Mapping[str, Kept] = ports.payloads.read([entry_id for _, entry_id in pairs])
        fresh = any(now - one.appended_at < SETTLED for one in kept.values())
        if fresh or len(ports.index.find(pairs)) < len(pairs):
            raise TransientError("statements about the person are too recent", code="erasure.settling")
    for action in _actions(members):
        if ports.records.is_open(action):
            raise TransientError(f"{action} is about the person and still open", code="erasure.settling")


def _actions(members: Sequence[Member]) -> list[str]:
    return [stream for stream in dict.fromkeys(m.stream for m in members) if stream.startswith("act-")]


def _read(ref: str, ports: Ports) -> KeyRecord:
    key = ports.vault.read(ref)
    if key is None:
        raise PermanentError(f"there is no data key {ref}", code="not_found")
    return key


def _chunks(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    for at in range(0, len(members), _AT_ONCE):
        yield members[at : at + _AT_ONCE]

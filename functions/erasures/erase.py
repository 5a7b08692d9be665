"""Erasing, in steps: each may be the last that an attempt completes, and any may be repeated.

For a person: fence the key, so that the list of its entries is final (`begin`); batch by batch wait until
they are in the log and their actions are closed, and note what the graph finds them by (`prepare`); destroy
the key (`destroy`); then batch by batch take each entry off the index, scrub the working copies, strip the
payload, and state in the log which leaves that were (`erase_batch`); and only then call it done (`finish`).
From the moment the key is destroyed nothing of it can be read, whatever fails after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from functions.erasures.model import Kept, KeyRecord, KeyState, Member
from writ.contracts import statement
from writ.contracts.errors import ConflictError, ContendedError, PermanentError
from writ.ledger.reading import nodes_of
from writ.ports.ledger import IndexedEntry

if TYPE_CHECKING:
    from functions.erasures.ports import Ports

# A sequencer that was overtaken may write its part of the index again, for as long as it may run.
SETTLED: Final = timedelta(seconds=60)
LEAVES_A_PART: Final = 1000
# Some fifteen requests an entry: well within the function's timeout.
BATCH: Final = 250
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch that can be erased and where the next begins, or what it has to wait for."""

    last: bool
    after: str = ""
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A batch that is erased: its number, how many entries it took."""

    number: int
    entries: int
    last: bool


def begin(ref: str, action_id: str, ports: Ports) -> None:
    """Fence a key, unless that was done. Raises PermanentError for what must not be erased now."""
    if ports.vault.seals(ref, action_id):
        message = "who asks for an erasure or approves it is named in its evidence, so others have to"
        raise PermanentError(message, code="conflict.own_erasure")
    for action in ports.records.opened():
        if ports.vault.seals(ref, action):
            raise PermanentError(f"{action} is about the same person and still open", code="conflict.open")
    with _final():
        ports.vault.fence(ref, action_id, ports.clock.now())


def prepare(ref: str, after: str, ports: Ports) -> Prepared:
    """Look at the next batch of entries, and note their nodes, which nobody can read once the key is gone."""
    if _begun(ref, ports).state is not KeyState.ERASING:
        return Prepared(last=True)
    page = ports.vault.page(ref, after, BATCH)
    fresh = [member for member in page if member.nodes is None]
    waits_for = _unsettled(fresh, ports)
    if waits_for is not None:
        return Prepared(last=False, after=after, waits_for=waits_for)
    for member in fresh:
        ports.vault.note(ref, replace(member, nodes=_nodes(member, ports)))
    if len(page) < BATCH:
        return Prepared(last=True)
    return Prepared(last=False, after=page[-1].entry_id)


def destroy(ref: str, ports: Ports) -> KeyRecord:
    """Destroy a key whose entries are prepared.

    Raises PermanentError: `conflict.held` for a legal hold that came in time, `erasure.unprepared`.
    """
    if _begun(ref, ports).state is KeyState.ERASING:
        members = ports.vault.members(ref)
        if any(member.nodes is None for member in members):
            raise PermanentError(f"entries of {ref} are not prepared", code="erasure.unprepared")
        with _final():
            ports.vault.destroy(ref, max(1, -(-len(members) // BATCH)))
    return _begun(ref, ports)


def erase_batch(ref: str, ports: Ports) -> Part:
    """Erase the next entries of a destroyed key, and state it in the log.

    Raises PermanentError `erasure.unprepared` for a key that is not destroyed.
    """
    key = _begun(ref, ports)
    if key.state is KeyState.ERASING:
        raise PermanentError(f"the key {ref} is not destroyed", code="erasure.unprepared")
    if key.state is KeyState.ERASED or key.part >= key.parts:
        return Part(key.part, 0, last=True)
    batch, part = Batch(ref, "request", key.action or ""), key.part + 1
    page = ports.vault.page(ref, key.after, BATCH)
    leaves = _erased(batch, page, ports)
    _state(batch, leaves, part, key.parts, ports)
    try:
        ports.vault.advance(ref, part, page[-1].entry_id if page else key.after, len(leaves))
    except ConflictError:  # two runs at once, and the other was faster: go on from where it is
        raise ContendedError(f"part {part} of {ref} was done meanwhile", code="erasure.contended") from None
    ports.vault.forget(ref, page)
    return Part(part, len(leaves), last=part >= key.parts)


def finish(ref: str, ports: Ports) -> KeyRecord:
    """Call an erasure done. Raises PermanentError `erasure.unfinished` before its last part."""
    key = _begun(ref, ports)
    if key.state is not KeyState.ERASED:
        if key.state is not KeyState.DESTROYED or key.part < key.parts:
            raise PermanentError(f"{ref} is not erased yet", code="erasure.unfinished")
        ports.vault.finish(ref, key.done)
    return _begun(ref, ports)


def erase(batch: Batch, members: Sequence[Member], ports: Ports) -> int:
    """Erase the payloads of entries that are in the log, and state it there; returns how many it were.

    One that another erasure took is left to that.
    """
    leaves = sorted(_erased(batch, members, ports), key=lambda erased: erased.leaf)
    parts = [leaves[at : at + LEAVES_A_PART] for at in range(0, len(leaves), LEAVES_A_PART)]
    for number, part in enumerate(parts, 1):
        _state(batch, part, number, len(parts), ports)
    return len(leaves)


def _erased(batch: Batch, members: Sequence[Member], ports: Ports) -> list[statement.ErasedLeaf]:
    """Erase entries; the leaves of those that this erasure took, now or in an attempt before."""
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
    return sorted(mine, key=lambda erased: erased.leaf)


def _erase_one(batch: Batch, member: Member, kept: Kept, index: int, ports: Ports) -> None:
    """The payload last: by what is stored beside it an attempt that comes later knows what to do."""
    nodes = _nodes(member, ports) if member.nodes is None else member.nodes
    entry: IndexedEntry = replace(kept.entry, index=index, nodes=nodes)
    ports.index.erase(entry)
    if entry.stream.startswith("act-"):
        ports.records.forget(entry.stream)
    ports.payloads.erase(kept, batch.erasure)


def _nodes(member: Member, ports: Ports) -> tuple[str, ...]:
    stated = ports.evidence.get(member.entry_id)
    if stated is None or not stated.payload:
        return ()
    return nodes_of(statement.Statement.model_validate(stated.payload))


def _state(batch: Batch, leaves: Sequence[statement.ErasedLeaf], part: int, parts: int, ports: Ports) -> None:
    identity = ports.identity
    actor = statement.Actor(bot=identity.bot, version=identity.version, code=identity.code_digest)
    erased = statement.Erasure(
        of=batch.of, cause=batch.cause, action=batch.action, part=part, parts=parts, leaves=leaves
    )
    before = ports.evidence.get(statement.erasure_id(batch.of, part - 1)) if part > 1 else None
    link = None if before is None else statement.Link(entry=before.entry_id, sha256=before.payload_sha256)
    stamp = statement.Stamp(actor=actor, time=ports.clock.now(), salt=ports.entropy(32).hex())
    made = statement.erasure(erased, link, stamp)
    ports.evidence.append_or_adopt(statement.erasure_id(batch.of, part), made)


def _unsettled(members: Sequence[Member], ports: Ports) -> str | None:
    """What some entries have to wait for; None for those that can be erased."""
    now = ports.clock.now()
    for some in _chunks(members):
        pairs = [(member.stream, member.entry_id) for member in some]
        kept: Mapping[str, Kept] = ports.payloads.read([entry_id for _, entry_id in pairs])
        fresh = any(now - one.appended_at < SETTLED for one in kept.values())
        if fresh or len(ports.index.find(pairs)) < len(pairs):
            return "statements about the person are too recent"
    streams = dict.fromkeys(member.stream for member in members)
    for action in (stream for stream in streams if stream.startswith("act-")):
        if ports.records.is_open(action):
            return f"{action} is about the person and still open"
    return None


@contextmanager
def _final() -> Iterator[None]:
    """What is refused now is refused for good."""
    try:
        yield
    except ConflictError as error:
        raise PermanentError(error.message, code=error.code) from None


def _begun(ref: str, ports: Ports) -> KeyRecord:
    """The key of an erasure that was approved and begun; nothing but that fences one."""
    key = ports.vault.read(ref)
    if key is None or key.state is KeyState.ACTIVE:
        raise PermanentError(f"no erasure of {ref} was begun", code="conflict.not_begun")
    return key


def _chunks(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    for at in range(0, len(members), _AT_ONCE):
        yield members[at : at + _AT_ONCE]

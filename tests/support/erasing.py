"""A log in memory in which people act, and everything that erasing them needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from functions.erasures import erase
from functions.erasures.model import EVERYTHING, Hold, Kept, KeyRecord, KeyState, Member
from functions.erasures.ports import Ports
from tests.support.log_forge import BOTS, NOW, ORIGIN, Forge, an_action, an_intent, put, stamp
from tests.support.memory import ManualClock, MemoryFlows
from tests.support.memory_ledger import (
    MemoryAnchors,
    MemoryAuthority,
    MemoryCertificates,
    MemoryEntries,
    MemoryFiles,
    MemoryHeads,
    MemoryIndex,
    MemorySigner,
)
from writ.contracts.errors import ConflictError, NotFoundError, TransientError
from writ.ledger.dsse import decode
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.findings import Report
from writ.ledger.leaf import decode_leaf
from writ.ledger.logcopy import LogCopy
from writ.ledger.recorder import Recorder, Sessions
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ledger.verify import verify_log
from writ.ports.ledger import Erased, IndexedEntry, StoredEntry
from writ.runtime.identity import Identity


@dataclass
class MemoryVault:
    """Keys by reference; a number stands for the secret, so that one can see whether it is gone."""

    records: dict[str, KeyRecord] = field(default_factory=dict)
    secrets: dict[str, int] = field(default_factory=dict)
    sealed: dict[str, list[Member]] = field(default_factory=dict)
    kept: dict[str, Hold] = field(default_factory=dict)
    expired: dict[str, date] = field(default_factory=dict)

    def current(self, person: str) -> str:
        """A person's present key, made now where there is none."""
        ref = self.lookup(person)
        if ref is None:
            ref = f"ds-{len(self.records):032x}"
            self.records[ref] = KeyRecord(ref, KeyState.ACTIVE, person)
            self.secrets[ref] = len(self.secrets) + 1
            self.sealed[ref] = []
        return ref

    def lookup(self, person: str) -> str | None:
        active = [k.ref for k in self.records.values() if k.state is KeyState.ACTIVE and k.person == person]
        return active[0] if active else None

    def read(self, ref: str) -> KeyRecord | None:
        return self.records.get(ref)

    def members(self, ref: str) -> Sequence[Member]:
        return list(self.sealed[ref])

    def page(self, ref: str, after: str, limit: int) -> Sequence[Member]:
        found = sorted(self.sealed[ref], key=lambda member: member.entry_id)
        return [member for member in found if member.entry_id > after][:limit]

    def seals(self, ref: str, stream: str) -> bool:
        return any(member.entry_id.startswith(stream) for member in self.sealed[ref])

    def note(self, ref: str, member: Member) -> None:
        self.sealed[ref] = [member if m.entry_id == member.entry_id else m for m in self.sealed[ref]]

    def fence(self, ref: str, action_id: str, now: datetime) -> None:
        key = self.records[ref]
        if key.state is KeyState.ACTIVE:
            self._refuse_held(ref)
            self.records[ref] = replace(key, state=KeyState.ERASING, action=action_id, since=now)

    def destroy(self, ref: str, parts: int) -> None:
        key = self.records[ref]
        if key.state is KeyState.ERASING:
            self._refuse_held(ref)
            del self.secrets[ref]
            self.records[ref] = replace(key, state=KeyState.DESTROYED, person=None, parts=parts)

    def advance(self, ref: str, part: int, after: str, entries: int) -> None:
        key = self.records[ref]
        if key.state is not KeyState.DESTROYED or key.part != part - 1:
            raise ConflictError("another part is next")
        self.records[ref] = replace(key, part=part, after=after, done=key.done + entries)

    def forget(self, ref: str, members: Sequence[Member]) -> None:
        gone = {member.entry_id for member in members}
        self.sealed[ref] = [member for member in self.sealed[ref] if member.entry_id not in gone]

    def finish(self, ref: str, entries: int) -> None:
        key = self.records[ref]
        assert key.state in (KeyState.DESTROYED, KeyState.ERASED)
        if key.state is KeyState.DESTROYED:
            self.records[ref] = replace(key, state=KeyState.ERASED, entries=entries)
        self.sealed[ref].clear()

    def erasures(self) -> Sequence[KeyRecord]:
        return [key for key in self.records.values() if key.state is not KeyState.ACTIVE]

    def holds(self) -> Sequence[Hold]:
        return [hold for hold in self.kept.values() if hold.lifted_by is None]

    def hold(self, id: str) -> Hold | None:
        return self.kept.get(id)

    def place(self, hold: Hold) -> None:
        if self.kept.setdefault(hold.id, hold).action != hold.action:
            raise ConflictError("there is one", field="id")

    def lift(self, id: str, action_id: str) -> None:
        hold = self.kept.get(id)
        if hold is not None and hold.lifted_by == action_id:
            return
        if hold is None or hold.lifted_by is not None:
            raise NotFoundError("there is none", field="id")
        self.kept[id] = replace(hold, lifted_by=action_id)

    def expired_until(self, predicate_type: str) -> date | None:
        return self.expired.get(predicate_type)

    def expire(self, predicate_type: str, day: date) -> None:
        before = self.expired.get(predicate_type)
        if before is None or (day - before).days == 1:
            self.expired[predicate_type] = day

    def _refuse_held(self, ref: str) -> None:
        if any(hold.scope in (EVERYTHING, ref) for hold in self.holds()):
            raise ConflictError("held", code="conflict.held")


@dataclass
class MemoryPayloads:
    """The payloads of entries in memory."""

    entries: MemoryEntries

    def read(self, entry_ids: Sequence[str]) -> Mapping[str, Kept]:
        return {name: _kept(entry) for name, entry in self.entries.get_many(entry_ids).items()}

    def erase(self, kept: Kept, by: str) -> None:
        entry = self.entries.entries[kept.entry.entry_id]
        if entry.erased is None:
            erased = Erased(kept.payload_sha256, by)
            stripped = replace(entry, envelope=b"", subjects=(), persons=(), erased=erased)
            self.entries.entries[entry.entry_id] = stripped


def _kept(entry: StoredEntry) -> Kept:
    erased = entry.erased
    digest = erased.payload_sha256 if erased else decode(entry.envelope).payload_sha256
    shown = IndexedEntry(
        entry.entry_id, -1, entry.actor, entry.type, entry.stream, entry.time, entry.subjects
    )
    return Kept(shown, digest, entry.appended_at, erased.by if erased else None)


@dataclass
class MemoryRecords:
    """Which actions are open, and which were forgotten."""

    open: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)

    def is_open(self, action_id: str) -> bool:
        return action_id in self.open

    def opened(self) -> Sequence[str]:
        return sorted(self.open)

    def forget(self, action_id: str) -> None:
        assert action_id not in self.open
        self.forgotten.add(action_id)


@dataclass
class People:
    """A log of statements, some about people, as the ledger would have taken them in."""

    forge: Forge = field(default_factory=Forge)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    vault: MemoryVault = field(default_factory=MemoryVault)
    entries: MemoryEntries = field(default_factory=MemoryEntries)
    records: MemoryRecords = field(default_factory=MemoryRecords)
    index: MemoryIndex = field(default_factory=MemoryIndex)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    certificates: MemoryCertificates = field(default_factory=MemoryCertificates)
    heads: MemoryHeads = field(default_factory=MemoryHeads)
    flows: MemoryFlows = field(default_factory=MemoryFlows)

    def __post_init__(self) -> None:
        self.anchors = MemoryAnchors(self.clock)
        self.backlog, self.erasures = self._recorder("backlog"), self._recorder("erasures")
        self.checker = EvidenceChecker(self.forge.trust)

    def _recorder(self, bot: str) -> Recorder:
        authority = MemoryAuthority(self.forge.issuer, BOTS + bot, self.certificates, self.clock)
        return Recorder(self.entries, Sessions(authority, self.clock), self.clock)

    def state(self, number: int, *persons: str, log: bool = True) -> str:
        """An intent about people (the first asked for it), kept under their keys; returns its entry id."""
        action = an_action(number)
        made = an_intent(action, stamped=stamp(time=self.clock.now(), seed=f"s{number}"))
        if persons:
            made["predicate"]["event"]["by"] = persons[0]
            made["predicate"]["action"]["parameters"] |= {f"{n}": {"login": p} for n, p in enumerate(persons)}
        entry_id = self.backlog.append_or_adopt(f"{action.id}.intent", made).entry_id
        for person in self.entries.entries[entry_id].persons:
            self.vault.sealed[self.vault.current(person)].append(Member(entry_id, action.id))
        if log:
            self.integrate()
        return entry_id

    def integrate(self) -> None:
        """Take in what is not in the log yet."""
        ports = SequencerPorts(
            entries=self.entries,
            certificates=self.certificates,
            heads=self.heads,
            files=self.files,
            anchors=self.anchors,
            index=self.index,
            signer=MemorySigner(self.forge.log_key),
            clock=self.clock,
            check=lambda name, data, leaf: _passed(self.checker.check(name, data, decode_leaf(leaf))),
        )
        done = Sequencer(ORIGIN, ports).integrate(list(self.entries.entries))
        assert done.refused == {}

    def ports(self, wrap: Callable[[Any], Any] = lambda port: port) -> Ports:
        """What the erasures bot is connected to."""
        return Ports(
            vault=wrap(self.vault),
            payloads=wrap(MemoryPayloads(self.entries)),
            records=wrap(self.records),
            index=wrap(self.index),
            anchors=self.anchors,
            evidence=wrap(self.erasures),
            identity=Identity("erasures", "platform", "1", "e" * 64),
            entropy=os.urandom,
            clock=self.clock,
            flows=self.flows,
        )

    def verified(self, folder: Path) -> Report:
        """A copy of the log as it is now, verified."""
        self.integrate()
        for path, data in self.files.files.items():
            if path.startswith("tile/"):
                put(folder / path, data)
        assert self.files.checkpoint is not None
        put(folder / "checkpoint", self.files.checkpoint[0])
        for entry in self.entries.entries.values():
            if entry.erased is None:
                put(folder / "statements" / f"{entry.entry_id}.json", entry.envelope)
        return verify_log(LogCopy(folder), self.forge.trust)

    def places(self, *entry_ids: str) -> set[int]:
        return {self.index.locations[name].index for name in entry_ids}

    def about(self, person: str) -> list[str]:
        """Entries in which a person can still be read."""
        return [e.entry_id for e in self.entries.entries.values() if person.encode() in _payload(e)]


def _payload(entry: StoredEntry) -> bytes:
    return decode(entry.envelope).payload if entry.envelope else b""


def _passed(_statement: object) -> None:
    return None


def carried_on(ref: str, action_id: str, ports: Ports) -> KeyRecord:
    """What an approved erasure and its flow do, from the beginning on; whatever is done already stays.

    Raises TransientError `erasure.settling` where the flow would look again later.
    """
    key = ports.vault.read(ref)
    if key is not None and key.state is KeyState.ACTIVE:
        erase.begin(ref, action_id, ports)
    after, last = "", False
    while not last:
        done = erase.prepare(ref, after, ports)
        if done.waits_for is not None:
            raise TransientError(done.waits_for, code="erasure.settling")
        after, last = done.after, done.last
    erase.destroy(ref, ports)
    while not erase.erase_batch(ref, ports).last:
        pass
    return erase.finish(ref, ports)


class Crash(BaseException):
    """The process died: nothing may catch this."""


class FaultAt:
    """Fails the `number`th port call, before or after its effect, by a crash or by an error."""

    def __init__(self, number: int, *, after: bool, crash: bool) -> None:
        self.number, self.after, self.crash = number, after, crash
        self.calls = 0

    def wrap(self, port: Any) -> Any:
        return _Guarded(port, self)

    @property
    def reached(self) -> bool:
        return self.calls > self.number

    def hit(self, *, after: bool) -> None:
        """Called around every port call."""
        if self.calls == self.number and self.after is after:
            self.calls += 1
            raise Crash if self.crash else TransientError("injected")


class _Guarded:
    def __init__(self, port: Any, fault: FaultAt) -> None:
        self._port, self._fault = port, fault

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fault.hit(after=False)
            result = target(*args, **kwargs)
            self._fault.hit(after=True)
            self._fault.calls += 1
            return result

        return call

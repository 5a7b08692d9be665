"""A small log in memory, behind the routes of evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from functions.evidence import api as routes
from functions.evidence.ports import Ports
from functions.notary.attest import NotaryPorts, attest
from tests.support.flags import MemoryFlags
from tests.support.log_forge import BOTS, NOW, ORIGIN, Forge, an_action, an_intent, stamp
from tests.support.memory import ManualClock
from tests.support.memory_ledger import (
    MemoryAnchors,
    MemoryAuthority,
    MemoryCertificates,
    MemoryEntries,
    MemoryFiles,
    MemoryHeads,
    MemoryIndex,
    MemoryPromises,
    MemorySigner,
)
from writ.contracts.statement import Link
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.recorder import Recorder, Sessions
from writ.ledger.sequencer import Sequencer, SequencerPorts
from writ.ports.ledger import KeptPromise


@dataclass
class Log:
    """Statements of a bot, one an hour, integrated one by one."""

    forge: Forge = field(default_factory=Forge)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    entries: MemoryEntries = field(default_factory=MemoryEntries)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    index: MemoryIndex = field(default_factory=MemoryIndex)
    certificates: MemoryCertificates = field(default_factory=MemoryCertificates)
    promises: MemoryPromises = field(default_factory=MemoryPromises)
    flags: MemoryFlags = field(default_factory=MemoryFlags)
    anchors: Any = None

    def __post_init__(self) -> None:
        self.anchors = self.anchors or MemoryAnchors(self.clock)
        self.signer = MemorySigner(self.forge.log_key)
        self.sequencer = Sequencer(
            ORIGIN,
            SequencerPorts(
                entries=self.entries,
                certificates=self.certificates,
                heads=MemoryHeads(),
                files=self.files,
                anchors=self.anchors,
                index=self.index,
                signer=self.signer,
                clock=self.clock,
                check=lambda *_: None,
            ),
        )
        self.files.create(TRUST_ROOT, self.forge.trust.encode())

    @property
    def ports(self) -> Ports:
        return Ports(
            self.entries,
            self.certificates,
            self.index,
            self.files,
            self.anchors,
            self.promises,
            self,
            self.flags,
            self.clock,
        )

    def promise(self, index: int) -> KeptPromise:
        """What the notary does when it is called."""
        return attest(
            {"index": index}, NotaryPorts(self.files, self.anchors, self.promises, self.signer, ORIGIN)
        )

    def append(self, number: int, *, bot: str = "backlog", logged: bool = True) -> str:
        """One intent, an hour after the one before."""
        self.clock.instant = NOW + timedelta(hours=number)
        action = an_action(number, bot)
        made = an_intent(action, stamped=stamp(bot, self.clock.instant, seed=action.id))
        return self.tell(made, logged=logged).entry

    def tell(self, made: dict[str, Any], *, logged: bool = True) -> Link:
        """Any statement, in the name of the bot that makes it."""
        predicate = made["predicate"]
        identity = BOTS + predicate["actor"]["bot"]
        authority = MemoryAuthority(self.forge.issuer, identity, self.certificates, self.clock)
        recorder = Recorder(self.entries, Sessions(authority, self.clock), self.clock)
        kept = recorder.append_or_adopt(predicate["entry"], made)
        if logged:
            self.sequencer.integrate([kept.entry_id])
        return Link(entry=kept.entry_id, sha256=kept.payload_sha256)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setattr(routes, "connect", lambda: log.ports)
    return log

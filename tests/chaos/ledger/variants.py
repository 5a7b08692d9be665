"""Builds with one safeguard taken out. A schedule's oracle that passes one of them would be worth nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from tests.chaos.ledger.world import Build
from tests.support.memory_ledger import MemoryFiles
from writ.contracts.errors import ConflictError, TransientError
from writ.ledger.batch import Leaves, in_stream_order, staging_path
from writ.ledger.checkpoint import Checkpoint, sign_checkpoint
from writ.ledger.recorder import Recorder
from writ.ledger.sequencer import Integration, Sequencer
from writ.ledger.tiles import Growth, grow
from writ.ports.evidence import Adopted
from writ.ports.ledger import Head, StoredEntry


class SigningFirst(Sequencer):
    """Signs the head it hopes to commit."""

    def _commit(self, head: Head, batch: Leaves, done: Integration) -> None:
        growth = grow(self._edge(head.size, head.root), batch.leaves)
        checkpoint = Checkpoint(self._origin, growth.edge.size, growth.edge.root())
        sign_checkpoint(checkpoint, self._ports.signer.public_key(), self._ports.signer.sign)
        super()._commit(head, batch, done)


class WithoutGate(Sequencer):
    """Goes on from a head whose files and index may be missing."""

    def _settled_head(self, done: Integration) -> Head:
        return self._guarded_head()


class WithoutFilter(Sequencer):
    """Takes every delivery for new."""

    def _missing(self, entry_ids: Sequence[str]) -> list[StoredEntry]:
        entries = self._ports.entries.get_many(entry_ids)
        return in_stream_order(entries, list(entry_ids))


class StagingLast(Sequencer):
    """Commits a batch that nobody else could finish."""

    def _commit(self, head: Head, batch: Leaves, done: Integration) -> None:
        growth = grow(self._edge(head.size, head.root), batch.leaves)
        size, root = growth.edge.size, growth.edge.root()
        after = replace(head, size=size, root=root, base=head.size, applied=False, version=head.version + 1)
        self._ports.heads.swap(head, after)
        self._ports.files.create(staging_path(size, root, head.size), batch.encode())
        self._apply(after, batch, growth, done)


class PublishingFirst(Sequencer):
    """Publishes a tree before its files are there."""

    def _apply(self, head: Head, batch: Leaves, growth: Growth, done: Integration) -> Head:
        applied = self._publish(head, done)
        for tile, data in growth.files.items():
            self._ports.files.create(tile.path, data)
        self._ports.index.write(batch.entries)
        return applied


class UnconditionalCheckpoint(MemoryFiles):
    """Replaces the checkpoint whatever it has become."""

    def replace_checkpoint(self, note: bytes, tag: str | None) -> None:
        super().replace_checkpoint(note, self.checkpoint[1] if self.checkpoint else None)


class AcknowledgingHope(Recorder):
    """Takes an entry for durable although the store did not say so."""

    def append_or_adopt(self, entry_id: str, statement: Mapping[str, Any]) -> Adopted:
        signed = self._sessions.current().sign(statement)
        try:
            return super().append_or_adopt(entry_id, statement)
        except TransientError:
            return Adopted(entry_id, signed.payload_sha256, statement, fresh=True)


class NotAdopting(Recorder):
    """Takes an entry that exists for its own."""

    def append_or_adopt(self, entry_id: str, statement: Mapping[str, Any]) -> Adopted:
        session = self._sessions.current()
        signed = session.sign(statement)
        with suppress(ConflictError):
            self._entries.append(self._entry(entry_id, signed, session, statement))
        return Adopted(entry_id, signed.payload_sha256, statement, fresh=True)


VARIANTS: Final = (
    Build("signing before the compare-and-set", sequencer=SigningFirst),
    Build("without the applied gate", sequencer=WithoutGate),
    Build("without the index filter", sequencer=WithoutFilter),
    Build("staging after the compare-and-set", sequencer=StagingLast),
    Build("publishing before the files", sequencer=PublishingFirst),
    Build("replacing the checkpoint unconditionally", files=UnconditionalCheckpoint),
    Build("acknowledging what may not be durable", recorder=AcknowledgingHope),
    Build("not adopting what is there", recorder=NotAdopting),
)

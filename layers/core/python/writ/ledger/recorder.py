"""Appending evidence: sign with a session key, store once, answer with what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography import x509

from writ.contracts.data_subjects import data_subjects
from writ.contracts.errors import ConflictError, ContractError, TransientError
from writ.contracts.statement import Statement
from writ.ledger import dsse
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.session import Session, Signed, new_session_key, public_der
from writ.ports.clock import Clock
from writ.ports.evidence import Adopted
from writ.ports.ledger import Authority, EntryStore, StoredEntry

# DynamoDB keeps 400 KB an item; the rest is for the attributes beside the envelope.
MAX_ENVELOPE: Final = 350_000


class Sessions:
    """The session key of this process, renewed when half of its certificate's hour is over."""

    def __init__(self, authority: Authority, clock: Clock) -> None:
        self._authority = authority
        self._clock = clock
        self._session: Session | None = None

    def current(self) -> Session:
        """A session fresh enough to sign with. Raises TransientError when the authority is away."""
        if self._session is None or not self._session.is_fresh(self._clock.now()):
            key = new_session_key()
            pem = self._authority.certify(public_der(key))
            self._session = Session(key, x509.load_pem_x509_certificate(pem))
        return self._session


class Recorder:
    """See `writ.ports.evidence.Evidence`."""

    def __init__(self, entries: EntryStore, sessions: Sessions, clock: Clock) -> None:
        self._entries = entries
        self._sessions = sessions
        self._clock = clock

    def append_or_adopt(self, entry_id: str, statement: Mapping[str, Any]) -> Adopted:
        """Make a statement durable under its id, or return the one an earlier attempt made durable.

        Raises
        ------
        ContractError
            `ledger.statement_invalid`, `ledger.statement_too_large` or `contract.not_canonical`.
        TransientError
            The store or the authority is away; the statement may or may not be durable.
        """
        session = self._sessions.current()
        signed = session.sign(statement)
        entry = self._entry(entry_id, signed, session, statement)
        try:
            self._entries.append(entry)
        except ConflictError:
            stored = self.get(entry_id)
            if stored is None:
                raise TransientError(f"entry {entry_id} exists but cannot be read") from None
            # A retry inside the client can meet its own earlier write: still ours.
            ours = stored.payload_sha256 == signed.payload_sha256
            return Adopted(entry_id, stored.payload_sha256, stored.payload, fresh=ours)
        return Adopted(entry_id, signed.payload_sha256, statement, fresh=True)

    def get(self, entry_id: str) -> Adopted | None:
        """The stored statement, or None; the payload of one that was erased is empty."""
        entry = self._entries.get_many([entry_id]).get(entry_id)
        if entry is None:
            return None
        if entry.erased is not None:
            return Adopted(entry_id, entry.erased.payload_sha256, {}, fresh=False)
        envelope = dsse.decode(entry.envelope)
        return Adopted(entry_id, envelope.payload_sha256, json.loads(envelope.payload), fresh=False)

    def _entry(self, entry_id: str, signed: Signed, session: Session, made: Mapping[str, Any]) -> StoredEntry:
        if len(signed.encoded) > MAX_ENVELOPE:
            raise ContractError(f"statement {entry_id} is too large", code="ledger.statement_too_large")
        statement = _own_statement(entry_id, signed)
        predicate = statement.predicate
        return StoredEntry(
            entry_id=entry_id,
            envelope=signed.encoded,
            certificate=session.fingerprint,
            actor=predicate.actor.bot,
            type=statement.predicate_type,
            stream=predicate.stream,
            previous=predicate.prev.entry if predicate.prev else None,
            subjects=tuple(subject.digest.sha256 for subject in statement.subject),
            time=predicate.time,
            appended_at=self._clock.now(),
            persons=data_subjects(made["predicate"]),
        )


def _own_statement(entry_id: str, signed: Signed) -> Statement:
    """Read our own statement as a verifier will, so that nothing it would refuse is ever stored."""
    try:
        statement = read_statement(signed.envelope.payload)
    except VerificationError as error:
        raise ContractError(error.message, code="ledger.statement_invalid", field=error.field) from None
    if statement.predicate.entry != entry_id:
        raise ContractError(
            f"the statement belongs to entry {statement.predicate.entry}, not {entry_id}",
            code="ledger.statement_invalid",
            field="predicate.entry",
        )
    return statement

"""The processes of the ledger, as the functions wire them, over shared stores and behind a gate."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from functions.authority.certify import AuthorityPorts, certify
from functions.sequencer.announce import announce
from functions.sequencer.run import SETTLE
from functions.sequencer.trust import Trust
from tests.chaos.ledger.stores import Stores, keys
from tests.support.interleave import Death, Gate
from tests.support.log_forge import BOTS, ISSUER, ORIGIN, an_action, an_intent, an_outcome, stamp
from tests.support.sts import ACCOUNT, ROLE
from writ.adapters.kms import KmsPrivateKey
from writ.contracts.action import Action
from writ.contracts.errors import TransientError
from writ.contracts.statement import Link
from writ.ledger.recorder import Recorder, Sessions
from writ.ledger.sequencer import Integration, Sequencer, SequencerPorts
from writ.ledger.together import one_by_one
from writ.ports.evidence import Adopted


class Violation(AssertionError):
    """An invariant did not hold; the message names it."""


@cache
def action(number: int) -> Action:
    return an_action(number)


class AuthorityFunction:
    """The authority behind an invocation: what kills it is, for who invoked it, an error that may pass."""

    def __init__(self, stores: Stores, gate: Gate | None) -> None:
        def guarded(port: Any, name: str) -> Any:
            return gate.guard(port, name) if gate else port

        self._stores = stores
        self._gate = gate
        sts = guarded(stores.sts, "Sts")
        self._ports = AuthorityPorts(
            certificates=guarded(stores.certificates, "CertificateStore"),
            ca_key=KmsPrivateKey(guarded(keys().ca, "Key")),
            ct_key=KmsPrivateKey(guarded(keys().ct, "Key")),
            ask_sts=lambda proof, key: str(sts.ask(proof, key)),
            clock=stores.clock,
            identities={ROLE: "backlog"},
            identity_base=BOTS,
            issuer=ISSUER,
        )

    def certify(self, public_key: bytes) -> bytes:
        proof = self._stores.sts.sign(public_key, at=self._stores.clock.now())
        request = {"public_key": b64encode(public_key).decode(), "proof": proof}
        try:
            if self._gate is not None:
                self._gate.wait()
            return certify(request, ACCOUNT, self._ports)
        except Death:
            raise TransientError("the authority died", code="authority.failed") from None


class Writer:
    """One warm function that states things: a session key and a recorder."""

    def __init__(self, stores: Stores, gate: Gate | None, recorder: type[Recorder] = Recorder) -> None:
        authority: Any = AuthorityFunction(stores, gate)
        entries: Any = stores.entries
        if gate is not None:
            authority, entries = gate.guard(authority, "Authority"), gate.guard(entries, "EntryStore")
        self._clock = stores.clock
        self._recorder = recorder(entries, Sessions(authority, stores.clock), stores.clock)

    def intent(self, number: int, salt: str) -> Adopted:
        stamped = stamp(time=self._clock.now(), seed=salt)
        entry_id = f"{action(number).id}.intent"
        return self._recorder.append_or_adopt(entry_id, an_intent(action(number), stamped=stamped))

    def outcome(self, number: int, intent: Adopted, salt: str) -> Adopted:
        link = Link(entry=intent.entry_id, sha256=intent.payload_sha256)
        stamped = stamp(time=self._clock.now(), seed=salt)
        entry_id = f"{action(number).id}.outcome"
        return self._recorder.append_or_adopt(entry_id, an_outcome(action(number), link, stamped))


_passed: set[bytes] = set()


@dataclass
class SequencerFunction:
    """One warm sequencer with its publisher."""

    stores: Stores
    gate: Gate | None
    kind: type[Sequencer] = Sequencer

    def __post_init__(self) -> None:
        stores = self.stores

        def guarded(port: Any, name: str, many: str | None = None) -> Any:
            return self.gate.guard(port, name, many=many) if self.gate else port

        files = guarded(stores.files, "LogFiles")
        certificates = guarded(stores.certificates, "CertificateStore")
        signer = guarded(stores.signer, "LogSigner")
        self._bus = guarded(stores.bus, "EventBus", "publish")
        self._trust = Trust(
            origin=ORIGIN,
            identity_base=BOTS,
            issuer=ISSUER,
            certificates=certificates,
            files=files,
            log=signer,
            ct=guarded(keys().ct, "Key"),
            clock=stores.clock,
        )
        ports = SequencerPorts(
            entries=guarded(stores.entries, "EntryStore"),
            certificates=certificates,
            heads=guarded(stores.heads, "HeadStore"),
            files=files,
            anchors=guarded(stores.anchors, "Anchors"),
            index=guarded(stores.index, "LogIndex", "write"),
            signer=signer,
            clock=stores.clock,
            check=self._check,
            former=self._trust.former_log_keys,
            together=self.gate.shuffled if self.gate else one_by_one,
        )
        self._sequencer = self.kind(ORIGIN, ports)

    def integrate(self, entry_ids: Sequence[str]) -> None:
        self._trust.settle(self._sequencer.renew)
        self._announce(self._sequencer.integrate(entry_ids))

    def integrate_all(self) -> None:
        """Everything that the stream ever brought."""
        self.integrate(self.stores.entries.stream)

    def sweep(self) -> None:
        self._trust.settle(self._sequencer.renew)
        self._announce(self._sequencer.sweep(SETTLE))

    def _announce(self, done: Integration) -> None:
        if done.refused:
            raise Violation(f"I4: honest statements were refused: {done.refused}")
        announce(done.published, self._trust, self._bus, self.stores.clock.now())

    def _check(self, entry_id: str, envelope: bytes, leaf: bytes) -> None:
        """The real check, but what passed once under this world's root is not checked again."""
        root = self.stores.certificates.root or b""
        digest = sha256(root + entry_id.encode() + envelope + leaf).digest()
        if digest not in _passed:
            self._trust.check(entry_id, envelope, leaf)
            _passed.add(digest)

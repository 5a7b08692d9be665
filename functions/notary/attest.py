"""From a leaf's index to the log's promise of it. What is signed is read from the log, never given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from writ.contracts.errors import ConflictError, ContractError, TransientError
from writ.ledger.checkpoint import key_id
from writ.ledger.leaf import decode_leaf
from writ.ledger.log import Log
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.merkle import leaf_hash, verify_inclusion
from writ.ledger.promise import Promised, sign_promise
from writ.ledger.trust import TrustRoot
from writ.ports.ledger import AnchorTimes, KeptPromise, LogFiles, LogSigner, PromiseStore

_LARGEST: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class NotaryPorts:
    """What attesting needs; `origin` is the log's name."""

    files: LogFiles
    anchors: AnchorTimes
    promises: PromiseStore
    signer: LogSigner
    origin: str


def attest(request: Mapping[str, Any], ports: NotaryPorts) -> KeptPromise:
    """The promise of the leaf that a request names; the same one however often it is asked for.

    Raises
    ------
    ContractError
        The request is malformed; the field is named.
    NotFoundError
        No checkpoint covers the leaf yet.
    ConflictError
        `conflict.late`: the leaf was integrated when its certificate was over, so no promise could make a
        bundle of it that verifies.
    TransientError
        A store is away, the first checkpoint that covers the leaf is not anchored yet, or the log's key is
        just being replaced (`dependency.rotating`).
    VerificationError
        The log's files do not prove the leaf.
    """
    index = request.get("index")
    if type(index) is not int or not 0 <= index <= _LARGEST:
        raise ContractError("index is a number from 0", field="index")
    log_id = key_id(ports.signer.public_key())
    _check_in_use(log_id, ports)
    kept = ports.promises.get(log_id, index)
    return kept if kept is not None else _make(log_id, index, ports)


def _check_in_use(log_id: bytes, ports: NotaryPorts) -> None:
    """A promise by another key than the one that the log publishes would make no bundle."""
    trust = ports.files.read(TRUST_ROOT)
    if trust is not None and key_id(TrustRoot.decode(trust).log_key) != log_id:
        raise TransientError("the log's key is being replaced", code="dependency.rotating")


def _make(log_id: bytes, index: int, ports: NotaryPorts) -> KeptPromise:
    leaf = _proven_leaf(index, ports)
    covered_at = ports.anchors.covered_at(index)
    if covered_at is None:
        raise TransientError("the leaf's checkpoint is not anchored yet", code="dependency.not_anchored")
    integrated_at = covered_at.replace(microsecond=0)
    _check_in_time(leaf, integrated_at)
    promised = Promised(leaf, index, integrated_at)
    signature = sign_promise(promised, ports.signer.public_key(), ports.signer.sign)
    made = KeptPromise(integrated_at, signature)
    try:
        ports.promises.put(log_id, index, made)
    except ConflictError:
        kept = ports.promises.get(log_id, index)
        if kept is None:
            raise TransientError("the promise exists but cannot be read") from None
        return kept
    return made


def _proven_leaf(index: int, ports: NotaryPorts) -> bytes:
    """The leaf, once the newest checkpoint, signed by the log, has it at this index."""
    log = Log.under(ports.files, ports.origin, ports.signer.public_key())
    leaf, head = log.leaf(index), log.head
    verify_inclusion(
        leaf_hash(leaf),
        index,
        head.size,
        proof=log.inclusion(index, head.size),
        root=head.checkpoint.root,
    )
    return leaf


def _check_in_time(leaf: bytes, integrated_at: datetime) -> None:
    certificate = x509.load_pem_x509_certificate(decode_leaf(leaf).certificate_pem)
    if not certificate.not_valid_before_utc <= integrated_at <= certificate.not_valid_after_utc:
        raise ConflictError(
            f"it was integrated at {integrated_at.isoformat()}, when its certificate was over: "
            "verify it in a copy of the log",
            code="conflict.late",
        )

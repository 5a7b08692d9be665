"""The bundle of an entry: all that proves it, put together anew under the newest checkpoint."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.evidence.ports import Ports
from writ.contracts.errors import ConflictError, NotFoundError
from writ.ledger.bundle import Bundle, InclusionProof
from writ.ledger.checkpoint import key_id
from writ.ledger.dsse import decode
from writ.ledger.leaf import decode_leaf
from writ.ledger.log import Log
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.trust import TrustRoot
from writ.ledger.verify_bundle import IdentityPolicy, verify_bundle
from writ.ports.ledger import KeptPromise, StoredEntry


def bundle_of(entry: StoredEntry, index: int | None, ports: Ports) -> bytes:
    """An entry's bundle, which has passed our own verification.

    Raises
    ------
    ConflictError
        `conflict.not_integrated`: no checkpoint covers the entry yet. `conflict.late`: it was integrated
        when its certificate was over.
    TransientError
        The notary is away.
    VerificationError
        What is stored does not prove the entry.
    """
    trust = trust_root(ports)
    log = Log.under(ports.files, trust.origin, trust.log_key)
    if index is None or index >= log.head.size:
        raise ConflictError(
            "the entry is not in the log yet: try again in a second", code="conflict.not_integrated"
        )
    log_id, leaf = key_id(trust.log_key), log.leaf(index)
    promise = _promise(log_id, index, ports)
    certificate = x509.load_pem_x509_certificate(decode_leaf(leaf).certificate_pem)
    head = log.head
    bundle = Bundle(
        envelope=decode(entry.envelope),
        certificate=certificate.public_bytes(Encoding.DER),
        leaf=leaf,
        log_id=log_id,
        index=index,
        integrated_at=promise.integrated_at,
        promise=promise.signature,
        proof=InclusionProof(
            index, head.size, head.checkpoint.root, tuple(log.inclusion(index, head.size)), head.note
        ),
    )
    data = bundle.encode()
    verify_bundle(data, trust, IdentityPolicy(entry.actor))
    return data


def trust_root(ports: Ports) -> TrustRoot:
    """The log's own trust root. Raises NotFoundError before its first checkpoint."""
    data = ports.files.read(TRUST_ROOT)
    if data is None:
        raise NotFoundError("the log has no trust root yet", code="not_found.trust_root")
    return TrustRoot.decode(data)


def _promise(log_id: bytes, index: int, ports: Ports) -> KeptPromise:
    return ports.promises.get(log_id, index) or ports.notary.promise(index)

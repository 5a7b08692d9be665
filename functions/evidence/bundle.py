"""The bundle of an entry: all that proves it, put together anew under the newest checkpoint."""

from __future__ import annotations

from functions.evidence.ports import Ports
from writ.contracts.errors import ConflictError, NotFoundError
from writ.ledger import proving
from writ.ledger.checkpoint import key_id
from writ.ledger.log import Log
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.trust import TrustRoot
from writ.ports.ledger import StoredEntry


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
    promise = ports.promises.get(key_id(trust.log_key), index) or ports.notary.promise(index)
    return proving.bundle_of(log, trust, index, entry.envelope, promise)


def trust_root(ports: Ports) -> TrustRoot:
    """The log's own trust root. Raises NotFoundError before its first checkpoint."""
    data = ports.files.read(TRUST_ROOT)
    if data is None:
        raise NotFoundError("the log has no trust root yet", code="not_found.trust_root")
    return TrustRoot.decode(data)

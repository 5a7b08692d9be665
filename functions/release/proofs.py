"""The proof of a release's provenance, as every client of Sigstore verifies it."""

from __future__ import annotations

from writ.adapters.entry_table import EntryTable
from writ.adapters.index_table import IndexTable
from writ.adapters.log_bucket import LogBucket
from writ.adapters.notary import LambdaNotary
from writ.adapters.promise_table import PromiseTable
from writ.contracts.errors import TransientError
from writ.runtime.environment import Environment

_EARLY = "the log does not cover the provenance yet"


class LogProofs:
    """See Proofs."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def bundle(self, entry_id: str) -> bytes:
        """See Proofs. Raises VerificationError where what is stored does not prove the entry."""
        from writ.ledger import proving
        from writ.ledger.checkpoint import key_id
        from writ.ledger.log import Log
        from writ.ledger.logcopy import TRUST_ROOT
        from writ.ledger.trust import TrustRoot

        here = self._environment
        files = LogBucket(here.bucket("log"))
        root = files.read(TRUST_ROOT)
        entry = (
            EntryTable.sealing(here.table("entries"), here.table("subjects"), here.key("subjects"))
            .get_many([entry_id])
            .get(entry_id)
        )
        index = IndexTable(here.table("index")).find([(entry_id, entry_id)]).get(entry_id)
        if root is None or entry is None or index is None:
            raise TransientError(_EARLY, code="dependency.log")
        trust = TrustRoot.decode(root)
        log = Log.under(files, trust.origin, trust.log_key)
        if index >= log.head.size:
            raise TransientError(_EARLY, code="dependency.log")
        kept = PromiseTable(here.table("promises")).get(key_id(trust.log_key), index)
        promise = kept or LambdaNotary(here.other_function("notary")).promise(index)
        return proving.bundle_of(log, trust, index, entry.envelope, promise)

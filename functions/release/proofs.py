"""The proof of a release's provenance, as every client of Sigstore verifies it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from writ.adapters.entry_table import EntryTable
from writ.adapters.index_table import IndexTable
from writ.adapters.log_bucket import LogBucket
from writ.adapters.notary import LambdaNotary
from writ.adapters.promise_table import PromiseTable
from writ.contracts.errors import TransientError
from writ.ledger.logcopy import TRUST_ROOT

if TYPE_CHECKING:
    from writ.ledger.log import Log
    from writ.ledger.trust import TrustRoot
    from writ.runtime.environment import Environment


class LogProofs:
    """See Proofs."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def covers(self, entry_id: str) -> bool:
        return self._under_head(entry_id) is not None

    def bundle(self, entry_id: str) -> bytes:
        """See Proofs. Raises VerificationError where what is stored does not prove the entry."""
        from writ.ledger import proving
        from writ.ledger.checkpoint import key_id

        here, found = self._environment, self._under_head(entry_id)
        kept = EntryTable.sealing(here.table("entries"), here.table("subjects"), here.key("subjects"))
        entry = kept.get_many([entry_id]).get(entry_id)
        if found is None or entry is None:
            raise TransientError("the log does not cover the provenance yet", code="dependency.log")
        log, trust, index = found
        promise = PromiseTable(here.table("promises")).get(key_id(trust.log_key), index)
        promise = promise or LambdaNotary(here.other_function("notary")).promise(index)
        return proving.bundle_of(log, trust, index, entry.envelope, promise)

    def _under_head(self, entry_id: str) -> tuple[Log, TrustRoot, int] | None:
        """The log under its newest checkpoint, its trust root, and the place of an entry that it covers.

        The stream of a provenance is called like its one entry.
        """
        from writ.ledger.log import Log
        from writ.ledger.trust import TrustRoot

        here = self._environment
        index = IndexTable(here.table("index")).find([(entry_id, entry_id)]).get(entry_id)
        files = LogBucket(here.bucket("log"))
        root = None if index is None else files.read(TRUST_ROOT)
        if index is None or root is None:
            return None
        trust = TrustRoot.decode(root)
        log = Log.under(files, trust.origin, trust.log_key)
        return (log, trust, index) if index < log.head.size else None

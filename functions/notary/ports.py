"""The notary, connected to the environment it was deployed to."""

from __future__ import annotations

from functools import cache

from functions.notary.attest import NotaryPorts
from writ.adapters.kms import KmsSigner
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.adapters.promise_table import PromiseTable
from writ.runtime.environment import current


@cache
def connect() -> NotaryPorts:
    """The ports of a deployed function, once in an execution environment."""
    environment = current()
    return NotaryPorts(
        files=LogBucket(environment.bucket("log")),
        anchors=AnchorBucket(environment.bucket("anchors")),
        promises=PromiseTable(environment.table("promises")),
        signer=KmsSigner(environment.key("log")),
        origin=environment.log_origin,
    )

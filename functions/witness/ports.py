"""The witness, connected to the environment it was deployed to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from writ.adapters.kms import KmsEd25519
from writ.adapters.system import SystemClock
from writ.adapters.watched_table import WatchedTable
from writ.ledger.cosignature import cosignature_key
from writ.ledger.witness import Witness
from writ.ports.clock import Clock
from writ.runtime.environment import current


@dataclass(frozen=True, slots=True)
class Ports:
    """A witness, and the time."""

    witness: Witness
    clock: Clock


@cache
def connect() -> Ports:
    """Built once in an execution environment."""
    environment = current()
    key = KmsEd25519(environment.key("witness"))
    verifier = cosignature_key(environment.witness_name, key.material())
    return Ports(Witness(verifier, WatchedTable(environment.table("watched")), key.sign), SystemClock())

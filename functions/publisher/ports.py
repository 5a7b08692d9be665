"""The publisher, connected to the environment it was deployed to."""

from __future__ import annotations

from functools import cache

from functions.publisher.cosign import Publisher
from writ.adapters.log_bucket import LogBucket
from writ.adapters.system import SystemClock
from writ.adapters.witness_server import HttpWitnesses
from writ.runtime.environment import current


@cache
def connect() -> Publisher:
    """Built once in an execution environment; it remembers which size each witness cosigned last."""
    return Publisher(LogBucket(current().bucket("log")), HttpWitnesses(), SystemClock())

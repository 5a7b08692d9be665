"""Asking the notary for a promise."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime

from writ.adapters.call import call, failed
from writ.ports.ledger import KeptPromise


class LambdaNotary:
    """See Notary. `function` is the notary's function name."""

    def __init__(self, function: str) -> None:
        self._function = function

    def promise(self, index: int) -> KeptPromise:
        answer = call(self._function, {"index": index}, "notary")
        try:
            integrated_at = datetime.fromtimestamp(int(answer["integrated_at"]), UTC)
            return KeptPromise(integrated_at, b64decode(answer["signature"], validate=True))
        except (KeyError, TypeError, ValueError, OverflowError):
            raise failed("notary") from None

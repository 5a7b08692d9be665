"""The part of the ledger that the loop writes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Adopted:
    """A statement that is durable: its entry id, the SHA-256 of its payload, and the payload itself.

    `fresh` is False when an earlier attempt had written the entry, whose payload is then returned.
    """

    entry_id: str
    payload_sha256: str
    payload: Mapping[str, Any]
    fresh: bool


class Evidence(Protocol):
    """Durable statements. Returning means acknowledged: the statement can no longer be lost (I4)."""

    def append_or_adopt(self, entry_id: str, statement: Mapping[str, Any]) -> Adopted: ...

    def get(self, entry_id: str) -> Adopted | None: ...

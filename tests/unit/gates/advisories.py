"""Advisories and mirrors made for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from writ.contracts.errors import ContractError

TODAY = "2026-11-25T00:00:00Z"


def advisory(
    id: str = "GHSA-1",
    name: str = "django",
    ecosystem: str = "PyPI",
    *,
    events: Iterable[dict[str, str]] | None = None,
    kind: str = "ECOSYSTEM",
    **more: Any,
) -> dict[str, Any]:
    """One that affects versions below 3.2.4, unless events say otherwise."""
    ends = list(events) if events is not None else [{"introduced": "0"}, {"fixed": "3.2.4"}]
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    if ends:
        affected["ranges"] = [{"type": kind, "events": ends}]
    affected |= {key: more.pop(key) for key in ("versions", "ecosystem_specific") if key in more}
    specific = {"database_specific": {"severity": "HIGH"}}
    return {"id": id, "modified": TODAY, "affected": [affected], **specific, **more}


@dataclass(frozen=True)
class MemoryMirror:
    """Files given as values; `broken` is said when it is read."""

    given: dict[str, bytes]
    broken: str = ""

    @property
    def name(self) -> str:
        return "mirror"

    def files(self) -> Iterator[tuple[str, bytes]]:
        if self.broken:
            raise ContractError(self.broken)
        yield from self.given.items()


def mirror(*advisories: dict[str, Any], **files: bytes) -> MemoryMirror:
    given = {f"{number}.json": json.dumps(item).encode() for number, item in enumerate(advisories)}
    return MemoryMirror(given | {name.replace("_", "."): content for name, content in files.items()})

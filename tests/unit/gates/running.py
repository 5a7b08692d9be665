"""Gates run over files given as values, with the policies of this repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from writ.gates import registry
from writ.gates.evaluate import engine_of, run
from writ.gates.exceptions import Known
from writ.gates.gate import Context
from writ.gates.model import Report
from writ.gates.tree import MemoryTree
from writ.policy.bundle import Bundle
from writ.policy.engine import PolicyEngine

POLICIES = Path(__file__).parents[3] / "policies"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@cache
def engine() -> PolicyEngine:
    return engine_of(Bundle.load(POLICIES), registry.load())


def judged(
    files: Mapping[str, str | bytes],
    *only: str,
    base: Mapping[str, str | bytes] | None = None,
    now: datetime = NOW,
    beside: Mapping[str, Any] | None = None,
    plane: Iterable[Known] = (),
) -> Report:
    """The report over these files, of all gates or of those named."""
    tree = MemoryTree(_bytes(files), None if base is None else _bytes(base))
    context = Context("acme/shop", now, beside or {})
    return run(tree, context, registry.load(only), engine(), plane_exceptions=plane)


def rules(report: Report) -> Sequence[str]:
    """What stands, as rules."""
    return [violation.rule for violation in report.standing]


def _bytes(files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    return {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}

"""What policy answered to an input, which it need not be asked again."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from writ.policy.engine import PolicyEngine


@contextmanager
def remembered() -> Iterator[None]:
    """Ask an engine once for each input; one that differs in a bit, or in a type, is another one.

    For tests that do the same thing again under fault after fault: all but a few of its decisions are on the
    same facts. Each asker gets an answer of its own.
    """
    evaluate = PolicyEngine.evaluate
    held: dict[tuple[PolicyEngine, str, bytes], bytes] = {}

    def evaluate_once(engine: PolicyEngine, entrypoint: str, value: Any) -> Any:
        try:
            asked = (engine, entrypoint, marshal.dumps(value, 2))
        except ValueError:  # not plain JSON: for the engine to judge
            return evaluate(engine, entrypoint, value)
        if asked not in held:
            held[asked] = marshal.dumps(evaluate(engine, entrypoint, value), 2)
        return marshal.loads(held[asked])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PolicyEngine, "evaluate", evaluate_once)
        yield

"""Plans are pure: `plan.py` imports nothing that reads, writes, waits or rolls dice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANS = sorted((ROOT / "functions").glob("*/plan.py"))
ALLOWED_ROOTS = {
    "__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "hashlib",
    "itertools", "math", "operator", "pydantic", "re", "typing", "unicodedata",
}  # fmt: skip
PURE_ROLLOUTS = tuple(
    f"writ.rollout.{name}" for name in ("acting", "asking", "decide", "following", "notes", "plan", "state")
)
PURE_MIGRATIONS = tuple(f"writ.migration.{name}" for name in ("decide", "document", "reversal", "state"))
ALLOWED_WRIT = (
    "writ.contracts",
    "writ.dependencies",
    "writ.judge",
    "writ.policy.calendar",
    "writ.policy.controls",
    "writ.policy.recurrence",
    "writ.release",
    *PURE_ROLLOUTS,
    *PURE_MIGRATIONS,
)
IMPURE_FILES = {"adapters", "api", "facts", "handler", "perform", "ports", "store", "table"}
CLOCKS = {"now", "utcnow", "today"}


def _imports(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def _offence(name: str) -> str | None:
    root, *rest = name.split(".")
    if root == "writ":
        return None if name.startswith(ALLOWED_WRIT) else name
    if root == "functions":
        return name if IMPURE_FILES & set(rest) - {"facts"} else None
    return None if root in ALLOWED_ROOTS else name


def test_there_are_plans() -> None:
    assert PLANS


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_plan_is_pure(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert [name for name in _imports(tree) if _offence(name)] == []
    calls = [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert not CLOCKS & set(calls)

"""The ledger proves things offline: it imports no AWS, no operating system, no logger, no network."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import writ.ledger.merkle

FOLDER = Path(str(writ.ledger.merkle.__file__)).parent
BARRED = {
    "boto3",
    "botocore",
    "pynamodb",
    "aws_lambda_powertools",
    "os",
    "logging",
    "socket",
    "urllib",
    "httpx",
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names |= {module.split(".")[0], *(["adapters"] if module.startswith("writ.adapters") else [])}
    return names


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_ledger_module_reaches_nothing_outside(path: Path) -> None:
    assert not imported(path) & (BARRED | {"adapters"})

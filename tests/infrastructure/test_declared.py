"""The code of a bot and its manifest say the same: nothing is used undeclared, nothing declared unused."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from stacks.grants import KERNEL_KEYS, KERNEL_TABLES
from stacks.manifest import BotFolder, load_folders

FOLDERS = load_folders()
BOTS = [folder for folder in FOLDERS if folder.manifest.actions]
KEYS = {("keys", name) for name in KERNEL_KEYS}
_ACCESSORS = {"table": "tables", "bucket": "buckets", "key": "keys", "secret": "secrets"}


def used(path: Path) -> set[tuple[str, str]]:
    """Every `environment.table("…")` and its like in the modules of a folder."""
    found = set()
    for module in path.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 1
            ):
                continue
            kind, name = _ACCESSORS.get(node.func.attr), node.args[0]
            if kind and isinstance(name, ast.Constant) and isinstance(name.value, str):
                found.add((kind, name.value))
    return found


def declared(folder: BotFolder) -> set[tuple[str, str]]:
    needs = folder.manifest.needs
    return {(kind, name) for kind in _ACCESSORS.values() for name in getattr(needs, kind)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nothing_is_used_that_the_manifest_does_not_declare(folder: BotFolder) -> None:
    loop = {("tables", name) for name in KERNEL_TABLES} | KEYS
    allowed = declared(folder) | (loop if folder.manifest.actions else set())
    assert used(folder.path) <= allowed


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nothing_is_declared_that_is_not_used(folder: BotFolder) -> None:
    code = "".join(module.read_text(encoding="utf-8") for module in folder.path.glob("*.py"))
    through_the_kernel: set[tuple[str, str]] = set()
    if "loop_ports(" in code:
        through_the_kernel = {("tables", name) for name in KERNEL_TABLES} | KEYS
    elif "answers(" in code:
        through_the_kernel = {("tables", "entries"), ("tables", "subjects")} | KEYS
    assert declared(folder) - used(folder.path) - through_the_kernel == set()


@pytest.mark.parametrize("folder", BOTS, ids=lambda folder: folder.name)
def test_a_bot_performs_exactly_the_actions_of_its_manifest(folder: BotFolder) -> None:
    perform = importlib.import_module(f"functions.{folder.name}.perform")
    assert set(perform.ACTIONS) == set(folder.manifest.actions)


@pytest.mark.parametrize("folder", BOTS, ids=lambda folder: folder.name)
def test_an_action_of_high_risk_says_what_it_does(folder: BotFolder) -> None:
    assert [name for name, spec in folder.manifest.actions.items() if not spec.summary] == []

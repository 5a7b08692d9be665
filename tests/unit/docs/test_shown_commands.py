"""Every `writ` command that a page shows exists, with the options it is shown with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.app import app

ROOT = Path(__file__).parents[3]
WRITTEN = sorted(
    {*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {*(ROOT / "docs/reference").rglob("*")}
)
_LINE = re.compile(r"^(?: {4}|unshare --net --map-root-user )?(?:\./)?writ ([a-z].*)$", re.MULTILINE)
_SPAN = re.compile(r"`(?:\./)?writ ([a-z][^`]*)`")
_ARGUMENT_OF_GROUP = "COMMAND"


def shown(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    yield from _LINE.findall(text)
    yield from _SPAN.findall(text)


@cache
def root() -> Any:
    return typer.main.get_command(app)


def wrong(words: list[str]) -> str | None:
    """What is wrong with a command line, or None."""
    command: Any = root()
    context: Any = command.make_context("writ", [], resilient_parsing=True)
    while hasattr(command, "get_command"):
        name = words.pop(0) if words else _ARGUMENT_OF_GROUP
        if name == "--help":
            return None
        command = command.get_command(context, name)
        if command is None:
            return f"no command {name}"
        context = type(context)(command, info_name=name, parent=context)
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in options]
    return f"no option {', '.join(unknown)}" if unknown else None


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_that_a_page_shows_exist(page: Path) -> None:
    faults = {line: wrong(shlex.split(line, comments=True)) for line in shown(page)}
    assert {line: fault for line, fault in faults.items() if fault} == {}


def test_commands_are_found_and_judged() -> None:
    assert sum(len(list(shown(page))) for page in WRITTEN) > 40
    assert wrong(["actions", "list", "--state", "waiting"]) is None
    assert wrong(["actions", "lsit"]) == "no command lsit"
    assert wrong(["actions"]) == "no command COMMAND"
    assert wrong(["logs", "backlog", "--sinec", "1h"]) == "no option --sinec"

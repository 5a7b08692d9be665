"""The reference page of the `writ` command, from the command itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

PAGE: Final = "docs/reference/commands.md"
_EVERYWHERE: Final = ("--json", "--help")
_HEAD: Final = """<!-- Made by `writ generate`; change its source instead. -->

# The `writ` command

Every command takes `--json`. Exit codes: 0 all held, 1 a problem was found, 2 the command was not used as
it should be.

"""


def command_page(root: Any) -> dict[str, str]:
    """The page of a command and all below it, by its path."""
    return {PAGE: _HEAD + "\n".join(_sections(root, root.make_context("writ", [], resilient_parsing=True)))}


def _sections(command: Any, context: Any) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        yield _section(command, context)
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None:
            yield from _sections(child, type(context)(child, info_name=name, parent=context))


def _section(command: Any, context: Any) -> str:
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    records = (parameter.get_help_record(context) for parameter in command.params)
    rows = [f"| `{name}` | {text} |" for name, text in filter(None, records) if name not in _EVERYWHERE]
    parts = [f"## {context.command_path}", (command.help or "").strip(), f"    {usage}"]
    if rows:
        parts.append("\n".join(("| | |", "|---|---|", *rows)))
    return "\n\n".join(parts) + "\n"

"""What commands print: one JSON document for programs, rich text for people; and the three exit codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any, Final

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from writ.contracts.errors import WritError

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

_PIPE_WIDTH = 160
# What moves a terminal's cursor, colours it or turns a line around; and halves of characters.
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
# What GitHub's runner obeys in a line of output, blanks before it or not:
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
_COMMAND: Final = re.compile(
    r":(?=:(?:add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice|remove-matcher|save-state"
    r"|set-env|set-output|stop-commands|warning)\b)|#(?=#\[)",
    re.IGNORECASE,
)


class Exit(IntEnum):
    """0: all held. 1: a problem was found. 2: the command was not used as it should be."""

    OK = 0
    PROBLEM = 1
    USAGE = 2


class CommandError(WritError):
    """A command cannot do what it was asked; `hint` says what to do next."""

    code = "command.failed"

    def __init__(
        self, message: str, *, hint: str | None = None, code: str | None = None, field: str | None = None
    ) -> None:
        super().__init__(message, code=code, field=field)
        self.hint = hint


class UsageError(CommandError):
    """What the person typed makes no sense; trying again cannot help."""

    code = "command.usage"


class Output:
    """Where a command puts its result and its progress; in JSON mode only the result is on stdout."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.notes = _console(stderr=True)
        self._result = _console(stderr=False)
        self.failed = False

    def show(self, document: Any, *renderables: RenderableType) -> None:
        """The result of the command, in both forms. What goes into a file or a pipe keeps its lines whole."""
        if self.as_json:
            typer.echo(json.dumps(document, indent=2, default=str, ensure_ascii=False))
            return
        for renderable in renderables:
            whole = isinstance(renderable, str | Text) and not self._result.is_terminal
            self._result.print(renderable, soft_wrap=whole)

    def verbatim(self, text: str) -> None:
        """More of the result, for people to copy: as it is, also where a line is wider than the terminal."""
        if not self.as_json:
            self._result.print(Text(visible(text)), soft_wrap=True)

    def line(self, document: Any, text: Text) -> None:
        """One line of a result that has no end: in JSON mode one object a line."""
        if self.as_json:
            typer.echo(json.dumps(document, default=str, ensure_ascii=False))
        else:
            self._result.print(text)

    def note(self, text: str) -> None:
        """A line of progress, beside the result."""
        if not self.as_json:
            self.notes.print(Text(visible(text)))

    def found_problem(self) -> None:
        """Let the command end with exit code 1 although it printed its result."""
        self.failed = True

    def error(self, error: WritError) -> None:
        """Say what went wrong, with the code and the field, and what to do next where that is known."""
        hint = getattr(error, "hint", None)
        if self.as_json:
            document = {"code": error.code, "message": error.message, "field": error.field, "hint": hint}
            given = {key: value for key, value in document.items() if value is not None}
            typer.echo(json.dumps({"error": given}, indent=2, ensure_ascii=False))
            return
        # The code is what runbooks explain; these say no more than the message.
        known = [] if error.code.startswith(("command.", "http.")) else [error.code]
        known += [f"field: {error.field}"] if error.field else []
        place = f" ({visible(', '.join(known))})" if known else ""
        self.notes.print(Text.assemble(("✘ ", "bold red"), visible(error.message), (place, "dim")))
        if hint:
            self.notes.print(Text.assemble(("  next: ", "bold"), visible(hint)))


@contextmanager
def reporting(as_json: bool) -> Iterator[Output]:
    """The frame of every command: errors become a message and an exit code, never a stack trace."""
    output = Output(as_json)
    try:
        yield output
    except WritError as error:
        output.error(error)
        raise typer.Exit(Exit.USAGE if isinstance(error, UsageError) else Exit.PROBLEM) from None
    if output.failed:
        raise typer.Exit(Exit.PROBLEM)


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A plain table; columns named with a leading `>` are aligned right, with a leading `=` never broken."""
    made = Table(title=_title(title), title_justify="left", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        made.add_column(
            column.lstrip(">="),
            justify="right" if column.startswith(">") else "left",
            overflow="fold",
            no_wrap=column.startswith("="),
        )
    for row in rows:
        made.add_row(*(_cell(cell) for cell in row))
    return made


def facts(title: str, values: Mapping[str, object]) -> Table:
    """One thing and its properties, one a line; absent ones are left out."""
    made = Table(title=_title(title), title_justify="left", box=None, pad_edge=False, show_header=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in values.items():
        if value is not None:
            made.add_row(name, _cell(value))
    return made


class _Title(Text):
    """A title as wide as the terminal lets it be: rich would break it at the width of its table."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        return super().__rich_console__(console, options.update(width=console.width, justify="default"))


def _title(text: str | None) -> Text | None:
    return None if text is None else _Title(visible(text), "table.title")


def _cell(value: object) -> Text:
    """Text as it is: what comes from outside is not rich's markup."""
    return value if isinstance(value, Text) else Text("" if value is None else visible(str(value)))


def visible(text: str) -> str:
    r"""Text that only shows: controls as \xNN or \uNNNN, but for line breaks and tabs.

    Of what would be a command to GitHub's runner the first character is spelt so too, wherever it stands: the
    runner passes over blanks, and a long line may be broken before it.
    """
    return _COMMAND.sub(_spelt, _CONTROL.sub(_spelt, text))


def _spelt(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number of things: `1 entry`, `2 entries`; `plural` where it is not the noun with an s."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=max(console.width, _PIPE_WIDTH))

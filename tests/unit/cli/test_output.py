"""What a command prints and how it exits: 0 all held, 1 a problem, 2 bad usage; never a stack trace."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
import typer
from rich.table import Table
from rich.text import Text
from typer.testing import CliRunner, Result

from cli.api import refusal
from cli.app import app
from cli.output import CommandError, JsonFlag, Output, UsageError, counted, facts, reporting, table, visible
from writ.contracts.errors import WritError


def ran(body: Callable[[Output], None], *words: str) -> Result:
    small = typer.Typer()

    @small.command()
    def command(as_json: JsonFlag = False) -> None:
        with reporting(as_json) as output:
            body(output)

    return CliRunner().invoke(small, list(words))


def raising(error: WritError) -> Callable[[Output], None]:
    def body(_: Output) -> None:
        raise error

    return body


def found(output: Output) -> None:
    output.show({"found": 1}, "found one")
    output.note("a note")
    output.found_problem()


def test_lines_that_go_into_a_file_stay_whole_however_long() -> None:
    line = "witness " * 60 + "https://witness.example/v1/witness"

    def body(output: Output) -> None:
        output.show({}, line, Text(line))
        output.verbatim(f"{line}\n  next\x1b[2J")

    assert ran(body).stdout.split("\n")[:3] == [line] * 3
    assert "\x1b" not in ran(body).stdout
    assert ran(body, "--json").stdout == "{}\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WritError("it broke"), 1),
        (CommandError("it broke", hint="mend it"), 1),
        (UsageError("that is no number", field="--limit"), 2),
    ],
)
def test_an_error_is_a_message_and_an_exit_code(error: WritError, code: int) -> None:
    result = ran(raising(error))
    assert result.exit_code == code
    assert error.message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_an_error_says_field_and_what_to_do_next() -> None:
    result = ran(raising(CommandError("port 1 is taken", field="--port", hint="choose another")))
    assert "(field: --port)" in result.stderr
    assert "next: choose another" in result.stderr


@pytest.mark.parametrize(
    ("status", "problem", "said"),
    [
        (
            503,
            {"detail": "Temporarily unavailable", "code": "dependency.switched_off"},
            "✘ 503: Temporarily unavailable (dependency.switched_off)",
        ),
        (
            400,
            {"detail": "ends_at lies ahead", "code": "contract.invalid", "field": "ends_at"},
            "✘ 400: ends_at lies ahead (contract.invalid, field: ends_at)",
        ),
        (502, {}, "✘ 502: Bad Gateway"),
    ],
)
def test_what_the_plane_refuses_says_the_code_that_runbooks_explain(
    status: int, problem: dict[str, str], said: str
) -> None:
    result = ran(raising(refusal(httpx.Response(status, json=problem))))
    assert result.stderr.strip() == said


def test_an_error_in_json_is_one_document_with_what_is_known() -> None:
    result = ran(raising(CommandError("gone", code="plane.down", hint="make run")), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "error": {"code": "plane.down", "message": "gone", "hint": "make run"}
    }
    assert result.stderr == ""


def test_a_found_problem_prints_its_result_and_ends_with_one() -> None:
    result = ran(found)
    assert (result.exit_code, result.stdout.strip(), result.stderr.strip()) == (1, "found one", "a note")


def test_json_has_the_result_alone_on_standard_output() -> None:
    result = ran(found, "--json")
    assert (result.exit_code, json.loads(result.stdout), result.stderr) == (1, {"found": 1}, "")


def test_what_comes_from_outside_is_no_markup() -> None:
    result = ran(raising(CommandError("[bold]x[/bold] [link=evil]y[/link]")))
    assert "[bold]x[/bold] [link=evil]y[/link]" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("backlog", "list", "--limit", "0"),
        ("backlog", "list", "--method", "best"),
        ("up", "--port", "70000"),
        ("synth", "moon"),
        ("actions", "approve", "act-1"),
        ("replay",),
        ("replay", "nowhere"),
        ("replay", "x", "--dlq", "backlog"),
        ("replay", "x", "--set", "a.b=1"),
        ("replay", "x", "--dry-run"),
        ("replay", "--dlq", "backlog", "--set", "nonsense"),
        ("ledger", "verify", "nowhere"),
        ("new-bot", "Not-A-Bot"),
        ("policy", "decide", "nowhere.json"),
        ("generate", "--check", "--release"),
    ],
)
def test_bad_usage_of_a_real_command_exits_with_two(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output


def test_every_command_takes_json() -> None:
    group = typer.main.get_command(app)

    def commands(command: object, path: str) -> list[tuple[str, object]]:
        children = getattr(command, "commands", None)
        if children is None:
            return [(path, command)]
        return [found for name, child in children.items() for found in commands(child, f"{path} {name}")]

    every = commands(group, "writ")
    without = [
        path
        for path, command in every
        if "--json" not in {o for p in command.params for o in p.opts}  # type: ignore[attr-defined]
    ]
    assert len(every) > 20
    assert without == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\tb\nc é 漢", "a\tb\nc é 漢"),
        ("\x1b[2Ja", "\\x1b[2Ja"),
        ("a\rb\x7f\x9b", "a\\x0db\\x7f\\x9b"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("a\udcff", "a\\udcff"),
        ("x ::Error::y", "x \\x3a:Error::y"),
        ("##[set-env name=A]b", "\\x23#[set-env name=A]b"),
        ("arn:aws:s3:::bucket std::vector", "arn:aws:s3:::bucket std::vector"),
    ],
)
def test_what_comes_from_outside_only_shows(given: str, shown: str) -> None:
    assert visible(given) == shown


@pytest.mark.parametrize("made", [table, None])
def test_a_title_is_one_line_over_a_table_that_is_narrower(
    made: Callable[..., Table] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "\nexception migration of [everything]"
    shown = made(title, ("a",), [("b",)]) if made else facts(title, {"a": "b"})
    Output(as_json=False).show({}, shown)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == ["", "exception migration of [everything]"]


def test_one_thing_is_told_in_the_singular() -> None:
    assert [counted(number, "check run") for number in (0, 1, 2)] == [
        "0 check runs",
        "1 check run",
        "2 check runs",
    ]
    assert [counted(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]


def test_errors_and_cells_have_no_controls(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=False)
    output.error(CommandError("\x1b]0;a", hint="\x1b[b", field="\x1b[c"))
    output.note("\x1b[d")
    output.show({}, table(None, ("a",), [("\x1b[e",)]), facts("t", {"a": "\x1b[f"}))
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert captured.err.count("\\x1b") == 4
    assert captured.out.count("\\x1b") == 2

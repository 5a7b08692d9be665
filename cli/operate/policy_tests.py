"""Runs the `test_` rules of the policies under the engine that decides in production, as `opa test` would."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from regopy import Bundle, Interpreter, RegoError, set_default_log_level
from rich.console import Console
from rich.table import Table

from cli.plane import ROOT
from writ.policy.bundle import is_data, merged_data, read_texts
from writ.policy.errors import BundleError
from writ.policy.source import Module, complaint

POLICIES: Final = ROOT / "policies"
PREFIX: Final = "test_"
Status = Literal["passed", "failed", "error"]


@dataclass(frozen=True, slots=True)
class Result:
    """One test rule: `passed` when true, `failed` when not, `error` when it could not be asked."""

    file: str
    rule: str
    status: Status
    milliseconds: float = 0.0
    message: str = ""


def discover(modules: Sequence[Module]) -> list[tuple[Module, str]]:
    """Test rules in the order of files and of appearance."""
    tests = [module for module in modules if module.is_test]
    return [(module, rule) for module in tests for rule in module.rules if rule.startswith(PREFIX)]


def run(directory: Path) -> list[Result]:
    """Run every test rule under a directory.

    The engine runs in a process of its own: some invalid Rego makes rego-cpp abort instead of complain.

    Raises BundleError when the files cannot be compiled.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(_run, read_texts(directory)).result()
        except BrokenProcessPool:
            raise BundleError("the Rego engine aborted while compiling or running the policies") from None


def _run(texts: dict[str, str]) -> list[Result]:
    modules = [Module(path, texts[path]) for path in sorted(texts) if not is_data(path)]
    tests = discover(modules)
    if not tests:
        return []
    data = merged_data(texts)
    set_default_log_level("None")  # it would write to standard output, into the JSON
    interpreter = Interpreter()
    try:
        for module in modules:
            interpreter.add_module(module.path, module.source)
        interpreter.add_data(data)
        bundle = interpreter.build(None, [f"{module.package}/{rule}" for module, rule in tests])
    except RegoError as error:
        raise BundleError(complaint(error)) from None
    results = []
    for module, rule in tests:
        began = time.perf_counter()
        status, message = _ask(interpreter, bundle, f"{module.package}/{rule}")
        milliseconds = round((time.perf_counter() - began) * 1000, 3)
        results.append(Result(module.path, rule, status, milliseconds, message))
    return results


def _ask(interpreter: Interpreter, bundle: Bundle, entrypoint: str) -> tuple[Status, str]:
    try:
        output = interpreter.query_bundle_entrypoint(bundle, entrypoint)
    except (RegoError, ValueError) as error:
        return "error", str(error)
    if not output.ok():
        return "error", str(output)
    holds = bool(output.results) and output.results[0].expressions == [True]
    return ("passed", "") if holds else ("failed", str(output))


def run_tests(
    directory: Annotated[
        Path, typer.Argument(help="Folder of Rego files.", show_default="policies")
    ] = POLICIES,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the policies' own tests: exit code 1 when one does not hold, 2 when there is nothing to run."""
    try:
        results = run(directory) if directory.is_dir() else []
    except BundleError as error:
        problem = json.dumps({"code": error.code, "message": error.message}) if as_json else str(error)
        print(problem, file=sys.stderr)
        raise typer.Exit(1) from None
    if not results:
        print(f"no test rule under {directory}", file=sys.stderr)
        raise typer.Exit(2)
    if as_json:
        print(json.dumps([asdict(result) for result in results], indent=2))
    else:
        _print_table(results)
    raise typer.Exit(int(any(result.status != "passed" for result in results)))


def _print_table(results: Sequence[Result]) -> None:
    table = Table("file", "rule", "status", "ms", box=None, header_style="bold")
    colours = {"passed": "green", "failed": "red", "error": "red"}
    for result in results:
        status = f"[{colours[result.status]}]{result.status}[/]"
        table.add_row(result.file, result.rule, status, f"{result.milliseconds:.1f}")
    console = Console()
    console.print(table)
    passed = sum(result.status == "passed" for result in results)
    console.print(f"{passed} of {len(results)} passed")


if __name__ == "__main__":
    typer.run(run_tests)

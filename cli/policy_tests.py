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
from regopy import Interpreter, RegoError, set_default_log_level
from rich.console import Console
from rich.table import Table

from writ.policy.bundle import DATA, read_texts
from writ.policy.errors import BundleError
from writ.policy.source import Module, complaint

POLICIES: Final = Path(__file__).resolve().parent.parent / "policies"
PREFIX: Final = "test_"


@dataclass(frozen=True, slots=True)
class Result:
    """One test rule: `passed` when it is true, `failed` when it is not, `error` when it could not be asked."""  # noqa: E501

    file: str
    rule: str
    status: Literal["passed", "failed", "error"]
    milliseconds: float = 0.0
    message: str = ""


def discover(modules: Sequence[Module]) -> list[tuple[Module, str]]:
    """Test rules in the order of files and of appearance."""
    return [
        (module, rule)
        for module in modules
        if module.is_test
        for rule in module.rules
        if rule.startswith(PREFIX)
    ]


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
    modules = [Module(path, texts[path]) for path in sorted(texts) if path != DATA]
    tests = discover(modules)
    if not tests:
        return []
    set_default_log_level("None")  # it would write to standard output, into the JSON
    interpreter = Interpreter()
    try:
        for module in modules:
            interpreter.add_module(module.path, module.source)
        interpreter.add_data_json(texts.get(DATA, "{}"))
        bundle = interpreter.build(None, [f"{module.package}/{rule}" for module, rule in tests])
    except RegoError as error:
        raise BundleError(complaint(error)) from None
    results = []
    for module, rule in tests:
        began = time.perf_counter()
        try:
            output = interpreter.query_bundle_entrypoint(bundle, f"{module.package}/{rule}")
            answer = str(output) if output.ok() else f"error: {output}"
            passed = output.ok() and bool(output.results) and output.results[0].expressions == [True]
            verdict, message = ("passed", "") if passed else ("failed", answer)
        except (RegoError, ValueError) as error:
            verdict, message = "error", str(error)
        results.append(_result(module, rule, verdict, (time.perf_counter() - began) * 1000, message))
    return results


def _result(module: Module, rule: str, status: str, milliseconds: float, message: str) -> Result:
    return Result(module.path, rule, status, round(milliseconds, 3), message)  # type: ignore[arg-type]


def test(
    directory: Annotated[Path, typer.Argument(help="Folder of Rego files.")] = POLICIES,  # noqa: PT028
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: PT028
) -> None:
    """Run the policies' own tests: exit code 1 when one does not hold, 2 when there is nothing to run."""
    try:
        results = run(directory) if directory.is_dir() else []
    except BundleError as error:
        print(
            json.dumps({"error": error.code, "message": error.message}) if as_json else error, file=sys.stderr
        )
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
    typer.run(test)

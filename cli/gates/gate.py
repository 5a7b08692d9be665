"""`writ gate`: the policies that CI and the control plane go by, over a checkout."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.api import Api
from cli.gates import custom_policies, installed
from cli.gates import report as gate_report
from cli.gates import result as gate_result
from cli.gates.exceptions import plane_exceptions
from cli.gates.outside import Places, outside
from cli.gates.wheels import Wheels
from cli.output import JsonFlag, Output, UsageError, reporting, table
from cli.plane import ROOT, Plane
from writ.contracts.action import Verdict
from writ.contracts.errors import ContractError
from writ.gates import registry
from writ.gates.evaluate import engine_of, rules_of
from writ.gates.evaluate import run as judge
from writ.gates.exceptions import Known
from writ.gates.gate import Context, Gate
from writ.gates.model import Report
from writ.policy.bundle import Bundle

if TYPE_CHECKING:
    from cli.gates.checkout import Checkout

app = typer.Typer(no_args_is_help=True, help="Policies over a checkout, the same as in the control plane.")

POLICIES: Final = ROOT / "policies"
RESULTS: Final = "v1/gates/results"
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9._-]{1,100}(/[A-Za-z0-9._-]{1,100})?")
# https://host/owner/name.git, ssh://git@host/owner/name and git@host:owner/name; a path is nobody's name.
_REMOTE: Final = re.compile(
    r"(?:[a-z+]+://[^/]+/|[^/@]+@[^:/]+:)(?:[^?#]*/)?([A-Za-z0-9._-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?"
)


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


Repo = Annotated[Path, typer.Option(help="The checkout to look at.")]
Base = Annotated[str | None, typer.Option(help="What changed is told from here: origin/main, say.")]
Only = Annotated[list[str] | None, typer.Option(help="This gate alone; may be repeated.")]
Reported = Annotated[
    bool,
    typer.Option("--api", help="Take the plane's exceptions, and put the result into its ledger."),
]
As = Annotated[Format, typer.Option("--format", help="text, json, sarif, or github: its annotations.")]
Named = Annotated[
    str | None, typer.Option(help="owner/name, which exceptions go by; that of GitHub or origin if absent.")
]
Advisories = Annotated[
    Path | None,
    typer.Option(envvar="WRIT_ADVISORIES", help="A mirror of OSV's advisories: a folder, or a zip."),
]
Releases = Annotated[
    Path | None,
    typer.Option(envvar="WRIT_RELEASES", help="JSON: when releases were published, by package URL."),
]
Assembly = Annotated[
    Path | None,
    typer.Option("--cdk-out", envvar="WRIT_CDK_OUT", help="What cdk synth wrote: its templates and reports."),
]
Fetched = Annotated[
    bool,
    typer.Option(
        "--fetch-licences",
        help="Have pip get the wheels of what is locked and not installed, to read licences; nothing is run.",
    ),
]


@app.command()
def run(
    *,
    repo: Repo = Path(),
    base: Base = None,
    only: Only = None,
    form: As = Format.TEXT,
    repository: Named = None,
    api: Reported = False,
    advisories: Advisories = None,
    releases: Releases = None,
    cdk_out: Assembly = None,
    fetch_licences: Fetched = False,
    as_json: JsonFlag = False,
) -> None:
    """Judge a checkout: exit code 1 unless everything holds, 2 when it cannot be asked."""
    form = Format.JSON if as_json else form
    with reporting(form in (Format.JSON, Format.SARIF)) as output:
        places = Places(advisories, releases, cdk_out)
        wheels = Wheels(output) if fetch_licences else None
        asked = Asked(repo, base, tuple(only or ()), repository, places, wheels)
        if api:
            report = _reported(output, asked, form)
        else:
            report = judged(asked)
            _show(output, report, form)
        if report.verdict is not Verdict.ALLOW:
            output.found_problem()


def recorded(output: Output, repo: Path, repository: str) -> Report:
    """Judge a checkout by every gate, and put the result into the plane's ledger."""
    return _reported(output, Asked(repo, None, (), repository, Places()))


@app.command("list")
def list_gates(as_json: JsonFlag = False) -> None:
    """The gates and their rules."""
    with reporting(as_json) as output:
        gates = registry.load()
        items = [
            {
                "gate": gate.name,
                "summary": gate.summary,
                "rules": [r.model_dump(mode="json") for r in rules_of(gate)],
            }
            for gate in gates
        ]
        rows = [(rule.id, rule.severity.value, rule.title) for gate in gates for rule in rules_of(gate)]
        output.show({"items": items}, table(None, ("=rule", "=severity", "what must hold"), rows))


@app.command()
def baseline(*, repo: Repo = Path(), repository: Named = None, as_json: JsonFlag = False) -> None:
    """Write the secrets and personal data that a checkout has to its baseline, as salted digests."""
    from cli.gates import baseline as gate_baseline
    from cli.gates.checkout import opened

    with reporting(as_json) as output, opened(repo, None) as tree:
        name = name_of(repository, tree.remote, tree.folder)
        context = Context(name, datetime.now(UTC).replace(microsecond=0))
        written = gate_baseline.write(tree, context, Bundle.load(POLICIES))
        output.show(written.facts(), written.shown())


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked: which checkout, told from which base, what lies beside it, and what is fetched."""

    repo: Path
    base: str | None
    only: tuple[str, ...]
    repository: str | None
    places: Places
    wheels: Wheels | None = None


def _reported(output: Output, asked: Asked, form: Format | None = None) -> Report:
    """Judge with the exceptions of the control plane, show the report if in a form, and hand in the result.

    Shown first: what was found is there to read even where the plane does not take it.
    """
    with Api.of(Plane.load()) as api:
        report = judged_for(api, asked)
        if form is not None:
            _show(output, report, form)
        output.note(f"recorded as {hand_in(api, report)}")
        return report


def judged_for(api: Api, asked: Asked) -> Report:
    """Judge a checkout with the exceptions and facts of a control plane."""
    return judged(asked, exceptions=plane_exceptions(api), known=plane_facts(api))


def hand_in(api: Api, report: Report) -> str:
    """Put the result into the ledger of a control plane: the action that does."""
    return str(api.post(RESULTS, gate_result.of(report))["action"])


def judged(
    asked: Asked,
    *,
    exceptions: Sequence[Known] = (),
    known: Mapping[str, Any] | None = None,
) -> Report:
    """Judge a checkout; `exceptions` and `known` are what a control plane adds. Raises UsageError."""
    from cli.gates.checkout import opened  # git is read by no other command

    try:
        gates = registry.load(asked.only)
    except ContractError as error:
        raise UsageError(error.message, field="--only") from None
    with opened(asked.repo, asked.base) as tree:
        name = name_of(asked.repository, tree.remote, tree.folder)
        bundle = Bundle.load(POLICIES)
        beside = {
            "licences": _licences(tree, asked.wheels if _has(gates, "licences") else None),
            "security": outside(asked.places),
            "window": {"windows": bundle.windows, "freezes": []},
            **(known or {}),
        }
        context = Context(name, datetime.now(UTC).replace(microsecond=0), beside)
        if _has(gates, "custom"):
            context = custom_policies.asked(tree, context)
        engine = engine_of(bundle, gates)
        return judge(
            tree,
            context,
            gates,
            engine,
            plane_exceptions=exceptions,
            commit=tree.commit,
            base=tree.base,
        )


def _has(gates: Sequence[Gate], name: str) -> bool:
    return any(gate.name == name for gate in gates)


def _licences(tree: Checkout, wheels: Wheels | None) -> dict[str, tuple[str, ...]]:
    """What installed packages declare, and what is fetched of others."""
    found = installed.licences(tree.folder, tree.tracked)
    return found if wheels is None else {**wheels.licences(tree, found), **found}


def plane_facts(api: Api) -> dict[str, Any]:
    """What only a control plane knows: freezes, and what is left of error budgets as policy goes by it.

    The windows are those of the plane's own policies.
    """
    freezes = [
        {name: value for name, value in item.items() if name not in {"in_force", "occurrence"}}
        for item in api.items("v1/policy/freezes", 1000)
    ]
    budgets = {item["name"]: item["recorded"]["budget"] for item in api.items("v1/slo", 1000)}
    windows = api.get("v1/policy/bundle")["windows"]
    return {"window": {"windows": windows, "freezes": freezes}, "slo": budgets}


def name_of(given: str | None, remote: str | None, folder: Path) -> str:
    if given is not None and not _REPOSITORY.fullmatch(given):
        raise UsageError("a repository is called owner/name", field="--repository")
    found = _REMOTE.fullmatch(remote or "")
    fallback = re.sub(r"[^A-Za-z0-9._-]", "-", folder.name)[:100] or "checkout"
    return given or os.environ.get("GITHUB_REPOSITORY") or (found[1] if found else fallback)


def _show(output: Output, report: Report, form: Format) -> None:
    if form is Format.SARIF:
        from writ.gates import sarif

        typer.echo(json.dumps(sarif.document(report, _version()), indent=2, ensure_ascii=False))
    elif form is Format.GITHUB:
        from writ.gates import workflow_commands

        for line in workflow_commands.of(report):
            typer.echo(line)
        typer.echo(gate_report.sentence(report))
    else:
        output.show(report.model_dump(mode="json"), gate_report.report(report))


def _version() -> str:
    try:
        return version("writ")
    except PackageNotFoundError:
        import tomllib

        return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])

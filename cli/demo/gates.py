"""`writ demo gates`: changes that must not pass, each blocked by its rule, and its twin that passes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.gates.cases import MAIN, REPOSITORY, Case, State, cases, write_mirror
from cli.gates.gate import Asked, judged
from cli.gates.outside import Places
from cli.gates.report import violations
from cli.output import JsonFlag, reporting, table
from cli.progress import Bars
from writ.contracts.action import Verdict
from writ.gates.model import Place, Report


def gates(*, as_json: JsonFlag = False) -> None:
    """Changes with a malicious release, a leaked key and the like: each blocked until it is repaired."""
    with reporting(as_json) as output:
        with Bars(output) as bars, tempfile.TemporaryDirectory() as place:
            seen = tuple(_seen(Path(place), bars))
        held = all(each.held for each in seen)
        output.show({"ok": held, "cases": [each.document() for each in seen]}, _picture(seen))
        if not held:
            output.found_problem()


@dataclass(frozen=True, slots=True)
class Seen:
    """A case, and what the gates said of it and of its repaired twin."""

    case: Case
    report: Report
    repaired: Report

    @property
    def blocked(self) -> bool:
        """Whether the expected rule keeps the change from passing, alone and without showing a secret."""
        standing = self.report.standing
        alone = {(violation.rule, violation.expired) for violation in standing}
        told = self.case.secret is not None and self.case.secret in self.report.model_dump_json()
        verdict = self.report.verdict is not Verdict.ALLOW
        return verdict and alone == {(self.case.rule, self.case.expired)} and not told

    @property
    def held(self) -> bool:
        return self.blocked and self.passes

    @property
    def passes(self) -> bool:
        return self.repaired.verdict is Verdict.ALLOW

    def document(self) -> dict[str, Any]:
        return {
            "case": self.case.name,
            "held": self.held,
            "expected": self.case.rule,
            "verdict": self.report.verdict.value,
            "violations": [violation.model_dump(mode="json") for violation in self.report.standing],
            "repaired": {
                "how": self.case.mended,
                "verdict": self.repaired.verdict.value,
                "violations": [violation.model_dump(mode="json") for violation in self.repaired.standing],
            },
        }


def _seen(place: Path, bars: Bars) -> Iterator[Seen]:
    now = datetime.now(UTC).replace(microsecond=0)
    mirror = place / "advisories"
    write_mirror(mirror, now)
    for number, case in enumerate(cases(now)):
        bars.step(f"judging {case.name}, and its repaired twin")
        yield Seen(
            case,
            _judged(case.bad, place / f"{number}-bad", mirror),
            _judged(case.good, place / f"{number}-good", mirror),
        )


def _judged(state: State, folder: Path, mirror: Path) -> Report:
    """All gates over a repository, as `writ gate run --base main --advisories …` asks them."""
    state.build(folder)
    asked = Asked(folder, MAIN, (), REPOSITORY, Places(advisories=mirror))
    return judged(asked, known={"slo": state.budgets})


def _picture(seen: tuple[Seen, ...]) -> RenderableType:
    rows = [
        (
            _mark(each.held),
            each.case.name,
            each.report.verdict.value,
            ", ".join(sorted({violation.rule for violation in each.report.standing})) or "none",
            _place(each.report),
            each.repaired.verdict.value,
        )
        for each in seen
    ]
    columns = ("", "=change", "=verdict", "=rule", "place", "=repaired")
    parts: list[RenderableType] = [table(None, columns, rows)]
    for each in seen:
        parts += [Text(f"\n{each.case.name}", style="bold"), *_said(each)]
    held = sum(each.held for each in seen)
    last = (
        f"{held} of {len(seen)} changes are blocked by exactly the rule that is meant, and pass once repaired"
    )
    return Group(*parts, Text(), Text.assemble(_mark(held == len(seen)), " ", last))


def _said(each: Seen) -> Iterator[RenderableType]:
    """What `writ gate run` prints of it, and what lets it pass."""
    yield from violations(each.report.standing)
    yield Text.assemble(_mark(each.passes), f" {each.repaired.verdict.value} once {each.case.mended}")


def _place(report: Report) -> str:
    """Where it is; what it is about, where that is no file."""
    return ", ".join(
        sorted({_line(found.place) if found.place else found.subject for found in report.standing})
    )


def _line(place: Place) -> str:
    return f"{place.path}:{place.line}" if place.line else place.path


def _mark(held: bool) -> Text:
    return Text("✔", style="bold green") if held else Text("✘", style="bold red")

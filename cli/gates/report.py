"""What `writ gate run` prints: gates, violations under their files, exceptions, and a sentence at the end."""

from __future__ import annotations

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from cli.output import counted, table, visible
from writ.contracts.action import Verdict
from writ.gates.model import Answered, Effect, Listed, Report, Severity, Violation

_MARKS: Final = {
    Effect.DENY: ("✘", "bold red"),
    Effect.UNKNOWN: ("?", "bold magenta"),
    Effect.REVIEW: ("●", "bold yellow"),
    Effect.NOTE: ("·", "dim"),
}
_VERDICTS: Final = {
    Verdict.ALLOW: ("✔", "green"),
    Verdict.DENY: ("✘", "bold red"),
    Verdict.UNKNOWN: ("?", "bold magenta"),
    Verdict.REVIEW: ("●", "bold yellow"),
}
_SEVERITIES: Final = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_STATES: Final = {"expired": "bold red", "expiring": "yellow", "used": "green", "unused": "dim"}
# Of many alike the first ones show what is wrong; all are in the other formats.
_ALIKE: Final = 5


def report(found: Report) -> RenderableType:
    """The whole report."""
    parts: list[RenderableType] = [_gates(found.gates)]
    for name, mine in _by_file(found.standing).items():
        parts += [Text("\n" + visible(name).replace("\n", "\\n"), style="bold underline"), *violations(mine)]
    if chosen := [(gate.gate, record) for gate in found.gates for record in gate.records]:
        counts = Counter(record.message for _, record in chosen)
        parts.append(Text("\nchosen", style="italic"))
        parts += [Text(f"{number:>3} × {visible(message)}") for message, number in counts.most_common()]
    if found.exceptions:
        parts.append(_exceptions(found.exceptions, found.at))
    parts += [Text(), _last(found)]
    return Group(*parts)


def sentence(found: Report) -> str:
    """The outcome in one line."""
    counts = Counter(violation.effect for violation in found.violations)
    waived = sum(violation.waived for violation in found.violations)
    said = [
        f"{counts[effect]} {word}"
        for effect, word in (
            (Effect.DENY, "denied"),
            (Effect.UNKNOWN, "unknown"),
            (Effect.REVIEW, "to review"),
        )
        if counts[effect]
    ]
    said += [f"{waived} waived"] if waived else []
    return f"{found.verdict.value}: {', '.join(said) or 'nothing speaks against it'}"


def _gates(gates: Sequence[Answered]) -> Table:
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(no_wrap=True)
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for gate in gates:
        mark, style = _VERDICTS[gate.verdict] if gate.verdict else ("–", "dim")
        counts = ", ".join(_count(number, name) for name, number in gate.counted.items())
        own = f"digest {gate.digest[:12]}" if gate.digest else ""
        outcome = gate.skipped or "; ".join(filter(None, [counts, own, _tally(gate)]))
        made.add_row(
            Text(mark, style=style),
            Text(gate.gate, style="bold"),
            Text(visible(outcome), style="" if gate.verdict else "dim"),
        )
    return made


def _count(number: object, name: str) -> str:
    one = re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")
    return f"{number} {one if number == 1 else name}"


def _tally(gate: Answered) -> str:
    parts = [counted(gate.violations, "violation")] if gate.violations else []
    return ", ".join([*parts, *([f"{gate.waived} waived"] if gate.waived else [])])


def _by_file(violations: Iterable[Violation]) -> dict[str, list[Violation]]:
    found: dict[str, list[Violation]] = defaultdict(list)
    for violation in violations:
        found[violation.place.path if violation.place else "repository"].append(violation)
    return dict(sorted(found.items()))


def violations(found: Sequence[Violation]) -> Iterable[RenderableType]:
    """Those of one rule together: their whys, then what to do, once where it is the same kind of thing."""
    groups: dict[str, list[Violation]] = defaultdict(list)
    for violation in found:
        groups[violation.rule].append(violation)
    for mine in groups.values():
        first = mine[0]
        mark, style = _MARKS[first.effect]
        yield Text.assemble(
            (f"{mark} ", style),
            (first.rule, "bold"),
            (f"  {first.severity.value}", _SEVERITIES[first.severity]),
            (f"  × {len(mine)}" if len(mine) > 1 else "", "dim"),
        )
        yield Padding(_lines(mine[:_ALIKE]), (0, 0, 0, 2))
        if len(mine) > _ALIKE:
            yield Text(f"  … and {len(mine) - _ALIKE} more: --format json has them all", style="dim")
        yield Padding(_remedies(mine), (0, 0, 0, 2))


def _lines(found: Sequence[Violation]) -> Table:
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(justify="right", style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for violation in found:
        line = violation.place.line if violation.place else None
        said = Text(visible(violation.why))
        if violation.expired:
            said.append(f" (exception {', '.join(violation.expired)} has expired)", style="bold red")
        if violation.waived_by:
            said.append(
                f" (exception {', '.join(violation.waived_by)} is new in this change)", style="yellow"
            )
        made.add_row(str(line or ""), said)
    return made


def _remedies(found: Sequence[Violation]) -> RenderableType:
    first = found[0]
    parts: list[RenderableType] = [Text.assemble(("→ ", "green"), visible(first.remediation.text))]
    if first.remediation.patch:
        patch = visible(first.remediation.patch)
        parts.append(Padding(Syntax(patch, "diff", background_color="default"), (0, 0, 0, 2)))
    parts.append(Text(f"  {first.link}", style="dim"))
    if first.cover:
        where = {"path": first.cover.scope.path, "component": first.cover.scope.component}
        scope = "".join(f" --{name} {shlex.quote(value)}" for name, value in where.items() if value != "*")
        add = f"writ exceptions add ID --rule {first.rule}{scope} --owner … --reason … --until …"
        parts.append(Text(f"  or: {visible(add)}", style="dim"))
    return Group(*parts)


def _exceptions(found: Sequence[Listed], now: datetime) -> Table:
    rows = [
        (
            Text(listed.state, style=_STATES[listed.state]),
            listed.exception.id,
            listed.exception.rule,
            _until(listed.exception.expires_at, now),
            listed.exception.owner,
            listed.exception.reason,
        )
        for listed in found
    ]
    return table("\nexceptions", ("=state", "=exception", "=rule", "=until", "owner", "reason"), rows)


def _until(end: datetime, now: datetime) -> str:
    days = (end - now).days
    left = "over" if end <= now else f"{days} days" if days > 1 else "1 day" if days else "hours"
    return f"{end:%Y-%m-%d %H:%M} ({left})"


def _last(found: Report) -> Text:
    mark, style = _VERDICTS[found.verdict]
    where = f" at {found.commit[:12]}" if found.commit else ""
    since = f", changed since {found.base[:12]}" if found.base else ""
    return Text.assemble(
        (f"{mark} {sentence(found)}", style),
        (f"\n  {visible(found.repository)}{where}{since}; policies {found.bundle_digest[:12]}", "dim"),
    )

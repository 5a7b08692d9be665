"""How the difference of two API documents looks in a terminal, and as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from cli.output import table
from writ.openapi.change import Change, Direction, Verdict
from writ.openapi.change import verdict as verdict_of
from writ.openapi.diff import ApiDiff
from writ.openapi.rules import RULES

_STYLES: Final = {Verdict.BREAKING: "bold red", Verdict.UNKNOWN: "yellow", Verdict.COMPATIBLE: "green"}
_NONE: Final = "the whole document"
_NAMED: Final = 3


def document(found: ApiDiff) -> dict[str, Any]:
    """The difference for programs: every change, grouped by operation as in the terminal."""
    return {
        "verdict": found.verdict.value,
        "bump": found.bump.word,
        "versions": {"old": found.old_version, "new": found.new_version, "next": found.next_version},
        "counts": {verdict.value: found.count(verdict) for verdict in Verdict},
        "changes": [
            {
                "rule": each.rule,
                "verdict": each.verdict.value,
                "direction": each.direction.value,
                "operation": each.operation or None,
                "place": each.place or None,
                "schema": each.schema,
                "message": each.message,
            }
            for each in found.changes
        ],
    }


def picture(found: ApiDiff, everything: bool) -> Iterator[RenderableType]:
    """One line that says it all, then a table an operation, what breaks first."""
    yield _headline(found)
    yield from _versions(found)
    harmful = found.verdict is not Verdict.COMPATIBLE
    shown = [
        each for each in found.changes if everything or not harmful or each.verdict is not Verdict.COMPATIBLE
    ]
    folded = [(each, list[str]()) for each in shown] if everything else _folded(shown)
    rows: dict[str, list[tuple[Change, list[str]]]] = {}
    for each, others in folded:
        rows.setdefault(each.operation, []).append((each, others))
    for operation, changes in rows.items():
        yield Text("")
        yield Text(operation or _NONE, style="bold")
        yield table(None, ("=effect", "where", "what", "=rule"), [_row(*each) for each in changes])
    hidden = len(found.changes) - len(shown)
    if hidden:
        said = "breaks" if hidden == 1 else "break"
        yield Text(f"\n{hidden} more {said} nothing; --all shows them", style="dim")


def rules() -> list[dict[str, str]]:
    """Every rule with its verdict in either direction."""
    return [
        {
            "rule": rule.id,
            **{way.value: verdict_of(rule.effect, way).value for way in Direction},
            "summary": rule.summary,
        }
        for rule in RULES.values()
    ]


def rule_table(told: Sequence[dict[str, str]]) -> RenderableType:
    rows = [
        (
            each["rule"],
            *(Text(each[way], style=_STYLES[Verdict(each[way])]) for way in Direction),
            each["summary"],
        )
        for each in told
    ]
    return table(None, ("=rule", "=in requests", "=in responses", "what"), rows)


def _headline(found: ApiDiff) -> Text:
    if not found.changes:
        return Text.assemble(("✔ ", "green"), "no change that a client could notice")
    counts = ", ".join(
        f"{found.count(verdict)} {verdict.value}" for verdict in Verdict if found.count(verdict)
    )
    sign = ("✔ ", "green") if found.verdict is Verdict.COMPATIBLE else ("✘ ", "bold red")
    style = "green" if found.verdict is Verdict.COMPATIBLE else "bold red"
    return Text.assemble(sign, counts, " → ", (found.bump.word, style))


def _versions(found: ApiDiff) -> Iterator[Text]:
    """What the documents say of their versions, where that is less than the changes ask for."""
    if found.declared is False:
        old, new = found.old_version, found.new_version
        said = f"info.version goes from {old} to {new}" if new != old else f"info.version is still {old}"
        yield Text(f"  {said}; by these changes it is {found.next_version}", style="yellow")


def _folded(changes: Sequence[Change]) -> list[tuple[Change, list[str]]]:
    """Changes of a named schema once, with the other operations that have the same."""
    places: dict[tuple[Any, ...], list[Change]] = {}
    for each in changes:
        own = each.schema or (each.operation, each.place)
        places.setdefault((each.rule, each.verdict, each.direction, own, each.message), []).append(each)
    return [
        (first, list(dict.fromkeys(each.operation for each in same if each.operation != first.operation)))
        for first, *same in places.values()
    ]


def _row(change: Change, others: Sequence[str]) -> tuple[object, ...]:
    what = Text(change.message)
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        what.append(f"; also in {', '.join(others[:_NAMED])}{more}", style="dim")
    return (
        Text(change.verdict.value, style=_STYLES[change.verdict]),
        change.place or "–",
        what,
        Text(change.rule, style="dim"),
    )

"""The loop as people see it: a picture with counts, and the tables behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cli.local.story import WAITING, Story
from cli.output import counted, table

ARROW: Final = "──► "
_VERDICTS: Final = ("allow", "review", "deny", "unknown")
_STATUSES: Final = ("succeeded", "failed", "denied", "expired", WAITING)


@dataclass(frozen=True, slots=True)
class Stage:
    """One station of the loop: its name, and what stands below it."""

    name: str
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        return max(len(line) for line in (self.name, *self.notes))


def loop(stages: Sequence[Stage]) -> str:
    """Stages beside one another, an arrow between their names, their notes below."""
    height = max(len(stage.notes) for stage in stages)
    head = "".join(_led_on(stage) for stage in stages[:-1]) + stages[-1].name
    lines = [head]
    for row in range(height):
        cells = (
            (stage.notes[row] if row < len(stage.notes) else "").ljust(len(_led_on(stage)))
            for stage in stages
        )
        lines.append("".join(cells).rstrip())
    return "\n".join(lines)


def _led_on(stage: Stage) -> str:
    """A name, and the line that leads from it over its column's width to the next one."""
    return f"{stage.name} {'─' * (stage.width - len(stage.name))}{ARROW}"


def stages(story: Story) -> list[Stage]:
    """The loop's stations with this run's figures."""
    actions = story.actions
    verdicts = Counter(action.verdict for action in actions)
    statuses = Counter(action.status for action in actions)
    bots = sorted({action.bot for action in actions})
    accepted = story.accepted
    types = len({receipt.type for receipt in accepted})
    refused = len(story.refused)
    performed = sum(action.status in ("succeeded", "failed") for action in actions)
    return [
        Stage("webhook", (f"{len(story.receipts)} signed", *([f"{refused} refused"] if refused else []))),
        Stage("event", (str(len(accepted)), counted(types, "type"))),
        Stage("plan", (counted(len(actions), "action"), *bots)),
        Stage("policy", _tallied(verdicts, _VERDICTS)),
        Stage("intent", (f"{len(actions)} signed",)),
        Stage("perform", (str(performed),)),
        Stage("outcome", _tallied(statuses, _STATUSES)),
    ]


def _tallied(counts: Counter[str], order: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{counts[name]} {name}" for name in order if counts[name]) or ("none",)


def render(story: Story) -> RenderableType:
    """Events by type → bots → actions by decision → evidence."""
    return Group(
        Padding(_events(story), (1, 0), expand=False),
        _actions(story),
        Padding(Text(loop(stages(story)), style="bold", no_wrap=True), (1, 0), expand=False),
        *_refusals(story),
    )


def _events(story: Story) -> RenderableType:
    lines = story.by_type()
    acted = [line for line in lines if line.actions]
    rest = [line for line in lines if not line.actions]
    rows: list[tuple[object, ...]] = [
        (line.type, line.count, line.fresh, ", ".join(line.bots), line.actions) for line in acted
    ]
    if rest:
        name = counted(len(rest), "other type")
        rows.append((name, sum(x.count for x in rest), sum(x.fresh for x in rest), "", 0))
    return table(None, ("event", ">received", ">new", "bot", ">actions"), rows)


def _actions(story: Story) -> RenderableType:
    rows = [(*key, count) for key, count in sorted(story.decisions().items())]
    return table(None, ("bot", "action", "decision", "outcome", ">actions"), rows)


def _refusals(story: Story) -> list[RenderableType]:
    rows = [(r.path, r.status, r.code, r.field, r.message) for r in story.refused]
    return [table("refused", ("payload", ">status", "code", "field", "why"), rows)] if rows else []

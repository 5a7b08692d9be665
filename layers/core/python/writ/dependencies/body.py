"""What a pull request of a bump says: title, table, release notes, why now. Pure; others' text is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from writ.release.markdown import escaped

LONGEST: Final = 60_000
_NOTES: Final = 4_000
_NAMED: Final = 3
_FOOT: Final = "<sub>Kept by Writ: once others push to this branch, it is left to them.</sub>"
# Before what a space of no width is put.
_CLOSING: Final = re.compile(r"\b(?:clos|fix|resolv)(?=(?:e[sd]?)?:?\s+\S)", re.IGNORECASE)
_ISSUE: Final = re.compile(r"(?:#|\bGH-)(?=\d)", re.IGNORECASE)
_HEAD: Final = ("package", "from", "to", "step", "age", "earlier bumps that passed")


@dataclass(frozen=True, slots=True)
class Row:
    """A member as a reader sees it. `notes` are (tag, text) of the releases on the way, the newest first."""

    package: str
    current: str
    version: str
    change: str
    age_hours: int | None
    score: str
    advisories: tuple[str, ...] = ()
    source: str | None = None
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """What else there is to say: the group, the cooldown, what is tried now, and who is held back."""

    group: str
    rows: Sequence[Row]
    cooldown_days: int
    early: bool = False
    trying: str = ""
    held: Mapping[str, str] = field(default_factory=dict)


def title(story: Story) -> str:
    """A conventional title, that names what it can."""
    kind = "fix" if any(row.advisories for row in story.rows) else "build"
    names = [f"{row.package} {row.version}" for row in story.rows]
    if len(names) == 1:
        row = story.rows[0]
        return f"{kind}(deps): bump {row.package} from {row.current} to {row.version}"[:250]
    if len(names) <= _NAMED:
        return f"{kind}(deps): bump {', '.join(names[:-1])} and {names[-1]}"[:250]
    return f"{kind}(deps): bump {len(names)} packages of {story.group}"


def body(story: Story) -> str:
    """The description, no longer than the forge takes."""
    parts = [_why(story), _table(story.rows)]
    if story.trying:
        parts.insert(0, f"> **Looking for what fails:** {escaped(story.trying)}")
    if story.held:
        listed = "\n".join(f"- {escaped(name)}: {escaped(why)}" for name, why in sorted(story.held.items()))
        parts.append(f"### Held back\n\n{listed}")
    for row in story.rows:
        parts += [_notes(row)] if row.notes else []
    text = "\n\n".join(parts)
    if len(text) > LONGEST:
        text = text[: text.rfind("\n", 0, LONGEST)] + "\n\n*shortened*"
    return f"{text}\n\n{_FOOT}\n"


def _why(story: Story) -> str:
    fixed = escaped(", ".join(sorted({id for row in story.rows for id in row.advisories})))
    days = story.cooldown_days
    if story.early:
        waiting = f"A person let this in: releases otherwise wait {days} days."
        return f"**Security, before the cooldown is over:** fixes {fixed}. {waiting}"
    if fixed:
        return f"**Security:** fixes {fixed}."
    return f"**Regular:** every release here is older than the cooldown of {days} days."


def _table(rows: Sequence[Row]) -> str:
    cells = [_HEAD, ("---",) * len(_HEAD), *(_cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _cells(row: Row) -> tuple[str, ...]:
    known = (_linked(row), f"`{row.current}`", f"`{row.version}`", row.change, _age(row.age_hours))
    return (*known, row.score)


def _linked(row: Row) -> str:
    return escaped(row.package) if row.source is None else f"{escaped(row.package)} ({escaped(row.source)})"


def _age(hours: int | None) -> str:
    if hours is None:
        return "unknown"
    return f"{hours // 24} d" if hours >= 48 else f"{hours} h"


def _notes(row: Row) -> str:
    """Release notes line by line, each escaped, so that nothing of them does anything here."""
    parts = [f"<details>\n<summary>{_summary(row.package)}: release notes</summary>\n"]
    left = _NOTES
    for tag, text in row.notes:
        lines = [quiet(line) for line in text.splitlines() if line.strip()]
        shown = "  \n".join(lines)[:left]
        parts.append(f"**{escaped(tag)}**\n\n{shown or 'No notes.'}\n")
        left -= len(shown)
        if left <= 0:
            parts.append("*shortened*\n")
            break
    return "\n".join([*parts, "</details>"])


def quiet(line: str) -> str:
    """A line of others that shows itself and does nothing here: refers to no issue of ours, and closes none.

    Source: GitHub's documentation of linking a pull request to an issue by a keyword
    """
    return _ISSUE.sub(_split, _CLOSING.sub(_split, escaped(line)))


def _split(found: re.Match[str]) -> str:
    return f"{found[0]}\u200b"


def _summary(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

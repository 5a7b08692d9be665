"""What a pull request is told of the rollout of its release. Pure.

A note is part of what was observed of a transition, so that it is the same whenever it is announced. It is
one section of a comment: each note takes the place of the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from writ.contracts.events.forge import PullRequestNoted
from writ.rollout.state import Entry, Kind, Result, Rollout

TOPIC: Final = "rollout"
_LONGEST: Final = 600


def note_of(rollout: Rollout, entry: Entry) -> dict[str, Any] | None:
    """The note of a transition that has ended; None where no pull request asked, or nothing is new."""
    text = _text(rollout, entry)
    if rollout.repository is None or rollout.pull_request is None or text is None or entry.ended_at is None:
        return None
    return {
        "repository": rollout.repository,
        "pull_request": rollout.pull_request,
        "text": f"{text}\n\n`writ canary status {rollout.id}` shows its trail.",
        "noted_at": entry.ended_at.isoformat(),
    }


def noted(observed: Mapping[str, object]) -> list[PullRequestNoted]:
    """The event of a note, where something observed has one."""
    note = observed.get("note")
    return [PullRequestNoted.model_validate({**note, "topic": TOPIC})] if isinstance(note, dict) else []


def plain(text: str) -> str:
    """A reason as it may stand in Markdown: one line, that names nobody and marks nothing up."""
    shown = " ".join(text.split())[:_LONGEST]
    for mark in "\\`*_[]<>|@#":
        shown = shown.replace(mark, f"\\{mark}" if mark != "@" else "@\u200b")
    return shown


def _text(rollout: Rollout, entry: Entry) -> str | None:
    new, old, service = rollout.candidate.id, rollout.baseline.id, rollout.group.service
    because, text = plain(entry.reason), None
    match entry.kind:
        case Kind.START if rollout.way == "back":
            text = f"✘ {service} goes back from {old} to **{new}**: {plain(rollout.stop or entry.reason)}."
        case Kind.START:
            text = f"The rollout of **{new}** on {service} has begun: it takes the place of {old}."
        case Kind.SHIFT:
            text = f"**{new}** has {entry.goal.candidate:.0%} of {service}: {because}."
        case Kind.PROMOTE:
            text = f"**{new}** has everything of {service}, and is watched: {because}."
        case Kind.REVERT:
            text = f"✘ **{new}** is taken back from {service}, {old} serves: {because}."
        case Kind.CLOSE if rollout.final is Result.PROMOTED:
            text = f"✔ **{new}** serves {service}: {because}."
        case Kind.CLOSE:
            text = f"✘ **{new}** was taken back, {old} serves {service}: {plain(rollout.stop or because)}."
        case _:  # a hook or a person agreed: what follows says more
            pass
    return text

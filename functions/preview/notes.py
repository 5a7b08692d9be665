"""What the pull request is told, in Markdown. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from functions.preview.model import Failure, Preview, State
from writ.contracts.event import EventData
from writ.contracts.events.forge import PullRequestNoted
from writ.contracts.events.previews import PreviewFailed, PreviewOpened, PreviewRemoved
from writ.contracts.redaction import redact_text

TOPIC: Final = "preview"
_SHORT: Final = 12
# Shows nothing, and keeps GitHub from making links of addresses and of numbers of issues:
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
_NOTHING: Final = "\u200b"
_LINK: Final = re.compile(r":(?=//)|\bwww(?=\.)|#(?=\d)|\bGH-(?=\d)", re.IGNORECASE)


def seen(preview: Preview) -> dict[str, Any]:
    """What of a preview is in the outcome of an action, for whoever tells of it."""
    found: dict[str, Any] = {
        "preview": preview.id,
        "repository": preview.repository,
        "pull_request": preview.pull_request,
        "state": preview.state.value,
        "goal": preview.goal.number,
        "wanted": preview.goal.commit,
        "reason": preview.goal.reason,
        "commit": preview.commit,
        "url": preview.url,
        "expires_at": preview.expires_at.isoformat(),
        "at": preview.changed_at.isoformat(),
    }
    if preview.failure is not None:
        found |= {"problem": preview.failure.reason, "resource": preview.failure.resource}
    return {name: value for name, value in found.items() if value is not None}


def note(observed: Mapping[str, Any], text: str) -> PullRequestNoted:
    """A note on the pull request of a preview."""
    return PullRequestNoted(
        repository=str(observed["repository"]),
        pull_request=int(observed["pull_request"]),
        topic=TOPIC,
        text=text,
        noted_at=datetime.fromisoformat(str(observed["at"])),
    )


def progress(observed: Mapping[str, Any]) -> list[EventData]:
    """A preview is on its way, or stands."""
    state = State(str(observed["state"]))
    title = "is ready" if state is State.READY else f"is {state.value}"
    return [note(observed, _text(observed, title))]


def opened(observed: Mapping[str, Any]) -> list[EventData]:
    """A preview answers."""
    event = PreviewOpened.model_validate(
        {name: observed[name] for name in (*_WHICH, "commit", "url", "expires_at")}
    )
    return [event, *progress(observed)]


def failed(observed: Mapping[str, Any]) -> list[EventData]:
    """A preview is not where it should be, and why."""
    failure = Failure(reason=str(observed["problem"]), resource=observed.get("resource"))
    event = PreviewFailed.model_validate(
        {**{name: observed[name] for name in _WHICH}, **failure.model_dump()}
    )
    stuck = observed["state"] == State.STUCK.value
    title = "cannot be removed yet; that is tried again" if stuck else "failed"
    why = _escaped(failure.reason)
    cause = f"{_code(failure.resource)}: {why}" if failure.resource else why
    return [event, note(observed, f"{_text(observed, title)}\n\n{cause}")]


def removed(observed: Mapping[str, Any]) -> list[EventData]:
    """Nothing is left of a preview. One that failed keeps the note that says why."""
    which = {name: observed[name] for name in _WHICH}
    event = PreviewRemoved.model_validate({**which, "reason": observed["reason"]})
    if observed["state"] == State.LOST.value:
        return [event]
    return [event, note(observed, f"**Preview** is gone: {_escaped(str(observed['reason']))}.")]


def refused(observed: Mapping[str, Any], reasons: Sequence[str]) -> list[EventData]:
    """Policy said no, and why."""
    listed = "\n".join(f"- {_escaped(reason)}" for reason in reasons)
    text = f"**Preview** was refused:\n\n{listed}\n\nSet the label again to ask once more."
    return [note(observed, text)]


_WHICH: Final = ("preview", "repository", "pull_request")


def _text(observed: Mapping[str, Any], title: str) -> str:
    rows = {
        "shows": observed.get("commit") and _code(str(observed["commit"])[:_SHORT]),
        "is to show": observed.get("wanted") != observed.get("commit")
        and _code(str(observed.get("wanted"))[:_SHORT]),
        "at": observed.get("url"),
        "until": f"{datetime.fromisoformat(str(observed['expires_at'])):%Y-%m-%d %H:%M} UTC",
        "id": _code(str(observed["preview"])),
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items() if value]
    return "\n".join([f"**Preview** {title}.", "", "| | |", "|---|---|", *lines])


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"


def _escaped(text: str) -> str:
    """What somebody else said, redacted, as plain text in Markdown: no link, no HTML, one line.

    A mention is left as it was said: whoever keeps the comment takes it apart, which no entity may hide.
    """
    plain = _LINK.sub(lambda found: found[0] + _NOTHING, redact_text(" ".join(text.split())))
    for mark in "\\`*_[]<>#|":
        plain = plain.replace(mark, f"\\{mark}" if mark not in "<>" else {"<": "&lt;", ">": "&gt;"}[mark])
    return plain

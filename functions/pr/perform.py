"""The pr bot's effects, and the one that keeps a note in the one comment of a pull request.

A comment is never made twice. Who writes holds the thread, and only when it is over may another write: longer
than an attempt, and so than a request of one, can live. Before one is made it is looked for by the nonce of
its thread, which was kept before the first attempt to make one. A new thread takes over the comment of one
that was forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from functions.pr.comment import earlier, find, render, says, topics_of
from functions.pr.merging import MERGING
from functions.pr.note import Note, Pull, Thread
from functions.pr.patience import patiently
from functions.pr.reporting import REPORT_CHECK
from writ.contracts.action import Action
from writ.contracts.errors import BusyError, ContendedError, ForgeBusyError, PermanentError
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.pr.ports import Ports
    from writ.contracts.event import EventData
    from writ.ports.forge import Comment, Comments

# Notes that came while one was posted are posted by the same attempt, so often.
_ROUNDS: Final = 3


def post_note(action: Action, ports: Ports) -> Observation:
    """Keep the note and show it. What the forge refuses for good fails with its `forge.` code."""
    pull, note = _pull(action), _note(action)
    ports.threads.keep(pull, note)
    if ports.forge is None:
        return _kept(note)
    for _ in range(_ROUNDS):
        comment, notes = _show(pull, action, ports.forge(), ports)
        if ports.threads.notes(pull) == notes:
            return _shown(pull, comment, notes)
    raise ContendedError("notes come faster than they are posted", code="pr.crowded")


def observe(action: Action, ports: Ports) -> Observation | None:
    """The comment, if it shows all that is kept, this note or a later one among it."""
    pull, note = _pull(action), _note(action)
    notes = ports.threads.notes(pull)
    if not any(kept.topic == note.topic and kept.stamp >= note.stamp for kept in notes):
        return None
    if ports.forge is None:
        return _kept(note)
    thread = ports.threads.thread(pull)
    if thread is None:
        return None
    comment = _look(pull, thread, ports.forge())
    if comment is None or not says(comment, render(thread.nonce, notes)):
        return None
    ports.threads.replace(pull, thread, thread.at(comment.id, comment.author))
    return _shown(pull, comment, notes)


def announce(action: Action, observed: Observation) -> Sequence[EventData]:
    """That the comment says something new, where it was posted."""
    from writ.contracts.events.forge import PullRequestCommented

    if not observed.get("posted"):
        return ()
    pull = _pull(action)
    return (
        PullRequestCommented.model_validate(
            {
                "repository": pull.repository,
                "pull_request": pull.number,
                **{name: observed[name] for name in ("comment", "url", "topics")},
            }
        ),
    )


def _show(pull: Pull, action: Action, forge: Comments, ports: Ports) -> tuple[Comment, Sequence[Note]]:
    """Write what is kept into the comment, as the only one who does."""
    thread = patiently(lambda: _take(pull, action, ports), ports.pause)
    notes = ports.threads.notes(pull)
    try:
        comment = _write(pull, thread, render(thread.nonce, notes), forge)
    except (PermanentError, ForgeBusyError):
        ports.threads.replace(pull, thread, thread.free())
        raise
    # After any other error, a request may still be on its way: the thread is held until none can be.
    ports.threads.replace(pull, thread, thread.free().at(comment.id, comment.author))
    return comment, notes


def _take(pull: Pull, action: Action, ports: Ports) -> Thread:
    now = ports.clock.now()
    before = ports.threads.thread(pull)
    if before is not None and before.is_held(now):
        message = f"another attempt writes the comment of {pull.key}"
        raise BusyError(message, code="pr.busy", until=before.until)
    fresh = before or Thread(nonce=ports.entropy(16).hex())
    held = fresh.held(f"{action.id}.{ports.entropy(8).hex()}", now + ports.lease)
    ports.threads.replace(pull, before, held)
    return held


def _write(pull: Pull, thread: Thread, body: str, forge: Comments) -> Comment:
    if thread.comment is not None:
        changed = forge.update_comment(pull.repository, thread.comment, body)
        if changed is not None:
            return changed  # else somebody deleted it, and it may have been made anew
    there = forge.comments(pull.repository, pull.number)
    found = find(there, thread.nonce, thread.author)
    if found is None and thread.comment is None:
        found = earlier(there)
    changed = forge.update_comment(pull.repository, found.id, body) if found else None
    return changed or forge.create_comment(pull.repository, pull.number, body)


def _look(pull: Pull, thread: Thread, forge: Comments) -> Comment | None:
    known = forge.comment(pull.repository, thread.comment) if thread.comment is not None else None
    return known or find(forge.comments(pull.repository, pull.number), thread.nonce, thread.author)


def _kept(note: Note) -> Observation:
    return {"posted": False, "topic": note.topic}


def _shown(pull: Pull, comment: Comment, notes: Sequence[Note]) -> Observation:
    return {
        "posted": True,
        "pull": pull.key,
        "comment": comment.id,
        "url": comment.url,
        "topics": topics_of(notes),
    }


def _pull(action: Action) -> Pull:
    return Pull.model_validate(action.parameters["pull"])


def _note(action: Action) -> Note:
    return Note.model_validate(action.parameters["note"])


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "post-note": Effect(post_note, observe, announce),
    "report-check": REPORT_CHECK,
    **MERGING,
}

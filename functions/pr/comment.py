"""The one comment of a pull request, made of what was noted. Pure.

Its first line is a mark that no section can write, for sections have no HTML: `<!-- writ:comment NONCE DIGEST
-->`. The nonce tells the comment from every other; the digest tells whether it says what was noted last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from functions.pr.markdown import shortened
from functions.pr.note import Note

if TYPE_CHECKING:
    from writ.ports.forge import Comment

# Characters: GitHub's own limit on a comment.
LONGEST: Final = 65_536
# More topics than bots; of more, the newest are shown.
TOPICS: Final = 40
_MARK: Final = "<!-- writ:comment "
_FOOT: Final = "<sub>Kept by Writ: one comment, a section for each thing there is to say.</sub>"


def render(nonce: str, notes: Sequence[Note]) -> str:
    """The comment that shows these notes, by topic."""
    newest = sorted(notes, key=lambda note: note.stamp)[-TOPICS:]
    shown = sorted(newest, key=lambda note: note.topic)
    heads = [_head(note) for note in shown]
    mark = mark_of(nonce, "0" * 64)
    around = len("\n\n".join([mark, *heads, _FOOT])) + 2 * len(heads)
    longest = _allowed([len(note.text) for note in shown], LONGEST - around)
    sections = [f"{head}\n\n{shortened(note.text, longest)}" for head, note in zip(heads, shown, strict=True)]
    body = "\n\n".join([*sections, _FOOT])
    return f"{mark_of(nonce, hashlib.sha256(body.encode()).hexdigest())}\n\n{body}"


def mark_of(nonce: str, digest: str) -> str:
    return f"{_mark(nonce)}{digest} -->"


def find(comments: Sequence[Comment], nonce: str, author: int | None = None) -> Comment | None:
    """The comment with this nonce in its first line, the oldest of several: a copy is younger.

    Of this author alone, once it is known: everybody can read the nonce of a comment, and copy it.
    """
    marked = [
        comment
        for comment in comments
        if comment.body.startswith(_mark(nonce)) and author in (None, comment.author)
    ]
    return min(marked, key=lambda comment: comment.id, default=None)


def earlier(comments: Sequence[Comment]) -> Comment | None:
    """The oldest of those that this app wrote for a thread, whatever its nonce.

    It stands for one that nobody remembers: of a control plane whose tables were lost, or begun anew.
    """
    marked = (comment for comment in comments if comment.ours and comment.body.startswith(_MARK))
    return min(marked, key=lambda comment: comment.id, default=None)


def says(comment: Comment, body: str) -> bool:
    """Whether it shows what `body` does: the first line tells."""
    return comment.body.splitlines()[:1] == body.splitlines()[:1]


def topics_of(notes: Sequence[Note]) -> list[str]:
    """What `render` shows of them."""
    newest = sorted(notes, key=lambda note: note.stamp)[-TOPICS:]
    return sorted(note.topic for note in newest)


def _mark(nonce: str) -> str:
    return f"{_MARK}{nonce} "


def _head(note: Note) -> str:
    title = note.topic.replace("-", " ").capitalize()
    return f"### {title}\n\n<sub>{note.noted_at:%Y-%m-%d %H:%M} UTC</sub>"


def _allowed(lengths: Sequence[int], room: int) -> int:
    """The longest that a text may be so that all fit: what short ones leave, long ones take."""
    left = sorted(lengths)
    while left and left[0] * len(left) <= room:
        room -= left.pop(0)
    return room // len(left) if left else max(lengths, default=0)

"""Makes text of a bot harmless inside a comment that others share. Pure.

GitHub renders CommonMark with extensions (https://github.github.com/gfm/). What stands in a block quote ends
with it: code fences that nobody closed, lists, headings, tables. What reaches beyond a quote is taken apart
by a zero-width space, which shows nothing and means something else: HTML, mentions, entities that could say
them, and link definitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from writ.contracts.redaction import redact_text

_NOTHING: Final = "\u200b"
_BREAK: Final = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
# Control characters, and those that turn the direction of writing: https://trojansource.codes
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])(?!https?://[^\s<>]*>)")
# GitHub looks for mentions in what is rendered, so that `_@name_` is one, and so is an entity for a letter.
_MENTION: Final = re.compile(r"(?<![A-Za-z0-9])@(?=[A-Za-z0-9&])")
# By number every character can be said: https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references
_ENTITY: Final = re.compile(r"&(?=#[0-9xX]|commat;)")
# Labels may span lines, so that any end of one counts: https://spec.commonmark.org/0.31.2/#link-label
_DEFINITION: Final = re.compile(r"\](?=:)")


def quoted(text: str) -> str:
    """The text as a block quote: redacted, without HTML, mentioning nobody, defining nothing."""
    text = _UNSEEN.sub("", _BREAK.sub("\n", redact_text(text))).strip("\n")
    for pattern in (_TAG, _MENTION, _ENTITY, _DEFINITION):
        text = pattern.sub(lambda found: found[0] + _NOTHING, text)
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def code(text: str, longest: int = 120) -> str:
    """Words of somebody else as a code span that fits a cell of a table: nothing in it means anything.

    Neither a backtick nor a bar can be kept, for a span ends with the one and a cell with the other, whatever
    escapes them: https://github.github.com/gfm/#tables-extension-
    """
    line = " ".join(_UNSEEN.sub("", _BREAK.sub(" ", redact_text(text[: 4 * longest]))).split())
    line = line.replace("`", "'").replace("|", "\u00a6")
    line = line if len(line) <= longest else f"{line[: longest - 1]}…"
    return f"`{line}`" if line else "nothing"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown in one line each."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def shortened(quote: str, longest: int) -> str:
    """The first lines of a quote, no longer than `longest` characters together with a word about it."""
    if len(quote) <= longest:
        return quote
    notice = "\n>\n> *shortened*"
    kept: list[str] = []
    left = longest - len(notice)
    for line in quote.split("\n"):
        if len(line) + 1 > left:
            break
        kept.append(line)
        left -= len(line) + 1
    return "\n".join(kept) + notice

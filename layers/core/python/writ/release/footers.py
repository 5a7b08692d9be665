"""Footers of commit messages: git trailers, and the breaking changes that may stand anywhere in a body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"(?:(?P<breaking>BREAKING[ -]CHANGE)(?P<any>:[ \t]*| (?=#\S))"
    r"|(?P<token>[A-Za-z0-9][A-Za-z0-9-]*)(?P<separator>:[ \t]+(?=\S)| (?=#\S)))(?P<value>.*)"
)
# As the conventional-commits parser of Angular's tools reads them: also in a list, and alone on a line.
_BREAKING: Final = re.compile(r"[ \t]*(?:[*-][ \t]+)?BREAKING[ -]CHANGE(?::[ \t]*| (?=#\S)|$)(?P<value>.*)")
_ITEM: Final = re.compile(r"\s*[*-]\s")
_FENCE: Final = re.compile(r"[ \t]*(?:```|~~~)")
_BLOCK: Final = re.compile(r"<(?P<end>/?)(?P<name>details|blockquote|ul|ol|table|pre)\b", re.IGNORECASE)
_HIDDEN: Final = "\0"
_UNSAID: Final = "breaking change"


@dataclass(frozen=True, slots=True)
class Footer:
    """One footer: `Refs: #12` has the separator `: `, `Fixes #12` a space, and both the value `#12`."""

    token: str
    value: str
    separator: str = ": "

    @property
    def line(self) -> str:
        return f"{self.token}{self.separator}{self.value}"

    @property
    def is_breaking(self) -> bool:
        return self.token in ("BREAKING CHANGE", "BREAKING-CHANGE")


def split_footers(body: str) -> tuple[str, tuple[Footer, ...]]:
    """The body without its footers, and them.

    Footers are the last paragraphs that begin with one each. A breaking change begins them wherever it
    begins a paragraph: paragraphs after it that name no token go on with its text (Conventional Commits,
    rules 9 and 10).
    """
    paragraphs, shown = _paragraphs(body), _paragraphs(visible(body))
    begin = [_TOKEN.match(each) for each in shown]
    start = len(paragraphs)
    while start and begin[start - 1]:
        start -= 1
    breaking = [place for place, found in enumerate(begin[:start]) if found and found["breaking"]]
    start = breaking[0] if breaking else start
    footers: list[Footer] = []
    for paragraph, seen in zip(paragraphs[start:], shown[start:], strict=True):
        for place, line in enumerate(paragraph.split("\n")):
            found = _TOKEN.fullmatch(seen.split("\n")[place])
            if found:
                token = found["token"] or found["breaking"]
                separator = " " if " " in (found["separator"], found["any"]) else ": "
                footers.append(Footer(token, found["value"].strip(), separator))
            else:
                last = footers.pop()
                joint = "" if not last.value else "\n" if place else "\n\n"
                footers.append(Footer(last.token, f"{last.value}{joint}{line.strip()}", last.separator))
    return "\n\n".join(paragraphs[:start]), tuple(footers)


def breaking_notes(body: str, footers: tuple[Footer, ...]) -> tuple[str, ...]:
    """The text of every breaking change: of footers, and of lines in the body that begin as those do.

    What is quoted counts for nothing: release notes of a dependency tell about its breaking changes.
    """
    notes = [footer.value or _UNSAID for footer in footers if footer.is_breaking]
    lines = visible(body).split("\n")
    for place, line in enumerate(lines):
        found = _BREAKING.fullmatch(line)
        if not found:
            continue
        text = [found["value"].strip()]
        for following in lines[place + 1 :]:
            # A note ends with its paragraph, the next footer or the next item of a list.
            if not following.strip(" \t\0") or _TOKEN.fullmatch(following) or _ITEM.match(following):
                break
            text.append(following.strip())
        notes.append("\n".join(part for part in text if part) or _UNSAID)
    return tuple(dict.fromkeys(notes))


def visible(body: str) -> str:
    """The same lines, with a mark in place of those in fences, Markdown quotes and HTML blocks.

    Blank lines stay blank. Bots put the release notes of others into such blocks.
    """
    shown: list[str] = []
    fenced, depth = False, 0
    for line in body.split("\n"):
        fence = bool(_FENCE.match(line))
        tags = [-1 if tag["end"] else 1 for tag in _BLOCK.finditer(line)]
        hides = fenced or fence or depth or tags or line.lstrip().startswith(">")
        shown.append(_HIDDEN if hides and line.strip() else line)
        depth = max(0, depth + sum(tags))
        fenced = fenced != fence
    return "\n".join(shown)


def _paragraphs(text: str) -> list[str]:
    return [each for each in re.split(r"\n\s*\n", text.strip("\n")) if each.strip()]

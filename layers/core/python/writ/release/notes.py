"""A release as Markdown: its notes, and its section in a changelog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from writ.release.bump import Effect
from writ.release.links import Links
from writ.release.markdown import escaped
from writ.release.versions import Bump

BREAKING: Final = "Breaking changes"
# Keep a Changelog 1.1.0 names these; a release's notes begin with what breaks.
SECTIONS: Final = (BREAKING, "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_BY_TYPE: Final[Mapping[str, str]] = {
    "feat": "Added",
    "fix": "Fixed",
    "perf": "Changed",
    "refactor": "Changed",
    "revert": "Changed",
    "deprecate": "Deprecated",
    "remove": "Removed",
    "security": "Security",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a section: what changed, where, and the pull requests and commits it came with."""

    section: str
    text: str
    scope: str | None = None
    pulls: tuple[int, ...] = ()
    shas: tuple[str, ...] = ()


def entries(effects: Iterable[Effect]) -> tuple[Entry, ...]:
    """What a user of the package has to know, the oldest first; what came twice is one entry.

    Commits that call for nothing are left out, and so is what was cancelled.
    """
    found: dict[tuple[str, str | None, str], Entry] = {}
    for effect in effects:
        commit = effect.commit
        if effect.bump is Bump.NONE:
            continue
        texts = commit.breaking if commit.breaking else (_first_upper(commit.description),)
        section = BREAKING if commit.breaking else _section(effect)
        for text in texts:
            key = (section, commit.scope, text)
            known = found.get(key, Entry(section, text, commit.scope))
            pulls = known.pulls if commit.pull is None else (*known.pulls, commit.pull)
            found[key] = Entry(
                section, text, commit.scope, tuple(dict.fromkeys(pulls)), (*known.shas, effect.change.sha)
            )
    return tuple(found.values())


def sections(listed: Sequence[Entry], links: Links | None, level: str = "###") -> str:
    """Entries under their headings, in the order of the sections; empty where there are none."""
    parts = []
    for section in SECTIONS:
        lines = [line(entry, links) for entry in listed if entry.section == section]
        if lines:
            parts.append("\n".join([f"{level} {section}", "", *lines]))
    return "\n\n".join(parts)


def line(entry: Entry, links: Links | None) -> str:
    """An entry as an item of a list, with links where the repository's are known."""
    scope = f"**{escaped(entry.scope)}:** " if entry.scope else ""
    named = [f"#{pull}" if links is None else f"[#{pull}]({links.pull(pull)})" for pull in entry.pulls]
    # A pull request leads to its commits.
    if not named:
        named = [sha[:7] if links is None else f"[{sha[:7]}]({links.commit(sha)})" for sha in entry.shas]
    return f"- {scope}{escaped(entry.text)}" + (f" ({', '.join(named)})" if named else "")


def release_notes(listed: Sequence[Entry], links: Links | None, tags: tuple[str | None, str | None]) -> str:
    """The notes of a release, for its page: sections, then the comparison of the two tags."""
    text = sections(listed, links, "##") or "Nothing a user has to know about."
    earlier, later = tags
    if links is not None and earlier and later:
        text += f"\n\n**Everything:** [{earlier}...{later}]({links.compare(earlier, later)})"
    return f"{text}\n"


def changelog_section(
    version: str, day: date, listed: Sequence[Entry], links: Links | None, tags: tuple[str | None, str | None]
) -> str:
    """The section of a release in a changelog, by Keep a Changelog 1.1.0."""
    earlier, later = tags
    linked = links is not None and earlier and later
    name = f"[{version}]({links.compare(earlier, later)})" if links and earlier and later else version
    heading = f"## {name if linked else version} - {day.isoformat()}"
    return f"{heading}\n\n{sections(listed, links) or 'Nothing a user has to know about.'}\n"


def _section(effect: Effect) -> str:
    commit = effect.commit
    if commit.type in (None, "fix") and (commit.scope or "").lower() == "security":
        return "Security"
    return _BY_TYPE.get(commit.type or "", "Changed")


def _first_upper(text: str) -> str:
    """A sentence; what is code or has capitals of its own stays as it is."""
    word = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if word.isalpha() and word.islower() else text

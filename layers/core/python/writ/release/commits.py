"""Commit messages read by Conventional Commits 1.0.0, as tolerantly as real histories need.

`parse` never fails: a message that follows no convention is a commit without a type. What the convention
asks for and a message does not keep is said by `writ.release.message_check`. Sources:
conventionalcommits.org/en/v1.0.0, git-interpret-trailers(1), git-revert(1), and the titles that GitHub
gives to merge and squash commits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from writ.release.footers import Footer, breaking_notes, split_footers
from writ.release.references import Reference, find_references

Style = Literal["plain", "merge", "squash", "autosquash"]

HEADER: Final = re.compile(
    r"(?P<type>[A-Za-z][A-Za-z0-9_-]*)(?P<early>!(?=\())?(?:\((?P<scope>[^()\n]*)\))?(?P<bang>!)?"
    r"(?P<colon>[ \t]*:)(?P<space>[ \t]*)(?P<description>.*)"
)
_EMOJI: Final = re.compile(r"(?P<emoji>:[a-z0-9_+-]+:|[\u203c-\u3299\U0001f000-\U0001faff]\ufe0f?)\s*")
_PULL: Final = re.compile(r"\s+\((?:#|!)(?P<pull>[0-9]{1,12})\)$")
_MERGE_PULL: Final = re.compile(r"Merge pull request #(?P<pull>[0-9]{1,12}) from (?P<branch>\S+)")
_MERGE: Final = re.compile(
    r"Merge (?:(?:remote-tracking )?branch(?:es)?|tag|commit|remote|ref)\b|Merged in "
    r"|Merge [0-9a-f]{7,40} into "
)
_AUTOSQUASH: Final = re.compile(r"(?:fixup|squash|amend)! (?P<header>.*)")
_REVERT: Final = re.compile(r'(?P<word>revert|reapply):?\s+"(?P<header>.+)"(?P<rest>[^"]*)', re.IGNORECASE)
_REVERTED: Final = re.compile(
    r"\b(?:this\s+)?reverts\s+(?:commits?\s+)?(?P<shas>[0-9a-f]{7,64}(?:\s*(?:,|and|&)\s*[0-9a-f]{7,64})*)\b",
    re.IGNORECASE,
)
_SHA: Final = re.compile(r"\b[0-9a-f]{7,64}\b", re.IGNORECASE)
_ITEM: Final = re.compile(r"\* (?P<header>\S.*)")
_RULE: Final = re.compile(r"-{3,}")
_FINAL_RULE: Final = re.compile(r"(?:^|\n+)-{3,}$")


@dataclass(frozen=True, slots=True)
class Commit:
    """What a message says. Texts are as written, without surrounding blanks; `type` is in lower case.

    `breaking` has one text for each breaking change: those of footers, or the description where only `!`
    says so. `reverts` are digests, maybe shortened, in lower case. `squashed` are the commits that the body
    of a squash lists.
    """

    header: str
    type: str | None = None
    scope: str | None = None
    bang: bool = False
    description: str = ""
    body: str = ""
    footers: tuple[Footer, ...] = ()
    breaking: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    pull: int | None = None
    reverts: tuple[str, ...] = ()
    reverted: str | None = None
    emoji: str | None = None
    style: Style = "plain"
    squashed: tuple[Commit, ...] = ()

    @property
    def is_revert(self) -> bool:
        """Whether it takes back an earlier commit, as git or as the convention says it."""
        return self.type == "revert"


def parse(message: str) -> Commit:
    """What a message says, whatever it is; never raises.

    Of `Merge pull request #7 from …` it is the pull request's title, which stands in the body, that is read.
    """
    header, body = split_message(message)
    merge = _MERGE_PULL.match(header)
    if merge:
        title, rest = split_message(body)
        read = _read(title, rest, "merge")
        return _with(read, header=header, pull=int(merge["pull"]))
    if _MERGE.match(header):
        return Commit(header=header, description=header, body=body, style="merge")
    autosquash = _AUTOSQUASH.match(header)
    if autosquash:
        return Commit(header=header, description=autosquash["header"].strip(), body=body, style="autosquash")
    return _read(header, body, "plain")


def split_message(message: str) -> tuple[str, str]:
    """The first line that is not blank, and what follows; line ends are those of Unix."""
    lines = message.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    return lines[0].strip(), "\n".join(line.rstrip() for line in lines[1:]).strip("\n")


def without_pull(header: str) -> str:
    """A header without the number that GitHub appends when it squashes; the same header otherwise."""
    return _PULL.sub("", header)


def write(commit: Commit) -> str:
    """The message of a plain commit as the convention writes it; `parse` reads the same from it."""
    scope = f"({commit.scope})" if commit.scope is not None else ""
    pull = f" (#{commit.pull})" if commit.pull is not None else ""
    parts = [f"{commit.type}{scope}{'!' if commit.bang else ''}: {commit.description}{pull}"]
    if commit.body:
        parts.append(commit.body)
    if commit.footers:
        parts.append("\n".join(footer.line for footer in commit.footers))
    return "\n\n".join(parts)


def _read(header: str, body: str, style: Style) -> Commit:
    emoji = _EMOJI.match(header)
    bare = header[emoji.end() :] if emoji else header
    pulls = _PULL.search(bare)
    pull = int(pulls["pull"]) if pulls else None
    text, footers = split_footers(body)
    squashed, text = _listed(text), _FINAL_RULE.sub("", text)
    common = Commit(
        header=header,
        body=text,
        footers=footers,
        references=find_references(body, footers),
        pull=pull,
        emoji=emoji["emoji"] if emoji else None,
        style="squash" if style == "plain" and (squashed or pull is not None) else style,
        squashed=squashed,
    )
    notes = breaking_notes(text, footers)
    title = without_pull(bare).strip()
    revert = _REVERT.fullmatch(title)
    if revert:
        return _with(
            common,
            type="revert",
            description=revert["header"].strip(),
            reverted=revert["header"].strip(),
            reverts=_shas(body, footers),
        )
    found = HEADER.fullmatch(title)
    if not found or not found["description"].strip():
        return _with(common, description=title, breaking=notes)
    kind, description = found["type"].lower(), found["description"].strip()
    bang = bool(found["bang"] or found["early"])
    is_revert = kind == "revert"
    return _with(
        common,
        type=kind,
        scope=(found["scope"] or "").strip() or None,
        bang=bang,
        description=description,
        breaking=notes or ((description,) if bang else ()),
        reverts=_shas(body, footers) if is_revert else (),
        reverted=description if is_revert else None,
    )


def _shas(body: str, footers: tuple[Footer, ...]) -> tuple[str, ...]:
    """What git says a revert takes back, and what `Refs:` of a conventional one does."""
    found = [sha for match in _REVERTED.finditer(body) for sha in _SHA.findall(match["shas"])]
    found += [
        sha
        for footer in footers
        if footer.token.lower() in ("refs", "ref")
        for sha in _SHA.findall(footer.value)
    ]
    return tuple(dict.fromkeys(sha.lower() for sha in found))


def _listed(text: str) -> tuple[Commit, ...]:
    """The commits that GitHub lists in the body of a squash: each begins with `* ` at the start of a line."""
    entries: list[list[str]] = []
    for line in text.split("\n"):
        item = _ITEM.fullmatch(line)
        if item:
            entries.append([item["header"]])
        elif _RULE.fullmatch(line):
            break
        elif entries:
            entries[-1].append(line)
    # A list inside prose is no list of commits: one of them says what kind it is.
    read = tuple(_read_listed("\n".join(entry)) for entry in entries)
    return read if any(commit.type for commit in read) else ()


def _read_listed(message: str) -> Commit:
    """A commit that stands in a squash's body; what it lists itself is its body."""
    header, body = split_message(message)
    read = _read(header, "", "plain")
    text, footers = split_footers(body)
    notes = breaking_notes(text, footers) or read.breaking
    return _with(read, body=text, footers=footers, breaking=notes, reverts=_shas(body, footers))


def _with(commit: Commit, **changes: object) -> Commit:
    return replace(commit, **changes)  # type: ignore[arg-type]

"""What a commit message or a pull request's title would have to change to follow the convention."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from writ.release.commits import HEADER, parse, split_message, without_pull
from writ.release.footers import visible

# Angular's types (its contributing guidelines), with `chore` and `revert` as commitlint's preset has them.
TYPES: Final = (
    "build",
    "chore",
    "ci",
    "docs",
    "feat",
    "fix",
    "perf",
    "refactor",
    "revert",
    "style",
    "test",
)
_COMMON: Final = {
    "feature": "feat",
    "features": "feat",
    "bug": "fix",
    "bugfix": "fix",
    "hotfix": "fix",
    "doc": "docs",
    "tests": "test",
    "performance": "perf",
    "dependencies": "build",
    "deps": "build",
}
_NEARLY_BREAKING: Final = re.compile(
    r"[ \t]*(?:[*-][ \t]+)?breaking[ _-]*changes?[ \t]*(?::|$)", re.IGNORECASE
)
_BREAKING: Final = re.compile(r"[ \t]*(?:[*-][ \t]+)?BREAKING[ -]CHANGE:")


@dataclass(frozen=True, slots=True)
class Convention:
    """What a repository allows: its types, its scopes (None: any) and how long a header may be (0: any)."""

    types: tuple[str, ...] = TYPES
    scopes: tuple[str, ...] | None = None
    scope_required: bool = False
    longest_header: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, by a stable code, and what to write instead."""

    code: str
    message: str
    remedy: str


def check(message: str, convention: Convention | None = None) -> tuple[Problem, ...]:
    """Every way in which a message breaks the convention; none for one that keeps it. Never raises.

    Merge commits and reverts as git writes them are let pass: nobody typed them.
    """
    allowed = convention or Convention()
    header, _ = split_message(message)
    commit = parse(message)
    if not header:
        return (Problem("header.empty", "The message is empty.", "Write `type: what changes`."),)
    if commit.style == "merge":
        return ()
    if commit.style == "autosquash":
        return (
            Problem(
                "header.autosquash",
                "The commit waits to be squashed into another.",
                "Run `git rebase --autosquash`.",
            ),
        )
    if commit.is_revert and not header.lower().startswith("revert:"):
        return tuple(_revert(commit.reverts))
    problems = []
    bare = without_pull(header)
    if commit.emoji:
        bare = bare[len(commit.emoji) :].strip()
        problems.append(
            Problem("header.emoji", "An emoji stands before the type.", f"Write `{bare}`, without it.")
        )
    problems += _header(bare, allowed)
    if commit.is_revert:
        problems += _revert(commit.reverts)
    if allowed.longest_header and len(header) > allowed.longest_header:
        problems.append(
            Problem(
                "header.long",
                f"The first line has {len(header)} characters, {allowed.longest_header} are allowed.",
                "Say less in it, and the rest in the body.",
            )
        )
    return (*problems, *_body(message))


def _header(title: str, allowed: Convention) -> Sequence[Problem]:
    found = HEADER.fullmatch(title)
    if not found:
        return [_no_type(title, allowed)]
    problems: list[Problem] = []
    kind, scope, description = found["type"], found["scope"], found["description"].strip()
    if kind not in allowed.types:
        problems.append(_type(kind, allowed))
    if found["early"]:
        problems.append(
            Problem("bang.place", "`!` stands before the scope.", f"Write `{kind}({scope or 'scope'})!: …`.")
        )
    if scope is not None and (not scope.strip() or scope != scope.strip()):
        problems.append(
            Problem("scope.empty", "The scope is empty or padded.", f"Write `{kind}: …`, or name one.")
        )
    elif scope is None and allowed.scope_required:
        problems.append(Problem("scope.missing", "A scope is asked for here.", f"Write `{kind}(scope): …`."))
    elif scope is not None and allowed.scopes is not None and scope not in allowed.scopes:
        near = difflib.get_close_matches(scope, allowed.scopes, 1)
        problems.append(
            Problem(
                "scope.unknown",
                f"The scope `{scope}` is not one of this repository.",
                f"Write `{near[0]}`." if near else f"Take one of {', '.join(allowed.scopes) or 'none'}.",
            )
        )
    if not description:
        problems.append(
            Problem("description.empty", "Nothing stands after the colon.", f"Write `{kind}: what changes`.")
        )
    elif found["space"] != " " or found["colon"] != ":":
        before = title[: found.start("colon")]
        problems.append(
            Problem(
                "colon.space",
                "Between type and description stand a colon, nothing before it, and one space.",
                f"Write `{before}: {description}`.",
            )
        )
    return problems


def _no_type(title: str, allowed: Convention) -> Problem:
    word = re.match(r"\W*(\w+)", title)
    guess = _nearest(word[1].lower(), allowed) if word else None
    return Problem(
        "type.missing",
        "The first line does not say what type of change it is.",
        f"Write `{guess or 'type'}: {title}`"
        + ("." if guess else f" with one of {', '.join(allowed.types)}."),
    )


def _type(kind: str, allowed: Convention) -> Problem:
    if kind.lower() in allowed.types:
        return Problem("type.case", f"The type `{kind}` is not in lower case.", f"Write `{kind.lower()}`.")
    guess = _nearest(kind.lower(), allowed)
    return Problem(
        "type.unknown",
        f"The type `{kind}` is not one of this repository: no release would come of it.",
        f"Write `{guess}`." if guess else f"Take one of {', '.join(allowed.types)}.",
    )


def _nearest(word: str, allowed: Convention) -> str | None:
    if word in _COMMON and _COMMON[word] in allowed.types:
        return _COMMON[word]
    near = difflib.get_close_matches(word, allowed.types, 1, 0.7)
    return near[0] if near else None


def _revert(reverts: tuple[str, ...]) -> list[Problem]:
    if reverts:
        return []
    return [
        Problem(
            "revert.unnamed",
            "The message does not say which commit it takes back.",
            "Add `This reverts commit <sha>.` or a footer `Refs: <sha>`.",
        )
    ]


def _body(message: str) -> list[Problem]:
    lines = message.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    problems = []
    if len(lines) > 1 and lines[1].strip():
        problems.append(
            Problem("body.blank", "No blank line stands between first line and body.", "Put one there.")
        )
    shown = visible("\n".join(lines[1:])).split("\n")
    if any(_NEARLY_BREAKING.match(line) and not _BREAKING.match(line) for line in shown):
        problems.append(
            Problem(
                "breaking.token",
                "A line looks like the footer of a breaking change and is none.",
                "Write `BREAKING CHANGE: what breaks`, in capitals and singular.",
            )
        )
    return problems

"""Which bump the commits since a release call for, and what each of them does for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from writ.release.commits import Commit, parse, without_pull
from writ.release.conventions import Rules
from writ.release.versions import Bump


@dataclass(frozen=True, slots=True)
class Change:
    """A commit in a history: its digest in hex, its message, its parents and the files it touches."""

    sha: str
    message: str
    parents: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What one commit does: the bump it calls for, why, and the revert that cancelled it, if one did."""

    change: Change
    commit: Commit
    bump: Bump
    why: str
    cancelled_by: str | None = None


def effects(changes: Iterable[Change], rules: Rules) -> tuple[Effect, ...]:
    """The effect of every change, in the order given: the oldest first.

    A revert of a change among them cancels it, and does nothing itself; a revert of a revert brings it back.
    A revert of something released earlier is a change like another, of type `revert`.
    """
    read = [(change, parse(change.message)) for change in changes]
    cancelled, settled = _reverts(read)
    found = []
    for change, commit in read:
        if change.sha in cancelled:
            found.append(Effect(change, commit, Bump.NONE, "reverted", cancelled[change.sha]))
        elif change.sha in settled:
            found.append(
                Effect(change, commit, Bump.NONE, f"reverts {settled[change.sha][:7]}, not yet released")
            )
        else:
            found.append(Effect(change, commit, *called_for(commit, rules)))
    return tuple(found)


def highest(found: Iterable[Effect]) -> Bump:
    """The bump that all of them together call for."""
    return max((effect.bump for effect in found), default=Bump.NONE)


def called_for(commit: Commit, rules: Rules) -> tuple[Bump, str]:
    """The bump that one commit calls for by the rules, and which rule says so."""
    bump, why = _own(commit, rules)
    if rules.squash == "both":
        for listed in commit.squashed:
            inner, reason = _own(listed, rules)
            if inner > bump:
                bump, why = inner, f"{reason}, in a squash"
    return bump, why


def dropped(title: str, commits: Sequence[str], rules: Rules) -> Bump | None:
    """The bump that commits call for and the title of their squash would lose; None where it loses nothing.

    It is for the check of a pull request's title: what is squashed under `docs: …` is released as nothing.
    """
    kept, _ = called_for(parse(title), rules)
    asked = highest(effects([Change(f"{place:040x}", text) for place, text in enumerate(commits)], rules))
    return asked if asked > kept else None


def _own(commit: Commit, rules: Rules) -> tuple[Bump, str]:
    emoji = (commit.emoji or "").rstrip("\ufe0f")
    found = (rules.otherwise, "any change" if rules.otherwise else "calls for nothing")
    if commit.breaking:
        found = (rules.breaking, "breaking change")
    elif commit.style == "autosquash":
        found = (Bump.NONE, "to be squashed into another")
    elif commit.style == "merge" and (rules.merges == "ignore" or commit.type is None):
        found = (Bump.NONE, "merge")
    elif emoji in rules.emoji:
        found = (rules.emoji[emoji], f"emoji {emoji}")
    elif commit.scope is not None and commit.scope in rules.scopes:
        found = (rules.scopes[commit.scope], f"scope {commit.scope}")
    elif commit.type is not None and commit.type in rules.types:
        found = (rules.types[commit.type], f"type {commit.type}")
    elif commit.type is None and not rules.otherwise:
        found = (Bump.NONE, "no type")
    return found


def _reverts(read: Sequence[tuple[Change, Commit]]) -> tuple[dict[str, str], dict[str, str]]:
    """Cancelled changes with the revert of each, and reverts with what they cancelled, both by digest.

    Later reverts win: each is looked at in the order of the history.
    """
    cancelled: dict[str, str] = {}
    settled: dict[str, str] = {}
    for place, (change, commit) in enumerate(read):
        if not commit.is_revert:
            continue
        for target in _targets(commit, read[:place], cancelled):
            cancelled[target] = change.sha
            settled[change.sha] = target
            for again in [sha for sha, by in cancelled.items() if by == target]:
                # What the reverted revert had cancelled counts again.
                del cancelled[again]
    return cancelled, {sha: target for sha, target in settled.items() if sha not in cancelled}


def _targets(commit: Commit, before: Sequence[tuple[Change, Commit]], gone: dict[str, str]) -> list[str]:
    """The changes before it that a revert takes back: by digest, else the newest with that first line."""
    if commit.reverts:
        named = [
            change.sha
            for change, _ in before
            if any(change.sha.startswith(sha) for sha in commit.reverts) and change.sha not in gone
        ]
        if named:
            return [*named, *(sha for merge in named for sha in _merged(merge, before) if sha not in gone)]
        # A rebase gave what it names another digest.
    wanted = without_pull(commit.reverted or "")
    for change, earlier in reversed(before):
        if without_pull(earlier.header) == wanted and change.sha not in gone:
            return [change.sha]
    return []


def _merged(merge: str, before: Sequence[tuple[Change, Commit]]) -> list[str]:
    """What a merge brought: reached from its other parents and not from its first."""
    parents = {change.sha: change.parents for change, _ in before}
    first, *others = parents[merge] or ("",)
    kept = _reached([first], parents)
    return [sha for sha in _reached(others, parents) if sha not in kept]


def _reached(heads: Sequence[str], parents: dict[str, tuple[str, ...]]) -> dict[str, None]:
    found: dict[str, None] = {}
    waiting = list(heads)
    while waiting:
        sha = waiting.pop()
        if sha in parents and sha not in found:
            found[sha] = None
            waiting.extend(parents[sha])
    return found

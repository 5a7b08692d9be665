"""Which updates are proposed together. Pure; a group's name is stable, and so is its branch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from writ.dependencies.model import Change, Group, Update
from writ.dependencies.settings import DependencySettings

_LONGEST: Final = 60


def group(updates: Sequence[Update], settings: DependencySettings) -> tuple[Group, ...]:
    """Groups in the order in which they are proposed: security first, then small steps before large ones.

    What fixes an advisory goes by itself, so that nothing else holds it up; so does every major step that no
    rule takes in, and every release that is let in early. One package is in one group at a time.
    """
    found: dict[str, list[Update]] = {}
    for update in _one_a_package(updates):
        found.setdefault(_name(update, settings), []).append(update)
    groups = [
        Group(
            name,
            tuple(sorted(members, key=lambda update: update.package)),
            any(update.advisories for update in members),
        )
        for name, members in found.items()
    ]
    return tuple(
        sorted(groups, key=lambda each: (not each.security, max(u.change for u in each.updates), each.name))
    )


def _one_a_package(updates: Iterable[Update]) -> list[Update]:
    """With a fix for an advisory no other step of the package; else small and major steps go side by side."""
    found = list(updates)
    fixed = {update.package for update in found if update.advisories}
    chosen: dict[tuple[str, bool], Update] = {}
    for update in sorted(found, key=lambda each: (each.early, each.change)):
        if update.package in fixed and not update.advisories:
            continue
        key = (update.package.key, update.change is Change.MAJOR and update.package not in fixed)
        chosen.setdefault(key, update)
    return list(chosen.values())


def _name(update: Update, settings: DependencySettings) -> str:
    ecosystem = update.package.ecosystem.value
    if update.early:
        return _slug(f"early-{ecosystem}-{update.package.name}")
    if update.advisories:
        return _slug(f"security-{ecosystem}-{update.package.name}")
    if name := settings.group_of(update):
        return name
    if update.change is Change.MAJOR:
        major = re.split(r"[^0-9]", update.release.version.removeprefix("v"))[0]
        return _slug(f"{ecosystem}-{update.package.name}-{major}")
    return f"{ecosystem}-minor"


def _slug(text: str) -> str:
    """Text as part of a branch name; what had to change in it is told apart by a digest."""
    made = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST].strip("-")
    if made == text:
        return made
    return f"{made}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"

"""Files after a bump whose locks a resolver makes anew, and is believed no further than can be checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from writ.contracts.errors import ContractError, PermanentError
from writ.dependencies.candidates import is_ripe
from writ.dependencies.editing import BY_HAND, edited, is_behind
from writ.dependencies.model import LOCKS, Form, Update, Use
from writ.dependencies.reading import inventory
from writ.dependencies.versions import ordered
from writ.ports.registry import Package, Registry
from writ.ports.resolver import Resolver

UNTRUE: Final = "resolver.untrue"


@dataclass(frozen=True)
class Resolved:
    """Files that change, and the steps that do not go with the others, each with what is against it."""

    files: Mapping[str, str]
    left_out: Mapping[str, str]


def as_far_as_possible(
    updates: Sequence[Update], resolve: Callable[[Sequence[Update]], dict[str, str]]
) -> Resolved:
    """The files after all steps or, where they do not go together, after as many as go, taken in turn.

    Raises what `resolve` raises for the first step where no step goes at all.
    """
    try:
        return Resolved(resolve(updates), {})
    except (ContractError, PermanentError):
        if len(updates) == 1:
            raise
    kept: list[Update] = []
    made: dict[str, str] = {}
    refused: dict[str, ContractError | PermanentError] = {}
    for update in updates:
        try:
            made = resolve([*kept, update])
            kept.append(update)
        except (ContractError, PermanentError) as error:
            refused[update.id] = error
    if not kept:
        raise next(iter(refused.values()))
    return Resolved(made, {id: error.message for id, error in refused.items()})


def resolved(
    files: Mapping[str, str],
    updates: Sequence[Update],
    resolver: Resolver,
    registry: Registry,
    before: datetime,
) -> dict[str, str]:
    """The files that change. What comes along into a lock was published before an instant, as all the rest.

    Raises ContractError: `bump.by-hand` for a lock that the resolver does not know, `resolver.untrue` where
    it made a lock that has other versions than were asked for, lost what is asked for, or has releases that
    are too young.
    """
    moving: dict[str, list[Update]] = {}
    for update in updates:
        for path in _locks_behind(update):
            moving.setdefault(path, []).append(update)
    if strange := next((path for path in sorted(moving) if not resolver.can(path, files)), None):
        raise ContractError("no resolver here knows this lock", code=BY_HAND, field=strange)
    uses, changed = inventory(files).uses, _manifests(files, updates)
    for path, asked in sorted(moving.items()):
        steps = [(update.package, update.release.version) for update in asked]
        made = resolver.lock(path, {**files, **changed}, steps, before)
        for package, version in _check(path, [use for use in uses if use.path == path], made, asked):
            _check_age(path, package, version, registry, before)
        changed[path] = made
    return changed


def _locks_behind(update: Update) -> set[str]:
    """The locks that a step is for: another part of the repository may be farther already."""
    return {use.path for use in update.uses if _is_locked(use) and is_behind(use, update)}


def _is_locked(use: Use) -> bool:
    return use.form in LOCKS or (use.form is Form.REQUIREMENT and use.hashed)


def _manifests(files: Mapping[str, str], updates: Sequence[Update]) -> dict[str, str]:
    stated = [replace(u, uses=tuple(use for use in u.uses if not _is_locked(use))) for u in updates]
    behind = [update for update in stated if update.uses]
    try:
        return edited(files, behind)
    except ContractError as error:
        if error.field is not None:
            raise
        return {}  # every range lets its step in


def _check(path: str, held: Sequence[Use], made: str, updates: Sequence[Update]) -> list[tuple[Package, str]]:
    """What came along with the steps into a lock that was made anew; `held` is what stood in it."""
    was, now = _versions(held), _versions(inventory({path: made}).uses)
    if lost := {use.package.key for use in held if use.direct and use.version and use.package not in now}:
        message = f"the lock lost what is asked for: {', '.join(sorted(lost)[:5])}"
        raise ContractError(message, code=UNTRUE, field=path)
    for update in updates:
        if now.get(update.package) != update.release.version:
            raise ContractError(f"the lock has no {update.id}", code=UNTRUE, field=path)
    asked = {update.package for update in updates}
    return [(p, version) for p, version in now.items() if p not in asked and was.get(p) != version]


def _check_age(path: str, package: Package, version: str, registry: Registry, before: datetime) -> None:
    wanted = ordered(package.ecosystem, version)
    listed = registry.listing(package).releases
    found = next((each for each in listed if ordered(package.ecosystem, each.version) == wanted), None)
    if found is None or found.yanked or not is_ripe(found, timedelta(0), before):
        message = f"{package.key} {version} comes along and is too young, taken back or unknown"
        raise ContractError(message, code=UNTRUE, field=path)


def _versions(uses: Sequence[Use]) -> dict[Package, str]:
    return {use.package: use.version for use in uses if use.version}

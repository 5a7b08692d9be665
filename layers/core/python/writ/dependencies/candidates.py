"""Which release a package is brought to, and why no newer one: pure, and the only way to an `Update`.

The cooldown is here and nowhere else in the core: whatever is proposed, grouped, tried or shown was made by
`choose`. Policy looks at the age once more, see policies/actions/rules.rego.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from semver import Version as Semver

from writ.dependencies.model import Advisory, Change, Held, Update, Use
from writ.dependencies.npm_ranges import oldest_in
from writ.dependencies.settings import DependencySettings
from writ.dependencies.versions import allows, distance, is_prerelease, oldest_allowed, ordered, runs_on
from writ.ports.registry import Ecosystem, Listing, Package, Release


@dataclass(frozen=True)
class Circumstances:
    """What is the same for every package of a repository.

    `floor`: the shortest cooldown that policy lets a repository have. `held_back` are packages at versions
    (`Update.held_key`) that were found bad. `python` and `node` are the oldest ones the repository runs on.
    """

    settings: DependencySettings
    now: datetime
    python: str | None = None
    node: str | None = None
    floor: timedelta = timedelta(0)
    held_back: frozenset[str] = frozenset()
    advisories: Sequence[Advisory] = field(default_factory=tuple)

    @property
    def cooldown(self) -> timedelta:
        return max(self.settings.cooldown, self.floor)


@dataclass(frozen=True)
class Choice:
    """The updates of a package, at most one a kind of change, and the newer versions that are held."""

    updates: tuple[Update, ...] = ()
    held: tuple[Held, ...] = ()


def choose(uses: Sequence[Use], listing: Listing, given: Circumstances) -> Choice:
    """The best release within the major version in use, and the best beyond it, by every rule.

    An advisory on what is used brings the first release with its fix, for a person to let in before its
    cooldown is over, only where the settings ask for that and no release that is old enough has the fix.
    """
    package = listing.package
    advisories = _of(package, given)
    if not (advisories or given.settings.transitive):
        uses = _asked_for(uses)
    current = _current(package, uses)
    if current is None:
        return Choice()
    newer = _newer(package, current, listing.releases)
    low = _key(package, current)
    used = next((each for each in listing.releases if _key(package, each.version) == low), None)
    best: dict[bool, Release] = {}
    held: list[Held] = []
    for release in newer:
        refused = _refusal(package, current, release, used, given)
        is_major = distance(package.ecosystem, current, release.version) is Change.MAJOR
        if refused is None:
            best[is_major] = release
        else:
            held.append(refused)
    chosen = [_update(uses, listing, current, release, advisories) for _, release in sorted(best.items())]
    if (
        advisories
        and given.settings.security.early
        and not any(_fixes(u.release, advisories) for u in chosen)
    ):
        chosen += _early(uses, listing, current, held, given)
    reached = {
        update.change is Change.MAJOR: _key(package, update.release.version)
        for update in sorted(chosen, key=lambda update: _key(package, update.release.version))
    }
    left = [
        each
        for each in held
        if (is_major := _is_major(each)) not in reached or _key(package, each.version) > reached[is_major]
    ]
    return Choice(tuple(chosen), _last_of_each(left))


def is_ripe(release: Release, cooldown: timedelta, now: datetime) -> bool:
    """Whether a release is as old as the cooldown wants; one of unknown age, or of the future, never is."""
    return release.published_at is not None and now - release.published_at >= cooldown


def _refusal(
    package: Package, current: str, release: Release, used: Release | None, given: Circumstances
) -> Held | None:
    """The first rule that a release does not keep; the cooldown last, for it passes by itself."""
    python = given.python or given.settings.python or (oldest_allowed(used.requires_python) if used else None)
    change = distance(package.ecosystem, current, release.version)
    ignored = next((r for r in given.settings.ignore if r.covers(package, release.version, change)), None)
    code, reason = "", ""
    if release.yanked:
        code, reason = "yanked", "it was taken back by who published it"
    elif package.ecosystem is Ecosystem.PYPI and not runs_on(release.requires_python, python or "3.0"):
        wanted = release.requires_python[:40]
        code, reason = "python", f"it wants Python {wanted}, and {python or 'nobody says what'} is run on"
    elif package.ecosystem is Ecosystem.NPM and (why := _node_too_old(release, used, given)):
        code, reason = "node", why
    elif ignored is not None:
        code, reason = "ignored", ignored.reason
    elif f"{package.key} {release.version}" in given.held_back:
        code, reason = "held-back", "it made the checks fail; the next version is tried"
    elif release.published_at is None:
        code, reason = "age-unknown", "nobody says when it was published"
    if code:
        return Held(package, current, release.version, code, reason)
    return _cooling(package, current, release, given)


def _node_too_old(release: Release, used: Release | None, given: Circumstances) -> str | None:
    """Why a release does not run on the oldest Node of the repository, or of the release in use."""
    own = given.node or oldest_in(f">={given.settings.node}" if given.settings.node else "")
    known = [node for node in (own, oldest_in(_node(used)) if used else None) if node]
    wanted = _node(release)
    oldest = max(known, key=Semver.parse, default=None)
    if oldest is None or oldest_in(wanted) is None or allows(Ecosystem.NPM, wanted, oldest):
        return None
    return f"it wants Node {wanted[:40]}, and {oldest} is run on"


def _node(release: Release) -> str:
    engines = release.fields.get("engines")
    return str(engines.get("node", "")) if isinstance(engines, Mapping) else ""


def _cooling(package: Package, current: str, release: Release, given: Circumstances) -> Held | None:
    published = release.published_at
    if published is None or is_ripe(release, given.cooldown, given.now):
        return None
    ripe = published + given.cooldown
    reason = f"it was published {published:%Y-%m-%d}, and waits until {ripe:%Y-%m-%d}"
    return Held(package, current, release.version, "cooldown", reason, ripe)


def _early(
    uses: Sequence[Use], listing: Listing, current: str, held: Sequence[Held], given: Circumstances
) -> list[Update]:
    """The first release with the fix that only its cooldown holds."""
    advisories = _of(listing.package, given)
    waiting = {each.version for each in held if each.code == "cooldown"}
    fixed = [
        release
        for release in _newer(listing.package, current, listing.releases)
        if release.version in waiting
        and _fixes(release, advisories)
        # What claims to come from the future is no fix.
        and release.published_at is not None
        and release.published_at <= given.now
    ]
    return [_update(uses, listing, current, fixed[0], advisories, early=True)] if fixed else []


def _of(package: Package, given: Circumstances) -> tuple[Advisory, ...]:
    return tuple(advisory for advisory in given.advisories if advisory.package == package)


def _fixes(release: Release, advisories: Sequence[Advisory]) -> bool:
    """Whether a release is past every advisory; one whose fix nobody knows is not known to be."""
    return all(
        advisory.patched is not None
        and _key(advisory.package, release.version) is not None
        and _key(advisory.package, advisory.patched) is not None
        and _key(advisory.package, release.version) >= _key(advisory.package, advisory.patched)
        for advisory in advisories
    )


def _update(
    uses: Sequence[Use],
    listing: Listing,
    current: str,
    release: Release,
    advisories: tuple[Advisory, ...],
    *,
    early: bool = False,
) -> Update:
    package = listing.package
    change = distance(package.ecosystem, current, release.version)
    fixed = tuple(a for a in advisories if a.patched is None or _fixes(release, [a]))
    return Update(package, current, release, change, tuple(uses), fixed, early)


def _asked_for(uses: Sequence[Use]) -> Sequence[Use]:
    """Without what only came with something else, but where that is at a version that is asked for, too."""
    direct = [use for use in uses if use.direct]
    versions = {use.version for use in direct if use.version}
    if direct and not versions:
        return uses
    return [use for use in uses if use.direct or use.version in versions]


def _current(package: Package, uses: Sequence[Use]) -> str | None:
    """The oldest version that is in use anywhere."""
    versions = [use.version for use in uses if use.version and _key(package, use.version) is not None]
    return min(versions, key=lambda version: _key(package, version)) if versions else None


def _newer(package: Package, current: str, releases: Sequence[Release]) -> list[Release]:
    low = _key(package, current)
    keyed = [
        (_key(package, release.version), release)
        for release in releases
        if not is_prerelease(package.ecosystem, release.version)
    ]
    found = [(key, release) for key, release in keyed if key is not None and key > low]
    return [release for _, release in sorted(found, key=lambda pair: pair[0])]


def _key(package: Package, version: str) -> Any:
    """Comparable within one ecosystem."""
    return ordered(package.ecosystem, version)


def _is_major(held: Held) -> bool:
    return distance(held.package.ecosystem, held.current, held.version) is Change.MAJOR


def _last_of_each(held: Sequence[Held]) -> tuple[Held, ...]:
    """The newest version that each rule holds, within the major version in use and beyond it."""
    return tuple({(each.code, _is_major(each)): each for each in held}.values())

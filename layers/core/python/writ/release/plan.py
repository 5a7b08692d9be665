"""The next release of a package: its version, its tag, and the effect of every commit since the last one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from semver import Version

from writ.contracts.errors import ConflictError, ContractError
from writ.release.bump import Change, Effect, effects, highest
from writ.release.conventions import Rules
from writ.release.versions import LINES, Bump, Line, TagPattern, core, prerelease, raised


@dataclass(frozen=True, slots=True)
class Released:
    """A version that was released, and its tag."""

    version: Version
    tag: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was released: the last release, and every pre-release after it, lowest first."""

    last: Released | None = None
    prereleases: tuple[Released, ...] = ()

    @property
    def newest(self) -> Released | None:
        """The newest of all, pre-releases among them."""
        return self.prereleases[-1] if self.prereleases else self.last


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be released. `version` and `tag` are None where nothing is to be, and `why` says so."""

    package: str | None
    earlier: Earlier
    bump: Bump
    version: Version | None
    tag: str | None
    why: str
    effects: tuple[Effect, ...]


def earlier(tags: Collection[str], pattern: TagPattern, package: str | None = None) -> Earlier:
    """What tags say was released; only those that the released commit can reach should be given.

    A tag with build metadata is passed over: it is no version of its own (SemVer 2.0.0, 10).
    """
    found = [Released(version, tag) for version, tag in pattern.versions(tags, package) if not version.build]
    finals = [each for each in found if each.version.prerelease is None]
    last = finals[-1] if finals else None
    newer = [each for each in found if each.version.prerelease and (not last or each.version > last.version)]
    return Earlier(last, tuple(newer))


def plan_release(
    changes: Sequence[Change],
    before: Earlier,
    rules: Rules,
    pattern: TagPattern,
    *,
    package: str | None = None,
    line: Line | None = None,
    at_least: Bump = Bump.NONE,
    fresh: Collection[str] | None = None,
    taken: Collection[str] = (),
) -> Plan:
    """The release that changes since the last one call for.

    Parameters
    ----------
    changes
        Every commit since the last release, the oldest first; pre-releases in between do not count as one.
    line
        The pre-release line to release on; None for a release.
    at_least
        A bump that somebody asks for whatever the commits call for.
    fresh
        Digests of those commits that are not in the newest pre-release yet; None where there is none.
    taken
        Every tag of the repository, also of other branches.

    Raises ConflictError where the tag exists already, ContractError with the field `line` for a line that
    would go back.
    """
    found = effects(changes, rules)
    asked = max(highest(found), at_least)
    if line is not None and before.prereleases and fresh is not None and at_least is Bump.NONE:
        since = [effect for effect in found if effect.change.sha in fresh]
        if highest(since) is Bump.NONE and prerelease(before.prereleases[-1].version)[0] == line:
            newest = before.prereleases[-1].version
            return Plan(package, before, asked, None, None, f"nothing since {newest} is released", found)
    if asked is Bump.NONE:
        what = f"no commit since {before.last.version} calls" if before.last else "no commit calls"
        return Plan(package, before, asked, None, None, f"{what} for a release", found)
    version = next_version(before, asked, rules, line)
    tag = pattern.write(version, package)
    if tag in taken:
        raise ConflictError(f"the tag {tag} exists already, and not in this history", field="tag")
    return Plan(package, before, asked, version, tag, _why(before, asked, version, rules, found), found)


def next_version(before: Earlier, bump: Bump, rules: Rules, line: Line | None = None) -> Version:
    """The version after what was released, for a bump that is not none.

    A pre-release leads to the release that the commits call for, or to the one that an earlier pre-release
    already leads to, where that is greater. Numbers of a line begin at 1.
    """
    last = before.last.version if before.last else None
    target = Version.parse(rules.first) if last is None else raised(last, scaled(last, bump, rules.zero))
    newest = before.prereleases[-1].version if before.prereleases else None
    if newest is not None:
        target = max(target, core(newest))
    if line is None:
        return target
    number = 1
    if newest is not None and core(newest) == target:
        current, reached = prerelease(newest)
        if current is None or LINES.index(line) < LINES.index(current):
            raise ContractError(f"{line} does not follow {newest}", field="line")
        number = reached + 1 if current == line else 1
    return target.replace(prerelease=f"{line}.{number}")


def scaled(last: Version, bump: Bump, zero: Mapping[Bump, Bump]) -> Bump:
    """The bump as it applies after a version: while the major is 0, rules may make it smaller."""
    return zero.get(bump, bump) if last.major == 0 else bump


def _why(before: Earlier, asked: Bump, version: Version, rules: Rules, found: Sequence[Effect]) -> str:
    if before.last is None and not before.prereleases:
        return f"the first release; {rules.name} begins at {rules.first}"
    called = highest(found)
    if called < asked:
        return f"{asked.word}, which was asked for; commits call for {called.word}"
    count = sum(effect.bump is asked for effect in found)
    text = f"{count} commit{'' if count == 1 else 's'} call{'s' if count == 1 else ''} for {asked.word}"
    if before.last is not None:
        applied = scaled(before.last.version, asked, rules.zero)
        if applied is not asked:
            text += f", which before 1.0.0 is {applied.word}"
        if core(version) != raised(before.last.version, applied):
            text += f"; {before.prereleases[-1].version} leads to {core(version)}"
    return text

"""A repository's settings and history, read from the forge as a plan needs them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from writ.contracts.errors import ContractError, PermanentError
from writ.release.settings import FILE, ReleaseSettings, read_settings

if TYPE_CHECKING:
    from functions.release.ports import Forge
    from writ.ports.forge_releases import HistoryCommit
    from writ.release.bump import Change

# Tags that are looked at until one is found that the commit reaches, the highest first.
_LOOKED_AT: Final = 40
# Commits whose files are asked for, one request each.
_FILES: Final = 300


class Commit(BaseModel):
    """A commit since the last release."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    sha: str
    message: str
    parents: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def change(self) -> "Change":
        from writ.release.bump import Change

        return Change(self.sha, self.message, self.parents, self.files)


class Past(BaseModel):
    """What came before: tags that the commit reaches, all that there are, and the commits since the last.

    `fresh` are those that the newest pre-release has not, None where there is none since.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    reached: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()
    fresh: tuple[str, ...] | None = None


def settings_at(forge: "Forge", repository: str, sha: str) -> ReleaseSettings | None:
    """The settings at a commit; None where it has none. Raises ContractError for what does not read."""
    found = forge.content(repository, FILE, sha)
    if found is None:
        return None
    import yaml  # a start has asked the forge before it has anything to parse

    from writ.yaml_bounds import load_small

    try:
        return read_settings(load_small(found.data.decode()))
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ContractError(f"{FILE} is not YAML of the size that people write", field=FILE) from None


def history(
    forge: "Forge", repository: str, sha: str, settings: ReleaseSettings, package: str | None
) -> Past:
    """What the plan of a release at a commit needs.

    Raises PermanentError `release.too_many`: more commits touch several packages than can be asked about.
    """
    tags = forge.tags(repository)
    known = settings.pattern.versions(tags, package)[::-1]
    reached: list[str] = []
    last: str | None = None
    newer: str | None = None
    for version, tag in known[:_LOOKED_AT]:
        if tags[tag] != sha and forge.compare(repository, tags[tag], sha).behind:
            continue  # of another branch
        reached.append(tag)
        if version.prerelease is None:
            last = tag
            break
        newer = newer or tag
    commits = _since(forge, repository, tags, last, sha)
    fresh = None if newer is None else tuple(one.sha for one in _since(forge, repository, tags, newer, sha))
    return Past(
        reached=tuple(reached),
        taken=tuple(sorted(tags)),
        commits=_touching(forge, repository, commits, settings, package),
        fresh=fresh,
    )


def _since(
    forge: "Forge", repository: str, tags: Mapping[str, str], tag: str | None, sha: str
) -> "Sequence[HistoryCommit]":
    if tag is None:
        return forge.log(repository, sha)
    return () if tags[tag] == sha else forge.compare(repository, tags[tag], sha).commits


def _touching(
    forge: "Forge",
    repository: str,
    commits: "Sequence[HistoryCommit]",
    settings: ReleaseSettings,
    package: str | None,
) -> tuple[Commit, ...]:
    """The commits that are about a package; all of them where a repository has one alone."""
    if package is None:
        return tuple(Commit(sha=one.sha, message=one.message, parents=one.parents) for one in commits)
    if len(commits) > _FILES:
        message = f"{len(commits)} commits since the last release, whose files cannot all be looked at"
        raise PermanentError(message, code="release.too_many", field="package")
    from writ.release.bump import Change
    from writ.release.packages import changes_of

    looked = [forge.commit(repository, one.sha) or one for one in commits]
    changes = [Change(one.sha, one.message, one.parents, one.files) for one in looked]
    (own,) = (each for each in settings.parts if each.name == package)
    return tuple(
        Commit(sha=one.sha, message=one.message, parents=one.parents, files=one.files)
        for one in changes_of(own, changes, settings.parts)
    )

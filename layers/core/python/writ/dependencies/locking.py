"""Whether a lock stays right when one package in it changes, or has to be resolved anew. Pure.

A lock may be edited in place when nothing else in it would change: the new release depends on what the old
one did, what is locked satisfies it, and whoever depends on the package accepts the new version. Anything
that is not known counts against that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from writ.contracts.errors import ContractError
from writ.dependencies.model import Form, Update, Use
from writ.dependencies.node_files import RELATIONS
from writ.dependencies.versions import allows, package, requirement
from writ.ports.registry import Ecosystem, Package

# What a release of a package depends on; None where nobody says.
Requires = Callable[[Package, str], tuple[str, ...] | None]
# Of one lock: more packages than this are not asked about one by one.
MOST: Final = 400
_EXTRA: Final = re.compile(r'(?:^|\s|\()extra == "(?P<name>[^"]+)"')


def needs_resolver(update: Update, uses: Sequence[Use], requires: Requires) -> str | None:
    """Why a lock that has this package has to be resolved anew; None where every one can be edited in place.

    `uses` are those of the whole repository.
    """
    for use in update.uses:
        if use.form is Form.OPAQUE:
            return f"{use.path} is written by its own tool alone"
        beside = [other for other in uses if other.path == use.path]
        why = None
        if use.form is Form.PACKAGE_LOCK:
            why = _npm(update, use, beside)
        elif use.form is Form.REQUIREMENT and use.hashed:
            why = _python(update, use, uses, requires)
        if why is not None:
            return f"{use.path}: {why}"
    return None


def _python(update: Update, use: Use, uses: Sequence[Use], requires: Requires) -> str | None:
    ours, version = update.package, update.release.version
    beside = [other for other in uses if other.path == use.path]
    before, after = requires(ours, use.version or ""), requires(ours, version)
    if before is None or after is None:
        return f"nobody says what {ours.name} {version} depends on"
    others = [other for other in beside if not use.via or other.package.name in use.via]
    if len(others) > MOST:
        return "it has too many packages to ask about each"
    if set(before) != set(after):
        beyond = [text for other in others for text in requires(other.package, other.version or "") or ()]
        extras = _asked_extras(use, uses, others, (*before, *after, *beyond))
        old, new = _needed(before, extras), _needed(after, extras)
        if old is None or new is None or old.keys() != new.keys():
            return f"{ours.name} {version} depends on other packages than {use.version} does"
        if why := _unmet(new, beside):
            return why
    for other in others:
        if other.package != ours and (why := _refuses(other, update, requires)):
            return why
    return None


def _asked_extras(
    use: Use, uses: Sequence[Use], others: Sequence[Use], stated: Sequence[str]
) -> frozenset[str] | None:
    """The extras of a package that anybody asks for; None where it is not known who asks for the package.

    A lock seldom repeats them, so they are read where it comes from: the files beside it that say what is
    depended on, and the metadata of those in the lock that brought the package in, and its own.
    """
    own = [each for each in uses if each.package == use.package]
    is_brought = bool(use.via) and {other.package.name for other in others} >= set(use.via)
    if not is_brought and not any(_is_input(each, use) for each in own):
        return None
    reads = [read for text in stated if (read := requirement(text)) is not None]
    by_others = [read for read in reads if package(Ecosystem.PYPI, read.name) == use.package]
    named = {str(canonicalize_name(extra)) for read in by_others for extra in read.extras}
    return frozenset(named | {extra for each in own for extra in each.extras})


def _is_input(stated: Use, locked: Use) -> bool:
    """Whether a place says what is depended on, beside a lock."""
    beside = stated.path.rpartition("/")[0] == locked.path.rpartition("/")[0]
    return beside and (stated.form is Form.PYPROJECT or stated.path.endswith(".in"))


def _needed(stated: Sequence[str], extras: frozenset[str] | None) -> dict[str, list[Requirement]] | None:
    found: dict[str, list[Requirement]] = {}
    for text in stated:
        read = requirement(text)
        if read is None:
            return None
        if extras is not None and _is_unasked(read, extras):
            continue
        # With its marker and extras, so that a package that is asked for in other cases counts as another.
        asked = (
            f"{package(Ecosystem.PYPI, read.name).name}[{','.join(sorted(read.extras))}];{read.marker or ''}"
        )
        found.setdefault(asked, []).append(read)
    return found


def _is_unasked(read: Requirement, extras: frozenset[str]) -> bool:
    """Whether it only holds with an extra that nobody asks for; one with an alternative may hold without."""
    marker = str(read.marker or "")
    match = _EXTRA.search(marker)
    return match is not None and " or " not in marker and str(canonicalize_name(match["name"])) not in extras


def _unmet(needed: dict[str, list[Requirement]], beside: Sequence[Use]) -> str | None:
    locked = {other.package.name: other.version for other in beside}
    for read in (each for several in needed.values() for each in several):
        version = locked.get(package(Ecosystem.PYPI, read.name).name)
        if version is not None and not read.specifier.contains(version, prereleases=True):
            return f"it wants {read}, and {version} is locked"
    return None


def _refuses(other: Use, update: Update, requires: Requires) -> str | None:
    stated = requires(other.package, other.version or "")
    if stated is None:
        return f"nobody says what {other.package.name} depends on"
    for text in stated:
        read = requirement(text)
        if read is None or package(Ecosystem.PYPI, read.name) != update.package:
            continue
        if not read.specifier.contains(update.release.version, prereleases=True):
            return f"{other.package.name} wants {read}"
    return None


def _npm(update: Update, use: Use, beside: Sequence[Use]) -> str | None:
    item: Any = use.details["item"]
    release = update.release
    if release.requires is None:
        return f"nobody says what {update.package.name} {release.version} depends on"
    stated = {
        name: release.fields.get(name) or {} for name in (*RELATIONS, "engines", "bin", "os", "cpu", "libc")
    }
    if any((item.get(name) or {}) != value for name, value in stated.items()):
        return f"{update.package.name} {release.version} depends on something else than {use.version} does"
    if any(item.get(name) for name in ("bundleDependencies", "hasInstallScript", "hasShrinkwrap")):
        return f"{update.package.name} brings a tree of its own"
    for other in beside:
        other_item: Any = other.details["item"]
        for relation in ("dependencies", "optionalDependencies", "peerDependencies"):
            range_ = (other_item.get(relation) or {}).get(update.package.name)
            try:
                refused = range_ is not None and not allows(Ecosystem.NPM, range_, release.version)
            except ContractError:
                refused = True
            if refused:
                return f"{other.package.name} wants {update.package.name} {range_}"
    return None

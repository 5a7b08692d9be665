"""Looks a repository over: what could be bumped now, in which groups, and what is held, by which rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from writ.contracts.errors import ContractError, PermanentError, TransientError
from writ.dependencies.candidates import Circumstances, choose
from writ.dependencies.editing import RESOLVER, edited
from writ.dependencies.grouping import group
from writ.dependencies.locking import needs_resolver
from writ.dependencies.model import Group, Held, Update, Use
from writ.dependencies.reading import Inventory, inventory
from writ.ports.registry import Listing, Package, Registry

# Of one repository: more packages than this are looked at another time, and the survey says so.
MOST: Final = 500
# Runs a function over items, in order, several at a time if it likes.
Each = Callable[[Callable[[Package], "Listing | Held"], Sequence[Package]], Iterable["Listing | Held"]]


@dataclass(frozen=True)
class Survey:
    """`withheld` are groups that cannot be proposed, with why: one needs a resolver that is not there, say.

    `unread` are files that do not read. `whole` are the groups with what is withheld, for who has a resolver.
    """

    groups: tuple[Group, ...]
    held: tuple[Held, ...]
    withheld: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    whole: tuple[Group, ...] = ()

    def of(self, name: str, *, whole: bool = False) -> Group | None:
        return next((each for each in (self.whole if whole else self.groups) if each.name == name), None)


def look_over(
    files: Mapping[str, str], registry: Registry, given: Circumstances, each: Each | None = None
) -> Survey:
    """The survey of files by path. A package that a registry does not answer for is held, and no other is."""
    stock = inventory(files)
    given = replace(given, python=stock.python or given.python, node=stock.node or given.node)
    wanted = _wanted(stock, given)
    found = (each or _one_by_one)(lambda package: _ask(package, registry), wanted[:MOST])
    updates: list[Update] = []
    held = [Held(package, "", "", "too-many", f"more than {MOST} packages") for package in wanted[MOST:]]
    for package, listing in zip(wanted, found, strict=False):
        if isinstance(listing, Held):
            held.append(listing)
            continue
        choice = choose([use for use in stock.uses if use.package == package], listing, given)
        updates += choice.updates
        held += choice.held
    whole = group(updates, given.settings)
    groups, stuck = _editable(whole, files, stock.uses, registry)
    in_order = tuple(sorted(held, key=lambda each: (each.package, each.code)))
    return Survey(groups, in_order, stuck, stock.unread, whole)


def _wanted(stock: Inventory, given: Circumstances) -> list[Package]:
    known = {use.package for use in stock.uses if use.package.ecosystem.value in given.settings.ecosystems}
    if not given.settings.transitive:
        direct = {use.package for use in stock.uses if use.direct}
        known &= direct | {advisory.package for advisory in given.advisories}
    return sorted(known)


def _ask(package: Package, registry: Registry) -> Listing | Held:
    try:
        return registry.listing(package)
    except PermanentError as error:
        return Held(package, "", "", error.code.replace(".", "-").replace("_", "-"), error.message)
    except TransientError as error:
        return Held(package, "", "", "registry-unavailable", error.message)


def _one_by_one(
    ask: Callable[[Package], Listing | Held], packages: Sequence[Package]
) -> Iterable[Listing | Held]:
    return (ask(package) for package in packages)


def _editable(
    groups: Sequence[Group],
    files: Mapping[str, str],
    uses: Sequence[Use],
    registry: Registry,
) -> tuple[tuple[Group, ...], Mapping[str, str]]:
    """Groups whose files can be changed; what cannot leaves its group, and is withheld by its own name."""
    kept: list[Group] = []
    withheld: dict[str, str] = {}
    for each in groups:
        good: list[Update] = []
        for update in each.updates:
            if why := _obstacle(update, files, uses, registry):
                withheld[update.id] = why
            else:
                good.append(update)
        if good and (why := _clash(good, uses, registry)) is None:
            kept.append(replace(each, updates=tuple(good)))
        elif good:
            withheld[each.name] = why or ""
    return tuple(kept), withheld


def _obstacle(
    update: Update, files: Mapping[str, str], uses: Sequence[Use], registry: Registry
) -> str | None:
    try:
        why = needs_resolver(update, uses, registry.requires)
        if why is None:
            edited(files, [update])
    except ContractError as error:
        return f"needs a resolver: {error.message}" if error.code == RESOLVER else error.message
    except (PermanentError, TransientError) as error:
        return f"the registry does not say what it depends on: {error.message}"
    return None if why is None else f"needs a resolver: {why}"


def _clash(updates: Sequence[Update], uses: Sequence[Use], registry: Registry) -> str | None:
    """Whether members get in each other's way: each fits the lock as it is, all must fit as it will be."""
    if len(updates) < 2:
        return None
    moved = {(use.package, use.path): update.release.version for update in updates for use in update.uses}
    after = [
        replace(use, version=moved.get((use.package, use.path), use.version)) if use.version else use
        for use in uses
    ]
    for update in updates:
        try:
            why = needs_resolver(replace(update, uses=update.uses), after, registry.requires)
        except (PermanentError, TransientError) as error:
            why = error.message
        if why is not None:
            return f"needs a resolver: together, {why}"
    return None

"""The statements without which nobody has to believe that an entry of a pack was erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from writ.contracts.errors import PermanentError
from writ.contracts.statement import Statement, erasure_id
from writ.ledger import dsse
from writ.ledger.erasure import Erased, erased_in
from writ.ledger.errors import VerificationError
from writ.ledger.evidence import read_statement
from writ.ledger.proving import Logged
from writ.ports.ledger import StoredEntry

if TYPE_CHECKING:
    from functions.packs.ports import Ports

_EARLY: Final = "a statement was erased, and the log at this checkpoint does not say so yet: ask again later"


def erasures_of(
    gone: Sequence[Erased], stored: Mapping[str, StoredEntry], size: int, ports: Ports
) -> list[Logged]:
    """The erasures, below leaf `size`, that name these entries; each once, in the order of the log.

    Raises
    ------
    PermanentError
        `pack.erasing`: one of the entries is erased, and that is not stated below `size`.
    VerificationError
        `ledger.erasure`: an entry is not there, and was not erased; or its erasure does not name it.
    """
    by: dict[str, list[Erased]] = {}
    for one in gone:
        entry = stored.get(one.entry)
        if entry is None or entry.erased is None:
            message = f"entry {one.entry} is in the log but not stored, and was not erased"
            raise VerificationError(message, code="ledger.erasure")
        by.setdefault(entry.erased.by, []).append(one)
    found = [one for name, some in by.items() for one in _stated(name, some, size, ports)]
    return sorted(found, key=lambda logged: logged.index)


def _stated(first: str, gone: Iterable[Erased], size: int, ports: Ports) -> Iterator[Logged]:
    """The parts of one erasure that name some entries; `first` is the entry of its first part."""
    parts = _parts(first, ports)
    places = ports.index.find([(first, name) for name in parts])
    missing = set(gone)
    for name, entry in parts.items():
        index = places.get(name)
        if index is None or index >= size:
            continue
        named = missing.intersection(erased_in(_statement(entry), index))
        if named:
            missing -= named
            yield Logged(index, name, entry.envelope)
    if missing:
        if len(parts) == _count(parts.get(first)) and all(places.get(name, size) < size for name in parts):
            message = f"{first} does not name {min(one.entry for one in missing)} as it was logged"
            raise VerificationError(message, code="ledger.erasure")
        raise PermanentError(_EARLY, code="pack.erasing")


def _parts(first: str, ports: Ports) -> Mapping[str, StoredEntry]:
    """What there is of an erasure, by entry id."""
    begun = ports.entries.get_many([first])
    of = first.removesuffix(erasure_id(""))
    more = [erasure_id(of, part) for part in range(2, _count(begun.get(first)) + 1)]
    found = {**begun, **(ports.entries.get_many(more) if more else {})}
    return {name: found[name] for name in (first, *more) if name in found}


def _count(first: StoredEntry | None) -> int:
    """How many parts an erasure has; one whose first part is not there is taken to have that one."""
    if first is None:
        return 1
    said = (_statement(first).predicate.model_extra or {}).get("erasure")
    parts = said.get("parts") if isinstance(said, dict) else None
    return parts if isinstance(parts, int) else 1


def _statement(entry: StoredEntry) -> Statement:
    return read_statement(dsse.decode(entry.envelope).payload)

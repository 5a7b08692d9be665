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

_AT_ONCE: Final = 25
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
    missing, all_logged = set(gone), True
    for names in _parts(first, ports):
        kept = ports.entries.get_many(names)
        places = ports.index.find([(first, name) for name in names])
        for name in names:
            index, entry = places.get(name, size), kept.get(name)
            if entry is None or index >= size:
                all_logged = False
                continue
            named = missing.intersection(erased_in(_statement(entry), index))
            if named:
                missing -= named
                yield Logged(index, name, entry.envelope)
        if not missing:
            return
    if not all_logged:
        raise PermanentError(_EARLY, code="pack.erasing")
    message = f"{first} does not name {min(one.entry for one in missing)} as it was logged"
    raise VerificationError(message, code="ledger.erasure")


def _parts(first: str, ports: Ports) -> Iterator[Sequence[str]]:
    """The entries of an erasure's parts, some at a time: a long one is not read to its end for a few."""
    yield [first]
    begun = ports.entries.get_many([first]).get(first)
    said = None if begun is None else (_statement(begun).predicate.model_extra or {}).get("erasure")
    parts = said.get("parts") if isinstance(said, dict) else None
    of = first.removesuffix(erasure_id(""))
    names = [erasure_id(of, number) for number in range(2, parts + 1)] if isinstance(parts, int) else []
    for at in range(0, len(names), _AT_ONCE):
        yield names[at : at + _AT_ONCE]


def _statement(entry: StoredEntry) -> Statement:
    return read_statement(dsse.decode(entry.envelope).payload)

"""Parts and packs: entries with their proofs under the checkpoint that a job began with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from functions.packs.erased import erasures_of
from functions.packs.job import Job, Made
from functions.packs.selection import select
from writ.contracts.errors import ConflictError, PermanentError, WritError
from writ.ledger import archive
from writ.ledger.canonical import canonical
from writ.ledger.checkpoint import key_id
from writ.ledger.log import Log
from writ.ledger.pack import MAX_ENTRIES, Earlier, Item, Kind, Pack, file_of, read_item, thinned
from writ.ledger.proving import Logged, earlier_of, item_of
from writ.ports.ledger import KeptPromise, StoredEntry

if TYPE_CHECKING:
    from functions.packs.ports import Ports

PART: Final = 250
_AT_ONCE: Final = 8
_LIST: Final = "entries.json"


def part_path(pack: str, number: int) -> str:
    """Where a part is kept."""
    return f"parts/{pack}/{number:05d}.zip"


def pack_path(pack: str) -> str:
    """Where a pack is kept."""
    return f"packs/{pack}.zip"


def make_part(job: Job, ports: Ports) -> tuple[bytes, Made]:
    """The next part of a pack, as an archive of its own.

    Raises
    ------
    PermanentError
        `pack.too_large`: more statements than a pack holds. `pack.erasing`: see `erasures_of`.
    VerificationError
        What is stored does not prove an entry, or that it was erased.
    TransientError
        A store, or the notary, is away.
    """
    log = ports.log(job.note.encode())
    chosen = select(job.asked, log.head.size, ports.index, limit=PART, place=job.following)
    count = len(chosen.entries)
    if job.statements + count > MAX_ENTRIES:
        message = f"more than {MAX_ENTRIES} statements answer this: ask for a shorter time"
        raise PermanentError(message, code="pack.too_large", field="since")
    stored = ports.entries.get_many([entry.entry_id for entry in chosen.entries])
    asked = [
        Logged(entry.index, entry.entry_id, envelope_of(stored.get(entry.entry_id)))
        for entry in chosen.entries
    ]
    items = _proved(log, asked, ports)
    gone = [erased for item in items if (erased := item.gone()) is not None]
    erasures = _proved(log, erasures_of(gone, stored, log.head.size, ports), ports)
    listed = [[[item.index, item.entry, item.kind.value] for item in some] for some in (items, erasures)]
    files = {item.file: item.data for item in (*items, *erasures)}
    part = archive.encode({**files, _LIST: canonical(listed)})
    return part, Made(statements=count, following=chosen.following)


def envelope_of(entry: StoredEntry | None) -> bytes | None:
    """What is kept of an entry's statement; None where it was erased, and cannot be read any more."""
    return None if entry is None or entry.erased is not None else entry.envelope


def make_pack(job: Job, ports: Ports) -> bytes:
    """The pack of a job whose parts are all there.

    Raises
    ------
    PermanentError
        `pack.gone`: a part has expired.
    """
    log, trust = ports.log(job.note.encode()), ports.trust()
    items, erasures = list[Item](), dict[int, Item]()
    for number in range(1, len(job.parts) + 1):
        asked, needed = _items(job, number, ports)
        items += asked
        erasures |= {item.index: item for item in needed}
    for item in items:
        erasures.pop(item.index, None)
    earlier = list(_earlier([item.index for item in items], log.head.size, ports, job))
    head, others = log.head, list(erasures.values())
    return Pack(job.asked, trust, head.note, head.checkpoint, items, earlier, others).encode()


def _proved(log: Log, logged: Sequence[Logged], ports: Ports) -> list[Item]:
    trust = ports.trust()
    log_id = key_id(trust.log_key)

    def promised(one: Logged) -> Logged:
        return one if one.envelope is None else replace(one, promise=_promise(log_id, one.index, ports))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [item_of(log, trust, one) for one in pool.map(promised, logged)]


def _promise(log_id: bytes, index: int, ports: Ports) -> KeptPromise | None:
    """The log's promise; None for an entry too late for its certificate, for which the log makes none."""
    kept = ports.promises.get(log_id, index)
    if kept is not None:
        return kept
    try:
        return ports.notary.promise(index)
    except ConflictError as error:
        if error.code == "conflict.late":
            return None
        raise


def _items(job: Job, number: int, ports: Ports) -> tuple[list[Item], list[Item]]:
    """What a part has of what was asked for, and the erasures that it needs."""
    data = ports.vault.read(part_path(job.pack, number))
    if data is None:
        raise PermanentError(f"part {number} of {job.pack} is gone", code="pack.gone")
    members = archive.decode(data)
    asked, erasures = json.loads(members[_LIST])
    return [_item(row, members) for row in asked], [_item(row, members) for row in erasures]


def _item(row: Sequence[Any], members: Mapping[str, bytes]) -> Item:
    index, entry, kind = row[0], row[1], Kind(row[2])
    return read_item(index, entry, kind, members[file_of(kind, index)])


def _earlier(indexes: Sequence[int], size: int, ports: Ports, job: Job) -> Iterator[Earlier]:
    """For some of the leaves, the first anchored checkpoint that covered it; none twice."""
    log, trust = ports.log(job.note.encode()), ports.trust()
    covered = 0
    for index in thinned(indexes):
        if index < covered:
            continue
        note = ports.anchors.first_covering(index)
        if note is None:
            return
        checkpoint = trust.open_earlier(note)
        if checkpoint.size >= size:
            return
        if checkpoint.size <= index:
            raise WritError("an anchored checkpoint is not of the size it is named by", code="ledger.corrupt")
        covered = checkpoint.size
        yield earlier_of(log, trust, note)

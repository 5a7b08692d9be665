"""Judges a schedule at rest by what was acknowledged, what was signed, and what lies in the stores."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from tests.chaos.ledger.processes import Violation
from tests.chaos.ledger.stores import Stores
from tests.chaos.ledger.world import World
from tests.support.log_forge import ORIGIN
from writ.contracts.events.platform import CheckpointPublished
from writ.ledger import dsse
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.leaf import decode_leaf
from writ.ledger.tiles import ENTRIES, Edge, decode_bundle, edge_tiles, grow, tiles_of

_NOTE_LINES: Final = 3


def demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Violation(otherwise)


def judge(world: World) -> None:
    """Raise Violation unless every acknowledged entry is one leaf, and all that was signed is one history."""
    stores = world.stores
    leaves = logged(stores)
    order = named(stores, leaves)
    demand(len(set(order)) == len(order), "I4: an entry was integrated twice")
    for entry_id, payload_sha256 in world.acknowledged.items():
        demand(entry_id in stores.entries.entries, f"I4: acknowledged {entry_id} is not stored")
        stored = dsse.decode(stores.entries.entries[entry_id].envelope).payload_sha256
        demand(stored == payload_sha256, f"I4: acknowledged {entry_id} was altered")
    lost = world.acknowledged.keys() - set(order)
    demand(not lost, f"I4: acknowledged entries are not in the log: {sorted(lost)}")
    indexed = {name: entry.index for name, entry in stores.index.locations.items()}
    demand(indexed == {name: at for at, name in enumerate(order)}, "I4: the index names other leaves")
    place = indexed.__getitem__
    for name in order:
        previous = stores.entries.entries[name].previous
        demand(previous is None or place(previous) < place(name), f"{name} precedes what it follows")
    _one_history(stores, leaves)
    _known(stores)


def logged(stores: Stores) -> list[bytes]:
    """The leaves of the log as its files have them, after checking that its tiles are theirs."""
    size = stores.heads.head.size
    files = stores.files.files
    bundles = [files.get(tile.path) for tile in tiles_of(ENTRIES, size)]
    demand(None not in bundles, "an entry bundle of the head is missing")
    leaves = [leaf for bundle in bundles for leaf in decode_bundle(bundle or b"")]
    whole = grow(Edge(), leaves)
    demand(whole.edge.size == size, "the bundles hold another number of leaves than the head")
    demand(
        not size or whole.edge.root() == stores.heads.head.root, "the leaves are not under the head's root"
    )
    for tile in edge_tiles(size):
        demand(files.get(tile.path) == whole.files[tile], f"{tile.path} is not that of the leaves")
    return leaves


def named(stores: Stores, leaves: list[bytes]) -> list[str]:
    """The entries that the leaves are of."""
    names = {sha256(entry.envelope).hexdigest(): name for name, entry in stores.entries.entries.items()}
    found = [names.get(decode_leaf(leaf).envelope_sha256) for leaf in leaves]
    demand(None not in found, "I4: a leaf is of no stored entry")
    return [name for name in found if name is not None]


def _one_history(stores: Stores, leaves: list[bytes]) -> None:
    """Whatever the log's key signed, published, anchored or not, is a prefix of the log."""
    roots: dict[int, bytes] = {}
    edge = Edge()
    texts = {text: text.decode().split("\n") for text in stores.signed}
    for size in sorted({int(lines[1]) for lines in texts.values()}):
        demand(size <= len(leaves), f"I5: a head of {size} was signed, the log has {len(leaves)}")
        edge = grow(edge, leaves[edge.size : size]).edge
        roots[size] = edge.root()
    for text, lines in texts.items():
        size = int(lines[1])
        demand(Checkpoint(ORIGIN, size, roots[size]).text() == text, "I5: another history was signed")
        demand(len(lines) == _NOTE_LINES + 1, "I5: something else was signed")
    for size, root in stores.anchors.copies:
        demand(roots.get(size) == root, "I5: another history was anchored")
    sizes = [int(note.split(b"\n")[1]) for note in stores.files.published]
    demand(sizes == sorted(sizes), f"I5: published sizes go back: {sizes}")
    head, standing = stores.heads.head, stores.files.checkpoint
    demand(standing is not None or not leaves, "the log is not published")
    if standing is not None:
        published = open_checkpoint(standing[0], ORIGIN, stores.signer.public_key())
        demand((published.size, published.root) == (len(leaves), head.root), "the newest head is unpublished")
        demand(
            max(stores.anchors.copies, default=None) == (published.size, published.root),
            "the head is not anchored",
        )


def _known(stores: Stores) -> None:
    """Every event names an anchored checkpoint, and the newest checkpoint was announced."""
    sizes = {size for size, _ in stores.anchors.copies}
    announced = {e.data.size for e in stores.bus.events if isinstance(e.data, CheckpointPublished)}
    demand(announced <= sizes, "a checkpoint was announced that is not anchored")
    newest = stores.heads.head.size
    demand(not newest or newest in announced, "the newest checkpoint was never announced")

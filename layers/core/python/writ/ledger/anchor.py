"""Checkpoints that were posted as commit statuses on GitHub, read back, and a log held against them.

https://docs.github.com/en/rest/commits/statuses
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from writ.contracts.anchor import context_of
from writ.ledger.checkpoint import Checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Finding
from writ.ledger.logcopy import LogCopy
from writ.ledger.merkle import EMPTY_ROOT, NodeReader, subtree_root
from writ.ledger.tiles import Tile, TiledNodes

_LOGIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]|\[bot\]){0,63}")
_DESCRIPTION: Final = re.compile(r"size (0|[1-9][0-9]{0,18}) root ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchored:
    """A tree head that was posted outside; `name` says where, for people."""

    name: str
    size: int
    root: bytes


def read_statuses(data: bytes, origin: str) -> Sequence[Anchored]:
    """The heads of a log among a commit's statuses, as `GET /repos/{repo}/commits/{sha}/statuses` lists them.

    Pages may be lists in a list, as `gh api --paginate --slurp` prints them. Statuses under other names
    are left out: whoever can push to the repository can post them.

    Raises
    ------
    VerificationError
        `anchor.malformed`: not such a list, or a status under the log's name does not say size and root.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise _malformed("the anchors are not JSON") from None
    return [
        _anchored(status, number)
        for number, status in enumerate(_statuses(document))
        if status.get("context") == context_of(origin)
    ]


def check_anchors(anchored: Sequence[Anchored], head: Checkpoint, node: NodeReader) -> Iterator[Finding]:
    """Hold a log against the heads that were posted of it: it must reach every one, and begin with it.

    `node` reads the log's tree, whose tiles are to be verified by themselves. No head at all is a finding
    as well: it proves nothing, and is what whoever asks for other people's statuses sees.
    """
    if not anchored:
        yield Finding("anchor.none", f"there is no status of {context_of(head.origin)} among the anchors")
    for each in anchored:
        posted = f"{each.name} holds size {each.size}, root {each.root.hex()}"
        if each.size > head.size:
            message = f"{posted}: beyond this log's head of size {head.size}, root {head.root.hex()}"
            yield Finding("anchor.ahead", message, head.size)
            continue
        try:
            root = subtree_root(node, 0, each.size) if each.size else EMPTY_ROOT
        except VerificationError as error:
            yield Finding("anchor.unproved", f"{posted}, which cannot be compared: {error.message}")
            continue
        if root != each.root:
            message = f"{posted}: this log has root {root.hex()} at that size"
            yield Finding("anchor.mismatch", message)


def nodes_of_copy(copy: LogCopy, head: Checkpoint) -> NodeReader:
    """Reads the tree of a copy from its tiles; reading raises VerificationError where one is gone."""

    def read(tile: Tile) -> bytes:
        data = copy.tile(tile)
        if data is None:
            raise VerificationError(f"the copy has no {tile.path}", code="ledger.copy")
        return data

    return TiledNodes(head.size, read)


def _statuses(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, list):
        raise _malformed("the anchors are not a list of statuses")
    for item in document:
        for status in item if isinstance(item, list) else [item]:
            if not isinstance(status, dict):
                raise _malformed("the anchors are not a list of statuses")
            yield status


def _anchored(status: dict[str, Any], number: int) -> Anchored:
    id, description = status.get("id", number), status.get("description")
    name = f"status {id}" if isinstance(id, int) else f"status number {number}"
    creator = status.get("creator")
    login = creator.get("login") if isinstance(creator, dict) else None
    if isinstance(login, str) and _LOGIN.fullmatch(login):
        name += f" by {login}"
    match = _DESCRIPTION.fullmatch(description) if isinstance(description, str) else None
    if match is None:
        raise _malformed(f"{name} is the log's by its name and does not say size and root")
    return Anchored(name, int(match[1]), bytes.fromhex(match[2]))


def _malformed(message: str) -> VerificationError:
    return VerificationError(message, code="anchor.malformed")

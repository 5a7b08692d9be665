"""A checkpoint as a commit status on GitHub: how it is written there, and how verifiers read it back.

https://docs.github.com/en/rest/commits/statuses
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from writ.ledger.checkpoint import Checkpoint
from writ.ledger.errors import VerificationError

# GitHub's limit on a status' description, in characters.
MAX_DESCRIPTION: Final = 140
_DESCRIPTION: Final = re.compile(r"size (0|[1-9][0-9]{0,18}) root ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchored:
    """A tree head that was posted outside; `name` says where, for people."""

    name: str
    size: int
    root: bytes


def context_of(origin: str) -> str:
    """The name of the statuses that a log posts."""
    return f"writ/{origin}"


def describe(size: int, root: bytes) -> str:
    """What a status says: size in leaves and root in hex, within GitHub's limit whatever the size."""
    return f"size {size} root {root.hex()}"


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


def check_newest(anchored: Sequence[Anchored], head: Checkpoint) -> Iterator[str]:
    """What is wrong with a head that does not reach every anchored one: a sentence each, naming both."""
    for each in anchored:
        if each.size > head.size:
            yield (
                f"{each.name} holds size {each.size}, root {each.root.hex()}, which is beyond this log's "
                f"head of size {head.size}, root {head.root.hex()}"
            )


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
    match = _DESCRIPTION.fullmatch(description) if isinstance(description, str) else None
    if match is None:
        raise _malformed(f"{name} is the log's by its name and does not say size and root")
    return Anchored(name, int(match[1]), bytes.fromhex(match[2]))


def _malformed(message: str) -> VerificationError:
    return VerificationError(message, code="anchor.malformed")

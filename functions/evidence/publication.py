"""What an auditor copies of the log: tiles, statements by the hour, anchored checkpoints, certificates.

Each is a page or a file by itself, so that a copy may be made by many requests at once, in any order, and
go on where it was stopped. A copy of all of them is what `writ.ledger.logcopy` describes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from functions.evidence.ports import Ports
from writ.contracts.errors import ContractError, NotFoundError, TransientError, WritError
from writ.ledger.edges import hour_edge
from writ.ledger.logcopy import TRUST_ROOT, WITNESS_POLICY
from writ.ports.ledger import EntryStore, IndexedEntry, StoredEntry
from writ.runtime.rest import Request, Response

# https://c2sp.org/tlog-tiles: a level is 0 to 63, an index has groups of three digits, a width 1 to 255.
_TILE: Final = re.compile(
    r"(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,6}[0-9]{3}"
    r"(?:\.p/(?:[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?",
    re.ASCII,
)
_HOUR: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_LARGEST: Final = 2**53 - 1
# A function answers with 6 MB at most, and a page says more than its envelopes:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_PAGE_BYTES: Final = 3 * 1024 * 1024
_FOREVER: Final = "private, max-age=31536000, immutable"
_BINARY: Final = "application/octet-stream"
_TEXT: Final = "text/plain; charset=utf-8"


def tile(request: Request, ports: Ports) -> Response:
    """A tile or an entry bundle, which never changes once it is there."""
    path = request.path["path"]
    if not _TILE.fullmatch(path):
        raise ContractError(
            "path is that of a C2SP tile, such as 0/x001/234 or entries/000.p/7", field="path"
        )
    data = ports.files.read(f"tile/{path}")
    if data is None:
        raise NotFoundError("the log has no such tile", field="path")
    headers = {"ETag": f'"{sha256(data).hexdigest()}"', "Cache-Control": _FOREVER}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response("", 304, headers, _BINARY)
    return Response(data, headers=headers, content_type=_BINARY)


def trust_root(ports: Ports) -> Response:
    """The trust root as the log itself keeps it."""
    return Response(_file(ports, TRUST_ROOT))


def witness_policy(ports: Ports) -> Response:
    """The policy that names the witnesses which the log asks."""
    return Response(_file(ports, WITNESS_POLICY), content_type=_TEXT)


def statements(request: Request, ports: Ports) -> Response:
    """Envelopes of the statements made in an hour, in the order of the log, after leaf `after`.

    Of what is erased, and of what cannot be read, there is the place alone.
    """
    request.only(("after", "hour", "limit"))
    hour = _hour(request.query.get("hour", ""))
    after = request.integer("after", 0, low=0, high=_LARGEST) if "after" in request.query else -1
    limit = request.integer("limit", 100, low=1, high=500)
    listed = ports.index.page(hour_edge(hour), after, limit, consistent=True)
    stored = _readable(ports.entries, [entry.entry_id for entry in listed])
    items, size = list[dict[str, Any]](), 0
    for entry in listed:
        item = _statement(entry, stored.get(entry.entry_id))
        size += len(item["envelope"] or "")
        if items and size > _PAGE_BYTES:
            break
        items.append(item)
    whole = len(items) == len(listed) < limit
    return _page(items, None if whole else items[-1]["index"])


def checkpoints(request: Request, ports: Ports) -> Response:
    """The signed notes under Object Lock, by name, which begins with their size; those after `after`."""
    request.only(("after", "limit"))
    limit = request.integer("limit", 50, low=1, high=100)
    found = ports.anchors.notes(_name(request), limit)
    items = [{"name": name, "note": note.decode(errors="replace")} for name, note in found]
    return _page(items, items[-1]["name"] if len(items) == limit else None)


def certificates(request: Request, ports: Ports) -> Response:
    """Every certificate that was issued to a bot, under its fingerprint; those after `after`."""
    request.only(("after", "limit"))
    limit = request.integer("limit", 500, low=1, high=1000)
    found, rest = ports.certificates.issued(_name(request) or None, limit)
    return _page([{"fingerprint": name, "pem": pem.decode()} for name, pem in found], rest)


def _file(ports: Ports, path: str) -> str:
    data = ports.files.read(path)
    if data is None:
        raise NotFoundError(f"the log has no {path}")
    return data.decode()


def _hour(text: str) -> datetime:
    try:
        if not _HOUR.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(f"{text}:00").replace(tzinfo=UTC)
    except ValueError:
        raise ContractError("hour is one of UTC, such as 2026-01-31T08", field="hour") from None


def _name(request: Request) -> str:
    name = request.query.get("after", "")
    if name and not _NAME.fullmatch(name):
        raise ContractError("after is a name that this list returned", field="after")
    return name


def _statement(entry: IndexedEntry, stored: StoredEntry | None) -> dict[str, Any]:
    erased = entry.erased or (stored is not None and stored.erased is not None)
    held = stored is not None and not erased
    return {
        "index": entry.index,
        "entry": entry.entry_id,
        "erased": erased,
        "envelope": stored.envelope.decode(errors="replace") if stored is not None and held else None,
    }


def _readable(entries: EntryStore, names: Sequence[str]) -> Mapping[str, StoredEntry]:
    """Those that can be read: one that is damaged must not hide the others."""
    if not names:
        return {}
    try:
        return entries.get_many(names)
    except TransientError:
        raise
    except WritError:
        return dict(_one_by_one(entries, names))


def _one_by_one(entries: EntryStore, names: Sequence[str]) -> Iterator[tuple[str, StoredEntry]]:
    for name in names:
        try:
            yield from entries.get_many([name]).items()
        except TransientError:
            raise
        except WritError:
            continue


def _page(items: Sequence[Mapping[str, Any]], rest: str | int | None) -> Response:
    """Text already, for what is signed must reach its reader byte for byte."""
    return Response(json.dumps({"items": items, "next": rest}, separators=(",", ":")))

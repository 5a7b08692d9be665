"""The log as the REST API tells it: all that an auditor reads who has a token and nothing else."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from cli.api import Api
from cli.in_order import ItemT, in_order
from cli.ledger.copying import size_of
from cli.output import CommandError
from writ.ledger.logcopy import CHECKPOINT, TRUST_ROOT, WITNESS_POLICY
from writ.ledger.trusted_root import read_trust

# Where the files of a log are to be had that are not under their own names.
_ROUTES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    CHECKPOINT: ("v1/log/checkpoint", {}),
    TRUST_ROOT: ("v1/log/trust-root", {"form": "log"}),
    WITNESS_POLICY: ("v1/log/witness-policy", {}),
}
_HOUR: Final = timedelta(hours=1)
# A statement is listed under the hour its signer's clock said, which may be ahead of ours.
_AHEAD: Final = timedelta(hours=2)
_RANGES: Final = 16
_PAGE: Final = 500
_ANCHOR: Final = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_MALFORMED: Final = "ledger.api"


class ApiLog:
    """See LogSource.

    Every answer is kept in a folder, so that a copy which was stopped goes on with what it lacks; the
    checkpoint too, so that it goes on as of the same head. The folder holds what the log holds: it belongs
    to its owner alone, and is deleted by whoever is done with the copy. `got` is told how many files of the
    tree are there.
    """

    def __init__(
        self, api: Api, folder: Path, now: datetime, got: Callable[[int], None] = lambda _files: None
    ) -> None:
        self._api = api
        self._folder = folder
        self._now = now
        self._got = got
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def object(self, key: str) -> bytes | None:
        path, query = _ROUTES.get(key, (f"v1/log/{key}", {}))
        return self._kept(path, query)

    def objects(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        for done, found in enumerate(in_order(lambda key: (key, self.object(key)), keys), 1):
            yield found
            self._got(done)

    def anchors(self) -> Iterator[tuple[str, bytes]]:
        """Notes larger than the log's head are left out, for the copy is as of that head."""
        size = size_of(self.object(CHECKPOINT) or b"")
        bounds = sorted({(size + 1) * part // _RANGES for part in range(_RANGES + 1)})
        ranges = ((f"{low:020d}", f"{high:020d}") for low, high in pairwise(bounds))
        return self._spooled(lambda ends: self._anchors(*ends), ranges)

    def statements(self, size: int) -> Iterator[tuple[str, bytes]]:
        return self._spooled(lambda hour: self._statements(hour, size), self._hours())

    def certificates(self) -> Iterator[tuple[str, bytes]]:
        for item in self._items("v1/log/certificates", {}):
            yield _text(item, "fingerprint"), _text(item, "pem").encode()

    def _spooled(
        self, walk: Callable[[ItemT], Iterator[tuple[str, bytes]]], items: Iterable[ItemT]
    ) -> Iterator[tuple[str, bytes]]:
        """What each walk finds, many at once: first through to the folder, and then from there.

        So that what walks ahead is held on disk, for an hour may have millions of statements.
        """

        def through(item: ItemT) -> ItemT:
            deque(walk(item), maxlen=0)
            return item

        for item in in_order(through, items):
            yield from walk(item)

    def _hours(self) -> Iterator[datetime]:
        """Every hour in which a statement below the head can have been made."""
        root = self.object(TRUST_ROOT)
        if root is None:
            raise CommandError("the log has no trust root yet", code="ledger.no_checkpoint")
        hour = read_trust(root).began.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while hour <= self._now + _AHEAD:
            yield hour
            hour += _HOUR

    def _statements(self, hour: datetime, size: int) -> Iterator[tuple[str, bytes]]:
        for item in self._items("v1/log/statements", {"hour": f"{hour:%Y-%m-%dT%H}", "limit": _PAGE}):
            index, envelope = item.get("index"), item.get("envelope")
            if not isinstance(index, int) or not isinstance(envelope, str | None):
                raise _malformed("v1/log/statements")
            if index < size and envelope is not None:
                yield _text(item, "entry"), envelope.encode()

    def _anchors(self, start: str, end: str) -> Iterator[tuple[str, bytes]]:
        for item in self._items("v1/log/checkpoints", {"after": start}):
            name = _text(item, "name")
            if not _ANCHOR.fullmatch(name) or set(name) == {"."}:
                raise _malformed("v1/log/checkpoints")
            if name >= end:
                return
            yield name, _text(item, "note").encode()

    def _items(self, path: str, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The items of every page of a list."""
        asked: dict[str, Any] = dict(query)
        before: str | int | None = None
        while True:
            page = _object(path, self._kept(path, asked))
            items = page.get("items")
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise _malformed(path)
            yield from items
            following = page.get("next")
            if following is None:
                return
            if not isinstance(following, str | int) or following == before:
                raise _malformed(path)
            asked["after"] = before = following

    def _kept(self, path: str, query: Mapping[str, Any]) -> bytes | None:
        """The body of an answer, asked for once; None for what is not there, which is asked for again."""
        name = sha256(json.dumps([path, query], sort_keys=True, default=str).encode()).hexdigest()
        file = self._folder / name[:2] / name
        if file.is_file():
            return file.read_bytes()
        data = self._api.find(path, query)
        if data is not None:
            file.parent.mkdir(exist_ok=True, mode=0o700)
            draft = file.with_suffix(".part")
            draft.write_bytes(data)
            draft.replace(file)
        return data


def _object(path: str, data: bytes | None) -> Mapping[str, Any]:
    try:
        found = json.loads(data or b"")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _malformed(path)
    return found


def _text(item: Mapping[str, Any], field: str) -> str:
    found = item.get(field)
    if not isinstance(found, str):
        raise CommandError("the API's answer is not one of a log", code=_MALFORMED, field=field)
    return found


def _malformed(path: str) -> CommandError:
    return CommandError(f"{path}: the API's answer is not one of a log", code=_MALFORMED)

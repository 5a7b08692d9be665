"""Package registries played back over HTTP from recordings: as they were at an instant, or refusing.

What is recorded, and how, says tests/data/registries/README.md.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

RECORDED: Final = Path(__file__).parents[1] / "data" / "registries"
# What stands in recordings for the places of files; the first is this server's own when it plays back.
FILES: Final = "https://files.example/"
TARBALLS: Final = "https://registry.example/"
INDEX_JSON: Final = "application/vnd.pypi.simple.v1+json"
_NAME: Final = re.compile(r"(@[a-z0-9-]+/)?[a-z0-9][a-z0-9._-]*")
_HOST: Final = re.compile(
    r"//(?P<authority>[^/\s\"'<>?#]+)"
    r"|(?<![\w.-])(?P<bare>(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|sh|co|cloud|edu|info))(?![\w-])",
    re.IGNORECASE,
)
# Where code lies is read from these; no registry is among them.
_KNOWN: Final = frozenset({"github.com"})


def strangers(text: str) -> set[str]:
    """Every host that a text names, but the forge and what is reserved for examples (RFC 2606)."""
    hosts = {(match["authority"] or match["bare"]).lower() for match in _HOST.finditer(text)}
    bare = {host.rpartition("@")[2].partition(":")[0].removeprefix("www.") for host in hosts}
    return {host for host in bare if host not in _KNOWN and not host.endswith((".example", ".invalid"))}


def recorded_listing(name: str) -> dict[str, Any] | None:
    """What the Python index said of a package; None where that is not recorded."""
    return _read(RECORDED / "pypi" / f"{name}.json", name)


def recorded_packument(name: str) -> dict[str, Any] | None:
    """What the npm registry said of a package; None where that is not recorded."""
    return _read(RECORDED / "npm" / f"{name}.json", name)


def recorded_hashes(name: str, version: str) -> list[str]:
    """The hashes of all files of a release of a Python package, as a lock has them."""
    files = (recorded_listing(name) or {"files": []})["files"]
    return sorted(
        f"sha256:{file['hashes']['sha256']}" for file in files if version_of(file["filename"]) == version
    )


def version_of(filename: str) -> str | None:
    """The version that a file of a Python package is of; None for a name that does not say."""
    try:
        wheel = filename.endswith(".whl")
        return str((parse_wheel_filename(filename) if wheel else parse_sdist_filename(filename))[1])
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None


@dataclass(frozen=True)
class Instead:
    """An answer in place of the recorded one. `cut`: the connection ends in the middle of its content."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    cut: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    path: str
    headers: Mapping[str, str]


class Playback(ThreadingHTTPServer):
    """A simple index below `/simple` and an npm registry below `/npm`, without what came after an instant.

    `dated`: whether times are told. `deprecated`: why, by `name@version`. `instead`: answers by path.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.at: datetime | None = None
        self.shift = timedelta(0)
        self.dated = True
        self.deprecated: dict[str, str] = {}
        self.instead: dict[str, Instead] = {}
        self.asked: list[Asked] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def pypi(self) -> str:
        return f"{self.address}/simple"

    @property
    def npm(self) -> str:
        return f"{self.address}/npm"

    def travel(self, at: datetime, now: datetime | None = None) -> None:
        """Answer as on that day. With `now` every time is told as if that day were this one.

        The difference is the same until the next call: a release whose time moved on would be another one.
        """
        self.at = at
        self.shift = timedelta(0) if now is None else now - at

    def answer(self, path: str, accept: str) -> tuple[int, str, bytes]:
        """Status, type and content."""
        plain = unquote(path)
        if (found := re.fullmatch(r"/simple/([^/]+)/", plain)) is not None:
            return _json(self._listing(found[1]) if INDEX_JSON in accept else None, INDEX_JSON)
        if (found := re.fullmatch(r"/files/([^/]+\.metadata)", plain)) is not None:
            place = RECORDED / "pypi" / "metadata" / found[1]
            exists = _NAME.fullmatch(found[1].lower()) is not None and place.is_file()
            return (200, "application/octet-stream", place.read_bytes()) if exists else _json(None, "")
        if (found := re.fullmatch(r"/npm/(.+)", plain)) is not None:
            return _json(self._packument(found[1]), "application/json")
        return _json(None, "")

    def _listing(self, name: str) -> dict[str, Any] | None:
        found = recorded_listing(name)
        if found is None:
            return None
        return {**found, "files": [self._file(each) for each in found["files"] if self._is_out(each)]}

    def _file(self, recorded: Mapping[str, Any]) -> dict[str, Any]:
        own = self.address + "/files/"
        file = {**recorded, "url": recorded["url"].replace(FILES, own)}
        file["upload-time"] = self._told(file["upload-time"])
        return file if self.dated else {name: file[name] for name in file if name != "upload-time"}

    def _is_out(self, file: Mapping[str, Any]) -> bool:
        return self.at is None or datetime.fromisoformat(file["upload-time"]) <= self.at

    def _packument(self, name: str) -> dict[str, Any] | None:
        found = recorded_packument(name)
        if found is None:
            return None
        times = {
            version: found["time"][version]
            for version in found["versions"]
            if self.at is None or datetime.fromisoformat(found["time"][version]) <= self.at
        }
        told = {version: self._told(time) for version, time in times.items()} if self.dated else {}
        return {**found, "versions": {each: self._version(name, each, found) for each in times}, "time": told}

    def _version(self, name: str, version: str, found: Mapping[str, Any]) -> dict[str, Any]:
        why = self.deprecated.get(f"{name}@{version}")
        return {**found["versions"][version], **({"deprecated": why} if why else {})}

    def _told(self, time: str) -> str:
        return (datetime.fromisoformat(time) + self.shift).isoformat()


class _Handler(BaseHTTPRequestHandler):
    server: Playback
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self.server.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}))
        instead = self.server.instead.get(unquote(self.path))
        if instead is not None:
            return self._refuse(instead)
        status, type_, content = self.server.answer(self.path, self.headers.get("Accept", ""))
        headers = {"Content-Type": type_}
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            content, headers["Content-Encoding"] = gzip.compress(content), "gzip"
        return self._send(status, headers, content, len(content))

    def _refuse(self, instead: Instead) -> None:
        more = 64 if instead.cut else 0
        self._send(instead.status, instead.headers, instead.content, len(instead.content) + more)
        self.close_connection = self.close_connection or instead.cut

    def _send(self, status: int, headers: Mapping[str, str], content: bytes, length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what was asked is kept."""


@contextmanager
def playing() -> Iterator[Playback]:
    """Registries on a loopback port of their own."""
    server = Playback()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _read(place: Path, name: str) -> dict[str, Any] | None:
    if not _NAME.fullmatch(name) or not place.is_file():
        return None
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def _json(document: Mapping[str, Any] | None, type_: str) -> tuple[int, str, bytes]:
    if document is None:
        return 404, "text/plain", b"Not Found"
    return 200, type_, json.dumps(document).encode()

"""The local forge over HTTP: the part of GitHub's REST API that bots use, on a loopback port.

It is a test tool: it keeps real git repositories and checks who asks, believes what it is told of reviews,
and knows nothing of people, teams or rules. `python -m cli.localforge FOLDER PORT` runs it until it is told
to end.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from cli.localforge import changes, releases
from cli.localforge.asked import Asked
from cli.localforge.forge import LocalForge, page_of
from cli.localforge.payloads import taken_in
from cli.localforge.reviews import pulls_at, reviews
from cli.localforge.runs import Runs
from cli.localforge.sign_in import Gate, RefusedError

HOST: Final = "127.0.0.1"
LONGEST: Final = 32 * 1024 * 1024
_INSTALLATION: Final = 1


Answer = Callable[[Asked], Any]


@dataclass(frozen=True)
class Route:
    """A request of an installation under `/repos/{owner}/{repo}/`, and the right that it takes."""

    method: str
    path: re.Pattern[str]
    permission: str
    answer: Answer
    status: int = 200


def _route(method: str, path: str, permission: str, answer: Answer, status: int = 200) -> Route:
    pattern = re.escape(path).replace(r"\{id\}", r"(?P<id>\d{1,15})")
    pattern = pattern.replace(r"\{word\}", "(?P<word>[^/]+)").replace(r"\{rest\}", "(?P<rest>.+)")
    return Route(method, re.compile(pattern), permission, answer, status)


ROUTES: Final = (
    _route("GET", "issues/{id}/comments", "pull_requests",
           lambda a: page_of(a.forge.comments(a.repository, a.number), a.query)),
    _route("POST", "issues/{id}/comments", "pull_requests",
           lambda a: a.forge.write_comment(a.repository, a.number, a.body["body"]), 201),
    _route("GET", "issues/comments/{id}", "pull_requests",
           lambda a: a.forge.comment(a.repository, a.number)),
    _route("PATCH", "issues/comments/{id}", "pull_requests",
           lambda a: a.forge.change_comment(a.repository, a.number, a.body["body"])),
    _route("GET", "pulls/{id}", "pull_requests", lambda a: a.forge.pull(a.repository, a.number)),
    _route("GET", "pulls/{id}/files", "pull_requests",
           lambda a: page_of(a.forge.files(a.repository, a.number), a.query)),
    _route("GET", "pulls/{id}/commits", "pull_requests",
           lambda a: page_of(a.forge.commits(a.repository, a.number), a.query)),
    _route("GET", "pulls/{id}/reviews", "pull_requests",
           lambda a: page_of(reviews(a.repository, a.number), a.query)),
    _route("GET", "commits/{word}/pulls", "pull_requests",
           lambda a: page_of(pulls_at(a.repository, a.parts["word"]), a.query)),
    _route("PUT", "pulls/{id}/merge", "contents", lambda a: a.forge.merge(a.repository, a.number, a.body)),
    _route("POST", "issues/{id}/labels", "pull_requests",
           lambda a: a.forge.label(a.repository, a.number, list(a.body["labels"]))),
    _route("DELETE", "issues/{id}/labels/{word}", "pull_requests",
           lambda a: a.forge.label(a.repository, a.number, [], a.parts["word"])),
    _route("POST", "check-runs", "checks", lambda a: a.forge.report(a.repository, a.body), 201),
    _route("PATCH", "check-runs/{id}", "checks", lambda a: a.forge.report(a.repository, a.body, a.number)),
    _route("GET", "commits/{word}/check-runs", "checks",
           lambda a: a.forge.checks(a.repository, a.parts["word"], a.query.get("check_name"))),
    _route("POST", "statuses/{word}", "statuses",
           lambda a: a.forge.post_status(a.repository, a.parts["word"], a.body), 201),
    _route("GET", "commits/{word}/status", "statuses",
           lambda a: a.forge.combined_status(a.repository, a.parts["word"])),
    _route("GET", "commits/{word}/statuses", "statuses",
           lambda a: page_of(a.forge.statuses(a.repository, a.parts["word"]), a.query)),
    _route("GET", "git/ref/{rest}", "contents",
           lambda a: a.forge.ref(a.repository, f"refs/{a.parts['rest']}")),
    _route("POST", "git/refs", "contents",
           lambda a: a.forge.point(a.repository, a.body["ref"], a.body["sha"], new=True), 201),
    _route("PATCH", "git/refs/{rest}", "contents",
           lambda a: changes.move(a.forge, a.repository, f"refs/{a.parts['rest']}", a.body)),
    _route("POST", "git/tags", "contents", lambda a: a.forge.tag(a.repository, a.body), 201),
    _route("GET", "contents/{rest}", "contents",
           lambda a: a.forge.content(a.repository, a.parts["rest"], a.query.get("ref", "main"))),
    *(_route(*given) for given in releases.ROUTES),
    _route("GET", "git/trees/{word}", "contents",
           lambda a: changes.tree(a.forge, a.repository, a.parts["word"])),
    _route("GET", "git/blobs/{word}", "contents",
           lambda a: changes.blob(a.forge, a.repository, a.parts["word"])),
    _route("GET", "git/commits/{word}", "contents",
           lambda a: changes.commit(a.forge, a.repository, a.parts["word"])),
    _route("POST", "git/trees", "contents", lambda a: changes.make_tree(a.forge, a.repository, a.body), 201),
    _route("POST", "git/commits", "contents",
           lambda a: changes.make_commit(a.forge, a.repository, a.body), 201),
    _route("DELETE", "git/refs/{rest}", "contents",
           lambda a: changes.remove(a.forge, a.repository, f"refs/{a.parts['rest']}"), 204),
    _route("GET", "pulls", "pull_requests",
           lambda a: page_of(changes.pulls(a.forge, a.repository, a.query), a.query)),
    _route("POST", "pulls", "pull_requests",
           lambda a: changes.open_pull(a.forge, a.repository, a.body), 201),
    _route("PATCH", "pulls/{id}", "pull_requests",
           lambda a: changes.change_pull(a.forge, a.repository, a.number, a.body)),
    _route("GET", "", "metadata", lambda a: changes.described(a.forge, a.repository)),
)  # fmt: skip
_REPOSITORY: Final = re.compile(r"/repos/(?P<name>[^/]+/[^/]+)/?(?P<path>.*)")
_TOKENS: Final = f"/app/installations/{_INSTALLATION}/access_tokens"
TAKE_IN: Final = "/_writ/payloads"
PUSH: Final = "/_writ/commits"
RELEASE: Final = "/_writ/releases"
SEEN: Final = "/_writ/records"
_OF_ITS_OWN: Final = {TAKE_IN: taken_in, PUSH: changes.take_commit, RELEASE: releases.take_release}


class LocalServer(ThreadingHTTPServer):
    """Answers one request at a time, and keeps what it changed before it answers."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.gate = Gate.at(folder)
        self.runs = Runs.at(folder, self.address)
        self.forge = LocalForge(folder, self.address, lambda: datetime.now(UTC))
        self.alone = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"

    def answer(self, method: str, target: str, authorization: str, body: Any) -> tuple[int, Any]:
        """Status and document. Nothing is kept of a request that is refused."""
        url = urlsplit(target)
        with self.alone:
            try:
                status, document = self._answer(method, url.path, url.query, authorization, body)
            except RefusedError as error:
                return error.status, {"message": error.message}
            except (KeyError, TypeError, ValueError):
                return 422, {"message": "Validation Failed"}
            if method != "GET":
                self.forge.save()
            return status, document

    def _answer(self, method: str, path: str, query: str, authorization: str, body: Any) -> tuple[int, Any]:
        now = self.forge.now()
        if (told := self._of_its_own(method, path, query, body, now)) is not None:
            return (200 if method == "GET" else 201), told
        if (method, path) == ("POST", _TOKENS):
            self.gate.app(authorization)
            return 201, self.gate.issue(body or {}, now)
        match = _REPOSITORY.fullmatch(path)
        if match is None:
            raise RefusedError(404, "Not Found")
        if (method, match["path"]) == ("GET", "installation"):
            self.gate.app(authorization)
            self.forge.repository(match["name"])
            return 200, {"id": _INSTALLATION}
        for route in ROUTES:
            found = route.path.fullmatch(match["path"]) if route.method == method else None
            if found is not None:
                write = method != "GET"
                kept = self.forge.records.find(match["name"])
                public = kept is not None and kept.public
                self.gate.installation(
                    authorization, match["name"], route.permission, write=write, now=now, public=public
                )
                parts = {name: unquote(value) for name, value in found.groupdict().items()}
                repository = self.forge.repository(match["name"])
                asked = Asked(self.forge, repository, parts, dict(parse_qsl(query)), body or {})
                return route.status, route.answer(asked)
        raise RefusedError(404, "Not Found")

    def _of_its_own(self, method: str, path: str, query: str, body: Any, now: datetime) -> Any:
        """What is beside GitHub's API and wants no token: for tests, and for who verifies those of runs."""
        if method == "GET":
            return self._seen() if path == SEEN else self.runs.answer(path, query, now)
        taken = _OF_ITS_OWN.get(path) if method == "POST" else None
        return None if taken is None else taken(self.forge, body)

    def _seen(self) -> dict[str, Any]:
        """Everything there is to look at, git's branches and tags among it."""
        return {
            "repositories": [
                {**record.model_dump(mode="json"), "refs": self.forge.git(record).refs()}
                for record in self.forge.records.repositories.values()
            ]
        }


class _Handler(BaseHTTPRequestHandler):
    server: LocalServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece, or the client waits for the rest of it
    disable_nagle_algorithm = True

    def _reply(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST:
            self.close_connection = True
            return self._send(413, {"message": "Payload Too Large"})
        try:
            sent = self.rfile.read(length)
            body: Any = sent
            if self.headers.get("Content-Type") != "application/octet-stream":
                body = json.loads(sent) if sent else None
        except ValueError:
            return self._send(400, {"message": "Problems parsing JSON"})
        status, document = self.server.answer(
            self.command, self.path, self.headers.get("Authorization", ""), body
        )
        return self._send(status, document)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _reply

    def _send(self, status: int, document: Any) -> None:
        content = b"" if status == 204 else json.dumps(document).encode()
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        if self.command == "GET" and status == 200 and self.headers.get("If-None-Match") == etag:
            status, content = 304, b""
        if status == 204:
            content = b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what was asked is in the records."""

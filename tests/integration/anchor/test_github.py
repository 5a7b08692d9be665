"""GitHub by a server on this machine that answers as GitHub documents it; token and memory by moto."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from functions.anchor.github import GitHubStatuses
from functions.anchor.memory import Memory, MemoryTable, Post
from functions.anchor.statuses import Posted
from tests.support.memory import START, ManualClock
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.forge_secret import Credentials
from writ.adapters.github_limits import LONGEST_WAIT, SHORTEST_WAIT
from writ.contracts.errors import ForgeBusyError, PermanentError, TransientError, WritError

TOKEN = "github_pat_0123456789abcdefghijABCDEFGHIJ"
REPOSITORY, COMMIT = "acme/releases", "6dcb09b5b57875f334f61aebed695e2e4193db5e"
CONTEXT, DESCRIPTION = "writ/log.writ.example", "size 7 root " + "ab" * 32
STATUSES = f"/repos/{REPOSITORY}/commits/{COMMIT}/statuses?per_page=100"


@dataclass(frozen=True)
class Reply:
    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any
    headers: Mapping[str, str]


@dataclass
class Server:
    """Gives the replies in turn, and the last of them from then on."""

    replies: list[Reply]
    seen: list[Request] = field(default_factory=list)
    url: str = ""
    clock: ManualClock = field(default_factory=ManualClock)

    def respond(self, request: Request) -> Reply:
        self.seen.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def statuses(self) -> GitHubStatuses:
        return GitHubStatuses(self.url, Given(), self.clock)


@dataclass
class Given:
    kept: Credentials = field(default_factory=lambda: Credentials.model_validate({"token": TOKEN}))

    def read(self) -> Credentials:
        return self.kept


@contextmanager
def github(*replies: Reply) -> Iterator[Server]:
    server = Server(list(replies))

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(sent) if sent else None
            reply = server.respond(Request(self.command, self.path, body, headers))
            encoded = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(encoded))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal of a test."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{listening.server_address[1]}"
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()


def status(id: int, **changes: Any) -> dict[str, Any]:
    """A status as GitHub's documentation shows it."""
    return {
        "url": f"https://api.github.com/repos/{REPOSITORY}/statuses/{COMMIT}",
        "avatar_url": "https://github.com/images/error/hubot_happy.gif",
        "id": id,
        "node_id": "MDY6U3RhdHVzMQ==",
        "state": "success",
        "description": DESCRIPTION,
        "target_url": None,
        "context": CONTEXT,
        "created_at": "2012-07-20T01:19:13Z",
        "updated_at": "2012-07-20T01:19:13Z",
        "creator": {"login": "octocat", "id": 1, "type": "User"},
        **changes,
    }


def test_status_is_posted_as_github_documents_it() -> None:
    with github(Reply(201, status(1))) as server:
        posted = server.statuses.post(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)
    assert posted == Posted(1, status(1)["url"])
    (request,) = server.seen
    assert (request.method, request.path) == ("POST", f"/repos/{REPOSITORY}/statuses/{COMMIT}")
    assert request.body == {"state": "success", "context": CONTEXT, "description": DESCRIPTION}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/vnd.github+json"
    assert request.headers["x-github-api-version"] == "2022-11-28"
    assert request.headers["user-agent"]


def test_newest_commit_is_the_first_that_the_default_branch_lists() -> None:
    with github(Reply(200, [{"sha": COMMIT, "commit": {"message": "…"}}])) as server:
        assert server.statuses.newest_commit(REPOSITORY) == COMMIT
    assert [request.path for request in server.seen] == [f"/repos/{REPOSITORY}/commits?per_page=1"]


def test_repository_without_a_commit_is_refused() -> None:
    with github(Reply(200, [])) as server, pytest.raises(PermanentError, match=r"github\.not_found"):
        server.statuses.newest_commit(REPOSITORY)


def test_status_is_found_by_name_and_words_among_those_of_others_and_over_pages() -> None:
    others = [status(n, context="ci/build") for n in range(99)] + [status(99, description="size 1 root x")]
    with github(Reply(200, others), Reply(200, [status(100, description=None), status(101)])) as server:
        found = server.statuses.find(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)
    assert found == Posted(101, status(101)["url"])
    assert [request.path for request in server.seen] == [f"{STATUSES}&page=1", f"{STATUSES}&page=2"]


def test_status_that_is_not_there_is_not_found() -> None:
    with github(Reply(200, [status(1, context="ci/build")])) as server:
        assert server.statuses.find(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION) is None


def test_commit_with_more_statuses_than_are_looked_through_cannot_be_told() -> None:
    full = Reply(200, [status(n, context="ci/build") for n in range(100)])
    with github(full) as server, pytest.raises(TransientError, match=r"github\.crowded"):
        server.statuses.find(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)
    assert len(server.seen) == 10


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        (401, "github.unauthorized"),
        (403, "github.forbidden"),
        (404, "github.not_found"),
        (422, "github.invalid"),
        (400, "github.refused"),
        (410, "github.refused"),
        (204, "github.refused"),
    ],
)
def test_refusals_are_permanent_and_say_which(answered: int, code: str) -> None:
    reply = Reply(answered, {"message": f"Bad credentials {TOKEN}"})
    with github(reply) as server, pytest.raises(PermanentError) as refused:
        server.statuses.post(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)
    assert refused.value.code == code
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("answered", [301, 302, 307, 308])
def test_redirects_are_refused_and_the_token_stays_here(answered: int) -> None:
    with github(Reply(200, [])) as other:
        elsewhere = {"Location": f"{other.url}/repositories/1"}
        with github(Reply(answered, {}, elsewhere)) as server, pytest.raises(PermanentError):
            server.statuses.post(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)
    assert other.seen == []


@pytest.mark.parametrize(
    ("answered", "headers", "wait"),
    [
        (429, {"Retry-After": "120"}, timedelta(seconds=120)),
        (429, {}, SHORTEST_WAIT),
        (429, {"Retry-After": "Mon, 02 Mar 2026 10:05:00 GMT"}, timedelta(minutes=5)),
        (429, {"Retry-After": "Mon, 02 Mar 2026 09:05:00 GMT"}, timedelta(seconds=1)),
        (429, {"Retry-After": "soon"}, SHORTEST_WAIT),
        (429, {"Retry-After": "9" * 30}, SHORTEST_WAIT),
        (429, {"Retry-After": "9999999"}, LONGEST_WAIT),
        (503, {"Retry-After": "7"}, timedelta(seconds=7)),
        (403, {"Retry-After": "60"}, timedelta(minutes=1)),
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START.timestamp()) + 900)},
            timedelta(minutes=15),
        ),
    ],
)
def test_limits_pass_and_say_when(answered: int, headers: dict[str, str], wait: timedelta) -> None:
    with github(Reply(answered, {}, headers)) as server, pytest.raises(ForgeBusyError) as busy:
        server.statuses.post(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)
    assert busy.value.retryable
    assert busy.value.until == START + wait


def test_lack_of_rights_is_no_limit_while_requests_remain() -> None:
    headers = {"X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": str(int(START.timestamp()) + 900)}
    with github(Reply(403, {}, headers)) as server, pytest.raises(PermanentError):
        server.statuses.post(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500), Reply(502, b"<html>"), Reply(201, b"not json"), Reply(201, {"id": "x"}), Reply(201, b""),
        Reply(201, b"[" * 100_000),
    ],
)  # fmt: skip
def test_troubles_of_github_pass(reply: Reply) -> None:
    with github(reply) as server, pytest.raises(TransientError) as passing:
        server.statuses.post(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)
    assert not isinstance(passing.value, ForgeBusyError)


def test_server_that_is_not_there_is_a_passing_trouble_that_shows_no_token() -> None:
    with github(Reply(200)) as server:
        pass
    with pytest.raises(TransientError, match=r"github\.unavailable") as passing:
        server.statuses.post(REPOSITORY, COMMIT, CONTEXT, DESCRIPTION)
    assert TOKEN not in repr(passing.value)
    assert passing.value.__cause__ is None


@pytest.fixture
def account() -> Iterator[None]:
    with moto_aws("notes"):
        yield


APP = {"app": "Iv1.a", "private_key": "-----BEGIN " + "x" * 64}


@pytest.mark.parametrize(
    ("api", "kept", "told"),
    [
        ("stored", {"token": TOKEN}, "no address is stored"),
        ("stored", {**APP, "api": "https://a.example"}, "no token is stored"),
        ("https://a.example", APP, "no token is stored"),
    ],
    ids=["no address", "an app with an address", "an app"],
)
def test_what_is_stored_has_to_be_a_token_and_where_it_is_good(
    api: str, kept: dict[str, str], told: str
) -> None:
    statuses = GitHubStatuses(api, Given(Credentials.model_validate(kept)), ManualClock())
    with pytest.raises(PermanentError, match=told) as refused:
        statuses.newest_commit(REPOSITORY)
    assert (refused.value.code, refused.value.field) == ("secret.invalid", "anchor")


def test_address_may_lie_beside_the_token() -> None:
    with github(Reply(200, [{"sha": COMMIT}])) as server:
        stored = Given(Credentials.model_validate({"token": TOKEN, "api": server.url}))
        assert GitHubStatuses("stored", stored, server.clock).newest_commit(REPOSITORY) == COMMIT


@pytest.mark.usefixtures("account")
def test_memory_is_kept_a_log_and_replaced_only_as_it_was_read() -> None:
    table = MemoryTable("notes")
    empty = table.read("log.example")
    assert empty == Memory()
    begun = empty.beginning(Post(tick="t", repository=REPOSITORY, commit=COMMIT, size=7, root="ab" * 32))
    table.replace("log.example", empty, begun)
    with pytest.raises(TransientError, match=r"dependency\.contended"):
        table.replace("log.example", empty, empty.having_posted(9))
    done = begun.having_posted(7).waiting(START)
    table.replace("log.example", begun, done)
    assert table.read("log.example") == done
    assert table.read("log.other") == Memory()


@pytest.mark.usefixtures("account")
def test_memory_that_does_not_read_is_an_error_of_ours() -> None:
    aws.client("dynamodb").put_item(
        TableName="notes",
        Item={"bot": {"S": "anchor"}, "subject": {"S": "log.example"}, "document": {"S": "{"}},
    )
    with pytest.raises(WritError, match=r"anchor\.memory"):
        MemoryTable("notes").read("log.example")

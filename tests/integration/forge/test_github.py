"""GitHub's API through githubkit: every request as published, every answer read, every refusal told apart."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support import github_api
from tests.support.memory import START, ManualClock, MemoryLimits
from writ.adapters.forge_secret import Credentials
from writ.adapters.github_client import GitHubClient
from writ.adapters.github_reviews import GitHubReviews
from writ.contracts.errors import ForgeBusyError, PermanentError, TransientError, WritError
from writ.contracts.forge_site import ForgeSite
from writ.ports.forge import Annotation, CheckReport, CommitStatus
from writ.ports.forge_reviews import Review, ReviewState
from writ.ports.forge_words import Conclusion, Level, MergeMethod

TOKEN = "github_pat_0123456789abcdefghijABCDEFGHIJ"
REPOSITORY, SHA = "acme/shop", "6dcb09b5b57875f334f61aebed695e2e4193db5e"
REPORT = CheckReport("writ/pr", SHA, "act-1", Conclusion.FAILURE, "Title", "Summary", url="https://x/more")
PULL = {
    "number": 42, "title": "feat: carts", "body": None, "state": "open", "draft": False, "merged": False,
    "head": {"ref": "carts", "sha": SHA}, "base": {"ref": "main", "sha": "0" * 40}, "mergeable": None,
    "labels": [{"id": 1, "name": "toil"}], "user": {"id": 2, "login": "octocat"}, "html_url": "https://x/42",
}  # fmt: skip
COMMENT = {"id": 7, "body": "hello", "html_url": "https://x/7", "user": {"id": 1, "login": "writ[bot]"}}
RUN = {
    "id": 9, "name": "writ/pr", "head_sha": SHA, "status": "completed", "conclusion": "failure",
    "external_id": "act-1", "html_url": "https://x/9", "output": {"annotations_count": 3},
}  # fmt: skip
REF = {"ref": "refs/tags/v1", "object": {"sha": SHA, "type": "commit"}}
LABELS = [{"id": 1, "name": "toil"}, {"id": 2, "name": "size/s"}]


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class GitHub:
    """Gives the replies in turn, the last of them from then on, to requests that are as published."""

    replies: list[Reply | Exception]
    credentials: Credentials = field(default_factory=lambda: Credentials.model_validate({"token": TOKEN}))
    seen: list[httpx.Request] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        self.operations.append(github_api.check(request).id)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        return httpx.Response(reply.status, content=content, headers=dict(reply.headers))

    def read(self) -> Credentials:
        return self.credentials

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.seen if request.content]


def forge(
    *replies: Reply | Exception, credentials: Credentials | None = None
) -> tuple[GitHubReviews, GitHub]:
    github = GitHub(list(replies))
    if credentials is not None:
        github.credentials = credentials
    transport = httpx.MockTransport(github.handle)
    client = GitHubClient(ForgeSite(), github, ManualClock(), {"pull_requests": "write"}, transport)
    return GitHubReviews(client), github


@cache
def app() -> Credentials:
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return Credentials.model_validate({"app": "Iv23abc", "private_key": key.decode()})


@pytest.mark.parametrize(
    ("by", "ours"),
    [
        ({"id": 7, "client_id": "Iv23abc", "slug": "writ"}, True),
        ({"id": 8, "client_id": "Iv23abd", "slug": "writ"}, False),
        ({"id": 9}, False),
        (None, False),
    ],
)
def test_comment_is_ours_when_our_app_wrote_it(by: object, ours: bool) -> None:
    token = {"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z"}
    answer = Reply(body=[{**COMMENT, "performed_via_github_app": by}])
    made, _ = forge(Reply(body={"id": 5}), Reply(201, token), answer, credentials=app())
    assert [comment.ours for comment in made.comments(REPOSITORY, 42)] == [ours]
    by_token, _ = forge(answer)
    assert [comment.ours for comment in by_token.comments(REPOSITORY, 42)] == [False]


Call = Callable[[Any], Any]
CALLS: list[tuple[str, Call, object]] = [
    ("issues/list-comments", lambda f: f.comments(REPOSITORY, 42)[0].id, [COMMENT]),
    ("issues/get-comment", lambda f: f.comment(REPOSITORY, 7).body, COMMENT),
    ("issues/create-comment", lambda f: f.create_comment(REPOSITORY, 42, "hello").author, COMMENT),
    ("issues/update-comment", lambda f: f.update_comment(REPOSITORY, 7, "hello").url, COMMENT),
    ("pulls/get", lambda f: f.pull_request(REPOSITORY, 42).labels, PULL),
    ("pulls/list-files", lambda f: f.files(REPOSITORY, 42)[0].path,
     [{"filename": "a.py", "status": "added", "additions": 1, "deletions": 0}]),
    ("pulls/list-commits", lambda f: f.commits(REPOSITORY, 42)[0].parents,
     [{"sha": SHA, "commit": {"message": "feat: x"}, "parents": [{}, {}]}]),
    ("issues/add-labels", lambda f: f.add_labels(REPOSITORY, 42, ["size/s"]), LABELS),
    ("issues/remove-label", lambda f: f.remove_label(REPOSITORY, 42, "size/s"), LABELS),
    ("pulls/merge",
     lambda f: f.merge(REPOSITORY, 42, head_sha=SHA, method=MergeMethod.SQUASH, title="feat: carts (#42)"),
     {"sha": SHA, "merged": True, "message": "merged"}),
    ("pulls/list-reviews", lambda f: f.reviews(REPOSITORY, 42)[0],
     [{"id": 5, "user": {"login": "ann", "type": "User"}, "state": "APPROVED", "commit_id": SHA,
       "author_association": "MEMBER"}]),
    ("repos/list-pull-requests-associated-with-commit", lambda f: f.open_pulls(REPOSITORY, SHA),
     [{"number": 1, "state": "closed", "head": {"sha": SHA}},
      {"number": 2, "state": "open", "head": {"sha": "0" * 40}},
      {"number": 42, "state": "open", "head": {"sha": SHA}}]),
    ("checks/list-for-ref", lambda f: f.check_runs(REPOSITORY, SHA, "writ/pr")[0].annotations,
     {"total_count": 1, "check_runs": [RUN]}),
    ("checks/create", lambda f: f.create_check_run(REPOSITORY, REPORT).id, RUN),
    ("checks/update", lambda f: f.update_check_run(REPOSITORY, 9, REPORT).id, RUN),
    ("repos/get-combined-status-for-ref", lambda f: f.statuses(REPOSITORY, SHA)[0].state,
     {"statuses": [{"context": "ci", "state": "success", "description": None, "target_url": None}]}),
    ("repos/create-commit-status",
     lambda f: f.create_status(REPOSITORY, SHA, CommitStatus("ci", "success", "fine", "https://x")),
     {"context": "ci", "state": "success"}),
    ("git/get-ref", lambda f: f.ref(REPOSITORY, "tags/v1").sha, REF),
    ("git/create-ref", lambda f: f.create_ref(REPOSITORY, "tags/v1", SHA).ref, REF),
    ("git/update-ref", lambda f: f.update_ref(REPOSITORY, "heads/main", SHA).ref, REF),
    ("git/create-tag", lambda f: f.create_tag(REPOSITORY, "v1", "one", SHA), {"sha": SHA}),
    ("repos/get-content", lambda f: f.content(REPOSITORY, "a/b c.txt", "main").data,
     {"type": "file", "path": "a/b c.txt", "sha": SHA, "encoding": "base64",
      "content": b64encode(b"x").decode() + "\n"}),
]  # fmt: skip
ANSWERS = [
    7, "hello", 1, "https://x/7", ("toil",), "a.py", 2, ["toil", "size/s"], None, SHA,
    Review(5, "ann", ReviewState.APPROVED, SHA, member=True, person=True), [42], 3, 9, 9, "success",
    None, SHA, "refs/tags/v1", "refs/tags/v1", SHA, b"x",
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "call", "body", "expected"),
    [(*given, answer) for given, answer in zip(CALLS, ANSWERS, strict=True)],
    ids=[operation for operation, _, _ in CALLS],
)
def test_request_is_as_published_and_its_answer_is_read(
    operation: str, call: Call, body: object, expected: object
) -> None:
    asking, github = forge(Reply(body=body))
    assert call(asking) == expected
    assert github.operations == [operation]
    (request,) = github.seen
    assert request.headers["authorization"] == f"token {TOKEN}"
    assert request.headers["accept"] == "application/vnd.github+json"
    assert request.headers["x-github-api-version"] == "2022-11-28"
    assert request.headers["user-agent"] == "writ"


def test_request_that_github_does_not_describe_is_noticed() -> None:
    for method, path, body in [
        ("POST", "issues/42/comments", {"text": "x"}), ("POST", "issues/42/comments", {}),
        ("POST", "issues/42/comments", {"body": 1}), ("PATCH", "issues/42/comments", {"body": "x"}),
        ("GET", "issues/42/comments?pages=1", None), ("GET", "issues/x/comments", None),
        ("POST", "check-runs", {"name": "x", "head_sha": SHA, "status": "done"}),
    ]:  # fmt: skip
        request = httpx.Request(method, f"https://api.github.com/repos/{REPOSITORY}/{path}", json=body)
        with pytest.raises(github_api.Unpublished):
            github_api.check(request if body is not None else httpx.Request(method, request.url))


def test_app_signs_in_for_one_repository_with_the_rights_it_needs_and_once() -> None:
    issued = {"token": "ghs_0123456789abcdef", "expires_at": "2099-01-01T00:00:00Z"}
    asking, github = forge(Reply(body={"id": 77}), Reply(201, issued), Reply(body=COMMENT), credentials=app())
    asking.comment(REPOSITORY, 7)
    asking.comment(REPOSITORY, 7)
    assert github.operations == [
        "apps/get-repo-installation",
        "apps/create-installation-access-token",
        "issues/get-comment",
        "issues/get-comment",
    ]
    assert github.bodies == [{"repositories": ["shop"], "permissions": {"pull_requests": "write"}}]
    signed, exchanged, *asked = [request.headers["authorization"] for request in github.seen]
    assert signed.startswith("Bearer eyJ")
    assert exchanged.startswith("Bearer eyJ")
    assert asked == ["token ghs_0123456789abcdef"] * 2


def test_token_that_was_revoked_is_asked_for_anew_once() -> None:
    issued = {"token": "ghs_0123456789abcdef", "expires_at": "2099-01-01T00:00:00Z"}
    signing_in = [Reply(body={"id": 77}), Reply(201, issued)]
    asking, github = forge(*signing_in, Reply(401, {}), *signing_in, Reply(body=COMMENT), credentials=app())
    assert asking.comment(REPOSITORY, 7) is not None
    assert len(github.seen) == 6
    asking, github = forge(Reply(401, {"message": f"Bad credentials {TOKEN}"}))
    with pytest.raises(PermanentError, match=r"forge\.unauthorized") as refused:
        asking.comment(REPOSITORY, 7)
    assert TOKEN not in str(refused.value)
    assert len(github.seen) == 2


def test_what_is_unchanged_is_not_sent_again() -> None:
    asking, github = forge(
        Reply(body=[COMMENT], headers={"ETag": '"one"'}),
        Reply(304),
        Reply(body=[], headers={"ETag": '"two"'}),
    )
    assert len(asking.comments(REPOSITORY, 42)) == 1
    assert len(asking.comments(REPOSITORY, 42)) == 1
    assert asking.comments(REPOSITORY, 42) == []
    sent = [request.headers.get("if-none-match") for request in github.seen]
    assert sent == [None, '"one"', '"one"']


def test_lists_are_read_to_their_end() -> None:
    full = [{**COMMENT, "id": n} for n in range(100)]
    asking, github = forge(Reply(body=full), Reply(body=[{**COMMENT, "id": 100}]))
    assert [comment.id for comment in asking.comments(REPOSITORY, 42)] == list(range(101))
    assert [request.url.params["page"] for request in github.seen] == ["1", "2"]
    asking, github = forge(Reply(body=full))
    with pytest.raises(TransientError, match=r"forge\.crowded"):
        asking.comments(REPOSITORY, 42)
    assert len(github.seen) == 30


def test_annotations_that_do_not_fit_follow_by_updates() -> None:
    remarks = tuple(Annotation("a.py", n, Level.WARNING, "long " * 20_000) for n in range(1, 121))
    report = CheckReport("writ/pr", SHA, "act-1", Conclusion.NEUTRAL, "t" * 999, "ü" * 65_535, remarks)
    asking, github = forge(Reply(201, RUN), Reply(body=RUN))
    asking.create_check_run(REPOSITORY, report)
    assert github.operations == ["checks/create", "checks/update", "checks/update"]
    outputs = [body["output"] for body in github.bodies]
    lines = [annotation["start_line"] for output in outputs for annotation in output["annotations"]]
    assert lines == list(range(1, 121))
    assert len(outputs[0]["summary"].encode()) <= 65_535
    assert len(outputs[0]["annotations"][0]["message"].encode()) <= 64 * 1024


@pytest.mark.parametrize(
    ("answered", "code"),
    [(400, "refused"), (403, "forbidden"), (404, "not_found"), (410, "refused"), (422, "invalid"),
     (301, "refused"), (307, "refused")],
)  # fmt: skip
def test_refusals_are_permanent_and_say_which(answered: int, code: str) -> None:
    asking, github = forge(Reply(answered, {"message": TOKEN}, {"Location": "https://elsewhere.example/"}))
    with pytest.raises(PermanentError) as refused:
        asking.create_comment(REPOSITORY, 42, "x")
    assert refused.value.code == f"forge.{code}"
    assert TOKEN not in repr(refused.value)
    assert len(github.seen) == 1, "neither asked again nor elsewhere"


def test_what_is_gone_is_none() -> None:
    asking, _ = forge(Reply(404, {}))
    assert asking.comment(REPOSITORY, 7) is None
    assert asking.update_comment(REPOSITORY, 7, "x") is None
    assert asking.ref(REPOSITORY, "tags/v1") is None
    assert asking.content(REPOSITORY, "a", "main") is None
    asking.remove_label(REPOSITORY, 42, "size/s")


def test_merge_that_cannot_be_says_why() -> None:
    for answered, code in [(405, "forge.unmergeable"), (409, "forge.moved")]:
        asking, _ = forge(Reply(answered, {}))
        with pytest.raises(PermanentError) as refused:
            asking.merge(REPOSITORY, 42, head_sha=SHA, method=MergeMethod.MERGE, title="x")
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("answered", "headers", "wait"),
    [
        (429, {"Retry-After": "120"}, 120), (429, {}, 60), (503, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": "Mon, 02 Mar 2026 10:05:00 GMT"}, 300), (403, {"Retry-After": "60"}, 60),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START.timestamp()) + 900)}, 900),
    ],
)  # fmt: skip
def test_limits_pass_and_say_when(answered: int, headers: dict[str, str], wait: int) -> None:
    asking, github = forge(Reply(answered, {}, headers))
    with pytest.raises(ForgeBusyError) as busy:
        asking.create_comment(REPOSITORY, 42, "x")
    assert busy.value.until == START + timedelta(seconds=wait)
    assert busy.value.code == "forge.busy"
    assert len(github.seen) == 1


def test_nobody_asks_a_forge_that_asked_one_to_wait() -> None:
    """Whoever was told, in whatever process: the memory is one."""
    limits, clock = MemoryLimits(), ManualClock()
    told, github = forge(Reply(429, {}, {"Retry-After": "120"}), Reply(201, COMMENT))
    others, unasked = forge(Reply(201, COMMENT))
    for each in (told, others):
        each._client.limits, each._client.clock = limits, clock
    with pytest.raises(ForgeBusyError):
        told.create_comment(REPOSITORY, 42, "x")
    clock.forward(seconds=119)
    for each in (told, others):
        with pytest.raises(ForgeBusyError) as busy:
            each.create_comment(REPOSITORY, 42, "x")
        assert busy.value.until == START + timedelta(seconds=120)
    assert (len(github.seen), len(unasked.seen)) == (1, 0)
    clock.forward(seconds=1)
    others.create_comment(REPOSITORY, 42, "x")
    told.create_comment(REPOSITORY, 42, "x")


def test_limit_that_cannot_be_noted_is_told_all_the_same() -> None:
    asking, _ = forge(Reply(429, {}, {"Retry-After": "120"}))
    asking._client.limits = MemoryLimits()
    asking._client.limits.waiting_until = lambda: None  # type: ignore[method-assign]
    asking._client.limits.fails = [TransientError("away")]
    with pytest.raises(ForgeBusyError):
        asking.create_comment(REPOSITORY, 42, "x")


def test_limits_that_cannot_be_read_may_be_readable_later() -> None:
    asking, github = forge(Reply(201, COMMENT))
    asking._client.limits = MemoryLimits(fails=[TransientError("away")])
    with pytest.raises(TransientError):
        asking.create_comment(REPOSITORY, 42, "x")
    assert github.seen == []


@pytest.mark.parametrize(
    "reply",
    [Reply(500), Reply(502, b"<html>"), Reply(201, b"not json"), Reply(201, {"id": "x"}), Reply(201, b""),
     Reply(201, b"[" * 100_000), httpx.ReadTimeout(TOKEN), httpx.ConnectError(TOKEN)],
)  # fmt: skip
def test_troubles_of_github_pass_and_show_no_token(reply: Reply | Exception) -> None:
    asking, _ = forge(reply)
    with pytest.raises(TransientError) as passing:
        asking.create_comment(REPOSITORY, 42, "x")
    assert not isinstance(passing.value, ForgeBusyError)
    assert TOKEN not in repr(passing.value)
    assert passing.value.__cause__ is None


@pytest.mark.parametrize("name", ["acme", "acme/..", "acme/a/b", "a b/c", "acme/x?y=1", "../x", "acme/%2e"])
def test_name_that_is_no_repositorys_is_asked_about_nowhere(name: str) -> None:
    asking, github = forge(Reply())
    with pytest.raises(WritError, match=r"forge\.repository"):
        asking.comments(name, 42)
    assert github.seen == []

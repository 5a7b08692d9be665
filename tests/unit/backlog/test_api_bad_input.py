"""I10 on the routes of the backlog: bad input names its field, changes nothing, and is no error of ours."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.backlog import api as routes
from functions.backlog.handler import bot
from tests.support.backlog_api import DRAFT, Caller, added
from tests.support.tasks import Plane
from tests.support.wire import wire


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Plane:
    plane = Plane()
    wire(monkeypatch, bot, routes, plane.wiring())
    return plane


@pytest.fixture
def call(plane: Plane) -> Caller:
    return Caller(plane)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "garbage"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"status": "done"}, "status"),
        ({"source": "mail"}, "source"),
        ({"sort": "title"}, "sort"),
        ({"method": "ice"}, "method"),
        ({"min_score": "-1"}, "min_score"),
        ({"min_score": "1e3"}, "min_score"),
        ({"min_score": "٣"}, "min_score"),
        ({"q": ""}, "q"),
        ({"owner": "x" * 65}, "owner"),
        ({"page": "2"}, "page"),
    ],
)
def test_a_bad_filter_is_named(call: Caller, query: dict[str, str], field: str) -> None:
    answer = call("GET", "/v1/backlog", query=query)
    assert (answer.status, answer.body["field"]) == (400, field)


def test_a_cursor_belongs_to_one_query(call: Caller) -> None:
    for title in "abc":
        added(call, title=f"Chore {title}")
    cursor = call("GET", "/v1/backlog", query={"limit": "1"}).body["next_cursor"]
    for query in ({"sort": "score"}, {"sort": "-updated"}, {"owner": "platform"}):
        answer = call("GET", "/v1/backlog", query={"cursor": cursor, **query})
        assert (answer.status, answer.body["field"]) == (400, "cursor")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_damaged_cursor_is_refused(call: Caller, data: st.DataObject) -> None:
    if not call.plane.tasks.tasks:
        for title in "abc":
            added(call, title=f"Chore {title}")
    cursor = call("GET", "/v1/backlog", query={"limit": "1"}).body["next_cursor"]
    text = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= data.draw(st.integers(1, 255))
    damaged = base64.urlsafe_b64encode(bytes(text)).decode().rstrip("=")
    answer = call("GET", "/v1/backlog", query={"cursor": damaged})
    assert (answer.status, answer.body["field"]) == (400, "cursor")


BAD_BODIES = [
    ("{", "body"),
    ("[]", "body"),
    ("null", "body"),
    ("[" * 5000, "body"),
    (json.dumps({**DRAFT, "minutes_each": "45"}), "minutes_each"),
    (json.dumps({**DRAFT, "minutes_each": 1e400}), "body"),
    (json.dumps({**DRAFT, "people": 10**30}), "people"),
    (json.dumps({**DRAFT, "status": "accepted"}), "status"),
    (json.dumps({k: v for k, v in DRAFT.items() if k != "frequency"}), "frequency"),
    (json.dumps({**DRAFT, "title": "x" * 301}), "title"),
    (json.dumps({**DRAFT, "owner": "no spaces"}), "owner"),
    (json.dumps({**DRAFT, "title": "lone \ud800"}), "body"),
]


@pytest.mark.parametrize(("raw", "field"), BAD_BODIES, ids=lambda value: value[:24])
def test_a_bad_body_is_named_and_writes_nothing(call: Caller, raw: str, field: str) -> None:
    answer = call("POST", "/v1/backlog", raw=raw)
    assert (answer.status, answer.body["field"]) == (400, field)
    assert not call.plane.actions.records
    assert not call.plane.evidence.entries


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*DRAFT, "bot", "impact", "status", "x"]), inner, max_size=6)
        ),
        max_leaves=12,
    ),
    path=st.sampled_from(["", "/{id}", "/{id}/score", "/no-such-task", "/%00", "/No"]),
    method=st.sampled_from(["POST", "PATCH", "GET"]),
)
def test_no_input_is_an_error_of_ours(call: Caller, body: Any, path: str, method: str) -> None:
    id = next(iter(call.plane.tasks.tasks), None) or added(call).body["id"]
    version = call.plane.tasks.tasks[id].version
    answer = call(method, "/v1/backlog" + path.format(id=id), body, headers={"If-Match": f'"{version}"'})
    assert answer.status < 500

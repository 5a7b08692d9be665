"""The routes of actions and approvals as the HTTP API calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.approvals import api
from tests.support.approvals import calm_plane, ports_of, published, waiting
from tests.support.commands import commanding
from tests.support.http import Answer, call
from tests.support.plane import Plane
from tests.support.records import an_action
from writ.contracts.action import ASKED_BY
from writ.ports.actions import Cause
from writ.runtime.rest import Caller
from writ.runtime.testimony import approval_id, intent_id

SAID = {"reason": "looked at it"}


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> Plane:
    plane = calm_plane()
    monkeypatch.setattr(api, "connect", lambda: ports_of(plane))
    return plane


def ask(method: str, target: str, body: object = None, **options: Any) -> Answer:
    return call(api.api, method, target, body, **options)


def written(plane: Plane) -> tuple[object, ...]:
    """Everything an answer could change."""
    return (
        dict(plane.actions.records),
        dict(plane.approvals.requests),
        list(plane.evidence.order),
        len(plane.bus.events),
    )


def test_approval_is_accepted_and_shown_until_the_bot_has_acted(plane: Plane) -> None:
    action = waiting(plane)
    answer = ask("POST", f"/v1/actions/{action.id}/approve", SAID)
    assert (answer.status, answer.body["id"], answer.body["state"]) == (202, action.id, "waiting")
    assert (answer.body["approved"], answer.body["by"]) == (True, "ann")
    shown = ask("GET", f"/v1/actions/{action.id}").body
    assert shown["approval"]["answer"]["reason"] == "looked at it"
    assert shown["evidence"] == [intent_id(action.id), approval_id(action.id)]
    plane.worker().resume(action.id)
    again = ask("POST", f"/v1/actions/{action.id}/approve", SAID)
    assert (again.status, again.body["state"]) == (200, "succeeded")
    assert ask("GET", f"/v1/actions/{action.id}").body["outcome"]["status"] == "succeeded"


def test_the_terminal_says_that_an_answered_action_goes_on_by_itself_until_it_has(
    plane: Plane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    action, writ = waiting(plane), commanding(monkeypatch, tmp_path, api.api)
    words = ("actions", "approve", action.id, "--reason", "looked at it")
    answered = writ(*words)
    assert ("waiting" in answered.stdout, "goes on by itself" in answered.stderr) == (True, True)
    assert f"writ actions show {action.id}" in answered.stderr
    plane.worker().resume(action.id)
    assert "goes on" not in writ(*words).stderr


def test_rejection_ends_the_action_without_its_effect(plane: Plane) -> None:
    action = waiting(plane)
    assert ask("POST", f"/v1/actions/{action.id}/reject", SAID).status == 202
    plane.worker().resume(action.id)
    shown = ask("GET", f"/v1/actions/{action.id}").body
    assert (shown["state"], shown["outcome"]["code"]) == ("denied", "approval.rejected")
    assert plane.world.done.total() == 0


@pytest.mark.parametrize(("sub", "name"), [("ann", None), ("s-1", "ann")])
def test_own_request_cannot_be_approved_by_id_or_by_name(plane: Plane, sub: str, name: str | None) -> None:
    action = waiting(plane, by="ann")
    before = written(plane)
    answer = ask("POST", f"/v1/actions/{action.id}/approve", SAID, sub=sub, name=name)
    assert (answer.status, answer.body["code"]) == (403, "forbidden.four_eyes")
    assert written(plane) == before
    assert ask("POST", f"/v1/actions/{action.id}/reject", SAID, sub=sub, name=name).status == 202


@pytest.mark.parametrize(("named", "status"), [("shown", 403), ("sub-1", 403), ("sub-2", 202)])
def test_whoever_is_named_by_an_e_mail_address_cannot_approve_what_a_flow_asks_for_in_that_name(
    plane: Plane, named: str, status: int
) -> None:
    caller = Caller("sub-1", "ann@example.org")
    asked_by = caller.shown if named == "shown" else named
    assert caller.shown != caller.name
    action = an_action(name="high").model_copy(update={"parameters": {ASKED_BY: asked_by}})
    plane.worker().run(action, Cause("Probed.v1", "event-0", "bot", ""))
    answer = ask("POST", f"/v1/actions/{action.id}/approve", SAID, sub=caller.id, name=caller.name)
    assert answer.status == status


def test_second_answer_says_who_was_first(plane: Plane) -> None:
    action = waiting(plane)
    ask("POST", f"/v1/actions/{action.id}/approve", SAID)
    answer = ask("POST", f"/v1/actions/{action.id}/reject", SAID, sub="bob")
    assert (answer.status, answer.body["code"]) == (409, "approval.settled")
    assert "ann has approved" in answer.body["detail"]


def test_late_answer_and_needless_answer_are_conflicts(plane: Plane) -> None:
    action = waiting(plane)
    plane.clock.forward(hours=72)
    late = ask("POST", f"/v1/actions/{action.id}/approve", SAID)
    assert (late.status, late.body["code"]) == (409, "approval.expired")
    low = plane.worker().run(an_action(9, name="low"), Cause("Probed.v1", "e")).action
    needless = ask("POST", f"/v1/actions/{low.id}/approve", SAID)
    assert (needless.status, needless.body["code"]) == (409, "approval.not_asked")


def test_secret_in_a_reason_goes_nowhere(plane: Plane, capsys: pytest.CaptureFixture[str]) -> None:
    """I9"""
    action = waiting(plane)
    secret = "ghp_" + "a1B2" * 9
    said = {"reason": f"ask ann@example.com, token={secret}"}
    answer = ask("POST", f"/v1/actions/{action.id}/approve", said)
    plane.worker().resume(action.id)
    everything = json.dumps(
        [
            answer.body,
            ask("GET", f"/v1/actions/{action.id}").body,
            plane.evidence.entries,
            [event.detail() for event in plane.bus.events],
        ]
    )
    assert answer.status == 202
    for text in (everything, capsys.readouterr().out):
        assert secret not in text
        assert "ann@example.com" not in text


def test_list_goes_on_from_its_cursor_in_the_order_asked_for(plane: Plane) -> None:
    actions = [waiting(plane, number) for number in range(5)]
    plane.worker().run(an_action(9, name="low"), Cause("Probed.v1", "e"))
    found: list[str] = []
    target = "/v1/actions?state=waiting&limit=2"
    for _ in range(3):
        page = ask("GET", target).body
        found += [item["id"] for item in page["items"]]
        target = f"/v1/actions?state=waiting&limit=2&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert sorted(found) == sorted(action.id for action in actions)
    assert len(ask("GET", "/v1/actions").body["items"]) == 6
    assert ask("GET", "/v1/actions?bot=other").body["items"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("state=open", "state"),
        ("state=", "state"),
        ("bot=Probe", "bot"),
        ("bot=" + "x" * 49, "bot"),
        ("cursor=", "cursor"),
        ("cursor=garbage", "cursor"),
        ("page=2", "page"),
    ],
)
def test_bad_parameter_is_named(plane: Plane, query: str, field: str) -> None:
    """I10"""
    answer = ask("GET", f"/v1/actions?{query}")
    assert (answer.status, answer.body["field"]) == (400, field)


def test_cursor_of_another_list_is_named(plane: Plane) -> None:
    """I10"""
    for number in range(3):
        waiting(plane, number)
    cursor = ask("GET", "/v1/actions?limit=1").body["next_cursor"]
    for query in ("state=waiting&", "bot=probe&", "state=succeeded&"):
        answer = ask("GET", f"/v1/actions?{query}cursor={cursor}")
        assert (answer.status, answer.body["field"]) == (400, "cursor")


@pytest.mark.parametrize("id", ["x", "act-1", "act-" + "G" * 32, "act-" + "0" * 33, "act-" + "0" * 32])
def test_action_that_is_not_there_is_not_found(plane: Plane, id: str) -> None:
    for method, target in (("GET", ""), ("POST", "/approve"), ("POST", "/reject")):
        answer = ask(method, f"/v1/actions/{id}{target}", SAID if method == "POST" else None)
        assert (answer.status, answer.body["field"]) == (404, "id")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("{", "body"),
        ("[" * 9000, "body"),
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "  \n "}, "reason"),
        ({"reason": 7}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "x", "approved": False}, "approved"),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_bad_answer_names_its_field_and_writes_nothing(
    plane: Plane, verb: str, body: object, field: str
) -> None:
    """I10"""
    action = waiting(plane)
    before = written(plane)
    answer = ask("POST", f"/v1/actions/{action.id}/{verb}", body)
    assert (answer.status, answer.body["field"]) == (400, field)
    assert written(plane) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["reason", "x"]), inner),
        max_leaves=6,
    ),
    verb=st.sampled_from(["approve", "reject"]),
)
def test_no_answer_is_an_error_of_ours_and_a_refused_one_writes_nothing(
    plane: Plane, body: Any, verb: str
) -> None:
    """I10"""
    action = an_action(0, name="high")
    if action.id not in plane.actions.records:
        waiting(plane)
    before = written(plane)
    answer = ask("POST", f"/v1/actions/{action.id}/{verb}", body)
    assert answer.status in (202, 400, 409)
    if answer.status != 202:
        assert written(plane) == before
    if answer.status == 400:
        assert answer.body.get("field") or not isinstance(body, dict)


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/v1/actions"), ("POST", "/v1/actions/act-" + "0" * 32 + "/approve")]
)
def test_no_verified_caller_no_answer(plane: Plane, method: str, target: str) -> None:
    answer = ask(method, target, SAID if method == "POST" else None, sub=None)
    assert (answer.status, answer.body["code"]) == (401, "authentication.missing")
    assert published(plane, "ApprovalDecided.v1") == []

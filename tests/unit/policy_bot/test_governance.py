"""Freezes and exceptions as governed actions: who may set them alone, and what they then do."""

from __future__ import annotations

from typing import Any

from functions.policy.api import api
from functions.policy.handler import bot
from tests.support.controls import ControlledPlane
from tests.support.http import Answer, call
from tests.unit.policy.facts import complete, engine
from writ.contracts.action import Status
from writ.contracts.events.policy import ExceptionGranted, FreezeDeclared, FreezeLifted
from writ.ports.controls import EXCEPTIONS, FREEZES

FREEZE = {
    "id": "year-end",
    "scope": {"bots": ["release"], "actions": []},
    "owner": "platform",
    "reason": "The books are closed",
    "ends_at": "2026-03-04T10:00:00+01:00",
}
EXCEPTION = {
    "id": "migration",
    "rule": "limit_per_hour",
    "scope": {"bot": "release", "action": "*", "target": "repository:octo/*"},
    "owner": "platform",
    "reason": "A hundred repositories move at once",
    "expires_at": "2026-03-05T00:00:00Z",
}


def freeze(**changes: Any) -> Answer:
    return call(api, "POST", "/v1/policy/freezes", {**FREEZE, **changes}, name="Ann")


def lift(id: str = "year-end", reason: str = "done", **options: Any) -> Answer:
    return call(api, "DELETE", f"/v1/policy/freezes/{id}", query={"reason": reason}, **options)


def waive(**changes: Any) -> Answer:
    return call(api, "POST", "/v1/policy/exceptions", {**EXCEPTION, **changes}, name="Ann")


def listed(what: str) -> list[dict[str, Any]]:
    return list(call(api, "GET", f"/v1/policy/{what}").body["items"])


def test_one_person_declares_a_freeze_with_evidence(plane: ControlledPlane) -> None:
    made = freeze()
    assert (made.status, made.headers["Location"]) == (201, "/v1/policy/freezes/year-end")
    assert made.body == {
        **FREEZE,
        "starts_at": "2026-03-02T10:00:00Z",
        "ends_at": "2026-03-04T10:00:00+01:00",
        "declared_by": "Ann",
    }
    action = made.headers["Writ-Action"]
    assert set(plane.evidence.entries) == {f"{action}.intent", f"{action}.outcome"}
    assert plane.actions.records[action].cause.actor_id == "ann"
    (news,) = plane.announced()
    assert isinstance(news.data, FreezeDeclared)
    assert (news.data.id, news.data.by, news.data.scope.bots) == ("year-end", "Ann", ["release"])
    held = {"starts_at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-04T09:00:00Z"}
    assert listed("freezes") == [{**made.body, "in_force": True, "occurrence": held}]


def test_a_freeze_holds_what_policy_reads_from_it(plane: ControlledPlane) -> None:
    freeze()
    facts = engine().decide(
        complete(action__risk="medium", change__freezes=[{k: FREEZE[k] for k in ("id", "scope", "reason")}]),
        plane.clock.now(),
    )
    assert [reason.code for reason in facts.reasons] == ["freeze"]


def test_a_freeze_of_later_is_lifted_alone_and_one_in_force_by_two(plane: ControlledPlane) -> None:
    freeze(id="later", starts_at="2026-03-03T00:00:00Z")
    alone = lift("later")
    assert (alone.status, alone.body) == (200, {"id": "later", "state": "lifted"})

    freeze()
    asked = lift()
    assert (asked.status, asked.body["state"]) == (202, "waiting")
    assert [reason["code"] for reason in asked.body["reasons"]] == ["freeze"]
    assert asked.headers["Location"] == f"/v1/actions/{asked.body['action']}"
    assert [item["id"] for item in listed("freezes")] == ["year-end"]

    record = plane.approve(asked.body["action"], "bob", bot)
    assert record.outcome is not None
    assert record.outcome.status is Status.SUCCEEDED
    assert listed("freezes") == []
    assert [event.data.id for event in plane.announced() if isinstance(event.data, FreezeLifted)] == [
        "later",
        "year-end",
    ]


def test_whoever_asks_to_lift_does_not_also_approve(plane: ControlledPlane) -> None:
    freeze()
    asked = lift(sub="ann")
    record = plane.approve(asked.body["action"], "ann", bot)
    assert record.outcome is None or record.outcome.status is not Status.SUCCEEDED
    assert [item["id"] for item in listed("freezes")] == ["year-end"]


def test_an_exception_waits_for_a_second_person_also_in_a_freeze(plane: ControlledPlane) -> None:
    freeze(scope={})
    asked = waive()
    assert (asked.status, listed("exceptions")) == (202, [])
    plane.approve(asked.body["action"], "bob", bot)
    (granted,) = listed("exceptions")
    assert granted == {**EXCEPTION, "requested_by": "Ann"}
    news = plane.announced()[-1].data
    assert isinstance(news, ExceptionGranted)
    assert (news.rule, news.scope.target, news.by) == ("limit_per_hour", "repository:octo/*", "Ann")
    waived = engine().decide(complete(usage__hour=10, exceptions=[granted]), plane.clock.now())
    assert waived.exceptions == ("migration",)


def test_an_exception_that_expired_before_it_was_approved_is_not_granted(plane: ControlledPlane) -> None:
    asked = waive(expires_at="2026-03-02T11:00:00Z")
    plane.clock.forward(hours=2)
    record = plane.approve(asked.body["action"], "bob", bot)
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.FAILED, "contract.invalid")
    assert EXCEPTIONS not in plane.controls.documents


def test_of_two_waiting_exceptions_with_one_id_the_second_fails(plane: ControlledPlane) -> None:
    first, second = waive().body["action"], waive().body["action"]
    plane.approve(first, "bob", bot)
    record = plane.approve(second, "bob", bot)
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.FAILED, "conflict")


def test_one_person_revokes_an_exception(plane: ControlledPlane) -> None:
    plane.approve(waive().body["action"], "bob", bot)
    answer = call(api, "DELETE", "/v1/policy/exceptions/migration?reason=done")
    assert (answer.status, answer.body["state"], listed("exceptions")) == (200, "revoked", [])


def test_what_has_ended_is_not_listed_and_goes_with_the_next_write(plane: ControlledPlane) -> None:
    freeze(id="short", ends_at="2026-03-02T11:00:00Z")
    plane.clock.forward(hours=1)
    assert listed("freezes") == []
    assert lift("short").status == 404
    assert freeze(id="short").status == 201
    freeze(id="another")
    assert plane.controls.documents[FREEZES].count('"id":"short"') == 1


def test_a_list_is_paged_by_id(plane: ControlledPlane) -> None:
    for id in ("c", "a", "b"):
        assert freeze(id=id).status == 201
    first = call(api, "GET", "/v1/policy/freezes?limit=2").body
    rest = call(api, "GET", f"/v1/policy/freezes?limit=2&cursor={first['next_cursor']}").body
    assert [item["id"] for item in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert rest["next_cursor"] is None


def test_secrets_do_not_reach_the_books(plane: ControlledPlane) -> None:
    made = freeze(reason="ask ann@example.com, password=hunter22222")
    assert made.status == 201
    assert "hunter" not in plane.controls.documents[FREEZES]
    assert "@" not in plane.controls.documents[FREEZES]

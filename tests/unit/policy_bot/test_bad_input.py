"""I10 on freezes and exceptions: bad input names its field and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.policy.api import api
from tests.support.controls import ControlledPlane
from tests.support.http import call
from tests.unit.policy_bot.test_governance import EXCEPTION, FREEZE, freeze
from writ.ports.controls import FREEZES

WEEKLY = {"kind": "weekly", "zone": "Europe/Berlin", "first": "fri 16:00", "last": "mon 07:00"}
HOLIDAYS = {"kind": "holidays", "zone": "Europe/Berlin", "calendar": "germany"}


def untouched(plane: ControlledPlane) -> bool:
    return not (plane.actions.records or plane.evidence.entries or plane.controls.documents)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "Year End"}, "id"),
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": None}, "id"),
        ({"scope": None}, "scope"),
        ({"scope": {"bots": "release"}}, "scope.bots"),
        ({"scope": {"bots": ["no spaces"]}}, "scope.bots.0"),
        ({"scope": {"bots": ["a"] * 51}}, "scope.bots"),
        ({"scope": {"teams": ["a"]}}, "scope.teams"),
        ({"owner": "ann@example.com"}, "owner"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"ends_at": "2026-03-04T10:00:00"}, "ends_at"),
        ({"ends_at": "1772617200"}, "ends_at"),
        ({"ends_at": 1772617200}, "ends_at"),
        ({"ends_at": "2026-03-02T10:00:00Z"}, "ends_at"),
        ({"ends_at": "2027-03-04T10:00:00Z"}, "ends_at"),
        ({"ends_at": "2026-13-04T10:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-03-05T10:00:00Z"}, "ends_at"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"declared_by": "bob"}, "declared_by"),
        ({"repeats": {**WEEKLY, "zone": "Mars/Olympus"}}, "repeats.weekly.zone"),
        ({"repeats": {**WEEKLY, "first": "friday 16:00"}}, "repeats.weekly.first"),
        ({"repeats": {**WEEKLY, "last": "fri 16:00"}}, "repeats.weekly"),
        ({"repeats": {**WEEKLY, "kind": "daily"}}, "repeats"),
        ({"repeats": {**WEEKLY, "kind": "yearly"}}, "repeats.yearly.first"),
        ({"repeats": {**HOLIDAYS, "calendar": "atlantis"}}, "repeats.calendar"),
        ({"repeats": HOLIDAYS, "ends_at": "2028-01-01T10:00:00Z"}, "ends_at"),
        ({"repeats": WEEKLY, "ends_at": "2032-01-01T10:00:00Z"}, "ends_at"),
        # On a Monday at noon, for two days, there is no weekend.
        ({"repeats": WEEKLY, "ends_at": "2026-03-04T10:00:00Z"}, "repeats"),
    ],
)
def test_a_bad_freeze_is_named(plane: ControlledPlane, changes: dict[str, Any], field: str) -> None:
    answer = call(api, "POST", "/v1/policy/freezes", {**FREEZE, **changes})
    assert (answer.status, answer.body["field"]) == (400, field)
    assert untouched(plane)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "bot_paused"}, "rule"),
        ({"rule": "risk_high"}, "rule"),
        ({"rule": "Nothing!"}, "rule"),
        ({"scope": {"bot": "*", "action": "*"}}, "scope.target"),
        ({"scope": {"bot": "*", "action": "*", "target": "[a-z]*"}}, "scope.target"),
        ({"scope": {"bot": "*", "action": "", "target": "*"}}, "scope.action"),
        ({"owner": ""}, "owner"),
        ({"expires_at": "2026-03-02T09:59:59Z"}, "expires_at"),
        ({"expires_at": "2026-06-01T00:00:00Z"}, "expires_at"),
        ({"requested_by": "bob"}, "requested_by"),
    ],
)
def test_a_bad_exception_is_named(plane: ControlledPlane, changes: dict[str, Any], field: str) -> None:
    answer = call(api, "POST", "/v1/policy/exceptions", {**EXCEPTION, **changes})
    assert (answer.status, answer.body["field"]) == (400, field)
    assert untouched(plane)


@pytest.mark.parametrize("missing", sorted(FREEZE))
def test_what_a_freeze_lacks_is_named(plane: ControlledPlane, missing: str) -> None:
    body = {key: value for key, value in FREEZE.items() if key != missing}
    answer = call(api, "POST", "/v1/policy/freezes", body)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (
        400,
        "contract.missing_field",
        missing,
    )


@pytest.mark.parametrize(
    ("method", "target", "status", "field"),
    [
        ("DELETE", "/v1/policy/freezes/year-end", 400, "reason"),
        ("DELETE", "/v1/policy/freezes/year-end?reason=", 400, "reason"),
        ("DELETE", "/v1/policy/freezes/year-end?reason=x&force=1", 400, "force"),
        ("DELETE", "/v1/policy/freezes/year-end?reason=x", 404, "id"),
        ("DELETE", "/v1/policy/freezes/Year%20End?reason=x", 404, "id"),
        ("DELETE", "/v1/policy/exceptions/migration", 400, "reason"),
        ("DELETE", "/v1/policy/exceptions/migration?reason=x", 404, "id"),
        ("GET", "/v1/policy/freezes?limit=0", 400, "limit"),
        ("GET", "/v1/policy/exceptions?limit=101", 400, "limit"),
        ("GET", "/v1/policy/freezes?cursor=Nothing!", 400, "cursor"),
        ("GET", "/v1/policy/exceptions?state=all", 400, "state"),
    ],
)
def test_a_bad_parameter_is_named(
    plane: ControlledPlane, method: str, target: str, status: int, field: str
) -> None:
    answer = call(api, method, target)
    assert (answer.status, answer.body["field"]) == (status, field)
    assert untouched(plane)


def test_the_same_id_again_is_a_conflict(plane: ControlledPlane) -> None:
    freeze()
    before = dict(plane.controls.documents)
    again = freeze(reason="other words")
    assert (again.status, again.body["code"], again.body["field"]) == (409, "conflict", "id")
    assert plane.controls.documents == before
    assert len(plane.actions.records) == 1


def test_there_is_room_for_so_many_and_no_more(plane: ControlledPlane) -> None:
    for number in range(50):
        assert freeze(id=f"f-{number}").status == 201
    full = freeze(id="one-more")
    assert (full.status, full.body["code"], full.body["field"]) == (409, "conflict.full", "id")
    plane.clock.forward(days=3)
    assert freeze(id="one-more", ends_at="2026-03-09T00:00:00Z").status == 201


def test_a_document_stays_small_whatever_is_in_it(plane: ControlledPlane) -> None:
    wide = [f"{'a' * 40}{number}" for number in range(50)]
    statuses = [freeze(id=f"f-{n}", scope={"bots": wide, "actions": wide}).status for n in range(20)]
    assert statuses[0] == 201
    assert statuses[-1] == 409
    assert len(plane.controls.documents[FREEZES].encode()) <= 64 * 1024


def test_a_book_that_cannot_be_read_is_not_taken_for_empty(plane: ControlledPlane) -> None:
    plane.controls.documents[FREEZES] = '{"items": [{"id": "year-end"}]}'
    assert freeze(id="another").status == 503
    assert call(api, "GET", "/v1/policy/freezes").status == 503
    assert plane.controls.documents[FREEZES] == '{"items": [{"id": "year-end"}]}'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*FREEZE, *EXCEPTION, "bots", "bot", "x"]), inner, max_size=6)
        ),
        max_leaves=12,
    ),
    base=st.sampled_from([{}, FREEZE, EXCEPTION]),
    path=st.sampled_from(["freezes", "exceptions"]),
)
def test_no_input_is_an_error_of_ours(plane: ControlledPlane, body: Any, base: Any, path: str) -> None:
    sent = {**base, **body} if isinstance(body, dict) else body
    assert call(api, "POST", f"/v1/policy/{path}", json.dumps(sent)).status < 500

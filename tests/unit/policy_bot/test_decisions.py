"""Questions to policy over REST: answered from the facts given, and from nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.policy.api import api
from tests.property.policy.documents import documents, spoiled
from tests.support.controls import ControlledPlane
from tests.support.http import call
from tests.unit.policy.facts import complete, engine
from writ.ports.controls import FREEZES, pause_key

DECISIONS = "/v1/policy/decisions"
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def verdict(document: Any) -> str:
    answer = call(api, "POST", DECISIONS, document)
    assert answer.status == 200, answer.body
    return str(answer.body["verdict"])


def test_a_complete_question_gets_the_decision_with_its_bundle(plane: ControlledPlane) -> None:
    answer = call(api, "POST", DECISIONS, complete())
    assert (answer.status, answer.body["verdict"]) == (200, "allow")
    assert answer.body["bundle_digest"] == engine().bundle.digest
    assert [duty["counter"] for duty in answer.body["obligations"]] == ["hour", "target_hour"]
    assert answer.body["decided_at"] == "2026-03-02T10:00:00Z"


def test_a_question_leaves_no_trace(plane: ControlledPlane) -> None:
    call(api, "POST", DECISIONS, complete(action__risk="high"))
    assert not plane.actions.records
    assert not plane.evidence.entries
    assert not plane.bus.events
    assert not plane.controls.documents


def test_facts_that_the_plane_knows_are_not_filled_in(plane: ControlledPlane) -> None:
    plane.controls.documents[pause_key("release")] = '{"paused": true}'
    plane.controls.documents[FREEZES] = '{"items": []}'
    assert verdict(complete()) == "allow"
    question = complete()
    del question["bot"]["paused"], question["change"]
    answer = call(api, "POST", DECISIONS, question)
    assert answer.body["verdict"] == "unknown"
    assert [reason["message"] for reason in answer.body["reasons"]] == [
        "fact bot.paused is missing or unreadable",
        "fact change is missing or unreadable",
    ]


def test_a_question_cannot_claim_that_nothing_is_missing(plane: ControlledPlane) -> None:
    assert verdict({"missing": [], "now": "2026-01-01T00:00:00Z"}) == "unknown"


@pytest.mark.parametrize("raw", ["", "{", "[]", "null", '"text"', "1", "NaN", '{"a": Infinity}', "[" * 5000])
def test_a_body_that_is_no_object_is_refused(plane: ControlledPlane, raw: str) -> None:
    answer = call(api, "POST", DECISIONS, raw)
    assert (answer.status, answer.body["field"]) == (400, "body")


@many
@given(case=spoiled())
def test_i6_a_spoiled_fact_never_wins_an_allow(plane: ControlledPlane, case: Any) -> None:
    document, broken, where = case
    text = json.dumps(broken)
    if "NaN" in text:
        assert call(api, "POST", DECISIONS, text).status == 400
    elif verdict(broken) == "allow":
        assert verdict(document) == "allow", where


@many
@given(document=documents, gone=st.sampled_from(["bot", "actor", "action", "limits", "change", "exceptions"]))
def test_i6_a_missing_fact_is_unknown(plane: ControlledPlane, document: Any, gone: str) -> None:
    del document[gone]
    assert verdict(document) == "unknown"


def test_the_bundle_is_shown_as_it_decides(plane: ControlledPlane) -> None:
    shown = call(api, "GET", "/v1/policy/bundle").body
    assert shown["digest"] == engine().bundle.digest
    entrypoints = {path for module in shown["modules"] for path in module["entrypoints"]}
    assert entrypoints == set(engine().bundle.entrypoints)
    assert (shown["window_open"], shown["window"]) == (True, "any-time")
    assert shown["windows"] == engine().bundle.windows
    assert "bot_paused" not in shown["waivable"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", DECISIONS),
        ("GET", "/v1/policy/bundle"),
        ("GET", "/v1/policy/freezes"),
        ("DELETE", "/v1/policy/freezes/year-end"),
        ("POST", "/v1/policy/exceptions"),
    ],
)
def test_nobody_unknown_asks_or_sets_anything(plane: ControlledPlane, method: str, path: str) -> None:
    assert call(api, method, path, {}, sub=None).status == 401

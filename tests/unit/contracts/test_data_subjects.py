"""Who a statement is about."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.log_forge import an_action, an_intent, an_outcome
from writ.contracts.data_subjects import PERSON_FIELDS, data_subjects, person
from writ.contracts.redaction import MASK
from writ.contracts.statement import Link


def predicate(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {**an_intent(an_action())["predicate"], **changes}
    return found


def acting(parameters: Any = None, kind: str = "task", id: str = "1") -> dict[str, Any]:
    return predicate(action={"target": {"kind": kind, "id": id}, "parameters": parameters or {}})


def test_what_a_bot_does_by_itself_is_about_nobody() -> None:
    assert data_subjects(predicate()) == ()
    outcome = an_outcome(an_action(), Link(entry="act-1.intent", sha256="1" * 64))
    assert data_subjects(outcome["predicate"]) == ()


def test_who_stands_behind_the_event_and_who_answered_are_subjects() -> None:
    event = {"id": "api-1", "type": "FreezeDeclarationRequested.v1", "by": "Ann"}
    approval = {"approved": True, "by": "bob", "at": "2026-03-01T12:00:00Z", "reason": "fine"}
    assert data_subjects(predicate(event=event, approval=approval)) == ("ann", "bob")


@pytest.mark.parametrize("field", sorted(PERSON_FIELDS))
def test_a_field_that_names_a_person_is_found_at_any_depth(field: str) -> None:
    assert data_subjects(acting({field: "octocat"})) == ("octocat",)
    assert data_subjects(acting({"freeze": {"items": [{field: "octocat"}, 1]}})) == ("octocat",)
    assert data_subjects(predicate(outcome={"observed": {"last": {field: "octocat"}}})) == ("octocat",)


def test_a_person_as_target_is_a_subject_and_a_thing_is_not() -> None:
    assert data_subjects(acting(kind="person", id="octocat")) == ("octocat",)
    assert data_subjects(acting(kind="repository", id="octocat/hello")) == ()


def test_fields_that_name_no_person_and_masked_ones_are_left_out() -> None:
    assert data_subjects(acting({"by": MASK, "author": " ", "owner": "platform", "login": 7})) == ()


def test_a_person_has_one_spelling() -> None:
    assert {person(name) for name in ("Octocat", " octocat ", "OCTOCAT")} == {"octocat"}
    event = {"id": "1", "type": "T.v1", "by": "Octocat"}
    assert data_subjects({**acting({"login": "octocat"}), "event": event}) == ("octocat",)

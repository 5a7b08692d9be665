"""Guard facts from DynamoDB: what is absent has its default, what is unreadable stays unknown."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.memory import START
from tests.support.records import an_action, claimed
from tests.unit.policy.facts import engine
from writ.adapters import aws
from writ.adapters.action_table import ActionTable
from writ.adapters.guard_table import GuardTable
from writ.contracts.action import Target, Verdict
from writ.contracts.action_spec import ActionSpec
from writ.contracts.counters import counter_key, counter_slot
from writ.ports.actions import Cause, Reservation
from writ.ports.controls import service_digest
from writ.ports.guards import GuardFacts
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge, Question

ACTION = an_action()
DIGEST = ACTION.target.subject_digest()
IDENTITY = Identity("probe", "platform", "1", "0" * 64)
SPEC = ActionSpec.model_validate({"risk": "low", "limits": {"per_hour": 5}})


@pytest.fixture
def guards(account: None) -> GuardTable:
    return GuardTable("controls", "usage", list)


def read(guards: GuardTable) -> GuardFacts:
    return guards.read("probe", "low", DIGEST, START)


def put(pk: str, sk: str, document: Any) -> None:
    text = document if isinstance(document, str) else json.dumps(document)
    item = {"pk": {"S": pk}, "sk": {"S": sk}, "document": {"S": text}}
    aws.client("dynamodb").put_item(TableName="controls", Item=item)


def test_an_empty_table_means_the_defaults(guards: GuardTable) -> None:
    assert read(guards) == GuardFacts(
        paused=False,
        action_paused=False,
        usage={"hour": 0, "target_hour": 0},
        freezes=[],
        exceptions=[],
        break_glass=[],
        windows=[],
    )


def test_usage_is_what_claims_have_reserved_in_the_same_hour(guards: GuardTable) -> None:
    counter = counter_key("probe", "low")
    hour = Reservation(counter, counter_slot("hour", DIGEST, START), 10)
    target = Reservation(counter, counter_slot("target_hour", DIGEST, START), 10)
    actions = ActionTable("actions", "usage")
    for number, reservations in enumerate(([hour, target], [hour], [hour])):
        actions.claim(claimed(number), reservations)
    assert read(guards).usage == {"hour": 3, "target_hour": 1}
    later = guards.read("probe", "low", DIGEST, START + timedelta(hours=1))
    other = guards.read("probe", "high", DIGEST, START)
    assert later.usage == other.usage == {"hour": 0, "target_hour": 0}


def test_pause_freezes_and_exceptions_are_read_as_written(guards: GuardTable) -> None:
    freeze, exception = {"id": "year-end"}, {"id": "ex-1"}
    put("bot#probe", "state", {"paused": True})
    put("policy", "freezes", {"items": [freeze]})
    put("policy", "exceptions", {"items": [exception]})
    facts = read(guards)
    assert (facts.paused, facts.freezes, facts.exceptions) == (True, [freeze], [exception])
    put("bot#probe", "state", {"paused": False})
    assert read(guards).paused is False
    assert guards.read("other", "low", DIGEST, START).paused is False


def test_the_pause_of_an_action_holds_that_action_alone(guards: GuardTable) -> None:
    put("bot#probe", "action#low", {"paused": True})
    assert (read(guards).action_paused, read(guards).paused) == (True, False)
    assert decide(guards) is Verdict.DENY
    assert guards.read("probe", "high", DIGEST, START).action_paused is False
    assert guards.read("other", "low", DIGEST, START).action_paused is False


UNREADABLE = ["", "{", "[]", "null", "7", '"paused"']


@pytest.mark.parametrize("text", [*UNREADABLE, '{"paused": "no"}', '{"paused": null}', '{"paused": 0}'])
def test_unreadable_pause_is_unknown_and_never_performs(guards: GuardTable, text: str) -> None:
    """I6"""
    put("bot#probe", "state", text)
    assert read(guards).paused is None
    assert decide(guards) is Verdict.UNKNOWN


@pytest.mark.parametrize("text", [*UNREADABLE, '{"paused": "no"}'])
def test_an_unreadable_pause_of_an_action_is_unknown_and_never_performs(
    guards: GuardTable, text: str
) -> None:
    """I6"""
    put("bot#probe", "action#low", text)
    assert read(guards).action_paused is None
    assert decide(guards) is Verdict.UNKNOWN


@pytest.mark.parametrize("name", ["freezes", "exceptions", "break-glass"])
@pytest.mark.parametrize("text", [*UNREADABLE, '{"items": {}}', '{"items": null}', '{"items": "all"}'])
def test_unreadable_list_is_unknown_and_never_performs(guards: GuardTable, name: str, text: str) -> None:
    """I6"""
    put("policy", name, text)
    assert getattr(read(guards), name.replace("-", "_")) is None
    assert decide(guards) is Verdict.UNKNOWN


def test_readable_facts_let_a_low_risk_pass(guards: GuardTable) -> None:
    assert decide(guards) is Verdict.ALLOW


def decide(guards: GuardTable) -> Verdict:
    question = Question(IDENTITY, SPEC, ACTION, Cause("Probed.v1", "event-1"))
    return Judge(engine(), guards).decide(question, START).verdict


def test_a_budget_is_that_of_the_bot_and_of_the_service_it_acts_on(guards: GuardTable) -> None:
    put(f"budget#{service_digest('probe')}", "state", {"budget": "review"})
    put(f"budget#{DIGEST}", "state", {"budget": "freeze"})
    assert read(guards).budget == {"bot": "review", "target": "freeze"}
    own = Target(kind="service", id="probe").subject_digest()
    assert guards.read("probe", "low", own, START).budget == {"bot": "review", "target": "review"}


@pytest.mark.parametrize("document", ["not JSON", [], {"budget": 7}, {"budget": None}])
def test_a_budget_that_cannot_be_read_is_unknown(guards: GuardTable, document: Any) -> None:
    put(f"budget#{service_digest('probe')}", "state", document)
    facts = read(guards)
    assert facts.budget is None
    assert decide(guards) is Verdict.UNKNOWN

"""Freezes and exceptions over DynamoDB by moto: kept as policy reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from functions.policy import facts, plan
from functions.policy.book import parse
from functions.policy.perform import ACTIONS
from functions.policy.ports import Ports
from tests.support.controls import command
from tests.support.memory import START, ManualClock
from tests.support.moto_aws import moto_aws
from tests.unit.policy.facts import engine
from writ.adapters.control_table import ControlTable
from writ.adapters.guard_table import GuardTable
from writ.contracts.action import Action, Verdict
from writ.contracts.action_spec import ActionSpec
from writ.policy.controls import Freeze
from writ.ports.actions import Cause
from writ.ports.controls import FREEZES
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge, Question

MEDIUM = ActionSpec.model_validate({"risk": "medium", "limits": {"per_hour": 1}})
WHO = Identity("release", "platform", "1", "0" * 64)


@pytest.fixture
def ports() -> Iterator[Ports]:
    with moto_aws("controls", "usage"):
        yield Ports(ControlTable("controls"), engine(), ManualClock())


def perform(ports: Ports, type: str, **data: object) -> Action:
    event = command(type, f"api-{type}-{data['id']}", START, by="ann", **data)
    (action,) = plan.plan(event, facts.gather(event, ports), START)
    ACTIONS[action.name].perform(action, ports)
    return action


def declare(ports: Ports, id: str = "year-end") -> Action:
    return perform(
        ports,
        "FreezeDeclarationRequested.v1",
        id=id,
        scope={"bots": ["release"]},
        owner="platform",
        reason="quiet",
        ends_at="2026-03-03T10:00:00Z",
    )


def verdict(action: Action) -> tuple[Verdict, list[str]]:
    judge = Judge(engine(), GuardTable("controls", "usage", lambda: engine().bundle.windows))
    mine = action.model_copy(update={"bot": "release", "name": "publish"})
    decision = judge.decide(Question(WHO, MEDIUM, mine, Cause("Test.v1", "evt-1")), START)
    return decision.verdict, [reason.code for reason in decision.reasons]


def test_a_freeze_holds_its_bot_until_it_is_lifted(ports: Ports) -> None:
    action = declare(ports)
    assert verdict(action) == (Verdict.DENY, ["freeze"])
    perform(ports, "FreezeLiftRequested.v1", id="year-end", reason="done")
    assert verdict(action) == (Verdict.ALLOW, ["risk_medium"])


def test_an_exception_lets_it_through_the_freeze_until_it_is_revoked(ports: Ports) -> None:
    action = declare(ports)
    perform(
        ports,
        "ExceptionRequested.v1",
        id="hotfix",
        rule="freeze",
        scope={"bot": "release", "action": "publish", "target": "*"},
        owner="platform",
        reason="security fix",
        expires_at="2026-03-02T12:00:00Z",
    )
    assert verdict(action) == (Verdict.ALLOW, ["risk_medium", "waived"])
    perform(ports, "ExceptionRevocationRequested.v1", id="hotfix", reason="shipped")
    assert verdict(action)[0] is Verdict.DENY


def test_writers_that_meet_both_get_in(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    controls = ports.controls
    read, raced = controls.read, False

    def racing(key: tuple[str, str]) -> str | None:
        nonlocal raced
        text = read(key)
        if not raced:
            raced = True
            declare(Ports(ControlTable("controls"), engine(), ports.clock), "other")
        return text

    event = command(
        "FreezeDeclarationRequested.v1",
        "api-1",
        START,
        id="year-end",
        scope={},
        owner="platform",
        reason="quiet",
        ends_at="2026-03-03T10:00:00Z",
        by="ann",
    )
    (action,) = plan.plan(event, facts.gather(event, ports), START)
    monkeypatch.setattr(controls, "read", racing)
    ACTIONS["declare-freeze"].perform(action, ports)
    assert [freeze.id for freeze in parse(Freeze, read(FREEZES))] == ["other", "year-end"]


def test_the_largest_book_is_kept(ports: Ports) -> None:
    for number in range(50):
        declare(ports, f"f-{number}")
    kept = parse(Freeze, ports.controls.read(FREEZES))
    assert len(kept) == 50
    assert all(freeze.ends_at - START == timedelta(days=1) for freeze in kept)

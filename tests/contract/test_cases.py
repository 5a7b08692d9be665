"""Every case of every bot: an event, the facts and the time in; the planned actions out.

A case is `functions/<bot>/cases/<name>.json`. An expected action names at least the action and its target;
`parameters` are compared by the keys that are given, everything else that is given must be equal.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from tests.support.controls import manifest
from writ.contracts.action import Action, Target
from writ.contracts.errors import WritError
from writ.contracts.event import parse_event

FUNCTIONS = Path(__file__).parents[2] / "functions"
CASES = sorted(FUNCTIONS.glob("*/cases/*.json"))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class GivenEvent(_Part):
    type: str
    meta: dict[str, Any]
    data: dict[str, Any]


class ExpectedAction(_Part):
    name: str
    target: Target
    reason: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    blast_radius: int = 1

    def check(self, action: Action) -> None:
        assert (action.name, action.target, action.blast_radius) == (
            self.name,
            self.target,
            self.blast_radius,
        )
        assert {key: action.parameters.get(key) for key in self.parameters} == self.parameters
        if self.reason is not None:
            assert action.reason == self.reason


class ExpectedError(_Part):
    code: str
    field: str | None = None


class Case(_Part):
    """`because` says what rule the case shows. Exactly the actions, or the error, are expected."""

    because: str
    event: GivenEvent
    facts: dict[str, Any]
    now: AwareDatetime
    actions: list[ExpectedAction] = Field(default_factory=list)
    error: ExpectedError | None = None


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parents[1].name}/{path.stem}")
def test_plan_answers_a_case_as_written(path: Path) -> None:
    bot = path.parents[1].name
    case = Case.model_validate_json(path.read_bytes())
    plan = importlib.import_module(f"functions.{bot}.plan").plan
    facts = importlib.import_module(f"functions.{bot}.facts").Facts.model_validate_json(
        json.dumps(case.facts)
    )
    event = parse_event(case.event.type, {"meta": case.event.meta, "data": case.event.data})

    if case.error is not None:
        with pytest.raises(WritError) as raised:
            plan(event, facts, case.now)
        assert (raised.value.code, raised.value.field) == (case.error.code, case.error.field)
        return
    planned = plan(event, facts, case.now)
    allowed = manifest(bot).actions

    assert [action.name for action in planned] == [expected.name for expected in case.actions]
    for action, expected in zip(planned, case.actions, strict=True):
        expected.check(action)
        assert action.bot == bot
        assert action.name in allowed
        assert action.blast_radius <= allowed[action.name].limits.blast_radius
    assert len({action.effect_key for action in planned}) == len(planned)
    assert plan(event, facts, case.now) == planned


@pytest.mark.parametrize("path", sorted(FUNCTIONS.glob("*/plan.py")), ids=lambda path: path.parent.name)
def test_every_bot_that_plans_has_cases(path: Path) -> None:
    assert list((path.parent / "cases").glob("*.json"))

"""Pauses, freezes and exceptions in memory, and bots whose policy decides by them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.memory import (
    ManualClock,
    MemoryActions,
    MemoryApprovals,
    MemoryBus,
    MemoryEvidence,
    MemoryFlows,
    MemoryGuards,
)
from tests.unit.policy.facts import engine
from writ.contracts.action import Approval
from writ.contracts.errors import ConflictError
from writ.contracts.event import AnyEvent, parse_event
from writ.contracts.manifest import Manifest
from writ.ports.actions import ActionRecord
from writ.ports.controls import (
    BREAK_GLASS,
    EXCEPTIONS,
    FREEZES,
    Key,
    budget_key,
    pause_key,
    service_digest,
)
from writ.ports.guards import GuardFacts
from writ.runtime.answers import Answers
from writ.runtime.bot import Bot
from writ.runtime.effect import Effect
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.wiring import LoopPorts, Wiring

FUNCTIONS = Path(__file__).parents[2] / "functions"
LEASE = timedelta(seconds=35)


@dataclass
class MemoryControls:
    """Documents by key, effects by action id."""

    documents: dict[Key, str] = field(default_factory=dict)
    effects: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def read(self, key: Key) -> str | None:
        return self.documents.get(key)

    def applied(self, action_id: str) -> Mapping[str, Any] | None:
        return self.effects.get(action_id)

    def replace(
        self, key: Key, before: str | None, after: str, *, action_id: str, observed: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if action_id in self.effects:
            return self.effects[action_id]
        if self.documents.get(key) != before:
            raise ConflictError("another text")
        self.documents[key] = after
        self.effects[action_id] = observed
        return observed


@dataclass
class ControlledGuards:
    """Guard facts as the controls in memory say."""

    counters: MemoryGuards
    controls: MemoryControls

    def read(self, bot: str, action: str, target_digest: str, now: datetime) -> GuardFacts:
        def given(key: Key) -> dict[str, Any]:
            document: dict[str, Any] = json.loads(self.controls.documents.get(key, "{}"))
            return document

        return replace(
            self.counters.read(bot, action, target_digest, now),
            paused=given(pause_key(bot)).get("paused", False),
            action_paused=given(pause_key(bot, action)).get("paused", False),
            freezes=given(FREEZES).get("items", []),
            exceptions=given(EXCEPTIONS).get("items", []),
            budget={
                "bot": given(budget_key(service_digest(bot))).get("budget", "normal"),
                "target": given(budget_key(target_digest)).get("budget", "normal"),
            },
            break_glass=given(BREAK_GLASS).get("items", []),
        )


@dataclass
class ControlledPlane:
    """A control plane of memory ports that decides by the project's own policies."""

    clock: ManualClock = field(default_factory=ManualClock)
    controls: MemoryControls = field(default_factory=MemoryControls)
    actions: MemoryActions = field(default_factory=MemoryActions)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    bus: MemoryBus = field(default_factory=MemoryBus)
    flows: MemoryFlows = field(default_factory=MemoryFlows)

    def wiring(self, name: str, effects: Mapping[str, Effect[Any]], ports: Any) -> Wiring[Any]:
        """What `Bot.wiring` of a bot is to return."""
        loop_ports = LoopPorts(
            actions=self.actions,
            approvals=self.approvals,
            evidence=self.evidence,
            bus=self.bus,
            judge=Judge(engine(), ControlledGuards(MemoryGuards(self.actions), self.controls)),
            clock=self.clock,
            entropy=lambda size: b"\x01" * size,
            replies=self.flows,
        )
        identity = Identity(name, "platform", "1", "0" * 64)
        loop = Loop(identity, manifest(name).actions, effects, loop_ports, ports, lease=LEASE)
        return Wiring(loop, ports, self.clock)

    def approve(self, action_id: str, by: str, bot: Bot[Any, Any]) -> ActionRecord:
        """Let another person approve a waiting action, and its bot hear of it."""
        given = Approval(approved=True, by=by, at=self.clock.now(), reason="looked at it")
        self.approvals.answer(action_id, given)
        who = Identity("approvals", "platform", "1", "2" * 64)
        answers = Answers(who, self.evidence, self.bus, self.clock, lambda size: b"\x01" * size)
        answers.publish(self.actions.records[action_id], given)
        (record,) = bot.run(self.bus.events[-1])
        return record

    def announced(self) -> list[AnyEvent]:
        """The domain events published so far."""
        own = ("ActionCompleted.v1", "ApprovalRequested.v1", "ApprovalDecided.v1")
        return [event for event in self.bus.events if event.type not in own]


@cache
def manifest(name: str) -> Manifest:
    """The manifest of a bot."""
    return Manifest.model_validate(yaml.safe_load((FUNCTIONS / name / "bot.yaml").read_text()))


def command(type: str, id: str, at: datetime, /, **data: Any) -> AnyEvent:
    """A command, checked against its contract."""
    meta = {"id": id, "time": at.isoformat(), "producer": "test"}
    return parse_event(type, {"meta": meta, "data": data})

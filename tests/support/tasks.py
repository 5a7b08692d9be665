"""The backlog's table in memory, with the conditional semantics of the real one, and events to feed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import gt, lt
from pathlib import Path
from typing import Any

import yaml

from functions.backlog.facts import Facts, gather
from functions.backlog.perform import ACTIONS
from functions.backlog.plan import plan
from functions.backlog.ports import Ports, connect
from functions.backlog.store import Page, Place, Query
from functions.backlog.task import DetailedTask, Status, Task
from tests.support.memory import (
    START,
    ManualClock,
    MemoryActions,
    MemoryApprovals,
    MemoryBus,
    MemoryEvidence,
    MemoryFlows,
    MemoryGuards,
)
from writ.contracts.action import Decision, Verdict
from writ.contracts.errors import ConflictError
from writ.contracts.event import AnyEvent, parse_event
from writ.contracts.manifest import Manifest
from writ.runtime.bot import Bot
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge, Policy
from writ.runtime.loop import Loop
from writ.runtime.wiring import LoopPorts, Wiring

MANIFEST = Manifest.model_validate(
    yaml.safe_load((Path(__file__).parents[2] / "functions/backlog/bot.yaml").read_text())
)
LEASE = timedelta(seconds=65)
REPOSITORY = "acme/shop"


@dataclass
class MemoryTasks:
    """Tasks by id, effects by action id."""

    tasks: dict[str, DetailedTask] = field(default_factory=dict)
    effects: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def get(self, task_id: str) -> DetailedTask | None:
        return self.tasks.get(task_id)

    def applied(self, action_id: str) -> Mapping[str, Any] | None:
        return self.effects.get(action_id)

    def apply(
        self, task: DetailedTask, *, expected: int, action_id: str, observed: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if action_id in self.effects:
            return self.effects[action_id]
        self.replace(task, expected=expected)
        self.effects[action_id] = observed
        return observed

    def replace(self, task: DetailedTask, *, expected: int) -> None:
        current = self.tasks.get(task.id)
        if (current.version if current else 0) != expected:
            raise ConflictError("another version")
        self.tasks[task.id] = task

    def mark(self, action_id: str, observed: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.effects.setdefault(action_id, observed)

    def having(self, status: Status) -> Sequence[Task]:
        return self.page(Query(status=status), len(self.tasks) + 1, None).tasks

    def page(self, query: Query, limit: int, after: Place | None) -> Page:
        found = [task for task in self.tasks.values() if _matches(query, task)]
        found.sort(key=lambda task: _place(query, task), reverse=query.descending)
        if after is not None:
            start, behind = (after.value, after.id), (lt if query.descending else gt)
            found = [task for task in found if behind(_place(query, task), start)]
        fields = set(Task.model_fields)
        shown = [Task.model_validate(task.model_dump(include=fields)) for task in found[:limit]]
        rest = Place(id=shown[-1].id, value=_place(query, shown[-1])[0]) if len(found) > limit else None
        return Page(shown, rest)


def _matches(query: Query, task: Task) -> bool:
    return (
        query.status in (None, task.status)
        and query.owner in (None, task.owner)
        and query.source in (None, task.source)
        and (query.min_score is None or getattr(task.scores, query.method) >= query.min_score)
        and (query.text is None or query.text.casefold() in f"{task.title} {task.dedup_key}".casefold())
    )


def _place(query: Query, task: Task) -> tuple[Any, str]:
    value = task.updated_at.isoformat() if query.order == "updated" else getattr(task.scores, query.method)
    return value, task.id


def check_failed(number: int = 1, *, name: str = "build", at: datetime = START, **data: Any) -> AnyEvent:
    """The `number`th failure of a check."""
    delivery = f"72d3162e-cc78-11e3-81ab-{number:012d}"
    fields = {"kind": "run", "check_id": number, "name": name, "head_sha": "0d" * 20, "conclusion": "failure"}
    return github_event("CheckFailed.v1", delivery, at, **{**fields, **data})


def github_event(type: str, delivery: str, at: datetime = START, **data: Any) -> AnyEvent:
    """An event as intake makes it of a delivery."""
    common = {
        "delivery": delivery,
        "repository": REPOSITORY,
        "sender": "octocat",
        "payload": {"key": f"github/{delivery}.json", "sha256": "e3" * 32},
    }
    return event(type, f"gh-{delivery}", at, producer="intake", **{**common, **data})


def event(
    type: str, id: str, happened: datetime = START, /, *, producer: str = "test", **data: Any
) -> AnyEvent:
    """Any event, checked against its contract."""
    meta = {"id": id, "time": happened.isoformat(), "producer": producer}
    return parse_event(type, {"meta": meta, "data": data})


class RiskPolicy:
    """Low risk is allowed, high risk waits for a person."""

    def decide(self, document: Mapping[str, Any], now: datetime) -> Decision:
        review = document["action"]["risk"] == "high" and document["approval"] is None
        return Decision(
            verdict=Verdict.REVIEW if review else Verdict.ALLOW, bundle_digest="1" * 64, decided_at=now
        )


@dataclass
class Plane:
    """The backlog bot on ports in memory."""

    tasks: MemoryTasks = field(default_factory=MemoryTasks)
    clock: ManualClock = field(default_factory=ManualClock)
    actions: MemoryActions = field(default_factory=MemoryActions)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    bus: MemoryBus = field(default_factory=MemoryBus)
    policy: Policy = field(default_factory=RiskPolicy)

    def wiring(self) -> Wiring[Ports]:
        """What `Bot.wiring` is to return."""
        ports = LoopPorts(
            actions=self.actions,
            approvals=self.approvals,
            evidence=self.evidence,
            bus=self.bus,
            judge=Judge(self.policy, MemoryGuards(self.actions)),
            clock=self.clock,
            entropy=lambda size: b"\x01" * size,
            replies=MemoryFlows(),
        )
        own = Ports(tasks=self.tasks)
        identity = Identity("backlog", "platform", "1", "0" * 64)
        loop = Loop(identity, MANIFEST.actions, ACTIONS, ports, own, lease=LEASE)
        return Wiring(loop, own, self.clock)

    def bot(self) -> Bot[Ports, Facts]:
        bot = Bot("backlog", facts=gather, plan=plan, perform=ACTIONS, ports=connect)
        bot.__dict__["wiring"] = self.wiring()
        return bot

    def announced(self) -> list[str]:
        """The types of the domain events published so far."""
        return [event.type for event in self.bus.events if event.type != "ActionCompleted.v1"]

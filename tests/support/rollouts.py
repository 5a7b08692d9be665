"""Rollouts on ports in memory: rows, aliases, hooks and incidents with the conditions of the real ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from functions.rollback.incident import Incident
from tests.support.memory import START
from writ.contracts.errors import ConflictError, NotFoundError
from writ.judge.criteria import Count, Criteria
from writ.rollout.kept import Judged, KeptLook, Verdict
from writ.rollout.plan import Group, Hook, Plan, Release, Step
from writ.rollout.ports import Alias, HookAnswer, Points, Query
from writ.rollout.signals import Source, Stop, Watch
from writ.rollout.state import Rollout, Row, service_of

SERVICE = "shop"
FUNCTIONS = ("shop-api", "shop-worker", "shop-mail")
OLD = Release(id="1", versions=dict.fromkeys(FUNCTIONS, "1"))
NEW = Release(id="1.4.0", versions=dict.fromkeys(FUNCTIONS, "2"))
GROUP = Group(service=SERVICE, functions=FUNCTIONS)
WATCH = Watch(
    criteria=Criteria(metrics=(Count(name="errors", acceptable=0.01),)),
    sources={"errors": Source(metric="Errors", exposure="Invocations")},
    stops=(Stop(metric="errors", objective=0.99),),
)
PLAN = Plan(
    steps=(Step(weight=0.1, pause_s=60), Step(weight=0.5, pause_s=60)),
    bake_s=60,
    verify_s=30,
    patience_s=300,
    apply_s=120,
)


@dataclass
class MemoryRollouts:
    """Rows by service; the check of `version` is the conditional write.

    `stopped` is the transition after which each rollout was to be stopped. `watch` is told what is there, and
    what is about to take its place.
    """

    held: dict[str, Row] = field(default_factory=dict)
    over: dict[str, Rollout] = field(default_factory=dict)
    looked: dict[tuple[str, int], KeptLook] = field(default_factory=dict)
    stopped: dict[str, int] = field(default_factory=dict)
    watch: Callable[[Row | None, Row], None] = lambda _there, _after: None

    def read(self, service: str) -> Row | None:
        return self.held.get(service)

    def write(
        self, before: Row | None, after: Row, closed: Rollout | None = None, look: KeptLook | None = None
    ) -> None:
        there = self.held.get(after.service)
        if (there.version if there else None) != (before.version if before else None):
            raise ConflictError("the row is not what it was")
        if closed is not None:
            assert closed.id not in self.over
            self.over[closed.id] = closed
        if look is not None:
            assert (look.rollout, look.seq) not in self.looked
            self.looked[look.rollout, look.seq] = look
        self.watch(there, after)
        self.held[after.service] = after
        if after.rollout is not None and after.rollout.stop is not None:
            self.stopped.setdefault(after.rollout.id, after.rollout.seq)

    def find(self, rollout_id: str) -> Rollout | None:
        row = self.held.get(service_of(rollout_id))
        if row is not None and row.rollout is not None and row.rollout.id == rollout_id:
            return row.rollout
        return self.over.get(rollout_id)

    def open(self) -> Sequence[str]:
        return [row.rollout.id for row in self.held.values() if row.rollout is not None]

    def rows(self) -> Sequence[Row]:
        return list(self.held.values())

    def guarded(self) -> Sequence[Row]:
        return [row for row in self.held.values() if row.rollout is None and row.guard is not None]

    def past(self, service: str, limit: int) -> Sequence[Rollout]:
        mine = [rollout for rollout in self.over.values() if rollout.group.service == service]
        return sorted(mine, key=lambda one: -int(one.id.rpartition("-")[2]))[:limit]

    def looks(self, rollout_id: str, limit: int) -> Sequence[KeptLook]:
        mine = [look for (id, _), look in sorted(self.looked.items()) if id == rollout_id]
        return mine[-limit:]


@dataclass
class MemoryAliases:
    """Aliases by function; the check of `revision` is the conditional write. All writes are kept.

    `watch` is told what is there, and what is about to take its place.
    """

    held: dict[str, Alias] = field(
        default_factory=lambda: {name: Alias("1", revision="r0") for name in FUNCTIONS}
    )
    history: list[tuple[str, Alias]] = field(default_factory=list)
    watch: Callable[[str, Alias, Alias], None] = lambda _function, _there, _wanted: None

    def read(self, function: str, alias: str) -> Alias:
        if function not in self.held:
            raise NotFoundError(f"{function} has no alias {alias}", field="group.functions")
        return self.held[function]

    def write(self, function: str, alias: str, wanted: Alias) -> None:
        if self.read(function, alias).revision != wanted.revision:
            raise ConflictError("the alias is not what it was")
        self.watch(function, self.held[function], wanted)
        self.history.append((function, wanted))
        self.held[function] = replace(wanted, revision=f"r{len(self.history)}")

    def served(self) -> dict[str, str]:
        """The one version of every function. Fails where traffic is split."""
        assert not any(alias.weights for alias in self.held.values()), self.held
        return {function: alias.version for function, alias in self.held.items()}


@dataclass
class MemoryHooks:
    """Hooks that agree, but for those that refuse."""

    refusing: Collection[str] = ()
    calls: list[tuple[str, str, str]] = field(default_factory=list)

    def call(self, hook: Hook, rollout: Rollout, key: str) -> HookAnswer:
        self.calls.append((hook.function, rollout.id, key))
        return HookAnswer(hook.function not in self.refusing, "no stock")


@dataclass
class MemoryMetrics:
    """Series by metric, function and version."""

    series: dict[tuple[str, str, str], dict[datetime, float]] = field(default_factory=dict)

    def read(self, queries: Sequence[Query], since: datetime, until: datetime) -> Sequence[Points]:
        return [
            {
                at: value
                for at, value in self.series.get((query.metric, query.function, query.version), {}).items()
                if since <= at < until
            }
            for query in queries
        ]


@dataclass
class MemoryIncidents:
    """Incidents by id; the first stays."""

    held: dict[str, Incident] = field(default_factory=dict)

    def get(self, id: str) -> Incident | None:
        return self.held.get(id)

    def all(self) -> Sequence[Incident]:
        return sorted(self.held.values(), key=lambda one: (one.opened_at, one.id), reverse=True)

    def open(self, incident: Incident) -> None:
        self.held.setdefault(incident.id, incident)


@dataclass
class Proven:
    """A ledger that proves some actions, or all."""

    actions: Collection[str] | None = None

    def succeeded(self, action_id: str) -> bool:
        return self.actions is None or action_id in self.actions


def judged(verdict: Verdict) -> Judged:
    """A judgement without metrics."""
    return Judged(verdict=verdict, looks=3, score=1.0, evidence=0.5, needed=3.0, reasons=("seen",))


def rollout(**changes: Any) -> Rollout:
    """A rollout that has just begun, or whatever the changes make of it."""
    begun = Rollout(
        id=f"{SERVICE}-1",
        group=GROUP,
        baseline=OLD,
        candidate=NEW,
        plan=PLAN,
        watch=WATCH,
        driver="canary",
        started_at=START,
        goal_at=START,
    )
    return begun.after(**changes)


def command(**changes: Any) -> Mapping[str, Any]:
    """What `RolloutRequested` says for the rollout above."""
    return {
        "group": GROUP.model_dump(mode="json"),
        "release": NEW.model_dump(mode="json"),
        "plan": PLAN.model_dump(mode="json"),
        "watch": WATCH.model_dump(mode="json"),
        "by": "operator",
        **changes,
    }

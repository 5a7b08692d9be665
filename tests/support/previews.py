"""Previews on ports in memory: rows, quotas, stacks that take their time, tables, and what answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from functions.preview.facts import Facts
from functions.preview.handler import bot
from functions.preview.model import FLOW, Failure, Preview, Quota
from functions.preview.perform import ACTIONS
from functions.preview.ports import Ports
from functions.preview.stack import Branch, Stack, StackState, Wanted
from functions.preview.table import settled
from tests.support.controls import ControlledPlane
from tests.support.flags import MemoryFlags
from tests.support.flow_runs import FlowRuns
from writ.contracts.errors import ConflictError, PermanentError, TransientError, WritError
from writ.contracts.event import AnyEvent, parse_event
from writ.contracts.preview_site import PreviewSite
from writ.ports.flags import Flags
from writ.runtime.bot import Bot
from writ.runtime.wiring import Wiring

SITE = PreviewSite("local", "preview-local-", "arn:role", "arn:boundary")
REPOSITORY = "writ-demo/shop"
COMMITS = ["a" * 40, "b" * 40, "c" * 40]


@dataclass
class MemoryPreviews:
    """Rows by id, and what each team has; the check of `version` is the conditional write."""

    rows: dict[str, Preview] = field(default_factory=dict)
    teams: dict[str, dict[str, int]] = field(default_factory=dict)

    def read(self, id: str) -> Preview | None:
        return self.rows.get(id)

    def write(self, before: Preview | None, after: Preview, quota: Quota | None = None) -> Preview:
        there = self.rows.get(after.id)
        if (there.version if there else 0) != (before.version if before else 0):
            raise ConflictError("the row is not what it was")
        self.teams[after.team] = settled(self.held(after.team), after, quota)
        self.rows[after.id] = after.model_copy(update={"version": (before.version if before else 0) + 1})
        return self.rows[after.id]

    def live(self) -> Sequence[Preview]:
        return [row for row in self.rows.values() if row.live]

    def past(self) -> Sequence[Preview]:
        return [row for row in self.rows.values() if not row.live]

    def held(self, team: str) -> Mapping[str, int]:
        return self.teams.get(team, {})


@dataclass
class MemoryStacks:
    """Stacks that are at work for some looks; `broken` names what fails next, `kept` what does not go."""

    held: dict[str, Stack] = field(default_factory=dict)
    working: dict[str, int] = field(default_factory=dict)
    slow: int = 1
    broken: Failure | None = None
    kept: Failure | None = None
    refused: str = ""
    down: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)
    problem: dict[str, Failure] = field(default_factory=dict)

    def find(self, name: str) -> Stack | None:
        self._reach()
        stack = self.held.get(name)
        if stack is not None and self.working.get(name, 0) > 0:
            self.working[name] -= 1
            return replace(stack, state=StackState.WORKING)
        if stack is not None and stack.state is StackState.WORKING:  # it was going
            del self.held[name]
            return None
        return stack

    def names(self) -> Sequence[str]:
        return sorted(self.held)

    def create(self, wanted: Wanted) -> None:
        self._begin("create", wanted.name)
        assert wanted.name not in self.held
        self._made(wanted, StackState.BROKEN)

    def update(self, wanted: Wanted) -> bool:
        before = self.held[wanted.name]
        if before.parameters == wanted.parameters:
            return False
        self._begin("update", wanted.name)
        if self.broken is not None:
            self.problem[wanted.name] = self.broken
            self.held[wanted.name] = replace(before, state=StackState.STALE)
            return True
        self._made(wanted, StackState.STALE)
        return True

    def remove(self, name: str) -> None:
        self._begin("remove", name)
        if name not in self.held:
            return
        if self.refused:
            raise PermanentError(self.refused, code="stack.refused")
        stack = self.held[name]
        if self.kept is not None:
            self.problem[name] = self.kept
            self.held[name] = replace(stack, state=StackState.UNDELETED)
        else:
            self.held[name] = replace(stack, state=StackState.WORKING)

    def trouble(self, name: str) -> Failure | None:
        return self.problem.get(name)

    def _made(self, wanted: Wanted, otherwise: StackState) -> None:
        outputs = {
            "Url": f"https://{wanted.name}.lambda-url/",
            "ItemsTable": f"{wanted.name}-items",
            "Function": f"{wanted.name}-service",
        }
        state = StackState.BUILT if self.broken is None else otherwise
        if self.broken is not None:
            self.problem[wanted.name] = self.broken
        self.held[wanted.name] = Stack(wanted.name, state, wanted.parameters, outputs, wanted.tags)

    def _begin(self, what: str, name: str) -> None:
        self._reach()
        if self.working.get(name, 0) > 0:
            raise TransientError("another operation is under way", code="stack.busy")
        self.calls.append((what, name))
        self.working[name] = self.slow

    def _reach(self) -> None:
        if self.down > 0:
            self.down -= 1
            raise TransientError("CloudFormation is away")


@dataclass
class MemoryDatabases:
    """Items by table."""

    tables: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def write(self, table: str, items: Sequence[Mapping[str, Any]]) -> None:
        known = self.tables.setdefault(table, [])
        known += [item for item in items if item not in known]


@dataclass
class MemorySeeds:
    """Seed sets by key and version."""

    kept: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def read(self, key: str, version: str) -> bytes:
        if (key, version) not in self.kept:
            raise PermanentError("there is no such version", code="seed.absent", field="seed")
        return self.kept[key, version]


@dataclass
class MemoryProbes:
    """What every preview answers."""

    answers: int = 200

    def status(self, function: str, path: str) -> int:
        assert function
        assert path == "/health"
        return self.answers


@dataclass
class MemoryBranches:
    """Branches by name, ready at the second look."""

    held: dict[str, int] = field(default_factory=dict)

    def ensure(self, maker: str, name: str) -> Branch:
        self.held[name] = self.held.get(name, 0) + 1
        return Branch(self.held[name] > 1, {"Database": f"{maker}/{name}"})

    def drop(self, maker: str, name: str) -> None:
        assert maker
        self.held.pop(name, None)


@dataclass
class PreviewWorld:
    """The bot with its real loop, policies and flow over all of that."""

    plane: ControlledPlane = field(default_factory=ControlledPlane)
    previews: MemoryPreviews = field(default_factory=MemoryPreviews)
    stacks: MemoryStacks = field(default_factory=MemoryStacks)
    databases: MemoryDatabases = field(default_factory=MemoryDatabases)
    seeds: MemorySeeds = field(default_factory=MemorySeeds)
    branches: MemoryBranches = field(default_factory=MemoryBranches)
    probes: MemoryProbes = field(default_factory=MemoryProbes)
    flags: Flags = field(default_factory=MemoryFlags)
    events: int = 0

    def __post_init__(self) -> None:
        self.runs = FlowRuns(FLOW, bot, self.plane.flows, self.plane.clock)

    @property
    def bot(self) -> Bot[Ports, Facts]:
        return bot

    def wiring(self) -> Wiring[Ports]:
        ports = Ports(
            site=SITE,
            previews=self.previews,
            stacks=self.stacks,
            databases=self.databases,
            seeds=self.seeds,
            branches=self.branches,
            probes=self.probes,
            flows=self.plane.flows,
            actions=self.plane.actions,
            flags=self.flags,
            clock=self.plane.clock,
        )
        return self.plane.wiring("preview", ACTIONS, ports)

    def send(self, type: str, **data: Any) -> AnyEvent:
        """Hand the bot an event, and what its denied actions lead to."""
        self.events += 1
        meta = {
            "id": f"event-{self.events}",
            "time": self.plane.clock.now().isoformat(),
            "producer": "test",
        }
        event = parse_event(f"{type}.v1", {"meta": meta, "data": data})
        self._run(event)
        return event

    def _run(self, event: AnyEvent) -> None:
        before = len(self.plane.bus.events)
        bot.run(event)
        for told in self.plane.bus.events[before:]:
            denied = getattr(told.data, "status", None) == "denied"
            if (
                told.type == "ActionCompleted.v1"
                and denied
                and getattr(told.data, "name", "") == "open-preview"
            ):
                bot.run(told)

    def label(self, number: int = 42, commit: str = COMMITS[0], **more: Any) -> None:
        given = {"action": "labeled", "label": "preview", **more}
        self.send("PullRequestLabelled", **pull_request(number, commit, **given))

    def push(self, commit: str, number: int = 42) -> None:
        self.send("PullRequestChanged", **pull_request(number, commit, action="synchronize"))

    def close(self, number: int = 42) -> None:
        self.send("PullRequestClosed", **pull_request(number, COMMITS[0], action="closed", state="closed"))

    def tick(self, minutes: float = 1) -> None:
        self.plane.clock.forward(seconds=minutes * 60)
        self.send("ScheduleTicked", schedule="rate(1 minute)")

    def settle(self) -> None:
        """Run every flow that was started to its end, the newest first."""
        try:
            self.runs.settle()
        except WritError as error:  # a flow hands errors on as reports
            raise AssertionError(str(error)) from error

    def notes(self) -> list[str]:
        """What the pull requests were told."""
        return [getattr(e.data, "text", "") for e in self.plane.bus.events if e.type == "PullRequestNoted.v1"]


def pull_request(number: int, commit: str, **more: Any) -> dict[str, Any]:
    """A pull request that is labelled preview."""
    return {
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "repository": REPOSITORY,
        "payload": {"key": "github/1.json", "sha256": "0" * 64},
        "number": number,
        "title": "A change",
        "draft": False,
        "state": "open",
        "head": "change",
        "head_sha": commit,
        "base": "main",
        "base_sha": "f" * 40,
        "labels": ["preview"],
        "fork": False,
        **more,
    }

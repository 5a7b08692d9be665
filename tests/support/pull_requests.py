"""A forge with comments in memory, threads in memory, and the pr bot on both."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from functions.pr import facts, perform, plan
from functions.pr.check import Place, Slot
from functions.pr.gate_check import RuleText
from functions.pr.note import Note, Pull, Thread
from functions.pr.ports import Ports, PullPolicy
from tests.support.controls import LEASE, ControlledGuards, ControlledPlane
from tests.support.memory import MemoryGuards
from tests.support.memory_pulls import HEAD, MemoryPulls
from tests.unit.policy.facts import engine
from writ.contracts.errors import TransientError
from writ.contracts.event import AnyEvent, parse_event
from writ.ports.actions import ActionRecord
from writ.ports.forge import Annotation, CheckReport, CheckRun, Comment, CommitStatus
from writ.pulls.settings import Settings
from writ.runtime.bot import Bot
from writ.runtime.wiring import Wiring

REPOSITORY, NUMBER = "acme/shop", 42
BATCH = 50
PULL = Pull(repository=REPOSITORY, number=NUMBER)
BOT, PERSON = 1, 2
T = TypeVar("T")


@dataclass
class MemoryComments:
    """See writ.ports.forge.Comments. `fails`: what the next changes raise; `late`: after their effect."""

    kept: dict[int, Comment] = field(default_factory=dict)
    fails: list[Exception] = field(default_factory=list)
    late: bool = False
    asked: list[str] = field(default_factory=list)

    def comments(self, repository: str, number: int) -> Sequence[Comment]:
        self.asked.append("comments")
        return list(self.kept.values())

    def comment(self, repository: str, id: int) -> Comment | None:
        self.asked.append("comment")
        return self.kept.get(id)

    def create_comment(self, repository: str, number: int, body: str) -> Comment:
        self.asked.append("create")
        return self._changing(lambda: self.write(body, BOT))

    def update_comment(self, repository: str, id: int, body: str) -> Comment | None:
        self.asked.append("update")
        return self._changing(lambda: self._update(id, body))

    def write(self, body: str, author: int = PERSON) -> Comment:
        """Somebody comments."""
        id = 100 + len(self.asked) + len(self.kept)
        while id in self.kept:
            id += 1
        url = f"https://github.example/{REPOSITORY}/pull/{NUMBER}#{id}"
        self.kept[id] = Comment(id, body, url, author, ours=author == BOT)
        return self.kept[id]

    def _update(self, id: int, body: str) -> Comment | None:
        if id in self.kept:
            self.kept[id] = replace(self.kept[id], body=body)
        return self.kept.get(id)

    def _changing(self, change: Callable[[], T]) -> T:
        if self.fails and not self.late:
            raise self.fails.pop(0)
        done = change()
        if self.fails:
            raise self.fails.pop(0)
        return done

    @property
    def ours(self) -> list[Comment]:
        return [comment for comment in self.kept.values() if comment.author == BOT]


@dataclass
class MemoryThreads:
    """See functions.pr.ports.Threads."""

    kept: dict[tuple[str, str], Note] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)

    def note(self, pull: Pull, topic: str) -> Note | None:
        return self.kept.get((pull.key, topic))

    def notes(self, pull: Pull) -> Sequence[Note]:
        return [note for (key, _), note in sorted(self.kept.items()) if key == pull.key]

    def keep(self, pull: Pull, note: Note) -> None:
        before = self.note(pull, note.topic)
        if before is None or before.stamp < note.stamp:
            self.kept[pull.key, note.topic] = note

    def thread(self, pull: Pull) -> Thread | None:
        return self.threads.get(pull.key)

    def replace(self, pull: Pull, before: Thread | None, after: Thread) -> None:
        if self.thread(pull) != before:
            raise TransientError("another attempt is at it")
        self.threads[pull.key] = after


@dataclass
class MemoryChecks:
    """See writ.ports.forge.Checks. `fails`: what the next requests that change something raise, by turn.

    None in it lets one pass. `late`: they raise after their effect.
    """

    runs: dict[int, CheckReport] = field(default_factory=dict)
    annotations: dict[int, list[Annotation]] = field(default_factory=dict)
    fails: list[Exception | None] = field(default_factory=list)
    late: bool = False
    requests: int = 0
    reported: list[CommitStatus] = field(default_factory=list)

    def statuses(self, repository: str, sha: str) -> Sequence[CommitStatus]:
        return list(self.reported)

    def create_status(self, repository: str, sha: str, status: CommitStatus) -> None:
        self.reported = [*(old for old in self.reported if old.context != status.context), status]

    def check_runs(self, repository: str, sha: str, name: str | None = None) -> Sequence[CheckRun]:
        wanted = [id for id, run in self.runs.items() if run.head_sha == sha and name in (None, run.name)]
        return [self._run(id) for id in wanted]

    def create_check_run(self, repository: str, report: CheckReport) -> CheckRun:
        id = 500 + len(self.runs)
        self._batches(id, report)
        return self._run(id)

    def update_check_run(self, repository: str, id: int, report: CheckReport) -> CheckRun:
        assert id in self.runs
        self._batches(id, report)
        return self._run(id)

    def _batches(self, id: int, report: CheckReport) -> None:
        for start in range(0, max(len(report.annotations), 1), BATCH):
            self._request(id, report, report.annotations[start : start + BATCH])

    def _request(self, id: int, report: CheckReport, annotations: Sequence[Annotation]) -> None:
        self.requests += 1
        failing = self.fails.pop(0) if self.fails else None
        if failing is not None and not self.late:
            raise failing
        self.runs[id] = report
        self.annotations.setdefault(id, []).extend(annotations)
        if failing is not None:
            raise failing

    def _run(self, id: int) -> CheckRun:
        run = self.runs[id]
        return CheckRun(
            id=id,
            name=run.name,
            head_sha=run.head_sha,
            status="completed",
            conclusion=run.conclusion.value,
            external_id=run.external_id,
            url=f"https://github.example/{id}",
            annotations=len(self.annotations[id]),
            app="writ",
        )


@dataclass
class MemorySlots:
    """See functions.pr.ports.Slots."""

    kept: dict[tuple[str, str], Slot] = field(default_factory=dict)
    waits: dict[str, Pull] = field(default_factory=dict)

    def slot(self, place: Place) -> Slot | None:
        return self.kept.get((place.key, place.name))

    def replace(self, place: Place, before: Slot | None, after: Slot) -> None:
        if self.slot(place) != before:
            raise TransientError("another attempt is at it")
        self.kept[place.key, place.name] = after

    def waiting(self, limit: int) -> list[Pull]:
        return [pull for _, pull in sorted(self.waits.items())][:limit]

    def is_waiting(self, pull: Pull) -> bool:
        return pull.key in self.waits

    def wait(self, pull: Pull, *, waiting: bool) -> None:
        self.waits.pop(pull.key, None)
        if waiting:
            self.waits[pull.key] = pull


@dataclass
class Commenting:
    """The pr bot on a plane of memory ports."""

    plane: ControlledPlane = field(default_factory=ControlledPlane)
    forge: MemoryComments | None = field(default_factory=MemoryComments)
    threads: MemoryThreads = field(default_factory=MemoryThreads)
    checks: MemoryChecks = field(default_factory=MemoryChecks)
    slots: MemorySlots = field(default_factory=MemorySlots)
    rules: dict[str, RuleText] = field(default_factory=dict)
    pulls: MemoryPulls = field(default_factory=MemoryPulls)
    settings: Settings = field(default_factory=lambda: Settings.of(engine().bundle.data))
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    pauses: list[float] = field(default_factory=list)

    @property
    def github(self) -> MemoryComments:
        assert self.forge is not None
        return self.forge

    def ports(self) -> Ports:
        forge = self.forge
        return Ports(
            threads=self.threads,
            slots=self.slots,
            forge=None if forge is None else lambda: forge,
            reporting=None if forge is None else lambda: self.checks,
            rules=self._texts,
            reading=None if forge is None else lambda: self.pulls.beside(self.checks),
            merging=None if forge is None else lambda: self.pulls.beside(self.checks),
            policy=lambda: PullPolicy(engine(), self.settings, engine().bundle.digest),
            guards=ControlledGuards(MemoryGuards(self.plane.actions), self.plane.controls),
            clock=self.plane.clock,
            entropy=lambda size: next(self.numbers).to_bytes(size, "big"),
            lease=LEASE,
            pause=self.pauses.append,
        )

    def _texts(self, ids: Collection[str]) -> dict[str, RuleText]:
        return {id: text for id, text in self.rules.items() if id in ids}

    def wiring(self) -> Wiring[Ports]:
        return self.plane.wiring("pr", perform.ACTIONS, self.ports())

    def bot(self, wiring: Wiring[Ports] | None = None) -> Bot[Ports, facts.Facts]:
        made = Bot(
            "pr",
            facts=facts.gather,
            plan=plan.plan,
            perform=perform.ACTIONS,
            ports=lambda _environment: self.ports(),
        )
        made.__dict__["wiring"] = wiring or self.wiring()
        return made

    def note(self, topic: str, text: str, **given: object) -> list[ActionRecord]:
        """A bot has something to say, a minute later."""
        self.plane.clock.instant += timedelta(minutes=1)
        return self.bot().run(noted(topic, text, self.plane.clock.now(), **given))


def judged(at: datetime, verdict: str = "deny", **given: object) -> AnyEvent:
    """The event of a recorded result of gates on the head; `report` tells results apart."""
    violations = given.pop(
        "violations", [{"rule": "licences/forbidden", "effect": "deny", "path": "bom.json"}]
    )
    assert isinstance(violations, list)
    listed = [{"fingerprint": f"{n:032x}", **violation} for n, violation in enumerate(violations)]
    data: dict[str, object] = {
        "repository": REPOSITORY,
        "commit": HEAD,
        "at": at.isoformat(),
        "verdict": verdict,
        "bundle": "b" * 64,
        "report": "0" * 64,
        "gates": [{"gate": "licences", "verdict": verdict, "violations": len(listed), "waived": 0}],
        "violations": listed,
        "total": len(listed),
        "exceptions": [],
        "by": "ci",
        "current": True,
    }
    report = str(given.get("report", data["report"]))
    meta = {"id": f"act-gate-{report[:8]}", "time": at.isoformat(), "producer": "gate"}
    return parse_event("GateResultRecorded.v1", {"meta": meta, "data": {**data, **given}})


def noted(topic: str, text: str, at: datetime, **given: object) -> AnyEvent:
    """The event of a note; `id` and `repository` may be given."""
    id = str(given.pop("id", f"act-{topic}-{at.isoformat()}"))
    data = {"repository": REPOSITORY, "pull_request": NUMBER, "topic": topic, "text": text}
    meta = {"id": id, "time": at.isoformat(), "producer": topic}
    return parse_event(
        "PullRequestNoted.v1", {"meta": meta, "data": {**data, "noted_at": at.isoformat(), **given}}
    )


def opened(at: datetime, type: str = "PullRequestOpened.v1", **given: object) -> AnyEvent:
    """A delivery about the pull request; what it says of it is not believed but read."""
    id = str(given.pop("id", f"hook-{type}-{at.isoformat()}"))
    data = {
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "repository": REPOSITORY,
        "payload": {"key": "github/x.json", "sha256": "0" * 64},
        "number": NUMBER,
        "title": "feat: carts",
        "draft": False,
        "state": "open",
        "head": "carts",
        "head_sha": HEAD,
        "base": "main",
        "base_sha": "0" * 40,
    }
    meta = {"id": id, "time": at.isoformat(), "producer": "intake"}
    return parse_event(type, {"meta": meta, "data": {**data, **given}})

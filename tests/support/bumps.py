"""The dependencies bot on memory ports and a local forge over HTTP, with a registry in memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cli.localforge.records import RepositoryRecord
from cli.localforge.server import LocalServer
from cli.localforge.sign_in import APP, private_key
from functions.dependencies import facts, perform, plan
from functions.dependencies.forge import WholeForge
from functions.dependencies.model import Alert, Bump, HeldBack, Overview
from functions.dependencies.ports import PERMISSIONS, Ports
from tests.support.controls import ControlledPlane, command
from tests.support.memory import MemoryLimits
from tests.support.registries import NOW, MemoryRegistry
from writ.adapters.forge_secret import Credentials
from writ.adapters.github_client import GitHubClient
from writ.contracts.errors import TransientError
from writ.contracts.event import AnyEvent
from writ.contracts.forge_site import ForgeSite
from writ.dependencies.score import Earlier
from writ.ports.actions import ActionRecord
from writ.ports.forge import CommitStatus
from writ.ports.forge_changes import PublishedRelease
from writ.runtime.bot import Bot

REPOSITORY = "acme/shop"
SETTINGS = ".gates/dependencies.yaml"
HOUR = timedelta(hours=1)


@dataclass
class MemoryBumps:
    """See functions.dependencies.ports.Bumps."""

    bumps: dict[str, Bump] = field(default_factory=dict)
    holds: dict[str, HeldBack] = field(default_factory=dict)
    noted: dict[str, Alert] = field(default_factory=dict)
    shown: Overview | None = None
    steps: dict[tuple[str, str, str, str], bool] = field(default_factory=dict)

    def all(self, repository: str) -> Sequence[Bump]:
        return list(self.bumps.values())

    def get(self, repository: str, group: str) -> Bump | None:
        return self.bumps.get(group)

    def replace(self, repository: str, before: Bump | None, after: Bump) -> None:
        if self.bumps.get(after.group) != before:
            raise TransientError("another attempt is at it")
        self.bumps[after.group] = after

    def held(self, repository: str) -> Sequence[HeldBack]:
        return list(self.holds.values())

    def hold(self, repository: str, held: HeldBack) -> None:
        self.holds[held.key] = held

    def alerts(self, repository: str) -> Sequence[Alert]:
        return list(self.noted.values())

    def note(self, repository: str, alert: Alert) -> None:
        self.noted[alert.id] = alert

    def drop(self, repository: str, alert: Alert) -> None:
        self.noted.pop(alert.id, None)

    def overview(self, repository: str) -> Overview | None:
        return self.shown

    def show(self, overview: Overview) -> None:
        self.shown = overview

    def earlier(self, package: str) -> Sequence[Earlier]:
        return [Earlier(p, c, v, passed) for (_, p, c, v), passed in self.steps.items() if p == package]

    def learn(self, repository: str, step: Earlier) -> None:
        self.steps[repository, step.package, step.current, step.version] = step.passed


@dataclass
class MemoryNotes:
    """See functions.dependencies.ports.Notes."""

    kept: Mapping[str, Sequence[PublishedRelease]] = field(default_factory=dict)

    def releases(self, repository: str) -> Sequence[PublishedRelease]:
        return self.kept.get(repository, ())


@dataclass
class Bumping:
    """One repository on a local forge, whose dependencies are bumped."""

    server: LocalServer
    folder: Path
    registry: MemoryRegistry
    plane: ControlledPlane = field(default_factory=ControlledPlane)
    bumps: MemoryBumps = field(default_factory=MemoryBumps)
    notes: MemoryNotes = field(default_factory=MemoryNotes)
    limits: MemoryLimits = field(default_factory=MemoryLimits)
    floor: int = 0
    ticks: int = 0

    def __post_init__(self) -> None:
        self.plane.clock.instant = NOW
        stored = {"app": APP, "private_key": private_key(self.folder), "api": self.server.address}
        self.credentials = Credentials.model_validate(stored)
        site, clock = ForgeSite(api="stored"), self.plane.clock
        client = GitHubClient(site, self, clock, PERMISSIONS, limits=self.limits)
        self.forge = WholeForge(client)

    def read(self) -> Credentials:
        return self.credentials

    def commit(self, files: Mapping[str, str]) -> str:
        """Somebody pushes to the base branch."""
        local = self.server.forge
        record = local.records.repositories.setdefault(REPOSITORY, RepositoryRecord(name=REPOSITORY))
        git = local.git(record)
        before = git.ref("refs/heads/main")
        data = {path: text.encode() for path, text in files.items()}
        sha = git.commit(data, "chore: files", NOW, (before,) if before else ())
        git.point("refs/heads/main", sha)
        return sha

    def file(self, path: str, ref: str) -> str:
        found = self.forge.content(REPOSITORY, path, ref)
        assert found is not None
        return found.data.decode()

    def ports(self) -> Ports:
        return Ports(
            repositories=(REPOSITORY,),
            bumps=self.bumps,
            forge=lambda: self.forge,
            registry=lambda _repository: self.registry,
            notes=lambda _repository: self.notes,
            clock=self.plane.clock,
            floor_hours=lambda: self.floor,
        )

    def bot(self) -> Bot[Ports, facts.Facts]:
        made = Bot(
            "dependencies",
            facts=facts.gather,
            plan=plan.plan,
            perform=perform.ACTIONS,
            ports=lambda _environment: self.ports(),
        )
        made.__dict__["wiring"] = self.plane.wiring("dependencies", perform.ACTIONS, self.ports())
        return made

    def tick(self, after: timedelta = HOUR) -> list[ActionRecord]:
        """An hour passes: what is done about the event that comes of it."""
        self.ticks += 1
        self.plane.clock.instant += after
        at = self.plane.clock.now()
        (asked,) = self.bot().run(
            command("ScheduleTicked.v1", f"tick-{self.ticks}", at, schedule="rate(1 hour)")
        )
        assert asked.action.name == "look-over"
        return self.bot().run(self.announced("DependenciesDue.v1")[-1])

    def announced(self, type: str) -> list[AnyEvent]:
        return [event for event in self.plane.announced() if event.type == type]

    def check(self, state: str, sha: str) -> None:
        """Checks of a commit end."""
        status = CommitStatus("ci", state, "")
        client = GitHubClient(
            ForgeSite(api="stored"), self, self.plane.clock, {**PERMISSIONS, "statuses": "write"}
        )
        WholeForge(client).create_status(REPOSITORY, sha, status)

    def head(self, group: str) -> str:
        found = self.forge.head(REPOSITORY, f"writ/dependencies/{group}")
        assert found is not None
        return found

    @property
    def pulls(self) -> dict[int, Any]:
        record = self.server.forge.records.repositories[REPOSITORY]
        return {number: json.loads(pull.model_dump_json()) for number, pull in record.pulls.items()}


@contextmanager
def serving(folder: Path) -> Iterator[LocalServer]:
    """A local forge over HTTP."""
    server = LocalServer(folder, 0)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def names(records: Sequence[ActionRecord]) -> list[str]:
    """Actions with how they ended, where that is no success."""
    found = []
    for record in records:
        status = record.outcome.status.value if record.outcome else record.phase.value
        found.append(record.action.name if status == "succeeded" else f"{record.action.name}: {status}")
    return found

"""The release bot over a forge in memory, its policy the project's own; its real flow takes it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from functions.release import api as routes
from functions.release import handler
from functions.release.facts import FLOW
from functions.release.perform import ACTIONS
from functions.release.ports import Ports
from tests.support.controls import ControlledPlane
from tests.support.flow_runs import FlowRuns
from tests.support.releases import (
    LOCK,
    REPOSITORY,
    SETTINGS,
    MemoryForge,
    MemoryProofs,
    MemoryReleases,
    MemoryResults,
    MemoryVault,
    found,
)
from tests.support.wire import wire
from writ.contracts.event import parse_event
from writ.ports.actions import ActionRecord
from writ.release.record import Record
from writ.runtime.identity import Identity

BUNDLE = "b" * 64
GATES = ("licences", "window")


@dataclass
class ReleasesPlane:
    """A repository with a tag and commits since, the bot, and what it keeps."""

    plane: ControlledPlane = field(default_factory=ControlledPlane)
    forge: MemoryForge = field(default_factory=MemoryForge)
    releases: MemoryReleases = field(default_factory=MemoryReleases)
    vault: MemoryVault = field(default_factory=MemoryVault)
    results: MemoryResults = field(default_factory=MemoryResults)

    def __post_init__(self) -> None:
        self.proofs = MemoryProofs(self.plane.evidence.entries)
        self.runs = FlowRuns(FLOW, handler.bot, self.plane.flows, self.plane.clock)
        first = self.forge.commit_of("feat: begin", release_yaml=SETTINGS, requirements_lock=LOCK)
        self.forge.refs["refs/tags/v1.0.0"] = first

    @property
    def ports(self) -> Ports:
        return Ports(
            releases=self.releases,
            vault=self.vault,
            has_forge=True,
            forge=lambda: self.forge,
            results=self.results,
            bundle=lambda: BUNDLE,
            gates=lambda: GATES,
            evidence=self.plane.evidence,
            identity=Identity("release", "platform", "1", "0" * 64),
            entropy=lambda size: b"\x02" * size,
            proofs=self.proofs,
            flows=self.plane.flows,
            clock=self.plane.clock,
        )

    def connect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wire(monkeypatch, handler.bot, routes, self.plane.wiring("release", dict(ACTIONS), self.ports))

    def pushed(self, message: str, *touched: str) -> str:
        """One more commit, that the gates allow."""
        made = self.forge.commit_of(message, *touched)
        self.gated(made)
        return made

    def gated(self, commit: str, verdict: str = "allow", **changes: Any) -> None:
        """A result of the gates, recorded."""
        gates = [{"gate": name, "verdict": None} for name in changes.pop("gates", GATES)]
        at = self.plane.clock.now().isoformat()
        result = {"repository": REPOSITORY, "commit": commit, "verdict": verdict, "bundle": BUNDLE}
        self.results.kept.append({**result, "report": "a" * 64, "at": at, "gates": gates, **changes})

    def hear(self, type: str, id: str, **data: Any) -> list[ActionRecord]:
        """An event from the bus."""
        meta = {"id": id, "time": self.plane.clock.now(), "producer": "test"}
        return list(handler.bot.run(parse_event(type, {"meta": meta, "data": data})))

    def push(self, commit: str, id: str = "push-1") -> list[ActionRecord]:
        """GitHub tells of a push to the default branch."""
        data = {
            "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "repository": REPOSITORY,
            "payload": {"key": "github/x.json", "sha256": "a" * 64},
            "ref": "refs/heads/main",
            "before": "0" * 40,
            "after": commit,
            "created": False,
            "deleted": False,
            "forced": False,
            "default_branch": True,
            "commit_count": 1,
        }
        return self.hear("CodePushed.v1", id, **data)

    def ask(self, id: str = "rel-20260302t100000-0a1b2c3d", **changes: Any) -> str:
        """Somebody wants a release."""
        given = {"release": id, "repository": REPOSITORY, "by": "ann", "by_id": "ann", **changes}
        self.hear("ReleaseRequested.v1", f"ask-{id}", **given)
        return id

    def record(self, id: str | None = None) -> Record:
        """A release, the only one where none is named."""
        return found(self.releases.read(id or next(iter(self.releases.kept))))

    def until(self, stage: str) -> None:
        """Take the flow on until the release has come to a stage."""
        while self.record().stage.value != stage:
            assert self.runs.step(), f"it ended at {self.record().stage}: {self.record().problem}"

    def build(self, built: dict[str, bytes] | None = None, **changes: Any) -> list[ActionRecord]:
        """The workflow runs, reports and sends."""
        made = {"shop-1.1.0.tar.gz": b"source", "shop.whl": b"wheel"} if built is None else built
        record = self.record()
        run = next((run.id for run in self.forge.runs if record.id in run.title), None)
        listed = [
            {"name": name, "sha256": sha256(data).hexdigest(), "size": len(data)}
            for name, data in made.items()
        ]
        given = {"release": record.id, "status": "succeeded", "files": listed, "run": run, "by": "ci"}
        records = self.hear(
            "ReleaseBuildReported.v1", f"build-{record.id}-{record.tries}", **{**given, **changes}
        )
        for name, data in made.items():
            path = f"staging/{record.id}/{sha256(data).hexdigest()}/{name}"
            self.vault.files[path] = data
        return records

    def settle(self) -> None:
        """Take the flow on until it ends, builds when it has to, or waits for a person."""
        while self.waiting() is None and self.runs.step():
            record = self.record()
            if record.build_asked and record.build is None and record.final is None:
                self.build()

    def waiting(self) -> str | None:
        """The action that a person has to decide."""
        for id, request in self.plane.approvals.requests.items():
            if request.answer is None and not request.expired:
                return id
        return None

    def later(self, **delta: float) -> None:
        self.plane.clock.forward(seconds=timedelta(**delta).total_seconds())

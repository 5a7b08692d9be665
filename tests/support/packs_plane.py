"""The packs bot over a small log in memory; its flow is taken on step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

import pytest

from functions.packs import api as routes
from functions.packs.handler import bot
from functions.packs.job import FLOW, Job
from functions.packs.perform import ACTIONS
from functions.packs.ports import Ports
from tests.support.controls import ControlledPlane
from tests.support.flow_runs import FlowRuns
from tests.support.wire import wire
from tests.unit.evidence.conftest import Log
from writ.contracts.errors import ConflictError


@dataclass
class MemoryJobs:
    jobs: dict[str, Job] = field(default_factory=dict)

    def get(self, pack: str) -> Job | None:
        return self.jobs.get(pack)

    def start(self, job: Job) -> None:
        if job.pack in self.jobs:
            raise ConflictError("there is one")
        self.jobs[job.pack] = job

    def replace(self, before: Job, after: Job) -> None:
        if self.jobs[before.pack].version != before.version:
            raise ConflictError("it moved")
        self.jobs[before.pack] = after


@dataclass
class MemoryVault:
    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def write(self, path: str, data: bytes) -> None:
        self.files[path] = data

    def link(self, path: str, name: str, valid: timedelta) -> str:
        key = f"AKIA{sha256(path.encode()).hexdigest()[:16].upper()}"
        return f"https://s3.example/{path}?X-Amz-Credential={key}&X-Amz-Expires={valid.seconds}&name={name}"


@dataclass
class PacksPlane:
    """A log, the bot, and what it keeps."""

    log: Log = field(default_factory=Log)
    plane: ControlledPlane = field(default_factory=ControlledPlane)
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    vault: MemoryVault = field(default_factory=MemoryVault)

    def __post_init__(self) -> None:
        self.runs = FlowRuns(FLOW, bot, self.plane.flows, self.plane.clock)

    @property
    def ports(self) -> Ports:
        log = self.log
        return Ports(
            entries=log.entries,
            index=log.index,
            files=log.files,
            anchors=log.anchors,
            promises=log.promises,
            notary=log,
            jobs=self.jobs,
            vault=self.vault,
            flows=self.plane.flows,
            clock=self.plane.clock,
        )

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        wire(patch, bot, routes, self.plane.wiring("packs", ACTIONS, self.ports))
        patch.setattr(routes, "_actions", lambda: self.plane.actions)

    def step(self) -> bool:
        """Take the flow of the latest pack one step further; whether there was one to take."""
        return self.runs.step()

    def settle(self) -> None:
        self.runs.settle()

    def pack(self) -> bytes:
        """The one pack there is."""
        (data,) = [data for path, data in self.vault.files.items() if path.startswith("packs/")]
        return data

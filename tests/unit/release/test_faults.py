"""Whatever fails before, fails after, dies or is repeated: one tag, one page, one set of files, one proof."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.release.ports import Ports
from tests.support.asl import StepFailedError
from tests.support.faults import Crash, Faults
from tests.support.flow_runs import FlowRuns
from tests.support.memory import START, ManualClock
from tests.support.releases import REPOSITORY
from tests.support.releases_plane import ReleasesPlane
from writ.contracts.errors import ConflictError, ForgeBusyError, TransientError, WritError
from writ.ports.actions import Phase
from writ.release.record import Ending

SCHEDULES = int(os.environ.get("WRIT_CHAOS_SCHEDULES", "12"))
ROUNDS = 400
# What changes something outside, once in a release or more often.
CHANGES = (
    "releases.start", "releases.write", "flows.start", "forge.create_tag", "forge.create_ref",
    "forge.create_draft", "forge.start_build", "forge.upload", "forge.publish", "vault.keep",
    "evidence.append_or_adopt",
)  # fmt: skip
FATES = ("error-before", "error-after", "crash-before", "crash-after")

pytestmark = pytest.mark.usefixtures("decisions_remembered")


@dataclass
class OneFault(Faults):
    """One fate for the first call of a name, which is all that goes wrong."""

    name: str = ""
    given: str = "ok"

    def wrap(self, port: Any, name: str) -> Any:
        return _Once(port, name, self)


class _Once:
    def __init__(self, port: Any, name: str, faults: OneFault) -> None:
        self._port, self._name, self._faults = port, name, faults

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._port, method)
        if f"{self._name}.{method}" != self._faults.name or self._faults.given == "ok":
            return target

        def call(*args: Any, **kwargs: Any) -> Any:
            fate, self._faults.given = self._faults.given, "ok"
            self._faults.log.append(f"{self._name}.{method}: {fate}")
            if fate.endswith("after"):
                target(*args, **kwargs)
            raise Crash if fate.startswith("crash") else TransientError(fate)

        return call


class DyingRuns(FlowRuns):
    """Steps whose function may die."""

    def _call(self, state: str, arguments: Mapping[str, Any]) -> Any:
        try:
            return super()._call(state, arguments)
        except Crash:
            raise StepFailedError("Lambda.Unknown", "it died") from None


@dataclass
class FaultyPlane(ReleasesPlane):
    """The bot over ports that fail by a schedule."""

    faults: Faults | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.runs = DyingRuns(self.runs.name, self.runs.bot, self.plane.flows, self.plane.clock)

    @property
    def ports(self) -> Ports:
        plain, faults = super().ports, self.faults
        assert faults is not None
        forge = faults.wrap(self.forge, "forge")
        return replace(
            plain,
            releases=faults.wrap(plain.releases, "releases"),
            vault=faults.wrap(plain.vault, "vault"),
            forge=lambda: forge,
            results=faults.wrap(plain.results, "results"),
            evidence=faults.wrap(plain.evidence, "evidence"),
            proofs=faults.wrap(plain.proofs, "proofs"),
            flows=faults.wrap(plain.flows, "flows"),
        )

    def insist(self, what: Any, *given: Any, **named: Any) -> None:
        """Deliver something again until it is taken, as the bus does, and the reconciler what it left."""
        for _ in range(30):
            try:
                what(*given, **named)
            except ConflictError:
                break  # it was taken before, by an attempt that died: the reconciler takes it further
            except (Crash, TransientError):
                self.later(seconds=36)
                continue
            break
        self.reconcile()

    def reconcile(self) -> None:
        """Take every action further that nobody closed."""
        for id, record in list(self.plane.actions.records.items()):
            for _ in range(30):
                if self.plane.actions.records[id].phase is Phase.CLOSED:
                    break
                self.later(seconds=36)
                with suppress(Crash, TransientError):
                    self.runs.bot.wiring.loop.resume(record.action.id)

    def finish(self, commit: str) -> None:
        """From the push to the end; what failed for good is taken up again."""
        self.insist(self.push, commit)
        for number in range(ROUNDS):
            record = self.record()
            if record.final is Ending.PUBLISHED:
                self.runs.settle()
                self.reconcile()
                return
            if record.build_asked and record.build is None and record.final is None:
                self.insist(self.build)
            if self.runs.step():
                continue
            self.later(seconds=36)
            if record.final is Ending.FAILED:
                about = {"release": record.id, "reason": "once more", "by": "ann"}
                self.insist(self.hear, "ReleaseResumeRequested.v1", f"resume-{number}", **about)
            else:
                tick = {"schedule": "rate(5 minutes)"}
                self.insist(self.hear, "ScheduleTicked.v1", f"tick-{number}", **tick)
        raise AssertionError(f"it was not over: {self.record()}")


def judge(world: FaultyPlane, commit: str) -> None:
    """Raises AssertionError that says what is there twice, or not."""
    assert world.forge.tags(REPOSITORY)["v1.1.0"] == commit
    assert [name for name in world.forge.refs if "v1.1" in name] == ["refs/tags/v1.1.0"]
    (page,) = world.forge.pages.values()
    assert not page.draft
    files = list(world.forge.uploaded[page.id].values())
    kept = {path: data for path, data in world.vault.files.items() if path.startswith("releases/")}
    assert {f"releases/acme/shop/v1.1.0/{name}": data for name, data in files} == kept
    assert len(files) == len(kept) == 5
    assert [name for name in world.plane.evidence.order if name.endswith(".provenance")] == [
        f"{world.record().id}.provenance"
    ]
    released = [event.id for event in world.plane.announced() if event.type == "PackageReleased.v1"]
    assert len(set(released)) == 1
    assert not world.releases.locks
    assert all(record.phase is Phase.CLOSED for record in world.plane.actions.records.values())


def connected(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> FaultyPlane:
    world = FaultyPlane(faults=faults)
    world.connect(monkeypatch)
    return world


@pytest.mark.parametrize("name", CHANGES)
def test_a_call_that_fails_anyhow_is_one_effect(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for fate in FATES:
        world = connected(OneFault(random.Random(0), 0, name=name, given=fate), monkeypatch)
        commit = world.pushed("feat: carts (#7)")
        world.finish(commit)
        assert world.faults is not None
        assert world.faults.log == [f"{name}: {fate}"]
        judge(world, commit)
        assert len(world.forge.runs) == 1


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_chaos_of_faults_makes_one_release(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Faults(random.Random(seed), 0.15)
    world = connected(faults, monkeypatch)
    commit = world.pushed("feat: carts (#7)")
    try:
        world.finish(commit)
        judge(world, commit)
    except (AssertionError, WritError) as error:
        raise AssertionError(f"seed {seed}: {error}\n" + "\n".join(faults.log)) from error


@dataclass
class BusyForge(Faults):
    """A forge that wants to be left alone now and then; `until` its time it says so to everybody."""

    clock: ManualClock = field(default_factory=ManualClock)
    until: datetime = START
    spells: int = 0

    def wrap(self, port: Any, name: str) -> Any:
        return _Busy(port, self) if name == "forge" else port

    def mind(self) -> None:
        now = self.clock.now()
        due = self.random.random() < self.rate or not self.spells
        if self.rate and now >= self.until and due:
            self.until = now + timedelta(minutes=self.random.choice([1, 20, 60]))
            self.spells += 1
        if now < self.until:
            raise ForgeBusyError("asked to wait", self.until)


class _Busy:
    def __init__(self, port: Any, busy: BusyForge) -> None:
        self._port, self._busy = port, busy

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._port, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._busy.mind()
            return target(*args, **kwargs)

        return call


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_busy_forge_fails_no_step_of_a_release(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = BusyForge(random.Random(seed), 0)
    world = connected(busy, monkeypatch)
    busy.clock = world.plane.clock
    commit = world.pushed("feat: carts (#7)")
    world.push(commit)
    busy.rate = 0.2
    while world.runs.step():
        record = world.record()
        if record.build_asked and record.build is None and record.final is None:
            busy.rate = 0  # its report comes when it may be taken
            world.later(hours=1)
            world.build()
            busy.rate = 0.2
    judge(world, commit)
    assert world.record().tries == 0, seed
    outcomes = [record.outcome for record in world.plane.actions.records.values()]
    assert all(outcome is not None and outcome.status == "succeeded" for outcome in outcomes), seed

"""What the plan must know: the release, its repository's settings and history, and what was heard of it."""

from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from functions.release.history import Past, history, settings_at
from writ.contracts.errors import ContractError, PermanentError
from writ.contracts.event import AnyEvent
from writ.contracts.events.github import CodePushed
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.releases import (
    ReleaseAdvanced,
    ReleaseBuildReported,
    ReleaseControl,
    ReleaseEnded,
    ReleaseRequested,
    ReleaseStepFailed,
)
from writ.ports.flows import RunState
from writ.release.record import Record, Stage
from writ.release.settings import ReleaseSettings

if TYPE_CHECKING:
    from functions.release.ports import Ports

FLOW: Final = "release"
_LOOKED_AT: Final = 300  # results of a repository, the newest first
_AT_ONCE: Final = 100


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Verdict(_Value):
    """The newest result of the gates for a commit, and which gates were asked."""

    report: str
    verdict: str
    bundle: str
    at: AwareDatetime
    gates: tuple[str, ...] = ()


class Facts(_Value):
    """`record` is what an event is about, `attempt` the next one of its flow.

    `sha` is the commit that is asked for, None where there is none, with its `settings`; `holders` are the
    open releases by package, the empty name for a repository's only one. `bundle` and `gates` are the
    policies that decide here. `arrived`: all files of the build are there. `proven`: the log covers the
    provenance. `runs` are those of its workflow.
    `stale`: attempts of flows that are to drive what nobody drives.
    """

    record: Record | None = None
    attempt: int = 1
    sha: str | None = None
    settings: ReleaseSettings | None = None
    holders: dict[str, str] = {}
    past: Past | None = None
    verdict: Verdict | None = None
    bundle: str = ""
    gates: tuple[str, ...] = ()
    arrived: bool = False
    proven: bool = False
    runs: tuple[int, ...] = ()
    stale: dict[str, int] = {}


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of an event."""
    match event.data:
        case ReleaseRequested() as asked:
            return _asked(asked, ports)
        case ReleaseAdvanced() as turn:
            return _advanced(turn, ports)
        case CodePushed(repository=repository, after=sha, deleted=False):
            return _pushed(repository, sha, ports)
        case ReleaseEnded(repository=repository, pushed=True):
            newest = ports.forge().commit(repository, "HEAD") if ports.has_forge else None
            return Facts() if newest is None else _pushed(repository, newest.sha, ports)
        case ScheduleTicked():
            return _undriven(ports)
        case _:
            return _heard(event, ports)


def _heard(event: AnyEvent, ports: "Ports") -> Facts:
    match event.data:
        case ReleaseStepFailed(release=id):
            return Facts(record=ports.releases.read(id))
        case ReleaseControl(release=id):
            run = ports.flows.find(FLOW, id)
            return Facts(record=ports.releases.read(id), attempt=1 if run is None else run.attempt + 1)
        case ReleaseBuildReported(release=id):
            record = ports.releases.read(id)
            return Facts(record=record, runs=_runs(record, ports))
        case _:
            return Facts()


def _asked(asked: ReleaseRequested, ports: "Ports") -> Facts:
    found = ports.forge().commit(asked.repository, asked.ref or "HEAD")
    record = ports.releases.read(asked.release)
    if found is None:
        return Facts(record=record)
    settings = settings_at(ports.forge(), asked.repository, found.sha)
    holders = _holders(asked.repository, settings or ReleaseSettings(), ports)
    return Facts(record=record, sha=found.sha, settings=settings, holders=holders)


def _pushed(repository: str, sha: str, ports: "Ports") -> Facts:
    """What cannot be read releases nothing by itself; who asks for a release is told.

    Settings that do not read are that, and a commit, a repository or credentials that are not there.
    """
    if not ports.has_forge:
        return Facts(sha=sha)
    try:
        settings = settings_at(ports.forge(), repository, sha)
    except (ContractError, PermanentError):
        return Facts(sha=sha)
    if settings is None or not settings.on_push:
        return Facts(sha=sha, settings=settings)
    return Facts(sha=sha, settings=settings, holders=_holders(repository, settings, ports))


def _holders(repository: str, settings: ReleaseSettings, ports: "Ports") -> dict[str, str]:
    names: list[str | None] = [*[each.name for each in settings.packages]] or [None]
    found = {name or "": ports.releases.holder(repository, name) for name in names}
    return {name: holder for name, holder in found.items() if holder}


def _advanced(turn: ReleaseAdvanced, ports: "Ports") -> Facts:
    record = ports.releases.read(turn.release)
    if record is None or record.final is not None or record.stage.value != turn.stage:
        return Facts(record=record)
    match record.stage:
        case Stage.PLAN:
            settings = settings_at(ports.forge(), record.repository, record.sha) or ReleaseSettings()
            past = history(ports.forge(), record.repository, record.sha, settings, record.package)
            return Facts(record=record, settings=settings, past=past)
        case Stage.GATES:
            verdict = _verdict(record, ports)
            return Facts(record=record, verdict=verdict, bundle=ports.bundle(), gates=tuple(ports.gates()))
        case Stage.BUILD:
            return Facts(record=record, arrived=_arrived(record, ports))
        case Stage.PUBLISH:
            return Facts(record=record, proven=ports.proofs.covers(record.provenance or ""))
        case _:
            return Facts(record=record)


def _verdict(record: Record, ports: "Ports") -> Verdict | None:
    """The newest result for the commit."""
    before: str | None = None
    for _ in range(_LOOKED_AT // _AT_ONCE):
        found, before = ports.results.newest(record.repository, _AT_ONCE, before)
        for result in found:
            if result.get("commit") == record.sha:
                asked = tuple(str(gate["gate"]) for gate in result.get("gates", ()))
                named = {name: result[name] for name in ("report", "verdict", "bundle", "at")}
                return Verdict(**named, gates=asked)
        if before is None:
            break
    return None


def _arrived(record: Record, ports: "Ports") -> bool:
    build = record.build
    if build is None or build.status != "succeeded":
        return False
    return all(ports.vault.has(staged(record.id, file.name, file.sha256), file) for file in build.files)


def staged(release: str, name: str, sha256: str) -> str:
    """Where a build leaves a file, until its release is published."""
    return f"staging/{release}/{sha256}/{name}"


def _runs(record: Record | None, ports: "Ports") -> tuple[int, ...]:
    """The runs of its workflow that were asked for by this release."""
    planned = None if record is None else record.planned
    if record is None or planned is None or planned.build is None or planned.build.workflow is None:
        return ()
    found = ports.forge().builds(record.repository, planned.build.workflow, record.sha)
    return tuple(run.id for run in found if record.id in run.title.split())


def _undriven(ports: "Ports") -> Facts:
    """Releases that are to go on, and whose flow came to an end."""
    found = {record.id: ports.flows.find(FLOW, record.id) for record in ports.releases.open()}
    stale = {id: run for id, run in found.items() if run is None or run.state is not RunState.RUNNING}
    return Facts(stale={id: 1 if run is None else run.attempt + 1 for id, run in stale.items()})

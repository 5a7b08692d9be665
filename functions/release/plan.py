"""What the release bot does about a request, a push, a step, a build, a command or a tick. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from functions.release import steps
from functions.release.facts import Facts
from writ.contracts.action import Action, Target
from writ.contracts.errors import ConflictError, ContractError, NotFoundError
from writ.contracts.event import AnyEvent
from writ.contracts.events.github import CodePushed
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.releases import (
    ReleaseAbortRequested,
    ReleaseAdvanced,
    ReleaseBuildReported,
    ReleaseControl,
    ReleaseEnded,
    ReleaseRequested,
    ReleaseResumeRequested,
    ReleaseStepFailed,
)
from writ.release.names import OWN_FILES, bom_name
from writ.release.record import Ending, Record, Stage

if TYPE_CHECKING:
    from pydantic import JsonValue

BOT: Final = "release"
# Bytes: what a function can hand on in its time.
MOST_BYTES: Final = 256 * 1024 * 1024


def plan(event: AnyEvent, facts: Facts, now: datetime) -> list[Action]:
    """The actions an event calls for; none while a release waits.

    Raises ContractError, NotFoundError and ConflictError that name the field; PermanentError for a step that
    cannot be taken. A flow is told by `release.over` and `release.replaced` to end.
    """
    match event.data:
        case ReleaseRequested() as asked:
            return [_start(event, asked, facts)]
        case CodePushed() | ReleaseEnded() as pushed:
            return _pushed(event, pushed, facts)
        case ReleaseAdvanced() as turn:
            record = _driven(facts, turn.attempt)
            stage = Stage(turn.stage)
            return [] if record.past(stage) else steps.next_actions(record, stage, facts, now)
        case _:
            return _heard(event, facts)


def standing(event: AnyEvent, facts: Facts, _now: datetime) -> dict[str, JsonValue]:
    """What the flow is told of a step for which there is nothing to do: it is done, or waited for."""
    record = facts.record
    if not isinstance(event.data, ReleaseAdvanced) or record is None:
        return {}
    stage = Stage(event.data.stage)
    return {"done": record.past(stage), "waits_for": steps.waits_for(record, facts)}


def _heard(event: AnyEvent, facts: Facts) -> list[Action]:
    match event.data:
        case ReleaseStepFailed() as failed:
            return [steps.failing(_driven(facts, failed.attempt), failed.code, failed.message)]
        case ReleaseBuildReported() as report:
            return [_built(report, facts)]
        case ReleaseControl() as command:
            return [_control(event, command, facts)]
        case ScheduleTicked():
            return [
                _about(event, "restart-flow", id, "It is not over, and nobody drives it", attempt=attempt)
                for id, attempt in sorted(facts.stale.items())
            ]
        case _:
            return []


def _start(event: AnyEvent, asked: ReleaseRequested, facts: Facts) -> Action:
    if facts.record is not None:
        raise ConflictError("there is a release of this id", code="conflict.release", field="release")
    if facts.sha is None:
        raise NotFoundError(f"{asked.repository} has no commit {asked.ref or 'HEAD'}", field="ref")
    names = [each.name for each in facts.settings.packages] if facts.settings is not None else []
    if names and asked.package not in names:
        message = f"the repository has several packages: {', '.join(names)}"
        raise ContractError(message, field="package")
    if not names and asked.package is not None:
        raise ContractError("the repository has one package, without a name", field="package")
    if holder := facts.holders.get(asked.package or ""):
        message = f"{holder} is open for this package"
        raise ConflictError(message, code="conflict.release", field="package")
    who = asked.by or "somebody"
    what = f"{asked.repository} at {facts.sha[:7]}"
    parameters = asked.model_dump(include=set(ReleaseRequested.model_fields) - {"ref"})
    return _starting(parameters, facts.sha, f"{who} asked for a release of {what}", (event.id,))


def _pushed(event: AnyEvent, pushed: CodePushed | ReleaseEnded, facts: Facts) -> list[Action]:
    """Each package is released whose turn it is; one that is open is looked at again after its end."""
    settings, sha, repository = facts.settings, facts.sha, pushed.repository
    if settings is None or sha is None or not settings.on_push:
        return []
    if isinstance(pushed, ReleaseEnded) and pushed.sha == sha:
        return []
    found: list[Action] = []
    packages: list[str | None] = [*[each.name for each in settings.packages]] or [None]
    for package in packages:
        if (package or "") in facts.holders:
            continue
        if isinstance(pushed, ReleaseEnded) and package != pushed.package:
            continue
        about = hashlib.sha256(f"{repository.lower()}#{package or ''}#{sha}".encode()).hexdigest()
        parameters = {
            "release": f"rel-{event.meta.time:%Y%m%dt%H%M%S}-{about[:8]}",
            "repository": repository,
            "package": package,
            "pushed": True,
        }
        reason = f"{sha[:7]} was pushed to the default branch of {repository}"
        found.append(_starting(parameters, sha, reason, (sha,)))
    return found


def _starting(parameters: dict[str, Any], sha: str, reason: str, once_per: tuple[str, ...]) -> Action:
    repository, package = str(parameters["repository"]), parameters.get("package")
    id = f"{repository}#{package}" if package else repository
    return Action.of(
        BOT,
        "start-release",
        Target(kind="package", id=id),
        reason=reason[:1000],
        once_per=once_per,
        parameters={**parameters, "sha": sha},
    )


def _driven(facts: Facts, attempt: int) -> Record:
    record = _found(facts)
    if attempt < record.run:
        raise ConflictError("another attempt of the flow drives it", code="release.replaced")
    if record.final is not None:
        raise ConflictError(f"it is {record.final}", code="release.over")
    return record


def _built(report: ReleaseBuildReported, facts: Facts) -> Action:
    record = _found(facts)
    planned = record.planned
    if record.final is not None:
        raise ConflictError(f"{record.id} is over: {record.final}", code="conflict.over", field="id")
    if planned is None or planned.build is None or record.draft is None:
        raise ConflictError(f"{record.id} has not come to its build", code="conflict.build", field="id")
    if planned.build.workflow is not None and report.run not in facts.runs:
        message = f"the report names no run of {planned.build.workflow} that this release asked for"
        raise ContractError(message, field="run")
    _check_files(report, record)
    shown = report.model_dump(mode="json", include={"status", "files", "run", "message", "by"})
    same = {"status", "files", "run"}
    if record.build is not None and {name: shown[name] for name in same} != {
        name: value for name, value in record.build.model_dump(mode="json").items() if name in same
    }:
        message = "another build was reported already"
        raise ConflictError(message, code="conflict.build", field="files")
    digest = hashlib.sha256(report.model_dump_json(include=set(shown)).encode()).hexdigest()
    reason = f"{report.by or 'somebody'} reports {len(report.files)} files of {planned.tag}: {report.status}"
    return Action.of(
        BOT,
        "record-build",
        Target(kind="release", id=f"{record.repository}@{planned.tag}"),
        reason=reason[:1000],
        once_per=(record.id, str(record.tries), digest),
        parameters={"release": record.id, "build": shown},
    )


def _check_files(report: ReleaseBuildReported, record: Record) -> None:
    names = [file.name for file in report.files]
    if report.status == "succeeded" and not names:
        raise ContractError("a build that succeeded made something", field="files")
    if len({name.lower() for name in names}) < len(names):
        raise ContractError("two files have the same name", field="files")
    own = {*OWN_FILES, bom_name(record)}
    if taken := sorted(own.intersection(names)):
        raise ContractError(f"{taken[0]} is made by the release itself", field="files")
    if sum(file.size for file in report.files) > MOST_BYTES:
        raise ContractError(f"together they have more than {MOST_BYTES} bytes", field="files")


def _control(event: AnyEvent, command: ReleaseControl, facts: Facts) -> Action:
    record = _found(facts)
    match command:
        case ReleaseAbortRequested():
            if record.final is not None:
                raise ConflictError(f"{record.id} is over: {record.final}", code="conflict.over", field="id")
            if record.fence == "publish":
                message = f"{record.id} is being published: what is out cannot be taken back"
                raise ConflictError(message, code="conflict.published", field="id")
            return _about(event, "abort-release", record.id, command.reason, by=command.by)
        case ReleaseResumeRequested():
            if record.final is not Ending.FAILED:
                message = f"{record.id} has not failed: it is {record.final or 'going on'}"
                raise ConflictError(message, code="conflict.running", field="id")
            more = {"by": command.by, "attempt": facts.attempt}
            return _about(event, "resume-release", record.id, command.reason, **more)
        case _:
            raise ContractError("there is no such command", field="type")


def _found(facts: Facts) -> Record:
    if facts.record is None:
        raise NotFoundError("there is no such release", field="id")
    return facts.record


def _about(event: AnyEvent, name: str, id: str, reason: str, **parameters: Any) -> Action:
    target = Target(kind="release", id=id)
    return Action.of(
        BOT, name, target, reason=reason[:1000], once_per=(event.id, id), parameters=dict(parameters)
    )

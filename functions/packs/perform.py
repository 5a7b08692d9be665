"""The effects on a pack: its start, its parts, its seal. Each is one conditional write of the job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from functions.packs.job import FLOW, Job, Sealed
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, PermanentError, WritError
from writ.contracts.event import EventData
from writ.contracts.events.evidence import EvidencePackExported
from writ.ledger.errors import VerificationError
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.packs.ports import Ports


def start_export(action: Action, ports: Ports) -> Observation:
    """Fix question and checkpoint, then let the flow go: what is logged from now on is not in the pack."""
    given = action.parameters
    head = ports.log().head
    job = Job(
        pack=action.target.id,
        question=_object(given["question"]),
        note=head.note.decode(),
        by=str(given["by"]),
        asked_at=ports.clock.now(),
    )
    with suppress(ConflictError):  # an earlier attempt came so far
        ports.jobs.start(job)
    ports.flows.start(FLOW, job.pack, {"pack": job.pack})
    return _seen(observe_start(action, ports))


def observe_start(action: Action, ports: Ports) -> Observation | None:
    """The job whose flow was started, or None."""
    job = ports.jobs.get(action.target.id)
    return None if job is None or ports.flows.find(FLOW, job.pack) is None else _started(job)


def export_part(action: Action, ports: Ports) -> Observation:
    """Make the next part, and say so in the job. Fails as `pack.gone` when there is no job."""
    from functions.packs import export  # a start needs no proofs

    number, job = _number(action), _job(action, ports)
    if len(job.parts) >= number:
        return _part(job, number)
    if len(job.parts) != number - 1:
        raise PermanentError(f"part {number} comes after one that is not there", code="pack.out_of_order")
    with _permanent():
        data, made = export.make_part(job, ports)
    ports.vault.write(export.part_path(job.pack, number), data)
    after = job.after(parts=(*job.parts, made))
    ports.jobs.replace(job, after)
    return _part(after, number)


def observe_part(action: Action, ports: Ports) -> Observation | None:
    """What the job says of the part, or None while it says nothing."""
    job, number = ports.jobs.get(action.target.id), _number(action)
    return None if job is None or len(job.parts) < number else _part(job, number)


def seal_pack(action: Action, ports: Ports) -> Observation:
    """Make one file of all parts. Doing so again writes the same bytes."""
    from functions.packs import export

    job = _job(action, ports)
    if job.sealed is not None:
        return _sealed(job, job.sealed)
    if job.following is not None:
        raise PermanentError("a part is not there yet", code="pack.out_of_order")
    with _permanent():
        data = export.make_pack(job, ports)
    ports.vault.write(export.pack_path(job.pack), data)
    sealed = Sealed(sha256=sha256(data).hexdigest(), bytes=len(data), at=ports.clock.now())
    ports.jobs.replace(job, job.after(sealed=sealed))
    return _sealed(job, sealed)


def observe_seal(action: Action, ports: Ports) -> Observation | None:
    """What the job says of the file, or None while it says nothing."""
    job = ports.jobs.get(action.target.id)
    return None if job is None or job.sealed is None else _sealed(job, job.sealed)


@contextmanager
def _permanent() -> Iterator[None]:
    """What does not prove now will not later."""
    try:
        yield
    except VerificationError as error:
        raise PermanentError(error.message, code=error.code, field=error.field) from None


def _job(action: Action, ports: Ports) -> Job:
    job = ports.jobs.get(action.target.id)
    if job is None:
        raise PermanentError(f"there is no {action.target.id}", code="pack.gone")
    return job


def _number(action: Action) -> int:
    return int(str(action.parameters["part"]))


def _started(job: Job) -> Observation:
    return {"checkpoint_sha256": sha256(job.note.encode()).hexdigest()}


def _part(job: Job, number: int) -> Observation:
    made = job.parts[number - 1]
    return {"part": number, "statements": made.statements, "last": made.following is None}


def _sealed(job: Job, sealed: Sealed) -> Observation:
    return {
        "sha256": sealed.sha256,
        "bytes": sealed.bytes,
        "statements": job.statements,
        "question": job.question,
        "by": job.by,
    }


def _seen(observed: Observation | None) -> Observation:
    if observed is None:
        raise WritError("the job exists but cannot be read", code="dependency.unavailable")
    return observed


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PermanentError("the question is not an object", code="contract.invalid", field="question")
    return value


def _announce_seal(action: Action, observed: Observation) -> Sequence[EventData]:
    names = ("by", "statements", "bytes", "sha256")
    data = {"pack": action.target.id, **{name: observed[name] for name in names}}
    return [EvidencePackExported.model_validate(data)]


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "start-export": Effect(start_export, observe_start),
    "export-part": Effect(export_part, observe_part),
    "seal-pack": Effect(seal_pack, observe_seal, _announce_seal),
}

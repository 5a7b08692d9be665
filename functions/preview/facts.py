"""What the plan must know: the preview, the terms of its repository, its stack, what its team has."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from functions.preview.model import FLOW, SETTLED, Preview, State, Terms, asks, preview_id
from writ.contracts.event import AnyEvent
from writ.contracts.events.actions import ActionCompleted
from writ.contracts.events.github import PullRequest
from writ.contracts.events.platform import ScheduleTicked
from writ.contracts.events.previews import (
    PreviewAdvanced,
    PreviewExtensionRequested,
    PreviewRemovalRequested,
)
from writ.ports.flows import RunState

if TYPE_CHECKING:
    from functions.preview.ports import Ports


class StackFacts(BaseModel):
    """The stack of a preview: `state` as in StackState."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    state: str
    commit: str | None = None


class Refusal(BaseModel):
    """Why policy refused a preview, and for which pull request."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    repository: str
    pull_request: int
    commit: str
    terms: Terms
    reasons: tuple[str, ...]


class Watched(BaseModel):
    """A preview of which something may be there. `attempt` is the latest of its flow, 0 for none.

    `running` is whether that goes on, `there` whether its stack is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    preview: Preview
    attempt: int = 0
    running: bool = True
    there: bool = True


class Facts(BaseModel):
    """`held` is what the team has, by preview; `orphans` are stacks that no row stands for.

    `enabled` is whether the repository gets new previews, by the flag `previews`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    preview: Preview | None = None
    terms: Terms | None = None
    enabled: bool = True
    held: dict[str, int] = {}
    stack: StackFacts | None = None
    watched: tuple[Watched, ...] = ()
    orphans: tuple[str, ...] = ()
    refusal: Refusal | None = None


def gather(event: AnyEvent, ports: "Ports") -> Facts:  # noqa: PLR0911 - a kind of event each
    """Read the facts of an event."""
    match event.data:
        case PullRequest() as pull_request:
            found = ports.previews.read(preview_id(pull_request.repository, pull_request.number))
            if found is not None and not found.is_of(pull_request.repository, pull_request.number):
                return Facts()  # its id is taken: what is there is not its own to change
            return _with_flag(_with_terms(pull_request.repository, found, ports), pull_request, ports)
        case PreviewExtensionRequested(preview=id) | PreviewRemovalRequested(preview=id):
            found = ports.previews.read(id)
            return Facts() if found is None else _with_terms(found.repository, found, ports)
        case PreviewAdvanced() as step:
            found = ports.previews.read(step.preview)
            if found is None or found.goal.number != step.goal or step.stage in ("check", "show", "fail"):
                return Facts(preview=found)
            stack = ports.stacks.find(ports.stack_name(step.preview))
            seen = None if stack is None else StackFacts(state=stack.state.value, commit=stack.commit)
            return Facts(preview=found, stack=seen)
        case ActionCompleted() as completed:
            return Facts(refusal=_refusal(completed, ports))
        case ScheduleTicked():
            return _around(ports)
        case _:
            return Facts()


def _with_terms(repository: str, found: Preview | None, ports: "Ports") -> Facts:
    from functions.preview.settings import settings

    terms = settings().terms(repository)
    held = {} if terms is None else dict(ports.previews.held(found.team if found else terms.team))
    return Facts(preview=found, terms=terms, held=held)


def _with_flag(facts: Facts, asked: PullRequest, ports: "Ports") -> Facts:
    """The flag is asked only where a preview may be opened, for the first question loads what reads it."""
    live = facts.preview is not None and facts.preview.live
    if facts.terms is None or live or not asks(asked, facts.terms):
        return facts
    enabled = ports.flags.enabled("previews", asked.repository.lower(), default=True)
    return facts.model_copy(update={"enabled": enabled})


def _around(ports: "Ports") -> Facts:
    """Stacks are listed before rows: one that is there without a row was not made in between."""
    names = set(ports.stacks.names())
    live = ports.previews.live()
    watched = tuple(_watched(preview, ports.stack_name(preview.id) in names, ports) for preview in live)
    known = {ports.stack_name(preview.id) for preview in live}
    return Facts(watched=watched, orphans=tuple(filter(lambda name: _is_orphan(name, ports), names - known)))


def _watched(preview: Preview, there: bool, ports: "Ports") -> Watched:
    settled = preview.state in SETTLED or (preview.state is State.FAILED and preview.leads_up)
    run = None if settled else ports.flows.find(FLOW, preview.run)
    running = settled or (run is not None and run.state is RunState.RUNNING)
    return Watched(preview=preview, attempt=run.attempt if run else 0, running=running, there=there)


def _is_orphan(name: str, ports: "Ports") -> bool:
    """Whether its tags say that it is a preview of this environment, and its row, read again, is over."""
    stack = ports.stacks.find(name)
    id = name.removeprefix(ports.site.prefix)
    if stack is None or stack.tags.get("writ-env") != ports.site.env or stack.tags.get("writ-preview") != id:
        return False
    row = ports.previews.read(id)
    return row is None or not row.live


def _refusal(completed: ActionCompleted, ports: "Ports") -> Refusal | None:
    record = ports.actions.get(completed.action_id)
    if record is None:
        return None
    given = record.action.parameters
    return Refusal(
        repository=str(given["repository"]),
        pull_request=int(str(given["pull_request"])),
        commit=str(given["commit"]),
        terms=Terms.model_validate(given["terms"]),
        reasons=tuple(reason.message for reason in record.decision.reasons),
    )

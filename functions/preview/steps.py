"""The effects of the steps of the flow. Each looks first whether its goal still is the goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from functions.preview import notes
from functions.preview.model import Failure, Preview, State
from functions.preview.notes import seen
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, ContendedError, PermanentError, TransientError
from writ.contracts.event import EventData
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.preview.ports import Ports
    from functions.preview.stack import Stack
    from functions.preview.templates import Template

SUPERSEDED: Final = "conflict.superseded"
_OK: Final = 200


def current(action: Action, ports: Ports) -> Preview:
    """The preview of a step. Fails as `conflict.superseded` when it is to be somewhere else by now."""
    preview = ports.previews.read(action.target.id)
    if preview is None or preview.goal.number != action.parameters["goal"] or not preview.live:
        raise PermanentError(
            f"{action.target.id} is to be somewhere else by now", code=SUPERSEDED, field="goal"
        )
    return preview


def build_stack(action: Action, ports: Ports) -> Observation:
    """Begin to make the stack, or to change it to the commit that is wanted."""
    from functions.preview.stack import Wanted
    from functions.preview.templates import template

    preview = current(action, ports)
    made_of = template(preview.template)
    name = ports.stack_name(preview.id)
    wanted = Wanted(name, made_of.body, _parameters(preview, made_of, ports), _tags(preview, ports))
    stack = ports.stacks.find(name)
    if stack is None:
        ports.stacks.create(wanted)
        return {"stack": name, "change": "made"}
    return {"stack": name, "change": "changed" if ports.stacks.update(wanted) else "none"}


def observe_build(action: Action, ports: Ports) -> Observation | None:
    """The stack, if it is on its way to the commit that is wanted, or there."""
    preview = current(action, ports)
    stack = ports.stacks.find(ports.stack_name(preview.id))
    there = stack is not None and stack.state.value in ("working", "built")
    if stack is None or not there or stack.commit != preview.goal.commit:
        return None
    return {"stack": stack.name, "change": "found"}


def seed_data(action: Action, ports: Ports) -> Observation:
    """Write a part of the seed set, masked. What a database of this seed set has become stays."""
    from functions.preview.seeds import wanted_set
    from functions.preview.templates import template

    preview, part = current(action, ports), int(str(action.parameters["part"]))
    made_of = template(preview.template)
    wanted = made_of.seed_name
    found = None if preview.seeded == wanted else wanted_set(made_of, ports.seeds)
    if found is None:
        return {"seed": wanted, "part": part, "items": 0, "last": True}
    parts = found.parts()
    outputs = _stack(preview, ports).outputs
    items = parts[part] if part < len(parts) else []
    for table in dict.fromkeys(name for name, _ in items):
        if table not in made_of.tables:
            raise PermanentError(f"{preview.template} has no table {table}", code="seed.table", field=table)
        written = [item for name, item in items if name == table]
        ports.databases.write(outputs[made_of.tables[table]], written)
    last = part + 1 >= len(parts)
    _written(preview, ports, state=State.SEEDING, **({"seeded": wanted} if last else {}))
    return {"seed": wanted, "part": part, "items": len(items), "last": last}


def check_preview(action: Action, ports: Ports) -> Observation:
    """Ask it whether it works. What does not yet may pass, for a while."""
    from functions.preview.templates import template

    preview = current(action, ports)
    health = template(preview.template).health
    function = _stack(preview, ports).outputs[health.function]
    if preview.state is not State.CHECKING:
        preview = _written(preview, ports, state=State.CHECKING)
    status = ports.probes.status(function, health.path)
    if status != _OK:
        raise TransientError(f"{health.path} answers with {status}", code="preview.unhealthy")
    return {"path": health.path, "status": status}


def show_preview(action: Action, ports: Ports) -> Observation:
    """Say where it is: from here on it is ready."""
    from functions.preview.templates import template

    preview = current(action, ports)
    url = _stack(preview, ports).outputs[template(preview.template).url]
    return seen(
        _written(preview, ports, state=State.READY, url=url, commit=preview.goal.commit, failure=None)
    )


def fail_preview(action: Action, ports: Ports) -> Observation:
    """Keep what went wrong, and with which resource. `clean`: nothing was ever shown, so all of it goes."""
    preview = current(action, ports)
    trouble = ports.stacks.trouble(ports.stack_name(preview.id))
    said = str(action.parameters.get("problem") or "") or action.reason
    failure = Failure(reason=said) if trouble is None or action.parameters.get("code") else trouble
    state = State.FAILED if preview.goal.way == "up" else State.STUCK
    after = _written(preview, ports, state=state, failure=failure)
    return {**seen(after), "clean": state is State.FAILED and after.commit is None}


def remove_stack(action: Action, ports: Ports) -> Observation:
    """Begin to remove everything of it."""
    preview = current(action, ports)
    name = ports.stack_name(preview.id)
    ports.stacks.remove(name)
    return {"stack": name}


def finish_preview(action: Action, ports: Ports) -> Observation:
    """Give the place in the quota back, once nothing is left of it."""
    from functions.preview.templates import template

    preview = current(action, ports)
    if (maker := template(preview.template).branch) is not None:
        ports.branches.drop(maker, ports.stack_name(preview.id))
    lost = preview.goal.way == "up"
    changes = {"url": None, "commit": None, "seeded": None, "state": State.LOST if lost else State.GONE}
    return seen(_written(preview, ports, **changes))


def observe_finished(action: Action, ports: Ports) -> Observation | None:
    """The preview, once it is over."""
    preview = ports.previews.read(action.target.id)
    over = preview is not None and preview.goal.number == action.parameters["goal"] and not preview.live
    return seen(preview) if over and preview is not None else None


def observe_nothing(_action: Action, _ports: Ports) -> Observation | None:
    """It is safe to repeat."""
    return None


def _parameters(preview: Preview, made_of: Template, ports: Ports) -> Mapping[str, str]:
    given = {"Boundary": ports.site.boundary, "Commit": preview.goal.commit, "Preview": preview.id}
    if made_of.branch is not None:
        branch = ports.branches.ensure(made_of.branch, ports.stack_name(preview.id))
        if not branch.ready:
            raise TransientError("its branch of the database is being made", code="branch.making")
        given = {**branch.parameters, **given}
    optional = {
        "PullRequest": str(preview.pull_request),
        "Repository": preview.repository,
        "Team": preview.team,
    }
    known = {**optional, **given}
    return {name: value for name, value in known.items() if name in made_of.parameters}


def _tags(preview: Preview, ports: Ports) -> Mapping[str, str]:
    """On the stack, and by CloudFormation on everything in it. Nothing of it may live after `writ-ends`."""
    return {
        "writ-env": ports.site.env,
        "writ-preview": preview.id,
        "writ-team": preview.team,
        "writ-ends": preview.ends_at.isoformat(timespec="seconds"),
    }


def _stack(preview: Preview, ports: Ports) -> Stack:
    stack = ports.stacks.find(ports.stack_name(preview.id))
    if stack is None or stack.state.value != "built" or stack.commit != preview.goal.commit:
        raise PermanentError(f"the stack of {preview.id} is not what it was", code="preview.stack")
    return stack


def _written(before: Preview, ports: Ports, **changes: object) -> Preview:
    """A row that somebody else wrote meanwhile is looked at again: its goal may be another one."""
    after = before.model_copy(update={**changes, "changed_at": ports.clock.now()})
    try:
        return ports.previews.write(before, after)
    except ConflictError as error:
        raise ContendedError(error.message, code="preview.contended") from None


def _told(
    tell: Callable[[Observation], Sequence[EventData]],
) -> Callable[[Action, Observation], Sequence[EventData]]:
    return lambda _action, observed: tell(observed)


ACTIONS: Final[Mapping[str, Effect[Ports]]] = {
    "build-stack": Effect(build_stack, observe_build),
    "seed-data": Effect(seed_data, observe_nothing),
    "check-preview": Effect(check_preview, observe_nothing),
    "show-preview": Effect(show_preview, observe_nothing, _told(notes.opened)),
    "fail-preview": Effect(fail_preview, observe_nothing, _told(notes.failed)),
    "remove-stack": Effect(remove_stack, observe_nothing),
    "finish-preview": Effect(finish_preview, observe_finished, _told(notes.removed)),
}

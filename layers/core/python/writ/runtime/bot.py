"""A bot: its pure plan, its reads and its effects, wired into the loop and into a Lambda handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from writ.contracts.action import Action
from writ.contracts.errors import (
    ConflictError,
    ContendedError,
    LimitExceededError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from writ.contracts.event import AnyEvent
from writ.ports.actions import ActionRecord, Cause
from writ.runtime.acting import acting, resumed
from writ.runtime.effect import Effect, PortsT
from writ.runtime.wiring import Wiring
from writ.trace import recording

if TYPE_CHECKING:
    from pydantic import JsonValue

    from writ.runtime.environment import Environment

FactsT = TypeVar("FactsT")

RESUMING: Final = ("ApprovalDecided.v1", "ActionStalled.v1")


class Bot(Generic[PortsT, FactsT]):
    """The functions of one bot.

    Parameters
    ----------
    facts
        Reads what the plan needs, through ports.
    plan
        Pure: (event, facts, now) to actions.
    perform
        The effect of every action that the manifest names.
    ports
        Connects the bot's own ports to an environment.
    standing
        Pure: (event, facts, now) to what a flow is told of a step for which there is nothing to do.

    Examples
    --------
    >>> bot = Bot("backlog", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
    >>> handler = bot.handler
    """

    def __init__(
        self,
        name: str,
        *,
        facts: Callable[[AnyEvent, PortsT], FactsT],
        plan: Callable[[AnyEvent, FactsT, datetime], Sequence[Action]],
        perform: Mapping[str, Effect[PortsT]],
        ports: Callable[[Environment], PortsT],
        standing: Callable[[AnyEvent, FactsT, datetime], Mapping[str, JsonValue]] | None = None,
    ) -> None:
        self.name = name
        self._facts = facts
        self._plan = plan
        self._effects = perform
        self._connect = ports
        self._standing = standing

    @cached_property
    def wiring(self) -> Wiring[PortsT]:
        """The real world, connected at the first event."""
        from writ.runtime.connect import connect

        return connect(self.name, self._effects, self._connect)

    def run(
        self,
        event: AnyEvent,
        *,
        actor: tuple[str, str] | None = None,
        alone: bool = False,
        standing: dict[str, JsonValue] | None = None,
    ) -> list[ActionRecord]:
        """Take one event through the loop: plan, then every action to its outcome or its approval.

        `actor` is (kind, id) of whoever stands behind the event, a person behind a command say. A
        failing action does not stop those after it; the first transient failure is raised at the end,
        so that the event is delivered again, and the actions that are done are not done twice. With
        `alone` more than one action is refused before any is taken. How things stand is put into
        `standing` where nothing is planned.
        """
        if event.type in RESUMING:
            return self._resume(event)
        wiring = self.wiring
        kind, who = actor or ("bot", "")
        cause = Cause(event.type, event.id, kind, who, recording.carried(event.meta.trace))
        with recording.span("facts"):
            facts = self._facts(event, wiring.ports)
        now = wiring.clock.now()
        with recording.span("plan") as span:
            actions = self._plan(event, facts, now)
            span.set("writ.actions", len(actions))
        if standing is not None and self._standing is not None and not actions:
            standing.update(self._standing(event, facts, now))
        if alone and len(actions) > 1:
            raise PermanentError("a step that waits for a person plans one action", code="step.several")
        return _each(actions, lambda action: acting(action, wiring.loop.run, cause))

    def _resume(self, event: AnyEvent) -> list[ActionRecord]:
        action_id = getattr(event.data, "action_id", "")
        try:
            return [resumed(action_id, self.wiring.loop.resume)]
        except (ConflictError, LimitExceededError) as error:  # it moved on meanwhile: look again next time
            raise ContendedError(error.message, code=error.code) from None
        except NotFoundError as error:
            raise PermanentError(
                error.message, code="action.unknown", field="detail.data.action_id"
            ) from None

    def handler(self, message: dict[str, Any], context: Any) -> dict[str, Any]:
        """Lambda entry: a batch of the bot's queue, whose records fail one by one, or a step of a flow."""
        if "step" in message:
            from writ.runtime.steps import take

            return take(self, message["step"])
        from writ.runtime.batch import process

        return process(self.name, message, context, self.run)


def _each(actions: Sequence[Action], step: Callable[[Action], ActionRecord]) -> list[ActionRecord]:
    done: list[ActionRecord] = []
    failure: TransientError | None = None
    for action in actions:
        try:
            done.append(step(action))
        except TransientError as error:
            failure = failure or error
        except ConflictError as error:  # another attempt moved the record on: look again next time
            failure = failure or ContendedError(error.message, code=error.code)
    if failure is not None:
        raise failure
    return done

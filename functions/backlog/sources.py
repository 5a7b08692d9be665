"""Which events show repetitive work, and which task they are an occurrence of."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from functions.backlog.task import Sighting, Source, normalised
from writ.contracts.event import AnyEvent
from writ.contracts.events.checks import CheckFailed
from writ.contracts.events.delivery import DeploymentRequested, WorkflowRerun
from writ.contracts.events.fields import RepositoryData
from writ.contracts.events.issues import IssueLabelled

LABELS: Final = frozenset({"toil", "automation", "chore"})


class _Assumed(NamedTuple):
    """What a source's task is taken to cost until a person says better."""

    minutes_each: float
    effort: float


ASSUMED: Final = {
    Source.CHECK: _Assumed(minutes_each=15, effort=2),
    Source.WORKFLOW: _Assumed(minutes_each=10, effort=1),
    Source.DEPLOYMENT: _Assumed(minutes_each=20, effort=3),
    Source.ISSUE: _Assumed(minutes_each=30, effort=3),
}


class _Seen(NamedTuple):
    source: Source
    key: str
    title: str
    fact: str


def sighting(event: AnyEvent) -> Sighting | None:
    """The occurrence that an event shows, or None for an event that shows none."""
    data = event.data
    if not isinstance(data, RepositoryData):
        return None
    found = _seen(event, data)
    if found is None:
        return None
    assumed = ASSUMED[found.source]
    return Sighting(
        dedup_key=f"{found.source}:{data.repository.casefold()}:{found.key}",
        source=found.source,
        title=found.title[:300],
        repository=data.repository,
        owner=data.repository.split("/")[0],
        minutes_each=assumed.minutes_each,
        effort=assumed.effort,
        event_id=event.id,
        event_type=event.type,
        fact=found.fact,
        at=event.meta.time,
    )


def _seen(event: AnyEvent, data: RepositoryData) -> _Seen | None:
    repository = data.repository
    match data:
        case CheckFailed(kind="run"):
            title = f"Look after failing check {data.name} in {repository}"
            return _Seen(Source.CHECK, _check_name(data.name), title, event.id)
        case WorkflowRerun():
            title = f"Re-run workflow {data.name} in {repository}"
            return _Seen(Source.WORKFLOW, data.name.casefold(), title, f"run:{data.run_id}:{data.attempt}")
        case DeploymentRequested(manual=True):
            title = f"Deploy {repository} to {data.environment} by hand"
            return _Seen(
                Source.DEPLOYMENT, data.environment.casefold(), title, f"deployment:{data.deployment_id}"
            )
        case IssueLabelled() if data.label.casefold() in LABELS:
            fact = f"issue:{repository.casefold()}#{data.number}"
            title = data.title.strip() or f"Issue {data.number} of {repository}"
            return _Seen(Source.ISSUE, normalised(data.title) or str(data.number), title, fact)
        case _:
            return None


def _check_name(name: str) -> str:
    """A matrix runs one check many times: `test (3.12, ubuntu)` is the check `test`."""
    return re.sub(r"\s*\([^()]*\)$", "", name.strip()).casefold() or name.casefold()

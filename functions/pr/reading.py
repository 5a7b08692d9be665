"""Reads a pull request from the forge and from the plane, and asks policy about it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from functions.pr.check import GATES, PULL_REQUEST, Place, Report
from functions.pr.note import Pull
from functions.pr.pull_check import TOPIC
from functions.pr.pull_facts import CheckState, PullFacts
from writ.contracts.errors import ContendedError, ContractError, PermanentError
from writ.ports.controls import service_digest
from writ.pulls import answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.pr.forge import Reading
    from functions.pr.ports import Ports
    from writ.ports.forge import PullRequest
    from writ.pulls.seen import GateStanding, Plane, Seen

MERGE: Final = "merge-pull-request"
SERVICES: Final = ".gates/services.yaml"
# What a repository that is not ours, or a plane without a forge, looks like.
ABSENT: Final = frozenset({"forge.not_found", "secret.missing"})
_MOST_SERVICES: Final = 20


def read(pull: Pull, ports: Ports, judged: Report | None = None) -> PullFacts | None:
    """The facts on a pull request, None where there is none. `judged` is a result of gates just heard of."""
    if ports.reading is None:
        return None
    at = ports.clock.now()
    try:
        forge = ports.reading()
        found = forge.pull_request(pull.repository, pull.number)
        there = found.state == "open" and not found.merged
        seen = _seen(pull, found, forge) if there else None
    except PermanentError as error:
        if error.code not in ABSENT:
            raise
        return None
    waiting = ports.slots.is_waiting(pull)
    if seen is None:
        return PullFacts(pull=pull, open=False, read_at=at, waiting=waiting)
    return _judged(pull, seen, ports, at, judged).model_copy(update={"waiting": waiting})


def _seen(pull: Pull, found: PullRequest, forge: Reading) -> Seen:
    """Raises TransientError when the head moved meanwhile: the parts would be of two."""
    from writ.gates.codeowners import PLACES
    from writ.pulls.seen import Seen

    repository, number = pull.repository, pull.number
    commits = forge.commits(repository, number)
    seen = Seen(
        repository=repository,
        pull=found,
        files=forge.files(repository, number),
        commits=commits,
        reviews=forge.reviews(repository, number),
        runs=forge.check_runs(repository, found.head_sha),
        statuses=forge.statuses(repository, found.head_sha),
        owners=next(filter(None, (_text(forge, pull, path, found.base_sha) for path in PLACES)), None),
        services=_text(forge, pull, SERVICES, found.base_sha),
    )
    if seen.complete and found.head_sha not in {commit.sha for commit in commits}:
        raise ContendedError("the head moved while it was read", code="pr.moved")
    return seen


def _text(forge: Reading, pull: Pull, path: str, ref: str) -> str | None:
    found = forge.content(pull.repository, path, ref)
    return None if found is None else found.data.decode(errors="replace")


def _judged(pull: Pull, seen: Seen, ports: Ports, at: datetime, judged: Report | None) -> PullFacts:
    from writ.pulls import readiness, subject

    policy = ports.policy()
    own = subject.facts(seen, policy.settings)
    checked = answers.check(policy.rules, own)
    head = seen.pull.head_sha
    plane = _plane(pull, seen, ports, judged)
    whole = readiness.facts(seen, checked, policy.settings, plane)
    slot = ports.slots.slot(Place(repository=pull.repository, sha=head, name=PULL_REQUEST))
    gates = plane.gates
    return PullFacts(
        pull=pull,
        open=True,
        read_at=at,
        head=head,
        title=seen.pull.title,
        subject=own,
        checked=checked,
        merging=answers.merging(policy.rules, whole),
        gates=gates.verdict if gates is not None and gates.bundle == plane.policies else None,
        required=_states(whole["required"]),
        others=_states(whole["others"]),
        labels=seen.pull.labels,
        method=policy.settings.merge.method,
        policies=plane.policies,
        shown=slot.report if slot is not None else None,
        said=ports.threads.note(pull, TOPIC),
    )


def _states(items: list[Mapping[str, Any]]) -> tuple[CheckState, ...]:
    return tuple(CheckState.model_validate(item) for item in items)


def _plane(pull: Pull, seen: Seen, ports: Ports, judged: Report | None) -> Plane:
    from writ.gates import registry
    from writ.policy.calendar import change_facts
    from writ.pulls.seen import Plane

    now = ports.clock.now()
    guards = ports.guards.read("pr", MERGE, service_digest("pr"), now)
    change = None
    if guards.freezes is not None and guards.windows is not None:
        change = change_facts(guards.freezes, guards.windows, now)
    return Plane(
        now=now,
        policies=ports.policy().digest,
        known_gates=registry.names(),
        gates=_standing(pull, seen.pull.head_sha, ports, judged),
        change=change if change is not None and {"window_open", "freezes"} <= change.keys() else None,
        budgets=_budgets(seen, ports, now),
    )


def _standing(pull: Pull, head: str, ports: Ports, judged: Report | None) -> GateStanding | None:
    """The newest result for a head: the one that is kept, or the one that is just heard of."""
    from writ.pulls.seen import GateStanding

    slot = ports.slots.slot(Place(repository=pull.repository, sha=head, name=GATES))
    kept = slot.report if slot is not None else None
    newest = max((each for each in (kept, judged) if each), key=lambda each: each.stamp, default=None)
    if newest is None:
        return None
    about = newest.about
    at = datetime.fromisoformat(about["at"])
    return GateStanding(about["verdict"], about["bundle"], tuple(about["gates"].split()), at)


def _budgets(seen: Seen, ports: Ports, now: datetime) -> dict[str, str] | None:
    """The error budgets of the services that the change touches; None where one cannot be known."""
    if seen.services is None:
        return {}
    from writ.gates.slo.collector import touched

    try:
        services = touched(seen.services, seen.paths)
    except ContractError:
        return None
    if len(services) > _MOST_SERVICES:
        return None
    found = {}
    for name in services:
        budget = ports.guards.read("pr", MERGE, service_digest(name), now).budget
        if budget is None:
            return None
        found[name] = budget["target"]
    return found

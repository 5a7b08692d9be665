"""What is done about the groups of a repository: propose, update, try a part, hold a member. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from functions.dependencies import actions
from functions.dependencies.facts import Facts, Known
from functions.dependencies.model import Bump, Line, Member, Proposal
from writ.contracts.action import Action
from writ.dependencies.bisect import Found, NotFound, Result, Subset, Try, next_step

_SIZES: Final = {"patch": 1, "minor": 2, "major": 3}


@dataclass
class _Round:
    """What a round has come to so far."""

    facts: Facts
    event_id: str
    now: datetime
    planned: list[Action] = field(default_factory=list)
    waiting: list[Line] = field(default_factory=list)
    stuck: list[Line] = field(default_factory=list)
    opened: int = 0

    @property
    def repository(self) -> str:
        return self.facts.repository

    @property
    def parameters(self) -> dict[str, Any]:
        facts = self.facts
        return {
            "base": facts.base,
            "base_sha": facts.base_sha,
            "labels": list(facts.labels),
            "cooldown_hours": facts.cooldown_hours,
        }


def decide(facts: Facts, event_id: str, now: datetime) -> list[Action]:
    """The actions for a repository; none where it does not want any or could not be read."""
    if not facts.repository:
        return []
    made = _Round(facts, event_id, now)
    if facts.problem:
        overview = facts.overview.model_copy(update={"problem": facts.problem})
        return [actions.report(overview, event_id)] if overview != facts.shown else []
    proposals = {proposal.group: proposal for proposal in facts.proposals}
    known = {each.bump.group: each for each in facts.bumps}
    for group, each in known.items():
        if each.bump.is_proposed:
            _tend(each, proposals.get(group), made)
    for group, proposal in proposals.items():
        each_or_none = known.get(group)
        if each_or_none is None or not each_or_none.bump.is_proposed:
            _propose(proposal, each_or_none, made)
    overview = facts.overview.model_copy(update={"waiting": tuple(made.waiting), "stuck": tuple(made.stuck)})
    if overview != facts.shown:
        made.planned.append(actions.report(overview, event_id))
    return made.planned


def _propose(proposal: Proposal, known: Known | None, made: _Round) -> None:
    """A new pull request, where people did not close one for the same set and there is room for one."""
    facts = made.facts
    if known is not None and actions.set_digest(proposal.ids) in known.bump.declined:
        made.waiting.append(
            Line(what=proposal.group, code="declined", why="a person closed it for the same set")
        )
        return
    open_now = sum(each.bump.is_proposed for each in facts.bumps)
    quotas = [
        {"name": "open bumps", "used": open_now + made.opened, "adds": 1, "limit": facts.most_open},
        {
            "name": "new bumps of a day",
            "used": facts.opened_today + made.opened,
            "adds": 1,
            "limit": facts.per_day,
        },
    ]
    full = [quota for quota in quotas if int(str(quota["used"])) >= int(str(quota["limit"]))]
    if full:
        made.waiting.append(
            Line(what=proposal.group, code="limit", why=f"{full[0]['used']} {full[0]['name']}")
        )
        return
    made.opened += 1
    digest = actions.set_digest(proposal.ids)
    made.planned.append(
        actions.put(
            "propose-bump",
            made.repository,
            proposal,
            made.now,
            reason=_because(proposal),
            once_per=(digest, actions.day(made.now)),
            parameters={**made.parameters, "quotas": quotas},
        )
    )


def _tend(known: Known, proposal: Proposal | None, made: _Round) -> None:
    """An open pull request: settle it, leave it to people, change it, or look for what fails in it."""
    bump, seen = known.bump, known.seen
    if seen is None:
        return
    if seen.state != "open":
        made.planned.append(actions.settle(made.repository, bump, seen, made.now))
    elif seen.head_sha not in (bump.head_sha, bump.previous):
        made.stuck.append(
            Line(what=bump.group, code="taken", why="others pushed to its branch: it is left to them")
        )
    elif proposal is None:
        why = "there is nothing left of its group"
        made.planned.append(actions.withdraw(made.repository, bump, why, made.now))
    elif proposal.ids != bump.ids or seen.head_sha != bump.head_sha:
        _update(proposal, bump, None, "its group has changed", made)
    else:
        _checked(known, proposal, made)


def _checked(known: Known, proposal: Proposal, made: _Round) -> None:
    """The set is as it was: keep what checks said, and go on with the search if they failed."""
    bump, seen = known.bump, known.seen
    assert seen is not None  # noqa: S101 - the caller has looked
    if proposal.content != bump.content:
        _update(proposal, bump, None, "the files on the base have changed", made)
        return
    results = dict(bump.results)
    shown = frozenset(bump.shown)
    if seen.result is not None and results.get(shown) is not seen.result:
        results[shown] = seen.result
        made.planned.append(actions.record(made.repository, bump, seen.result, made.now))
    if len(bump.members) > 1 and results.get(frozenset(bump.ids)) is Result.FAILED:
        if seen.base_result is not None:
            results[frozenset()] = seen.base_result
        _search(bump, proposal, results, made)


def _search(bump: Bump, proposal: Proposal, results: Mapping[Subset, Result], made: _Round) -> None:
    step = next_step(bump.ids, results, made.facts.trials)
    shown = frozenset(bump.shown)
    if isinstance(step, Try):
        if not step.subset or step.subset == shown:
            why = (
                "the checks of the base"
                if not step.subset
                else f"the checks of {len(shown)} of {len(bump.ids)}"
            )
            made.stuck.append(Line(what=bump.group, code="trial", why=f"waits for {why}"))
            return
        steps = tuple(id for id in bump.ids if id in step.subset)
        _update(proposal, bump, steps, f"looks for what fails: {len(steps)} of {len(bump.ids)}", made)
    elif isinstance(step, Found):
        culprit = _to_hold([member for member in bump.members if member.id in step.culprits])
        made.planned.append(actions.hold(made.repository, bump, culprit, step.culprits, made.now))
        made.stuck.append(
            Line(what=bump.group, code="found", why=f"fails with {', '.join(step.culprits)}"[:500])
        )
    elif isinstance(step, NotFound):
        made.stuck.append(Line(what=bump.group, code="not-found", why=step.reason))
        if shown != frozenset(bump.ids):
            _update(proposal, bump, None, "shows the whole group again", made)


def _to_hold(culprits: list[Member]) -> Member:
    """Of several that fail only together one is enough to hold: the one that moves farthest."""
    return max(culprits, key=lambda member: (_SIZES[member.change], member.published_at, member.id))


def _update(proposal: Proposal, bump: Bump, shown: tuple[str, ...] | None, reason: str, made: _Round) -> None:
    steps = shown if shown is not None else proposal.ids
    made.planned.append(
        actions.put(
            "update-bump",
            made.repository,
            proposal,
            made.now,
            reason=reason,
            # What was there before is part of it: the same step may be due again after another one.
            once_per=(bump.head_sha, actions.set_digest(steps), proposal.content, actions.day(made.now)),
            parameters=made.parameters,
            shown=steps,
        )
    )


def _because(proposal: Proposal) -> str:
    if proposal.early:
        return "it fixes an advisory, and the release with the fix is younger than the cooldown"
    if proposal.security:
        return "it fixes an advisory"
    return f"{len(proposal.members)} newer releases are older than the cooldown"

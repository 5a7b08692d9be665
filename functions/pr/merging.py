"""A pull request waits for its merge, and is merged at the head that was judged, or not at all.

Policy is asked again right before, by facts that are read anew: what changed since the plan, while a person
was asked, or since an attempt that broke, keeps it open. The forge itself refuses a head that moved after
that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from functions.pr.note import Pull
from functions.pr.reading import read
from writ.contracts.action import Action
from writ.contracts.errors import PermanentError
from writ.ports.forge_words import MergeMethod
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.pr.ports import Ports
    from functions.pr.pull_facts import PullFacts

NOT_READY: Final = "pr.not_ready"
MOVED: Final = "forge.moved"


def merge(action: Action, ports: Ports) -> Observation:
    """Merge it. Fails with `pr.not_ready`, or with the code of what the forge refuses: `forge.moved`, say."""
    pull, head = _given(action)
    if ports.merging is None:
        raise PermanentError("no forge is configured", code=NOT_READY)
    facts = read(pull, ports)
    if facts is None or facts.head != head:
        raise PermanentError(f"{pull.key} is not open at {head[:12]} any more", code=MOVED)
    _ready(facts)
    sha = ports.merging().merge(
        pull.repository,
        pull.number,
        head_sha=head,
        method=MergeMethod(str(action.parameters["method"])),
        title=f"{facts.title} (#{pull.number})",
    )
    return {"merged": True, "pull": pull.key, "head": head, "sha": sha}


def observe(action: Action, ports: Ports) -> Observation | None:
    """The merge, if the pull request was merged at this head, and by whom."""
    if ports.reading is None:
        return None
    pull, head = _given(action)
    found = ports.reading().pull_request(pull.repository, pull.number)
    if not found.merged or found.head_sha != head:
        return None
    return {
        "merged": True,
        "pull": pull.key,
        "head": head,
        "sha": found.merge_sha,
        "merged_by": found.merged_by,
    }


def await_merge(action: Action, ports: Ports) -> Observation:
    """Keep whether it waits."""
    pull, waiting = Pull.model_validate(action.parameters["pull"]), action.parameters["waiting"] is True
    ports.slots.wait(pull, waiting=waiting)
    return {"waiting": waiting, "pull": pull.key}


def observe_waiting(action: Action, ports: Ports) -> Observation | None:
    pull, waiting = Pull.model_validate(action.parameters["pull"]), action.parameters["waiting"] is True
    same = ports.slots.is_waiting(pull) == waiting
    return {"waiting": waiting, "pull": pull.key} if same else None


def _ready(facts: PullFacts) -> None:
    merging = facts.merging
    if merging is None or not merging.may:
        found = merging.reasons if merging else ()
        reasons = "; ".join(reason.message for reason in found) or "nobody asks for it"
        raise PermanentError(f"policy does not allow it any more: {reasons}"[:500], code=NOT_READY)


def _given(action: Action) -> tuple[Pull, str]:
    return Pull.model_validate(action.parameters["pull"]), str(action.parameters["head"])


MERGING: Final[Mapping[str, Effect[Ports]]] = {
    "await-merge": Effect(await_merge, observe_waiting),
    "merge-pull-request": Effect(merge, observe),
}

"""What the plan must know: what is kept of a topic, what rules of gates say, how pull requests stand."""

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from functions.pr.gate_check import RuleText, report
from functions.pr.note import Pull, Stamp
from functions.pr.pull_facts import PullFacts
from functions.pr.reading import ABSENT, read
from writ.contracts.errors import PermanentError
from writ.contracts.event import AnyEvent
from writ.contracts.events.checks import Check, CommitStatusReported
from writ.contracts.events.forge import PullRequestNoted
from writ.contracts.events.gates import GateResultRecorded
from writ.contracts.events.github import PullRequest, Review
from writ.contracts.events.platform import ScheduleTicked

if TYPE_CHECKING:
    from functions.pr.ports import Ports

# Of those that wait, so many are looked at on a tick; the others are on the next.
EACH_TICK: Final = 10
TICK_S: Final = 300
MOST_WAITING: Final = 1000
_OURS: Final = "writ/"


class Facts(BaseModel):
    """`newest` is the stamp of the note that the topic shows, None before the first.

    `rules` are the texts of those rules that a result of gates names, and that are known here. `pulls` are
    the pull requests that the event has to do with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    newest: Stamp | None = None
    rules: dict[str, RuleText] = {}
    pulls: tuple[PullFacts, ...] = ()


def gather(event: AnyEvent, ports: "Ports") -> Facts:
    """Read the facts of an event."""
    data = event.data
    if isinstance(data, PullRequestNoted):
        pull = Pull(repository=data.repository, number=data.pull_request)
        note = ports.threads.note(pull, data.topic)
        return Facts(newest=note and note.stamp)
    if isinstance(data, GateResultRecorded):
        return _of_gates(data, ports)
    return Facts(pulls=_read(_meant(event, ports), ports))


def _of_gates(data: GateResultRecorded, ports: "Ports") -> Facts:
    rules = ports.rules({violation.rule for violation in data.violations})
    if data.commit is None or "/" not in data.repository:
        return Facts(rules=rules)
    judged = report(data, rules)
    found = (read(pull, ports, judged) for pull in _heads(data.repository, data.commit, ports))
    return Facts(rules=rules, pulls=tuple(pull for pull in found if pull is not None))


def _meant(event: AnyEvent, ports: "Ports") -> list[Pull]:
    data = event.data
    if isinstance(data, PullRequest | Review):
        return [Pull(repository=data.repository, number=data.number)]
    if isinstance(data, Check):
        # What the bot reports itself says nothing new.
        own = data.kind == "run" and data.name.startswith(_OURS)
        return [] if own else _heads(data.repository, data.head_sha, ports)
    if isinstance(data, CommitStatusReported):
        return _heads(data.repository, data.sha, ports)
    return _in_turn(event, ports) if isinstance(data, ScheduleTicked) else []


def _in_turn(event: AnyEvent, ports: "Ports") -> list[Pull]:
    """Some of those that wait: time opens windows and ends freezes, and says so by no event."""
    waiting = ports.slots.waiting(MOST_WAITING)
    if len(waiting) <= EACH_TICK:
        return waiting
    first = (int(event.meta.time.timestamp()) // TICK_S * EACH_TICK) % len(waiting)
    return [*waiting[first:], *waiting[:first]][:EACH_TICK]


def _heads(repository: str, sha: str, ports: "Ports") -> list[Pull]:
    """The open pull requests whose head a commit is."""
    if ports.reading is None:
        return []
    try:
        numbers = ports.reading().open_pulls(repository, sha)
    except PermanentError as error:
        # A commit that the forge does not have is the head of nothing.
        if error.code not in ABSENT | {"forge.invalid"}:
            raise
        return []
    return [Pull(repository=repository, number=number) for number in numbers]


def _read(pulls: list[Pull], ports: "Ports") -> tuple[PullFacts, ...]:
    found = (read(pull, ports) for pull in pulls)
    return tuple(pull for pull in found if pull is not None)

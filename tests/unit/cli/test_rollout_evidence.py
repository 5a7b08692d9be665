"""A rollout held against a copy of the log: its transitions, and the judgements that decided them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.demo.rollout_evidence import Signed, signed
from tests.support.log_forge import Entry, Forge, an_action, an_intent, an_outcome
from tests.support.memory import START
from tests.support.rollouts import judged
from writ.ledger.logcopy import LogCopy
from writ.rollout.kept import KeptLook, Verdict
from writ.rollout.state import Kind

MOVE = {"judged": judged(Verdict.FAIL).model_dump(mode="json", exclude_defaults=True)}
ACTIONS = [
    an_action(number).model_copy(update={"parameters": {"move": MOVE} if number == 1 else {}})
    for number in range(3)
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> LogCopy:
    """Three actions, the last of which has no outcome."""
    forge, entries = Forge(), list[Entry]()
    session = forge.session()
    for action in ACTIONS:
        entries.append(forge.entry(session, an_intent(action)))
        if action is not ACTIONS[2]:
            entries.append(forge.entry(session, an_outcome(action, entries[-1].link)))
    folder: Path = tmp_path_factory.mktemp("log")
    return LogCopy(forge.write_copy(folder, entries))


def shown(*ends: str, verdict: Verdict = Verdict.FAIL, by: int = 1) -> dict[str, Any]:
    """A rollout as the API gives it."""
    look = KeptLook(
        rollout="shop-1", seq=1, kind=Kind.REVERT, at=START, action=ACTIONS[by].id, judgement=judged(verdict)
    )
    trail = [{"action": action.id, "end": end} for action, end in zip(ACTIONS, ends, strict=False)]
    return {"trail": trail, "looks": [look.model_dump(mode="json")]}


def test_what_the_log_states_is_counted(copy: LogCopy) -> None:
    found = signed(copy, shown("done", "done"))
    assert found == Signed(transitions=2, of=2, looks=1, looks_of=1)
    assert found.whole


def test_a_transition_without_an_outcome_is_not_whole_unless_it_was_overtaken(copy: LogCopy) -> None:
    assert not signed(copy, shown("done", "done", "done")).whole
    assert signed(copy, shown("done", "done", "superseded")).whole


def test_a_judgement_that_was_changed_after_it_was_signed_is_seen(copy: LogCopy) -> None:
    assert signed(copy, shown("done", "done", verdict=Verdict.PASS)).looks == 0


def test_a_judgement_that_another_action_signed_does_not_count(copy: LogCopy) -> None:
    assert signed(copy, shown("done", by=0)).looks == 0


def test_an_action_that_the_log_does_not_know_is_seen(copy: LogCopy) -> None:
    rollout = shown("done")
    rollout["trail"].append({"action": f"act-{'0' * 32}", "end": "done"})
    assert signed(copy, rollout).transitions == 1

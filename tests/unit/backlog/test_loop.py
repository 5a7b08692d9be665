"""Events and commands through the whole loop, with the backlog's table in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.backlog.facts import Facts
from functions.backlog.ports import Ports
from functions.backlog.task import DetailedTask, Status, person_key, task_id
from tests.support.memory import START
from tests.support.tasks import Plane, check_failed, event, github_event
from writ.contracts.action import Approval
from writ.contracts.action import Status as Result
from writ.contracts.errors import ConflictError, ContractError
from writ.contracts.event import AnyEvent
from writ.contracts.redaction import redact_text
from writ.runtime.bot import Bot
from writ.runtime.testimony import approval_id

DRAFT = {
    "title": "Renew the certificate",
    "owner": "platform",
    "frequency": {"count": 2, "per": "month"},
    "minutes_each": 45,
    "effort": 3,
}


@pytest.fixture
def plane() -> Plane:
    return Plane()


def only(plane: Plane) -> DetailedTask:
    (task,) = plane.tasks.tasks.values()
    return task


def submitted(id: str = "api-1", **changes: Any) -> AnyEvent:
    task = {**DRAFT, **changes}
    key = person_key("platform", redact_text(task["title"]))
    return event("TaskSubmitted.v1", id, task_id=task_id(key), actor="operator", task=task)


def test_first_failure_becomes_a_candidate_and_the_second_strengthens_it(plane: Plane) -> None:
    bot = plane.bot()
    bot.run(check_failed(1))
    first = only(plane)
    bot.run(check_failed(2))
    second = only(plane)

    assert (first.status, first.occurrences, first.version) == (Status.CANDIDATE, 1, 1)
    assert (second.occurrences, second.version) == (2, 2)
    assert [e.event_id for e in second.evidence] == [check_failed(1).id, check_failed(2).id]
    assert second.scores.rice > first.scores.rice > 0
    assert [s.rice for s in second.history] == [first.scores.rice, second.scores.rice]
    assert plane.announced() == ["BacklogTaskAdded.v1", "BacklogTaskStrengthened.v1"]


def test_the_same_delivery_counts_once_even_when_the_table_forgot_its_evidence(plane: Plane) -> None:
    bot = plane.bot()
    bot.run(check_failed(1))
    forgotten = only(plane).model_copy(update={"evidence": ()})
    plane.tasks.tasks[forgotten.id] = forgotten
    bot.run(check_failed(1))
    assert only(plane).occurrences == 1


def test_an_issue_with_two_labels_counts_once(plane: Plane) -> None:
    bot = plane.bot()
    fields: dict[str, Any] = {"number": 7, "title": "Publish 1.2.3", "author": None, "state": "open"}
    for label in ("toil", "chore", "bug"):
        bot.run(github_event("IssueLabelled.v1", f"delivery-{label}", label=label, **fields))
    assert only(plane).occurrences == 1


def test_a_retired_task_that_is_seen_again_is_a_candidate_again(plane: Plane) -> None:
    bot = plane.bot()
    bot.run(check_failed(1))
    task = only(plane)
    plane.tasks.tasks[task.id] = task.model_copy(update={"status": Status.RETIRED})
    bot.run(check_failed(2))
    assert only(plane).status is Status.CANDIDATE


def test_a_lost_race_is_run_again_on_the_newer_version(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    bot = plane.bot()
    bot.run(check_failed(1))
    real = plane.tasks.replace
    raced: list[DetailedTask] = []

    def race(task: DetailedTask, *, expected: int) -> None:
        if not raced:
            raced.append(task)
            current = only(plane)
            plane.tasks.tasks[current.id] = current.model_copy(update={"version": current.version + 1})
            raise ConflictError("somebody was faster")
        real(task, expected=expected)

    monkeypatch.setattr(plane.tasks, "replace", race)
    bot.run(check_failed(2))
    assert (only(plane).occurrences, only(plane).version) == (2, 3)


def test_a_submitted_task_is_scored_at_once(plane: Plane) -> None:
    (record,) = plane.bot().run(submitted(), actor=("person", "operator"))
    assert record.outcome is not None
    assert record.outcome.status is Result.SUCCEEDED
    assert only(plane).scores.rice == 15.0
    assert record.cause.actor_id == "operator"


def test_submitting_twice_is_a_conflict(plane: Plane) -> None:
    bot = plane.bot()
    bot.run(submitted())
    (second,) = bot.run(submitted("api-2"))
    assert second.outcome is not None
    assert (second.outcome.status, second.outcome.code) == (Result.FAILED, "conflict")


def test_a_change_of_an_old_version_fails_and_changes_nothing(plane: Plane) -> None:
    bot = plane.bot()
    bot.run(check_failed(1))
    bot.run(check_failed(2))
    before = only(plane)
    change: dict[str, Any] = {
        "task_id": before.id,
        "actor": "operator",
        "version": 1,
        "changes": {"people": 9},
    }
    (record,) = bot.run(event("TaskChangeRequested.v1", "api-1", **change))
    assert record.outcome is not None
    assert record.outcome.code == "precondition_failed"
    assert only(plane) == before


def test_automating_keeps_the_frequency_that_was_observed(plane: Plane) -> None:
    bot = plane.bot()
    for number in range(4):
        bot.run(check_failed(number))
    change = {"status": "automated", "bot": "triage"}
    bot.run(
        event(
            "TaskChangeRequested.v1", "api-1", task_id=only(plane).id, actor="op", version=4, changes=change
        )
    )
    plane.clock.forward(days=60)
    bot.run(event("ScheduleTicked.v1", "tick-1", schedule="rate(1 hour)"))
    task = only(plane)
    assert task.status is Status.AUTOMATED
    assert task.figures().times_per_month == 4
    assert task.days == {}


def test_an_automated_task_names_its_bot(plane: Plane) -> None:
    bot = plane.bot()
    bot.run(check_failed(1))
    change: dict[str, Any] = {
        "task_id": only(plane).id,
        "actor": "op",
        "version": 1,
        "changes": {"status": "automated"},
    }
    (record,) = bot.run(event("TaskChangeRequested.v1", "api-1", **change))
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Result.FAILED, "contract.invalid")


def test_scoring_is_remembered_even_when_the_score_stays(plane: Plane) -> None:
    bot = plane.bot()
    bot.run(check_failed(1))
    bot.run(event("TaskScoreRequested.v1", "api-1", task_id=only(plane).id, actor="op", method="wsjf"))
    assert [s.because for s in only(plane).history] == ["seen in CheckFailed.v1", "asked by wsjf"]
    news = plane.bus.events[-1].data.model_dump()
    assert (news["method"], news["score"]) == ("wsjf", only(plane).scores.wsjf)


def test_scores_fall_when_occurrences_leave_the_window(plane: Plane) -> None:
    bot = plane.bot()
    bot.run(check_failed(1))
    bot.run(check_failed(2, at=START + timedelta(days=20)))
    before = only(plane).scores.rice
    plane.clock.forward(days=31)
    (record,) = bot.run(event("ScheduleTicked.v1", "tick-1", schedule="rate(1 hour)"))
    after = only(plane)
    assert after.scores.rice == pytest.approx(before / 2)
    assert after.history[-1].because == "older than the window"
    assert bot.run(event("ScheduleTicked.v1", "tick-2", schedule="rate(1 hour)")) == []
    assert plane.announced()[-1] == "BacklogTaskScored.v1"
    assert record.action.blast_radius == 1


def test_a_stale_candidate_is_retired_when_a_person_agrees(plane: Plane) -> None:
    bot, task, action_id = retirement_asked(plane)
    approve(plane, action_id)
    bot.run(decided(action_id))
    assert plane.tasks.tasks[task.id].status is Status.RETIRED
    assert plane.announced()[-1] == "BacklogTaskRetired.v1"


def test_a_task_seen_while_its_retirement_waited_stays(plane: Plane) -> None:
    bot, task, action_id = retirement_asked(plane)
    bot.run(check_failed(2, at=plane.clock.now()))
    approve(plane, action_id)
    (record,) = bot.run(decided(action_id))
    assert record.outcome is not None
    assert record.outcome.code == "task.revived"
    assert plane.tasks.tasks[task.id].status is Status.CANDIDATE


def retirement_asked(plane: Plane) -> tuple[Bot[Ports, Facts], DetailedTask, str]:
    bot = plane.bot()
    bot.run(check_failed(1))
    plane.clock.forward(days=90)
    (record,) = bot.run(event("ScheduleTicked.v1", "tick-1", schedule="rate(1 day)"))
    assert record.outcome is None
    assert only(plane).status is Status.CANDIDATE
    return bot, only(plane), record.action.id


def approve(plane: Plane, action_id: str) -> None:
    plane.evidence.append_or_adopt(approval_id(action_id), {"approved": True})
    plane.approvals.answer(action_id, Approval(approved=True, by="op", at=plane.clock.now(), reason="agreed"))


def decided(action_id: str) -> AnyEvent:
    at = "2026-03-02T10:00:00Z"
    return event(
        "ApprovalDecided.v1",
        "d-1",
        action_id=action_id,
        bot="backlog",
        approved=True,
        by="op",
        at=at,
        reason="y",
    )


def test_evidence_and_history_are_bounded_and_the_count_is_not(plane: Plane) -> None:
    bot = plane.bot()
    for number in range(60):
        bot.run(check_failed(number))
    task = only(plane)
    assert (task.occurrences, len(task.evidence), len(task.history)) == (60, 50, 50)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"minutes_each": "45"}, "minutes_each"),
        ({"people": True}, "people"),
        ({"effort": 0}, "effort"),
        ({"confidence": 1.5}, "confidence"),
        ({"frequency": {"count": 1, "per": "year"}}, "frequency.per"),
        ({"title": "   "}, "title"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_submission_that_breaks_its_contract_names_the_field(
    plane: Plane, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ContractError) as raised:
        plane.bot().run(submitted(**changes))
    assert raised.value.field == field
    assert not plane.tasks.tasks
    assert not plane.evidence.entries


def test_a_secret_in_a_title_reaches_neither_the_table_nor_the_ledger(plane: Plane) -> None:
    secret = "ghp_" + "a1B2" * 9
    plane.bot().run(submitted(title=f"Rotate {secret}"))
    assert secret not in only(plane).model_dump_json()
    assert secret not in repr(plane.evidence.entries)

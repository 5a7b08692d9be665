"""Results of gates as a check run with annotations: one, updated, whatever the forge does meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.pr.check import GATES, Place
from functions.pr.gate_check import RuleText
from functions.pr.markdown import code, table
from tests.support.controls import LEASE
from tests.support.memory_pulls import HEAD
from tests.support.pull_requests import REPOSITORY, Commenting, judged
from writ.contracts.action import Status
from writ.contracts.errors import BusyError, ForgeBusyError, PermanentError, TransientError
from writ.ports.actions import ActionRecord, Phase
from writ.ports.forge import CheckReport
from writ.ports.forge_words import Conclusion, Level

PLACE = Place(repository=REPOSITORY, sha=HEAD, name=GATES)


@pytest.fixture
def commenting() -> Commenting:
    made = Commenting()
    made.pulls.pull = None
    made.rules["licences/forbidden"] = RuleText(title="No forbidden licence", link="https://writ.example/l")
    return made


def judge(commenting: Commenting, verdict: str = "deny", **given: Any) -> list[ActionRecord]:
    commenting.plane.clock.instant += timedelta(minutes=1)
    return commenting.bot().run(judged(commenting.plane.clock.now(), verdict, **given))


def run(commenting: Commenting) -> CheckReport:
    (found,) = commenting.checks.runs.values()
    return found


def many(count: int) -> list[dict[str, Any]]:
    return [
        {"rule": "licences/forbidden", "effect": "deny", "path": f"bom{n}.json", "line": n + 1}
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("verdict", "current", "conclusion"),
    [
        ("allow", True, Conclusion.SUCCESS),
        ("allow", False, Conclusion.ACTION_REQUIRED),
        ("review", True, Conclusion.ACTION_REQUIRED),
        ("deny", True, Conclusion.FAILURE),
        ("unknown", True, Conclusion.FAILURE),
    ],
)
def test_verdict_is_concluded_at_the_head(
    commenting: Commenting, verdict: str, current: bool, conclusion: Conclusion
) -> None:
    effect = {"allow": "note"}.get(verdict, verdict)
    violations = [{"rule": "licences/forbidden", "effect": effect, "path": "bom.json"}]
    (record,) = judge(commenting, verdict, current=current, violations=violations)
    assert (run(commenting).name, run(commenting).head_sha) == ("writ/gates", HEAD)
    assert run(commenting).conclusion is conclusion
    assert record.outcome is not None
    assert record.outcome.observed["conclusion"] == conclusion.value


def test_violation_is_annotated_where_it_is_with_what_must_hold(commenting: Commenting) -> None:
    judge(commenting, violations=many(1))
    (annotation,) = commenting.checks.annotations[500]
    assert (annotation.path, annotation.line, annotation.level) == ("bom0.json", 1, Level.FAILURE)
    assert annotation.message.startswith(
        "Does not hold: No forbidden licence. Why and what to change: writ gate run"
    )
    assert (
        "| [licences/forbidden](https://writ.example/l) | deny | `bom0.json:1` |" in run(commenting).summary
    )
    assert run(commenting).title == "1 denied"
    assert run(commenting).url.startswith("https://")


def test_violation_without_a_place_stands_in_the_summary_alone(commenting: Commenting) -> None:
    judge(commenting, violations=[{"rule": "window/closed", "effect": "review"}], verdict="review")
    assert commenting.checks.annotations[500] == []
    assert "| window/closed | review | – | – |" in run(commenting).summary


def test_later_result_of_the_commit_changes_the_run_and_adds_what_is_new(commenting: Commenting) -> None:
    judge(commenting, violations=many(60))
    judge(commenting, violations=many(61), report="1" * 64)
    assert len(commenting.checks.annotations[500]) == 61
    judge(commenting, "allow", violations=[], report="2" * 64)
    assert run(commenting).conclusion is Conclusion.SUCCESS
    assert "61 annotations here are of earlier reports" in run(commenting).summary


def test_result_that_comes_late_does_not_undo_a_later_one(commenting: Commenting) -> None:
    now = commenting.plane.clock.now()
    commenting.bot().run(judged(now, "allow", violations=[], report="2" * 64))
    commenting.bot().run(judged(now - timedelta(hours=1), report="1" * 64))
    assert run(commenting).conclusion is Conclusion.SUCCESS


def test_same_event_again_asks_nothing_of_the_forge(commenting: Commenting) -> None:
    event = judged(commenting.plane.clock.now())
    commenting.bot().run(event)
    asked = commenting.checks.requests
    commenting.bot().run(event)
    assert commenting.checks.requests == asked


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("failing", [0, 1, 2])
def test_break_between_batches_loses_and_doubles_no_annotation(
    commenting: Commenting, failing: int, late: bool
) -> None:
    commenting.checks.fails = [*([None] * failing), TransientError("no answer")]
    commenting.checks.late = late
    with pytest.raises(TransientError):
        judge(commenting, violations=many(120))
    (action,) = commenting.plane.actions.records
    with pytest.raises(TransientError) as held:
        commenting.wiring().loop.resume(action)
    assert held.value.code == "pr.busy", "a request may still be on its way"
    commenting.plane.clock.instant += LEASE + timedelta(seconds=1)
    record = commenting.wiring().loop.resume(action)
    assert record.outcome is not None
    assert record.outcome.status is Status.SUCCEEDED
    lines = [annotation.line for annotation in commenting.checks.annotations[500]]
    assert lines == list(range(1, 121))
    assert len(commenting.checks.runs) == 1


def test_run_that_somebody_copied_is_left_alone(commenting: Commenting) -> None:
    judge(commenting)
    copy = commenting.checks.create_check_run(REPOSITORY, run(commenting))
    judge(commenting, "allow", violations=[], report="1" * 64)
    assert commenting.checks.runs[copy.id].conclusion is Conclusion.FAILURE
    assert commenting.checks.runs[500].conclusion is Conclusion.SUCCESS


def test_refusal_is_the_outcome_and_holds_nothing_up(commenting: Commenting) -> None:
    commenting.checks.fails = [PermanentError("may not", code="forge.forbidden")]
    (record,) = judge(commenting)
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.FAILED, "forge.forbidden")
    judge(commenting, report="1" * 64)
    assert run(commenting).conclusion is Conclusion.FAILURE


def test_report_waits_for_as_long_as_the_forge_asks(commenting: Commenting) -> None:
    until = commenting.plane.clock.now() + timedelta(hours=1)
    commenting.checks.fails = [ForgeBusyError("later", until)]
    with pytest.raises(ForgeBusyError):
        judge(commenting)
    asked = commenting.checks.requests
    (id,) = commenting.plane.actions.records
    with pytest.raises(BusyError):
        commenting.wiring().loop.resume(id)
    assert commenting.checks.requests == asked
    commenting.plane.clock.instant = until
    assert commenting.wiring().loop.resume(id).phase is Phase.CLOSED
    assert run(commenting).conclusion is Conclusion.FAILURE


def test_without_a_forge_the_report_is_kept_and_shown_with_the_next(commenting: Commenting) -> None:
    github, commenting.forge = commenting.github, None
    (record,) = judge(commenting)
    assert record.outcome is not None
    assert record.outcome.observed["posted"] is False
    slot = commenting.slots.slot(PLACE)
    assert slot is not None
    assert slot.report.about["verdict"] == "deny"
    commenting.forge = github
    judge(commenting, report="1" * 64)
    assert len(commenting.checks.annotations[500]) == 1


@pytest.mark.parametrize("given", [{"commit": None}, {"repository": "shop"}])
def test_result_of_no_commit_or_repository_of_a_forge_is_shown_nowhere(
    commenting: Commenting, given: dict[str, Any]
) -> None:
    assert judge(commenting, **given) == []


def test_words_of_strangers_end_neither_span_nor_cell_and_mention_nobody() -> None:
    text = "feat: `x` | @octocat <img src=x> \n[a](https://elsewhere.example)\u202e \\|"
    assert code(text) == "`feat: 'x' ¦ @octocat <img src=x> [a](https://elsewhere.example) \\¦`"
    assert table(("a", "b"), [(code("`|`"), "c")]).splitlines()[2] == "| `'¦'` | c |"
    assert code(" \n") == "nothing"
    assert len(code("x" * 500)) == 122

"""What a run tells: read from evidence alone, and drawn with the figures it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from cli.local.picture import Stage, loop, render, stages
from cli.local.replay import Receipt
from cli.local.story import WAITING, Story, read_actions
from tests.support.log_forge import Entry, Forge, an_action, an_intent, an_outcome
from writ.contracts.action import Verdict
from writ.ledger.logcopy import LogCopy


def receipt(number: int, kind: str = "CheckFailed.v1", *, duplicate: bool = False) -> Receipt:
    return Receipt(
        f"push/{number}.json",
        "push",
        f"d-{number}",
        202,
        event_id=f"event-{number}",
        type=kind,
        duplicate=duplicate,
    )


REFUSED = Receipt(
    "push/bad.json", "push", "d-bad", 400, code="webhook.body", field="body", message="not JSON"
)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Three actions from event-1: one done, one denied, one that waits for a person."""
    forge = Forge()
    session = forge.session()
    entries: list[Entry] = []
    for number, verdict in enumerate((Verdict.ALLOW, Verdict.DENY, Verdict.REVIEW)):
        action = an_action(number)
        entries.append(forge.entry(session, an_intent(action, verdict)))
        if verdict is not Verdict.REVIEW:
            entries.append(forge.entry(session, an_outcome(action, entries[-1].link)))
    copy = LogCopy(forge.write_copy(tmp_path_factory.mktemp("log"), entries))
    receipts = [receipt(1), receipt(2, "CodePushed.v1"), receipt(3, "CodePushed.v1", duplicate=True), REFUSED]
    return Story(receipts, read_actions(copy), len(entries))


def test_every_action_is_read_with_its_decision_and_what_came_of_it(story: Story) -> None:
    assert sorted((action.verdict, action.status) for action in story.actions) == [
        ("allow", "succeeded"),
        ("deny", "succeeded"),
        ("review", WAITING),
    ]
    assert {(a.bot, a.name, a.event_id) for a in story.actions} == {
        ("backlog", "strengthen-candidate", "event-1")
    }


def test_counts_tell_new_from_repeated_from_refused(story: Story) -> None:
    counts = story.counts()
    assert counts["webhooks"] == {"sent": 4, "new": 2, "repeated": 1, "refused": 1}
    assert counts["events"] == {"CheckFailed.v1": 1, "CodePushed.v1": 2}
    assert counts["actions"] == {
        "all": 3,
        "from_webhooks": 3,
        "by_bot": {"backlog": 3},
        "by_decision": {"allow": 1, "deny": 1, "review": 1},
        "by_status": {"succeeded": 2, WAITING: 1},
    }
    assert counts["entries"] == 5


def test_types_that_led_to_most_actions_come_first(story: Story) -> None:
    first, second = story.by_type()
    assert (first.type, first.actions, first.bots) == ("CheckFailed.v1", 3, ("backlog",))
    assert (second.type, second.count, second.fresh, second.actions) == ("CodePushed.v1", 2, 1, 0)


def test_actions_of_other_events_are_not_taken_for_the_webhooks(story: Story) -> None:
    other = Story([receipt(9)], story.actions, story.entries)
    assert other.counts()["actions"]["all"] == 3
    assert other.counts()["actions"]["from_webhooks"] == 0


def test_the_loop_is_drawn_with_every_note_below_its_station() -> None:
    drawn = loop(
        [Stage("event", ("51", "25 types")), Stage("plan", ("2 actions",)), Stage("outcome", ("2",))]
    )
    assert drawn.splitlines() == [
        "event ─────► plan ───────► outcome",
        "51           2 actions     2",
        "25 types",
    ]


def test_the_stations_carry_this_runs_figures(story: Story) -> None:
    notes = {stage.name: stage.notes for stage in stages(story)}
    assert notes["webhook"] == ("4 signed", "1 refused")
    assert notes["event"] == ("3", "2 types")
    assert notes["policy"] == ("1 allow", "1 review", "1 deny")
    assert notes["outcome"] == ("2 succeeded", "1 waiting")


def test_an_empty_run_is_drawn_as_one() -> None:
    notes = {stage.name: stage.notes for stage in stages(Story([], [], 0))}
    assert notes["policy"] == ("none",)
    assert notes["plan"] == ("0 actions",)


def test_people_see_what_was_refused_and_why_as_plain_text(story: Story) -> None:
    console = Console(width=160, record=True)
    hostile = Receipt("push/[red]x[/].json", "push", "d", 400, code="c", field="[link=evil]f[/]", message="m")
    console.print(render(Story([*story.receipts, hostile], story.actions, 5)))
    text = console.export_text()
    for part in ("webhook.body", "not JSON", "[red]x[/].json", "[link=evil]f[/]", "strengthen-candidate"):
        assert part in text


def test_reading_needs_nothing_but_the_copy(story: Story, tmp_path: Path) -> None:
    forge = Forge()
    copy = LogCopy(forge.write_copy(tmp_path, forge.actions(1)))
    assert [action.status for action in read_actions(copy)] == ["succeeded"]

"""The life of previews, by the real loop, policies and flow over stacks in memory."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from functions.preview.model import Failure, State, preview_id
from functions.preview.stack import Stack, StackState
from tests.support.previews import COMMITS, REPOSITORY, SITE, PreviewWorld, pull_request
from writ.ports.controls import EXCEPTIONS

ID = preview_id(REPOSITORY, 42)
STACK = f"{SITE.prefix}{ID}"


def state(world: PreviewWorld, id: str = ID) -> State:
    return world.previews.rows[id].state


def test_a_label_builds_seeds_checks_and_shows_a_preview(world: PreviewWorld) -> None:
    world.label()
    assert state(world) is State.BUILDING
    world.settle()
    row = world.previews.rows[ID]
    assert (row.state, row.commit, row.seeded) == (State.READY, COMMITS[0], "service@1")
    assert row.url == f"https://{STACK}.lambda-url/"
    items = world.databases.tables[f"{STACK}-items"]
    assert len(items) == 6
    assert "example.com" not in str(items)
    assert "[redacted]" in str(items)
    tags = world.stacks.held[STACK].tags
    assert (tags["writ-env"], tags["writ-preview"], tags["writ-team"]) == ("local", ID, "demo")
    assert [event.type for event in world.plane.announced()].count("PreviewOpened.v1") == 1
    assert "is ready" in world.notes()[-1]
    assert row.url in world.notes()[-1]


def test_a_push_updates_the_stack_and_keeps_the_data(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    world.databases.tables[f"{STACK}-items"].append({"id": "made-by-hand"})
    world.push(COMMITS[1])
    world.settle()
    assert (state(world), world.previews.rows[ID].commit) == (State.READY, COMMITS[1])
    assert len(world.databases.tables[f"{STACK}-items"]) == 7
    assert [what for what, _ in world.stacks.calls] == ["create", "update"]


def test_the_same_event_again_changes_nothing(world: PreviewWorld) -> None:
    given = pull_request(42, COMMITS[0], action="labeled", label="preview")
    event = world.send("PullRequestLabelled", **given)
    before = dict(world.previews.rows)
    world.bot.run(event)
    assert world.previews.rows == before


def test_a_push_while_it_is_built_supersedes_the_first_commit(world: PreviewWorld) -> None:
    world.stacks.slow = 3
    world.label()
    first = world.runs.latest()
    assert first is not None
    for _ in range(3):
        first.step()
    world.push(COMMITS[1])
    world.settle()
    while first.step():
        pass
    assert first.output == {"preview": ID, "state": "superseded"}
    assert (state(world), world.previews.rows[ID].commit) == (State.READY, COMMITS[1])


def test_a_closed_pull_request_leaves_nothing_behind(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    world.close()
    assert state(world) is State.REMOVING
    world.settle()
    assert (state(world), world.stacks.held) == (State.GONE, {})
    assert world.previews.held("demo") == {}
    assert "is gone: its pull request is closed" in world.notes()[-1]


def test_taking_the_label_away_removes_it(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    world.send("PullRequestChanged", **pull_request(42, COMMITS[0], action="unlabeled", labels=[]))
    world.settle()
    assert state(world) is State.GONE


def test_activity_extends_it_and_its_last_day_does_not_move(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    row = world.previews.rows[ID]
    for number in range(8):
        world.plane.clock.forward(seconds=80)
        world.push(COMMITS[1 + number % 2])
        world.settle()
    later = world.previews.rows[ID]
    assert row.expires_at < later.expires_at == later.ends_at == row.ends_at


def test_one_that_nobody_extends_is_removed(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    world.tick(minutes=1)
    assert state(world) is State.READY
    world.tick(minutes=3)
    world.settle()
    assert state(world) is State.GONE
    assert world.previews.rows[ID].goal.reason == "its time is over"


def test_a_team_beyond_its_quota_is_refused_with_the_reason_on_the_pull_request(world: PreviewWorld) -> None:
    for number in (1, 2, 3):
        world.label(number)
    refused = world.previews.rows[preview_id(REPOSITORY, 3)]
    assert refused.state is State.REFUSED
    assert refused.failure == Failure(reason="previews of demo: 2 and 1 more, limit 2")
    assert "previews of demo: 2 and 1 more, limit 2" in world.notes()[-1]
    world.close(1)
    for run in list(world.runs.executions.values()):
        while run.step():
            pass
    world.settle()
    world.label(3)
    assert state(world, refused.id) is State.BUILDING


def test_a_resource_that_cannot_be_built_is_named_and_cleaned_up(world: PreviewWorld) -> None:
    world.stacks.broken = Failure(reason="the name is taken", resource="Items (AWS::DynamoDB::Table)")
    world.label()
    world.settle()
    row = world.previews.rows[ID]
    assert (row.state, row.failure) == (State.LOST, world.stacks.broken)
    assert (world.stacks.held, world.previews.held("demo")) == ({}, {})
    assert "`Items (AWS::DynamoDB::Table)`: the name is taken" in world.notes()[-1]


def test_an_update_that_fails_leaves_the_commit_that_it_showed(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    world.stacks.broken = Failure(reason="no memory", resource="Service (AWS::Lambda::Function)")
    world.push(COMMITS[1])
    world.settle()
    row = world.previews.rows[ID]
    assert (row.state, row.commit, row.failure) == (State.FAILED, COMMITS[0], world.stacks.broken)
    world.stacks.broken = None
    world.push(COMMITS[2])
    world.settle()
    assert (state(world), world.previews.rows[ID].failure) == (State.READY, None)


def test_one_that_never_works_is_given_up(world: PreviewWorld) -> None:
    world.probes.answers = 500
    world.label()
    world.settle()
    row = world.previews.rows[ID]
    assert row.state is State.LOST
    assert row.failure is not None


def test_what_stays_of_a_stack_is_named_and_the_sweeper_finishes(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    world.stacks.kept = Failure(reason="it is in use", resource="Role (AWS::IAM::Role)")
    world.close()
    world.settle()
    row = world.previews.rows[ID]
    assert (row.state, row.failure) == (State.STUCK, world.stacks.kept)
    assert "cannot be removed yet" in world.notes()[-1]
    world.tick(minutes=3)
    world.settle()
    assert state(world) is State.STUCK
    world.stacks.kept = None
    world.tick(minutes=5)
    world.settle()
    assert (state(world), world.stacks.held) == (State.GONE, {})


def test_a_flow_that_was_never_started_is_started_by_the_sweeper(world: PreviewWorld) -> None:
    world.label(repository="acme/shop")
    world.plane.flows.runs.clear()
    world.plane.flows.inputs.clear()
    world.tick(minutes=2)
    world.settle()
    assert state(world, preview_id("acme/shop", 42)) is State.READY


def test_a_stack_that_nobody_stands_for_is_swept_by_its_tags(world: PreviewWorld) -> None:
    id = preview_id(REPOSITORY, 7)
    mine = Stack(f"{SITE.prefix}{id}", StackState.BUILT, {}, {}, {"writ-env": "local", "writ-preview": id})
    other = Stack(f"{SITE.prefix}x-1-00000000", StackState.BUILT, {}, {}, {"writ-env": "prod"})
    world.stacks.held = {mine.name: mine, other.name: other}
    for _ in range(3):
        world.tick()
        world.stacks.find(mine.name)
    assert list(world.stacks.held) == [other.name]


def test_one_whose_stack_is_gone_is_closed(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    del world.stacks.held[STACK]
    world.tick()
    world.settle()
    assert (state(world), world.previews.rows[ID].goal.reason) == (State.GONE, "its stack is gone")


def test_what_is_away_for_a_while_is_tried_again(world: PreviewWorld) -> None:
    world.stacks.down = 4
    world.label()
    world.settle()
    assert state(world) is State.READY


def test_a_pull_request_without_the_label_gets_none(world: PreviewWorld) -> None:
    world.label(labels=["bug"], label="bug")
    assert world.previews.rows == {}


def test_a_pull_request_whose_id_is_anothers_changes_nothing_of_it(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    taken = world.previews.rows[ID].model_copy(update={"repository": "another/shop"})
    world.previews.rows[ID] = taken
    world.push(COMMITS[1])
    world.label(labels=["bug"], label="bug")
    world.close()
    assert world.previews.rows[ID] == taken


def test_a_pull_request_opened_again_gets_a_preview_again(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    world.close()
    world.settle()
    world.label(commit=COMMITS[1])
    world.settle()
    row = world.previews.rows[ID]
    assert (row.state, row.commit, row.goal.number) == (State.READY, COMMITS[1], 3)


def test_a_removal_that_is_refused_is_told_and_the_sweeper_finishes(world: PreviewWorld) -> None:
    world.label()
    world.settle()
    world.stacks.refused = "it is protected"
    world.close()
    world.settle()
    row = world.previews.rows[ID]
    assert (row.state, row.failure) == (State.STUCK, Failure(reason="it is protected"))
    assert "it is protected" in world.notes()[-1]
    world.stacks.refused = ""
    world.tick()
    world.settle()
    assert (state(world), world.stacks.held) == (State.GONE, {})


def forked(world: PreviewWorld, fork: bool | None) -> None:
    asked = pull_request(42, COMMITS[0], action="labeled", label="preview", fork=fork)
    world.send("PullRequestLabelled", **asked)


@pytest.mark.parametrize("fork", [True, None], ids=["a fork", "nobody said"])
def test_code_of_another_repository_is_not_built_and_the_pull_request_is_told(
    world: PreviewWorld, fork: bool | None
) -> None:
    forked(world, fork)
    world.settle()
    assert state(world) is State.REFUSED
    assert world.stacks.held == {}
    (note,) = world.notes()
    assert "was refused" in note
    assert "runs code of another repository" in note


def test_an_exception_lets_a_fork_have_a_preview_and_its_pushes(world: PreviewWorld) -> None:
    scope = {"bot": "preview", "action": "*", "target": "*"}
    waiver = {
        "id": "trusted",
        "rule": "fork",
        "scope": scope,
        "owner": "platform",
        "reason": "a contributor we know",
        "expires_at": (world.plane.clock.now() + timedelta(days=7)).isoformat(),
        "requested_by": "Ann",
    }
    world.plane.controls.documents[EXCEPTIONS] = json.dumps({"items": [waiver]})
    forked(world, True)
    world.settle()
    assert state(world) is State.READY
    pushed = pull_request(42, COMMITS[1], action="synchronize", fork=True)
    world.send("PullRequestChanged", **pushed)
    assert world.previews.rows[ID].goal.commit == COMMITS[1]
    # Once it is revoked, nothing more of it is built.
    del world.plane.controls.documents[EXCEPTIONS]
    world.send("PullRequestChanged", **pull_request(42, COMMITS[0], action="synchronize", fork=True))
    assert world.previews.rows[ID].goal.commit == COMMITS[1]

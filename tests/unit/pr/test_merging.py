"""Merges by policy: of the head that was judged, at most once, and never past anything that is not known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.controls import LEASE
from tests.support.memory_pulls import HEAD, MERGED, MOVED
from tests.support.pull_requests import PULL, Commenting, judged, opened
from writ.contracts.action import Status
from writ.contracts.errors import PermanentError, TransientError
from writ.contracts.event import parse_event
from writ.gates import registry
from writ.ports.actions import ActionRecord, Phase
from writ.ports.controls import FREEZES, budget_key, service_digest
from writ.ports.forge import ChangedFile, CommitStatus
from writ.ports.forge_reviews import Review, ReviewState
from writ.ports.forge_words import MergeMethod
from writ.pulls.settings import Required, RequiredOf, Settings

Change = Callable[[Commenting], object]

pytestmark = pytest.mark.usefixtures("decisions_remembered")


@pytest.fixture
def ready() -> Commenting:
    """A pull request that policy would merge at the next event."""
    made = Commenting()
    made.pulls.change(labels=("automerge",))
    made.checks.reported = [CommitStatus("ci/build", "success", "")]
    made.pulls.approve()
    gates(made)
    made.plane.bus.events.clear()
    return made


def gates(made: Commenting, verdict: str = "allow", **given: Any) -> None:
    """Gates ran on the head; what they found is kept before anybody asks for a merge."""
    made.plane.clock.instant += timedelta(minutes=1)
    outcomes = [{"gate": name, "verdict": "allow", "violations": 0, "waived": 0} for name in registry.names()]
    bundle = made.ports().policy().digest
    facts = {"bundle": bundle, "gates": outcomes, "violations": [], **given}
    labels = made.pulls.pull.labels if made.pulls.pull else ()
    made.pulls.change(labels=())
    made.bot().run(judged(made.plane.clock.now(), verdict, **facts))
    made.pulls.change(labels=labels)


def hear(made: Commenting, id: str = "") -> list[ActionRecord]:
    made.plane.clock.instant += timedelta(minutes=1)
    given = {"id": id} if id else {}
    return made.bot().run(
        opened(made.plane.clock.now(), "PullRequestLabelled.v1", label="automerge", **given)
    )


def merge_of(done: list[ActionRecord]) -> ActionRecord:
    (found,) = [record for record in done if record.action.name == "merge-pull-request"]
    return found


def test_ready_pull_request_is_merged_at_its_head_with_a_writ(ready: Commenting) -> None:
    record = merge_of(hear(ready))
    assert record.outcome is not None
    assert record.outcome.status is Status.SUCCEEDED
    assert record.outcome.observed == {"merged": True, "pull": PULL.key, "head": HEAD, "sha": MERGED}
    assert ready.pulls.merges == [(HEAD, MergeMethod.SQUASH, "feat: carts (#42)")]
    assert record.action.parameters["policies"] == ready.ports().policy().digest
    assert ready.plane.evidence.order[-2:] == [f"{record.action.id}.intent", f"{record.action.id}.outcome"]


def test_duplicate_events_merge_once(ready: Commenting) -> None:
    at = ready.plane.clock.now()
    twice = opened(at, "PullRequestLabelled.v1", label="automerge")
    ready.bot().run(twice)
    again = opened(at, "PullRequestLabelled.v1", label="automerge", id="another-delivery")
    for event in (twice, again):
        ready.bot().run(event)
    assert len(ready.pulls.merges) == 1
    merges = [r for r in ready.plane.actions.records.values() if r.action.name == "merge-pull-request"]
    assert len(merges) == 1


def _reported(name: str, state: str) -> Change:
    return lambda made: made.checks.create_status("", "", CommitStatus(name, state, ""))


def _review(state: ReviewState, by: str = "ann", **changes: Any) -> Change:
    def happen(made: Commenting) -> None:
        review = Review(99, by, state, HEAD, member=True, person=True)
        made.pulls.given.append(replace(review, **changes))

    return happen


def _only(**changes: Any) -> Change:
    """The one approval there is."""

    def happen(made: Commenting) -> None:
        made.pulls.given = [replace(review, **changes) for review in made.pulls.given]

    return happen


def _change(**changes: Any) -> Change:
    return lambda made: made.pulls.change(**changes)


def _gates(verdict: str = "allow", **given: Any) -> Change:
    return lambda made: gates(made, verdict, report="9" * 64, **given)


def _required(*checks: Required) -> Change:
    def happen(made: Commenting) -> None:
        wanted = RequiredOf(repository="acme/*", checks=list(checks))
        merge = made.settings.merge.model_copy(update={"required_checks": [wanted]})
        made.settings = made.settings.model_copy(update={"merge": merge})

    return happen


def _document(key: tuple[str, str], document: dict[str, Any]) -> Change:
    return lambda made: made.plane.controls.documents.update({key: json.dumps(document)})


def _file(path: str, text: str) -> Change:
    return lambda made: made.pulls.contents.update({path: text})


FREEZE = {
    "id": "fr-1", "reason": "audit", "scope": {"bots": [], "actions": []}, "owner": "ann",
    "declared_by": "ann",
    "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z",
}  # fmt: skip
LICENCES_ALONE = {"gate": "licences", "verdict": "allow", "violations": 0, "waived": 0}
SPENT = (budget_key(service_digest("shop")), {"budget": "freeze"})
SERVICES = ".gates/services.yaml"
AGAINST: list[tuple[str, Change]] = [
    ("not-asked", _change(labels=())),
    ("draft", _change(draft=True)),
    ("fork", _change(source="mallory/shop")),
    ("fork-that-is-gone", _change(source=None)),
    ("conflict", _change(mergeable=False)),
    ("mergeable-not-known", _change(mergeable=None)),
    ("title-drops-a-release", _change(title="docs: carts")),
    ("check-failed", _reported("ci/build", "failure")),
    ("check-in-error", _reported("ci/build", "error")),
    ("check-pending", _reported("ci/build", "pending")),
    ("state-nobody-knows", _reported("ci/build", "odd")),
    ("another-check-failed", _reported("lint", "failure")),
    ("required-missing", _required(Required(name="tests"))),
    ("required-of-another-app", _required(Required(name="ci/build", app="github-actions"))),
    ("no-approval", lambda made: made.pulls.given.clear()),
    ("approval-of-an-earlier-head", _only(commit="1" * 40)),
    ("approval-by-the-author", _only(reviewer="Octocat")),
    ("approval-by-a-stranger", _only(member=False)),
    ("approval-by-an-app", _only(person=False)),
    ("approval-of-an-account-that-is-gone", _only(reviewer=None)),
    ("dismissed", _review(ReviewState.DISMISSED)),
    ("changes-requested", _review(ReviewState.CHANGES_REQUESTED, by="bob")),
    ("changes-requested-by-a-stranger", _review(ReviewState.CHANGES_REQUESTED, by="eve", member=False)),
    ("owner-did-not-approve", _file(".github/CODEOWNERS", "* @carol\n")),
    ("team-nobody-knows", _file(".github/CODEOWNERS", "* @acme/shop\n")),
    ("owner-by-mail", _file(".github/CODEOWNERS", "* ann@example.com\n")),
    ("gates-denied", _gates("deny")),
    ("gates-unknown", _gates("unknown")),
    ("gates-want-a-person", _gates("review")),
    ("gates-by-other-policies", _gates(bundle="0" * 64)),
    ("some-gates-alone", _gates(gates=[LICENCES_ALONE])),
    ("gates-of-two-days-ago", lambda made: made.plane.clock.forward(days=2)),
    ("no-result-for-this-head", lambda made: made.slots.kept.clear()),
    ("frozen", _document(FREEZES, {"items": [FREEZE]})),
    ("freezes-unreadable", _document(FREEZES, {"items": [{"id": 7}]})),
    ("more-than-the-forge-lists", lambda made: made.pulls.changed.extend(made.pulls.changed * 3000)),
    ("high-risk-with-one-approval",
     lambda made: made.pulls.changed.append(ChangedFile("stacks/grants.py", "modified", 1, 0))),
    ("services-unreadable", _file(SERVICES, "services: 7\n")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change"), AGAINST, ids=[name for name, _ in AGAINST])
def test_nothing_is_merged_past(ready: Commenting, name: str, change: Change) -> None:
    change(ready)
    done = hear(ready)
    assert "merge-pull-request" not in [record.action.name for record in done]
    assert ready.pulls.merges == []


def test_service_without_budget_is_not_merged_to_and_one_with_is(ready: Commenting) -> None:
    _file(SERVICES, "services: {shop: [src/]}\n")(ready)
    _document(*SPENT)(ready)
    hear(ready)
    assert ready.pulls.merges == []
    assert "`error budget of shop: freeze`" in next(iter(ready.github.kept.values())).body
    ready.plane.controls.documents.clear()
    hear(ready)
    assert len(ready.pulls.merges) == 1


def test_members_of_a_team_that_policy_knows_count(ready: Commenting) -> None:
    _file(".github/CODEOWNERS", "* @acme/shop\n")(ready)
    merge = ready.settings.merge.model_copy(update={"teams": {"@Acme/shop": ["ANN"]}})
    ready.settings = ready.settings.model_copy(update={"merge": merge})
    hear(ready)
    assert len(ready.pulls.merges) == 1


MEANWHILE: list[tuple[str, Change, str]] = [
    ("head-moves", lambda made: made.pulls.move(), "forge.moved"),
    ("check-flips", _reported("ci/build", "failure"), "pr.not_ready"),
    ("review-is-dismissed", _review(ReviewState.DISMISSED), "pr.not_ready"),
    ("changes-are-asked-for", _review(ReviewState.CHANGES_REQUESTED, by="bob"), "pr.not_ready"),
    ("label-is-taken-off", _change(labels=()), "pr.not_ready"),
    ("it-becomes-a-draft", _change(draft=True), "pr.not_ready"),
    ("it-is-closed", _change(state="closed"), "forge.moved"),
    ("title-changes", _change(title="chore: carts"), "pr.not_ready"),
]


@pytest.mark.parametrize(("name", "change", "code"), MEANWHILE, ids=[name for name, _, _ in MEANWHILE])
def test_what_happens_between_decision_and_merge_keeps_it_open(
    ready: Commenting, name: str, change: Change, code: str
) -> None:
    ready.pulls.meanwhile = [lambda: change(ready)]
    record = merge_of(hear(ready))
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.FAILED, code)
    assert ready.pulls.merges == []


def test_head_that_moves_after_the_last_look_is_refused_by_the_forge(ready: Commenting) -> None:
    ready.pulls.meanwhile = [lambda: None, ready.pulls.move]
    record = merge_of(hear(ready))
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.FAILED, "forge.moved")
    assert ready.pulls.merges == []
    ready.pulls.approve(commit=MOVED)
    gates(ready, commit=MOVED, report="9" * 64)
    hear(ready)
    assert [head for head, _, _ in ready.pulls.merges] == [MOVED], "another head is another effect"


def test_merge_whose_answer_was_lost_is_found_and_not_done_again(ready: Commenting) -> None:
    ready.pulls.fails, ready.pulls.late = [TransientError("lost")], True
    record = merge_of(hear(ready))
    assert record.outcome is not None
    assert record.outcome.status is Status.SUCCEEDED
    assert record.outcome.observed["merged_by"] == "writ[bot]"
    assert len(ready.pulls.merges) == 1


def test_forge_that_fails_is_asked_again_only_while_policy_allows(ready: Commenting) -> None:
    ready.pulls.fails = [TransientError("down")]
    with pytest.raises(TransientError):
        hear(ready)
    _reported("ci/build", "failure")(ready)
    ready.plane.clock.instant += LEASE
    (action,) = [
        record.action.id
        for record in ready.plane.actions.records.values()
        if record.action.name == "merge-pull-request"
    ]
    record = ready.wiring().loop.resume(action)
    assert record.outcome is not None
    assert record.outcome.code == "pr.not_ready"
    assert ready.pulls.merges == []


@pytest.mark.parametrize("code", ["forge.unmergeable", "forge.forbidden"])
def test_refusal_of_the_forge_is_the_outcome(ready: Commenting, code: str) -> None:
    ready.pulls.fails = [PermanentError("no", code=code)]
    record = merge_of(hear(ready))
    assert record.outcome is not None
    assert (record.outcome.status, record.outcome.code) == (Status.FAILED, code)
    assert record.phase is Phase.CLOSED


def test_what_waits_is_looked_at_again_when_time_has_passed(ready: Commenting) -> None:
    _document(FREEZES, {"items": [FREEZE]})(ready)
    hear(ready)
    assert [pull.key for pull in ready.slots.waiting(9)] == [PULL.key]
    assert "`freeze fr-1 holds every change`" in next(iter(ready.github.kept.values())).body
    ready.plane.controls.documents.clear()
    ready.plane.clock.instant += timedelta(minutes=5)
    meta = {"id": "tick-1", "time": ready.plane.clock.now().isoformat(), "producer": "scheduler"}
    tick = parse_event("ScheduleTicked.v1", {"meta": meta, "data": {"schedule": "rate(5 minutes)"}})
    ready.bot().run(tick)
    assert len(ready.pulls.merges) == 1
    hear(ready)
    assert ready.slots.waiting(9) == [], "what is merged waits no more"


def test_bot_that_is_paused_or_over_its_limit_merges_nothing(ready: Commenting) -> None:
    _document(("bot#pr", "action#merge-pull-request"), {"paused": True})(ready)
    record = merge_of(hear(ready))
    assert record.outcome is not None
    assert record.outcome.status is Status.DENIED
    assert ready.pulls.merges == []


def test_settings_of_the_bundle_read(ready: Commenting) -> None:
    data = ready.ports().policy().rules.bundle.data  # type: ignore[attr-defined]
    settings = Settings.of(data)
    assert settings.merge.method == "squash"

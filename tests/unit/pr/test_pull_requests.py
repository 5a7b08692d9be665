"""What is said of a pull request itself, in its check and in the one comment, from what a forge tells."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.memory_pulls import HEAD
from tests.support.pull_requests import REPOSITORY, Commenting, judged, opened
from writ.contracts.errors import PermanentError, TransientError
from writ.contracts.event import parse_event
from writ.ports.actions import ActionRecord
from writ.ports.forge import ChangedFile, CheckReport, CommitStatus, PullCommit
from writ.ports.forge_words import Conclusion


@pytest.fixture
def commenting() -> Commenting:
    return Commenting()


def hear(commenting: Commenting, type: str = "PullRequestOpened.v1") -> list[ActionRecord]:
    """Something happened to it, a minute later."""
    commenting.plane.clock.instant += timedelta(minutes=1)
    return commenting.bot().run(opened(commenting.plane.clock.now(), type))


def check(commenting: Commenting) -> CheckReport:
    (found,) = [run for run in commenting.checks.runs.values() if run.name == "writ/pull-request"]
    return found


def comment(commenting: Commenting) -> str:
    (found,) = commenting.github.ours
    return found.body


def test_pull_request_as_it_should_be_passes_and_says_so_once(commenting: Commenting) -> None:
    done = hear(commenting)
    assert [record.action.name for record in done] == ["report-check", "post-note"]
    assert check(commenting).conclusion is Conclusion.SUCCESS
    assert check(commenting).title == "Nothing to change; low risk"
    assert "> | ✅ | Title | `feat: carts` |" in comment(commenting)
    assert "> | ✅ | Issue | #7 |" in comment(commenting)
    assert "> | ✅ | Owners | `@ann` |".replace("@", "@\u200b") in comment(commenting)
    assert hear(commenting, "PullRequestChanged.v1") == [], "there is nothing new to say"


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("Carts", "does not say what type of change it is. Write"),
        ("docs: carts", "The commits call for a minor release, and a squash under this title would drop it."),
        ("feature: carts", "Write `feat`."),
    ],
)
def test_title_that_makes_no_release_of_what_the_commits_say_fails(
    commenting: Commenting, title: str, says: str
) -> None:
    commenting.pulls.change(title=title)
    hear(commenting)
    assert check(commenting).conclusion is Conclusion.FAILURE
    assert says in check(commenting).summary
    assert says in comment(commenting)
    commenting.pulls.change(title="feat: carts")
    hear(commenting, "PullRequestChanged.v1")
    assert check(commenting).conclusion is Conclusion.SUCCESS


def test_breaking_change_that_the_title_would_drop_fails(commenting: Commenting) -> None:
    commenting.pulls.history = [PullCommit(HEAD, "fix: carts\n\nBREAKING CHANGE: none is left")]
    commenting.pulls.change(title="fix: carts")
    hear(commenting)
    assert "call for a major release" in check(commenting).summary
    assert "Put `!` before the colon of the title" in check(commenting).summary


def test_commit_without_convention_is_a_remark_where_it_is_squashed(commenting: Commenting) -> None:
    commenting.pulls.history.insert(0, PullCommit("1" * 40, "wip"))
    hear(commenting)
    assert check(commenting).conclusion is Conclusion.SUCCESS
    assert "Commit 1111111: The first line does not say" in check(commenting).summary


def test_size_counts_what_people_wrote(commenting: Commenting) -> None:
    commenting.pulls.changed += [
        ChangedFile("package-lock.json", "modified", 9000, 9000),
        ChangedFile("web/api_pb2.py", "added", 500, 0),
    ]
    hear(commenting)
    assert "| ✅ | Size | 12 lines in 1 file; 18500 lines that tools wrote are not counted |" in (
        check(commenting).summary
    )
    commenting.pulls.changed.append(ChangedFile("src/all.py", "added", 1200, 0))
    hear(commenting)
    assert check(commenting).conclusion is Conclusion.ACTION_REQUIRED
    assert check(commenting).title == "1 thing to look at; high risk"


def test_more_than_the_forge_lists_is_unknown_and_never_passes(commenting: Commenting) -> None:
    commenting.pulls.changed *= 3000
    hear(commenting)
    assert check(commenting).conclusion is Conclusion.FAILURE
    assert "more commits or files than the forge lists" in check(commenting).summary


@pytest.mark.parametrize(
    ("path", "risk"),
    [
        ("stacks/grants.py", "high: access"),
        ("db/migrations/1.sql", "high: data"),
        ("stacks/bus.py", "medium"),
    ],
)
def test_risk_goes_by_what_is_touched_also_where_a_file_was_moved_from(
    commenting: Commenting, path: str, risk: str
) -> None:
    commenting.pulls.changed.append(ChangedFile("src/moved.py", "renamed", 0, 0, previous=path))
    hear(commenting)
    assert f"Risk | {risk}" in check(commenting).summary
    assert f"`{path}`" in check(commenting).summary


def test_issue_in_a_comment_of_the_template_is_none(commenting: Commenting) -> None:
    commenting.pulls.change(body="<!-- Closes #123 -->\n", title="feat: carts (#42)")
    hear(commenting)
    assert "No issue is named that says why. Write `Closes #…`" in check(commenting).summary
    assert check(commenting).conclusion is Conclusion.SUCCESS


def test_checks_and_gates_of_the_head_are_told(commenting: Commenting) -> None:
    commenting.checks.reported = [CommitStatus("ci/build", "failure", "")]
    hear(commenting)
    assert "| ❌ | Checks | `ci/build` failed |" in comment(commenting)
    assert "Gates | no result for this head" in comment(commenting)
    assert "risk**" in comment(commenting)
    commenting.checks.reported = [CommitStatus("ci/build", "success", "")]
    commenting.plane.clock.instant += timedelta(minutes=1)
    gates = judged(commenting.plane.clock.now(), bundle=commenting.ports().policy().digest)
    commenting.bot().run(gates)
    assert "| ❌ | Gates | deny |" in comment(commenting)
    assert "risk; gates deny it**" in comment(commenting)
    assert "| ✅ | Checks | 1 passed |" in comment(commenting)


def test_words_of_strangers_mean_nothing_in_check_and_comment(commenting: Commenting) -> None:
    title = "fix | `x` @octocat [a](https://elsewhere.example) <img src=x> token=ghp_0123456789abcdefghij"
    commenting.pulls.change(title=title, labels=("automerge",))
    commenting.pulls.changed.append(ChangedFile("stacks/`|@octocat`.py", "added", 1, 0))
    hear(commenting)
    for text in (check(commenting).summary, comment(commenting)):
        assert "ghp_0123456789" not in text
        (row,) = [line for line in text.splitlines() if "| Title |" in line]
        assert row.removeprefix("> ").count("|") == 4
        for line in text.splitlines():
            spans = line.split("`")
            assert len(spans) % 2, f"a code span is open in {line}"
            outside = "".join(spans[::2])
            assert "octocat" not in outside
            assert "elsewhere" not in outside
            assert "<img" not in outside


def test_own_check_says_nothing_new(commenting: Commenting) -> None:
    hear(commenting)
    data = {
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "repository": REPOSITORY,
        "payload": {"key": "github/x.json", "sha256": "0" * 64},
        "kind": "run",
        "check_id": 500,
        "name": "writ/pull-request",
        "head_sha": HEAD,
        "conclusion": "success",
    }
    meta = {"id": "own", "time": commenting.plane.clock.now().isoformat(), "producer": "intake"}
    commenting.pulls.change(title="Carts")
    event = parse_event("CheckCompleted.v1", {"meta": meta, "data": data})
    assert commenting.bot().run(event) == []
    foreign = parse_event("CheckCompleted.v1", {"meta": meta, "data": {**data, "name": "build"}})
    assert len(commenting.bot().run(foreign)) == 2


@pytest.mark.parametrize("code", ["forge.not_found", "secret.missing"])
def test_what_the_forge_does_not_have_is_passed_over(commenting: Commenting, code: str) -> None:
    def refuse(repository: str, number: int) -> None:
        raise PermanentError("none", code=code)

    commenting.pulls.pull_request = refuse  # type: ignore[method-assign,assignment]
    assert hear(commenting) == []


def test_lack_of_rights_is_said_and_not_passed_over(commenting: Commenting) -> None:
    def refuse(repository: str, number: int) -> None:
        raise PermanentError("may not", code="forge.forbidden")

    commenting.pulls.pull_request = refuse  # type: ignore[method-assign,assignment]
    with pytest.raises(PermanentError):
        hear(commenting)


def test_head_that_moves_while_it_is_read_is_read_again(commenting: Commenting) -> None:
    commenting.pulls.history = [PullCommit("9" * 40, "feat: other")]
    with pytest.raises(TransientError) as moved:
        hear(commenting)
    assert moved.value.code == "pr.moved"
    assert commenting.checks.runs == {}


def test_closed_pull_request_is_left_alone(commenting: Commenting) -> None:
    commenting.pulls.change(state="closed")
    assert hear(commenting, "PullRequestClosed.v1") == []

"""Releases from the push to what everybody finds, by their real flow, under the project's policy."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from functions.release import api as routes
from functions.release import handler
from functions.release.api import api
from functions.release.perform import ACTIONS
from functions.release.ports import _forge
from tests.support.http import call, run_of, serving
from tests.support.releases import REPOSITORY, SETTINGS
from tests.support.releases_plane import ReleasesPlane
from tests.support.wire import wire
from writ.contracts.errors import ConflictError, ContractError, NotFoundError
from writ.contracts.provenance import PROVENANCE
from writ.ports.controls import FREEZES
from writ.release.record import Ending

PLACE = "releases/acme/shop/v1.1.0/"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ReleasesPlane:
    world = ReleasesPlane()
    world.connect(monkeypatch)
    return world


def announced(world: ReleasesPlane, type: str) -> list[Any]:
    return [event.data for event in world.plane.announced() if event.type == type]


def ended(world: ReleasesPlane) -> tuple[str | None, str | None]:
    """How a release ended, and why where it failed."""
    record = world.record()
    final = None if record.final is None else record.final.value
    return final, None if record.problem is None else record.problem.code


def only_page(world: ReleasesPlane) -> dict[str, bytes]:
    """The files of the one page that there is, which everybody sees."""
    (page,) = world.forge.pages.values()
    assert not page.draft
    return dict(world.forge.uploaded[page.id].values())


def test_a_push_is_released_with_files_bill_checksums_and_proof(world: ReleasesPlane) -> None:
    commit = world.pushed("feat: carts (#7)")
    world.push(commit)
    world.settle()
    record = world.record()
    assert ended(world) == ("published", None)
    assert world.forge.tags(REPOSITORY)["v1.1.0"] == commit
    files = only_page(world)
    assert set(files) == {
        "shop-1.1.0.tar.gz", "shop.whl", "shop-1.1.0.cdx.json", "SHA256SUMS", "provenance.sigstore.json",
    }  # fmt: skip
    assert {PLACE + name: data for name, data in files.items()} == {
        path: data for path, data in world.vault.files.items() if path.startswith("releases/")
    }
    lines = [line.split("  ") for line in files["SHA256SUMS"].decode().splitlines()]
    sums = {name: digest for digest, name in lines}
    listed = ("shop-1.1.0.tar.gz", "shop.whl", "shop-1.1.0.cdx.json")
    assert sums == {name: sha256(files[name]).hexdigest() for name in listed}
    stated = world.plane.evidence.entries[f"{record.id}.provenance"]
    assert stated["predicateType"] == PROVENANCE
    assert {one["name"]: one["digest"]["sha256"] for one in stated["subject"]} == sums
    bill = json.loads(files["shop-1.1.0.cdx.json"])
    assert {part["name"] for part in bill["components"]} == {
        "left-pad", "requests", "shop.whl", "shop-1.1.0.tar.gz",
    }  # fmt: skip
    (released,) = announced(world, "PackageReleased.v1")
    assert (released.version, released.tag, released.sha) == ("1.1.0", "v1.1.0", commit)
    (note,) = announced(world, "PullRequestNoted.v1")
    assert (note.pull_request, note.topic) == (7, "release")
    assert "v1.1.0" in note.text
    assert not world.releases.locks


def test_nothing_is_released_that_no_commit_calls_for(world: ReleasesPlane) -> None:
    world.push(world.pushed("docs: a word"))
    world.settle()
    assert ended(world) == ("nothing", None)
    assert not world.forge.pages
    assert not world.releases.locks


def test_only_repositories_that_say_so_are_released_by_a_push(world: ReleasesPlane) -> None:
    commit = world.forge.commit_of("feat: x", release_yaml=SETTINGS.replace("true", "false"))
    assert world.push(commit) == []
    assert world.push(world.forge.commit_of("feat: y", release_yaml="on_push: 7"), "push-2") == []
    assert not world.releases.kept


@pytest.mark.parametrize(("message", "waits"), [("fix: x", False), ("feat: x", False), ("feat!: x", True)])
def test_a_person_approves_what_breaks_its_users(world: ReleasesPlane, message: str, waits: bool) -> None:
    world.pushed(message)
    world.ask()
    world.settle()
    action = world.waiting()
    assert (action is not None) is waits
    if action is not None:
        assert "refs/tags/v2.0.0" not in world.forge.refs
        world.plane.approve(action, "bob", handler.bot)
        world.settle()
    assert ended(world) == ("published", None)


def test_whoever_asked_does_not_approve_it(world: ReleasesPlane) -> None:
    world.pushed("feat!: x")
    world.ask()
    world.settle()
    action = world.waiting()
    assert action is not None
    assert world.plane.actions.records[action].action.parameters["asked_by"] == "ann"


@pytest.mark.parametrize(("verdict", "code"), [("deny", "release.gates"), ("review", "release.gates")])
def test_gates_that_do_not_allow_it_end_it_before_its_tag(
    world: ReleasesPlane, verdict: str, code: str
) -> None:
    world.gated(world.forge.commit_of("feat: x"), verdict)
    world.ask()
    world.settle()
    assert ended(world) == ("failed", code)
    assert "refs/tags/v1.1.0" not in world.forge.refs


@pytest.mark.parametrize(
    "known",
    [None, {"bundle": "c" * 64}, {"gates": ["licences"]}, {"verdict": "unknown"}],
    ids=["nothing", "other policies", "one gate alone", "unknown"],
)
def test_what_is_not_known_of_the_gates_is_waited_for_and_never_passes(
    world: ReleasesPlane, known: dict[str, Any] | None
) -> None:
    commit = world.forge.commit_of("feat: x")
    if known is not None:
        world.gated(commit, **known)
    world.ask()
    for _ in range(20):
        assert world.runs.step()
    assert world.record().stage == "gates"
    shown = call(api, "GET", f"/v1/releases/{world.record().id}").body
    assert (shown["state"], "writ gate run" in shown["waits_for"]) == ("gates", True)
    world.later(hours=2)
    world.settle()
    assert ended(world) == ("failed", "release.gates_unknown")


def test_a_result_that_comes_late_lets_it_go_on(world: ReleasesPlane) -> None:
    commit = world.forge.commit_of("feat: x")
    world.ask()
    for _ in range(20):
        world.runs.step()
    world.gated(commit)
    world.settle()
    assert ended(world) == ("published", None)


def test_a_tag_is_never_moved(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    world.ask()
    world.until("tag")
    world.forge.refs["refs/tags/v1.1.0"] = world.forge.line[0].sha
    world.settle()
    assert ended(world) == ("failed", "release.tag_taken")
    assert world.forge.refs["refs/tags/v1.1.0"] == world.forge.line[0].sha
    assert not world.forge.pages


def test_a_tag_that_is_there_for_this_commit_is_this_release(world: ReleasesPlane) -> None:
    commit = world.pushed("feat: x")
    world.ask()
    world.until("tag")
    world.forge.refs["refs/tags/v1.1.0"] = commit
    world.settle()
    assert ended(world) == ("published", None)


def test_a_build_that_fails_takes_the_page_back_and_can_be_taken_up_again(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    id = world.ask()
    world.until("build")
    world.runs.step()
    assert len(world.forge.pages) == 1
    world.build({}, status="failed", message="the tests fail")
    assert call(api, "GET", f"/v1/releases/{id}").body["waits_for"].startswith("nothing: its build failed")
    world.runs.settle()
    assert ended(world) == ("failed", "release.build_failed")
    assert not world.forge.pages
    assert "refs/tags/v1.1.0" in world.forge.refs
    assert [run.error for run in world.runs.executions.values()] == ["release.build_failed"]
    world.forge.runs.clear()
    answer = call(api, "POST", f"/v1/releases/{id}/resume", {"reason": "mended"}, name="Ann")
    assert (answer.status, answer.body["state"]) == (202, "draft")
    world.settle()
    assert ended(world) == ("published", None)
    assert "shop.whl" in only_page(world)


def test_a_build_that_says_nothing_is_waited_for_and_then_given_up(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    world.ask()
    world.until("build")
    world.runs.step()
    world.later(minutes=61)
    world.runs.settle()
    assert ended(world) == ("failed", "release.build_late")


def test_files_are_what_the_build_reported_or_none(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    world.ask()
    world.until("build")
    world.runs.step()
    world.build({"a.whl": b"good"})
    path = next(path for path in world.vault.files if path.endswith("a.whl"))
    world.vault.files[path] = b"evil"
    world.runs.settle()
    assert ended(world) == ("failed", "release.digest")


def test_only_the_run_that_was_asked_for_reports_and_once(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    world.ask()
    with pytest.raises(ConflictError, match="has not come to its build"):
        world.build()
    world.until("build")
    world.runs.step()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"run": 999}, "run"), ({"run": None}, "run"), ({"files": []}, "files"),
        ({"files": [{"name": "SHA256SUMS", "sha256": "a" * 64, "size": 1}]}, "files"),
        ({"files": [{"name": name, "sha256": "a" * 64, "size": 1} for name in ("a", "A")]}, "files"),
        ({"files": [{"name": n, "sha256": "a" * 64, "size": 60 << 20} for n in "abcde"]}, "files"),
    ]  # fmt: skip
    for changes, field in wrong:
        with pytest.raises(ContractError) as refused:
            world.build(**changes)
        assert refused.value.field == field
    (first,) = world.build({"a.whl": b"one"})
    (again,) = world.build({"a.whl": b"one"})
    assert first.action.id == again.action.id
    with pytest.raises(ConflictError, match="another build"):
        world.build({"a.whl": b"two"})


def test_a_run_reports_for_itself_alone(world: ReleasesPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    serving(monkeypatch, api, "*/*")
    world.pushed("feat: x")
    id = world.ask()
    world.until("build")
    world.runs.step()
    started, place = world.forge.runs[0].id, f"/v1/releases/{id}"
    file = {"name": "a.whl", "sha256": sha256(b"abc").hexdigest(), "size": 3}
    asked = {"files": [file], "run": started}
    assert call(api, "GET", place, run=run_of("evil/shop", started)).status == 404
    assert call(api, "POST", f"{place}/build", asked, run=run_of("evil/shop", started)).status == 404
    other = call(api, "POST", f"{place}/build", asked, run=run_of(REPOSITORY, started + 1))
    assert (other.status, other.body["code"], other.body["field"]) == (403, "forbidden", "run")
    stranger = {**asked, "run": started + 1}
    refused = call(api, "POST", f"{place}/build", stranger, run=run_of(REPOSITORY, started + 1))
    assert (refused.status, refused.body["field"]) == (400, "run")
    assert call(api, "GET", place, run=run_of(REPOSITORY, started)).body["state"] == "build"
    assert call(api, "POST", f"{place}/build", asked, run=run_of(REPOSITORY, started)).status == 200


def test_no_run_brings_the_files_of_a_release_that_people_build(
    world: ReleasesPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving(monkeypatch, api, "*/*")
    by_hand = "\n".join(line for line in SETTINGS.splitlines() if "workflow" not in line)
    world.forge.commit_of("build: by hand", release_yaml=by_hand)
    world.pushed("feat: x")
    id = world.ask()
    world.until("build")
    world.runs.step()
    asked = {"files": [{"name": "a.whl", "sha256": sha256(b"abc").hexdigest(), "size": 3}], "run": 77}
    refused = call(api, "POST", f"/v1/releases/{id}/build", asked, run=run_of(REPOSITORY, 77))
    assert (refused.status, refused.body["code"], refused.body["field"]) == (403, "forbidden", "run")
    assert call(api, "POST", f"/v1/releases/{id}/build", {"files": asked["files"]}, name="Ann").status == 200


def test_a_build_gets_addresses_for_what_is_not_there(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    id = world.ask()
    world.until("build")
    world.runs.step()
    file = {"name": "a.whl", "sha256": sha256(b"abc").hexdigest(), "size": 3}
    asked = {"files": [file], "run": world.forge.runs[0].id}
    answer = call(api, "POST", f"/v1/releases/{id}/build", asked, name="ci")
    (upload,) = answer.body["uploads"]
    assert (answer.status, upload["name"]) == (200, "a.whl")
    world.vault.put(upload["url"], b"abc")
    again = call(api, "POST", f"/v1/releases/{id}/build", asked, name="ci")
    assert again.body["uploads"] == []
    world.settle()
    assert only_page(world)["a.whl"] == b"abc"
    strange = call(api, "POST", f"/v1/releases/{id}/build", {**asked, "files": [{**file, "name": "../x"}]})
    assert (strange.status, strange.body["field"]) == (400, "files.0.name")


def test_what_is_published_is_handed_out_by_links_and_nothing_before(world: ReleasesPlane) -> None:
    world.pushed("feat: carts")
    id = world.ask()
    early = call(api, "GET", f"/v1/releases/{id}/files")
    assert (early.status, early.body["code"]) == (409, "conflict.unpublished")
    world.settle()
    told = call(api, "GET", f"/v1/releases/{id}/files").body
    assert told["link_seconds"] == 900
    assert {each["name"]: world.vault.get(each["url"]) for each in told["items"]} == only_page(world)
    assert call(api, "GET", "/v1/releases/rel-1/files").status == 404


def test_a_package_has_one_release_at_a_time(world: ReleasesPlane) -> None:
    commit = world.pushed("feat: x")
    world.ask()
    with pytest.raises(ConflictError, match="is open for this package"):
        world.ask("rel-20260302t100001-0a1b2c3d")
    assert world.push(commit) == []
    world.settle()
    world.pushed("fix: y")
    world.ask("rel-20260302t100001-0a1b2c3d")


def test_what_was_pushed_meanwhile_is_released_after_it(world: ReleasesPlane) -> None:
    world.push(world.pushed("feat: x"))
    later = world.pushed("fix: y")
    assert world.push(later, "push-2") == []
    world.settle()
    (end,) = announced(world, "ReleaseEnded.v1")
    (started,) = world.hear("ReleaseEnded.v1", "end-1", **end.model_dump())
    assert started.action.parameters["sha"] == later
    world.settle()
    assert set(world.forge.tags(REPOSITORY)) == {"v1.0.0", "v1.1.0", "v1.1.1"}


def test_each_package_of_a_repository_is_released_by_itself(world: ReleasesPlane) -> None:
    text = "on_push: true\npackages: [{name: core, path: libs/core}, {name: cli, path: cli}]\n"
    world.forge.commit_of("chore: split", "release.yaml", release_yaml=text)
    commit = world.pushed("feat: x", "libs/core/a.py")
    assert len(world.push(commit)) == 2
    core, cli = (world.releases.holder(REPOSITORY, name) for name in ("core", "cli"))
    for _ in range(2):
        world.runs.settle()
        for run in world.runs.executions.values():
            while run.step():
                pass
    assert [world.record(id).final for id in (core, cli)] == [Ending.PUBLISHED, Ending.NOTHING]
    assert "refs/tags/core-v0.1.0" in world.forge.refs or "refs/tags/core-v1.0.0" in world.forge.refs
    with pytest.raises(ContractError, match="several packages") as refused:
        world.ask()
    assert refused.value.field == "package"


def test_a_release_is_aborted_at_any_time_before_it_is_published(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    id = world.ask()
    world.until("build")
    answer = call(api, "POST", f"/v1/releases/{id}/abort", {"reason": "the wrong branch"}, name="Ann")
    assert (answer.status, answer.body["state"]) == (202, "aborted")
    world.runs.settle()
    assert ended(world) == ("aborted", None)
    assert not world.forge.pages
    assert [run.status for run in world.runs.executions.values()] == ["SUCCEEDED"]
    for what, code in (("abort", "conflict.over"), ("resume", "conflict.running")):
        refused = call(api, "POST", f"/v1/releases/{id}/{what}", {"reason": "again"}, name="Ann")
        assert (refused.status, refused.body["code"]) == (409, code)


def test_what_is_being_published_is_not_aborted(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    id = world.ask()
    world.settle()
    refused = call(api, "POST", f"/v1/releases/{id}/abort", {"reason": "too late"}, name="Ann")
    assert refused.status == 409


def test_a_freeze_ends_what_is_not_low_risk_and_it_is_taken_up_after_it(world: ReleasesPlane) -> None:
    freeze = {"id": "year-end", "scope": {}, "owner": "o", "reason": "r", "declared_by": "bob"}
    times = {"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-03-09T00:00:00Z"}
    world.plane.controls.documents[FREEZES] = json.dumps({"items": [{**freeze, **times}]})
    world.pushed("feat: x")
    id = world.ask()
    world.settle()
    assert ended(world) == ("failed", "freeze")
    del world.plane.controls.documents[FREEZES]
    call(api, "POST", f"/v1/releases/{id}/resume", {"reason": "it is over"}, name="Ann")
    world.settle()
    assert ended(world) == ("published", None)


def test_nobody_driving_it_is_noticed(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    world.ask()
    world.plane.flows.runs.clear()
    (record,) = world.hear("ScheduleTicked.v1", "tick-1", schedule="rate(5 minutes)")
    assert record.action.name == "restart-flow"


def test_questions_that_make_no_sense_name_the_field(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    for body, field in [
        ({"repository": "shop"}, "repository"), ({"repository": REPOSITORY, "ref": "none"}, "ref"),
        ({"repository": REPOSITORY, "package": "core"}, "package"),
        ({"repository": REPOSITORY, "line": "final"}, "line"), ({"repo": REPOSITORY}, "repository"),
    ]:  # fmt: skip
        answer = call(api, "POST", "/v1/releases", body, name="Ann")
        assert (answer.status in (400, 404), answer.body["field"]) == (True, field), answer.body
    assert not world.releases.kept
    assert call(api, "GET", "/v1/releases/rel-20260302t100000-00000000").status == 404
    with pytest.raises(NotFoundError):
        world.ask(ref="heads/other")


def test_releases_are_listed_the_newest_first(world: ReleasesPlane) -> None:
    world.pushed("feat: x")
    answer = call(api, "POST", "/v1/releases", {"repository": REPOSITORY}, name="Ann")
    assert (answer.status, answer.body["state"]) == (202, "plan")
    (item,) = call(api, "GET", "/v1/releases").body["items"]
    assert (item["id"], item["repository"], item["by"]) == (answer.body["id"], REPOSITORY, "Ann")
    assert call(api, "GET", "/v1/releases", query={"cursor": "x"}).status == 400


def test_a_plane_without_a_forge_says_so(world: ReleasesPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    without = replace(world.ports, has_forge=False, forge=_forge(None, "secret", world.plane.clock, "usage"))
    wire(monkeypatch, handler.bot, routes, world.plane.wiring("release", dict(ACTIONS), without))
    answer = call(api, "POST", "/v1/releases", {"repository": REPOSITORY}, name="Ann")
    assert (answer.status, answer.body["code"]) == (409, "forge.absent")
    assert world.push(world.forge.line[-1].sha) == []

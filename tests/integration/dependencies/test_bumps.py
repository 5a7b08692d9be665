"""Repositories on the local forge get their pull requests, once, and lose the member that breaks them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.localforge.sign_in import private_key
from functions.dependencies.forge import WholeForge
from tests.support.bumps import HOUR, REPOSITORY, SETTINGS, Bumping, names, serving
from tests.support.controls import command
from tests.support.registries import NOW, PYPI, MemoryRegistry, release
from writ.contracts.action import Status
from writ.contracts.errors import BusyError, ForgeBusyError, TransientError
from writ.dependencies.versions import package
from writ.ports.actions import Phase
from writ.ports.forge_changes import PublishedRelease

LOCK = "".join(f"{name}==1.0.0 \\\n    --hash=sha256:{'0' * 64}\n" for name in "abcd")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("key")
    private_key(folder)
    return folder / "app.json"


@pytest.fixture
def world(tmp_path: Path, key: Path) -> Iterator[Bumping]:
    shutil.copy(key, tmp_path)
    registry = MemoryRegistry()
    for name in "abcd":
        registry.add(PYPI, name, release("1.0.0"), release("1.1.0", 30))
    with serving(tmp_path) as server:
        made = Bumping(server, tmp_path, registry)
        made.commit({SETTINGS: "cooldown_days: 7\n", "requirements.txt": LOCK, "README.md": "# shop\n"})
        yield made


def test_an_outdated_requirement_gets_its_pull_request(world: Bumping) -> None:
    world.registry.sources = {"a": "acme/a"}
    world.notes.kept = {
        "acme/a": [
            PublishedRelease("v1.2.0", "later", NOW),
            PublishedRelease("v1.1.0", "Fixes @octocat's #7", NOW),
            PublishedRelease("v1.0.0", "earlier", NOW),
        ]
    }
    assert names(world.tick()) == ["propose-bump", "report-standing"]
    pull = world.pulls[1]
    assert pull["title"] == "build(deps): bump 4 packages of pypi-minor"
    assert (pull["head"], pull["base"], pull["head_sha"]) == (
        "writ/dependencies/pypi-minor",
        "main",
        world.head("pypi-minor"),
    )
    assert "| a (acme/a) | `1.0.0` | `1.1.0` | minor | 30 d | not tried before |" in pull["body"]
    assert "v1.1.0" in pull["body"]
    assert "later" not in pull["body"]
    assert "earlier bumps" in pull["body"]
    assert "earlier\n" not in pull["body"]
    (file,) = world.forge.files(REPOSITORY, 1)
    assert (file.path, file.additions) == ("requirements.txt", 12)  # a version and two hashes each
    assert world.file("requirements.txt", pull["head_sha"]).count("==1.1.0 \\\n") == 4
    assert [
        event.data.model_dump()["pull_request"] for event in world.announced("DependencyBumpProposed.v1")
    ] == [1]


def test_nothing_is_done_twice(world: Bumping) -> None:
    world.tick()
    assert names(world.tick()) == []
    assert names(world.bot().run(world.announced("DependenciesDue.v1")[-1])) == []
    assert list(world.pulls) == [1]


def test_a_group_that_grows_keeps_its_pull_request(world: Bumping) -> None:
    world.registry.add(PYPI, "b", release("1.0.0"))
    world.tick()
    first = world.head("pypi-minor")
    world.registry.add(PYPI, "b", release("1.0.0"), release("1.0.1"))
    assert names(world.tick()) == ["update-bump"]
    assert list(world.pulls) == [1]
    assert world.head("pypi-minor") != first
    assert "b==1.0.1" in world.file("requirements.txt", world.pulls[1]["head_sha"])


def test_a_base_that_changes_what_is_edited_is_followed(world: Bumping) -> None:
    world.tick()
    world.commit({"README.md": "# other\n"})
    assert names(world.tick()) == []  # nothing of it is edited
    world.commit({"requirements.txt": LOCK + "e==1\n"})
    assert names(world.tick()) == ["update-bump", "report-standing"]
    assert world.file("requirements.txt", world.pulls[1]["head_sha"]).endswith("e==1\n")


def test_what_people_closed_is_not_opened_again_for_the_same_set(world: Bumping) -> None:
    world.tick()
    world.forge.revise(REPOSITORY, 1, state="closed")
    assert names(world.tick()) == ["settle-bump"]
    assert names(world.tick()) == ["report-standing"]
    assert names(world.tick(DAY)) == []
    world.registry.add(PYPI, "a", release("1.0.0"), release("1.2.0", 40))
    assert names(world.tick()) == ["propose-bump", "report-standing"]
    assert list(world.pulls) == [1, 2]


def test_what_others_pushed_to_is_left_to_them(world: Bumping) -> None:
    world.tick()
    file = next(f for f in world.forge.tree(REPOSITORY, world.head("pypi-minor")) if f.path == "README.md")
    sha = world.forge.commit(REPOSITORY, world.head("pypi-minor"), {file: "# mine\n"}, "mine")
    world.forge.point(REPOSITORY, "writ/dependencies/pypi-minor", sha, new=False)
    world.registry.add(PYPI, "a", release("1.0.0"), release("1.2.0", 40))
    assert names(world.tick()) == ["report-standing"]
    assert world.head("pypi-minor") == sha
    assert world.bumps.shown is not None
    assert [line.code for line in world.bumps.shown.stuck] == ["taken"]


def test_limits_hold_across_groups_and_days(world: Bumping) -> None:
    settings = "cooldown_days: 7\nlimits: {open: 2, per_day: 1}\n"
    rules = "".join(f"  - {{name: g{n}, packages: [{n}]}}\n" for n in "abcd")
    world.commit({SETTINGS: settings + "groups:\n" + rules})
    assert names(world.tick()) == ["propose-bump", "report-standing"]
    assert names(world.tick()) == []
    assert names(world.tick(DAY)) == ["propose-bump", "report-standing"]
    assert names(world.tick(DAY)) == []
    assert sorted(pull["head"] for pull in world.pulls.values()) == [
        "writ/dependencies/ga",
        "writ/dependencies/gb",
    ]


def fails_with(world: Bumping, bad: set[str], base: str, rounds: int = 30) -> list[str]:
    """Let checks fail wherever all of these are at their new version, until nothing happens any more."""
    done: list[str] = []
    world.check("success", base)
    for _ in range(rounds):
        head = world.head("pypi-minor")
        text = world.file("requirements.txt", head)
        world.check("failure" if all(f"{name}==1.1.0" in text for name in bad) else "success", head)
        planned = [name for name in names(world.tick()) if name != "report-standing"]
        if not planned:
            break
        done += planned
    return done


@pytest.mark.parametrize("bad", ["a", "d"])
def test_a_member_that_fails_is_found_and_held_and_the_rest_goes_on(world: Bumping, bad: str) -> None:
    base = world.forge.head(REPOSITORY, "main") or ""
    world.tick()
    done = fails_with(world, {bad}, base)
    assert done.count("hold-member") == 1
    assert done.count("record-result") <= 6
    assert list(world.pulls) == [1]
    text = world.file("requirements.txt", world.head("pypi-minor"))
    assert sorted(line.split()[0] for line in text.splitlines() if "==" in line) == [
        f"{name}=={'1.0.0' if name == bad else '1.1.0'}" for name in "abcd"
    ]
    (event,) = world.announced("DependencyHeldBack.v1")
    assert event.data.model_dump()["step"] == f"pypi/{bad} 1.0.0>1.1.0"
    assert f"- pypi/{bad} 1.0.0\\>1.1.0: its checks fail" in world.pulls[1]["body"]
    assert world.bumps.steps[REPOSITORY, f"pypi/{bad}", "1.0.0", "1.1.0"] is False
    # The next version is tried.
    world.registry.add(PYPI, bad, release("1.0.0"), release("1.1.0", 30), release("1.1.1", 20))
    assert names(world.tick())[0] == "update-bump"
    assert f"{bad}==1.1.1" in world.file("requirements.txt", world.head("pypi-minor"))


def test_two_that_fail_together_lose_one_of_them(world: Bumping) -> None:
    base = world.forge.head(REPOSITORY, "main") or ""
    world.tick()
    done = fails_with(world, {"a", "d"}, base)
    assert done.count("hold-member") == 1
    (held,) = world.bumps.holds.values()
    assert {held.step, *held.together} == {"pypi/a 1.0.0>1.1.0", "pypi/d 1.0.0>1.1.0"}
    # Neither is to blame alone.
    assert [passed for passed in world.bumps.steps.values() if not passed] == []


def test_nobody_is_blamed_for_a_base_that_fails(world: Bumping) -> None:
    base = world.forge.head(REPOSITORY, "main") or ""
    world.tick()
    world.check("failure", base)
    world.check("failure", world.head("pypi-minor"))
    assert names(world.tick()) == ["record-result", "report-standing"]
    assert names(world.tick()) == []
    assert world.bumps.shown is not None
    assert [line.why for line in world.bumps.shown.stuck] == ["the checks fail without any of it"]


def test_what_passed_here_is_said_elsewhere(world: Bumping) -> None:
    world.tick()
    world.check("success", world.head("pypi-minor"))
    assert names(world.tick()) == ["record-result"]
    assert [world.bumps.earlier(f"pypi/{name}")[0].passed for name in "abcd"] == [True] * 4


def test_a_merged_bump_makes_room_for_the_next(world: Bumping) -> None:
    world.tick()
    record = world.server.forge.records.repositories[REPOSITORY]
    world.server.forge.merge(record, 1, {})
    assert names(world.tick()) == ["settle-bump"]
    assert names(world.tick()) == []
    world.registry.add(PYPI, "a", release("1.1.0"), release("1.2.0", 40))
    assert names(world.tick()) == ["propose-bump"]
    assert world.pulls[2]["title"] == "build(deps): bump a from 1.1.0 to 1.2.0"


def test_a_group_with_nothing_left_is_withdrawn(world: Bumping) -> None:
    world.tick()
    world.commit({SETTINGS: "ignore: [{package: '*', reason: not now}]\n"})
    assert names(world.tick()) == ["withdraw-bump", "report-standing"]
    assert world.pulls[1]["state"] == "closed"
    assert world.forge.head(REPOSITORY, "writ/dependencies/pypi-minor") is None


def alert(world: Bumping, type: str = "SecurityAlertRaised.v1") -> list[str]:
    data = {
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "repository": "Acme/Shop",
        "payload": {"key": "github/2030/01/31/4f5e.json", "sha256": "e3" * 32},
        "kind": "dependency",
        "rule": "GHSA-35jh-r3h4-6jhm",
        "severity": "high",
        "package": "A",
        "ecosystem": "pip",
        "patched": "1.1.1",
    }
    return names(world.bot().run(command(type, f"evt-{type}", world.plane.clock.now(), **data)))


def test_a_fix_that_is_too_young_waits_for_a_person(world: Bumping) -> None:
    world.commit({SETTINGS: "cooldown_days: 7\nsecurity: {early: true}\nlimits: {per_day: 9}\n"})
    world.registry.add(PYPI, "a", release("1.0.0"), release("1.1.0", 30), release("1.1.1", 1))
    assert alert(world) == ["note-alert"]
    records = world.tick()
    assert names(records)[0] == "propose-early-bump: waiting"
    assert "writ/dependencies/early-pypi-a" not in [pull["head"] for pull in world.pulls.values()]
    world.plane.approve(records[0].action.id, "ada", world.bot())
    (early,) = [pull for pull in world.pulls.values() if pull["head"] == "writ/dependencies/early-pypi-a"]
    assert early["title"] == "fix(deps): bump a from 1.0.0 to 1.1.1"
    assert "before the cooldown is over" in early["body"]
    assert alert(world, "SecurityAlertResolved.v1") == ["drop-alert"]
    assert world.bumps.noted == {}


def test_without_that_setting_a_fix_waits_its_time(world: Bumping) -> None:
    world.registry.add(PYPI, "a", release("1.0.0"), release("1.1.1", 1))
    alert(world)
    world.tick()
    assert [pull["title"] for pull in world.pulls.values()] == [
        "build(deps): bump b 1.1.0, c 1.1.0 and d 1.1.0"
    ]
    assert names(world.tick(6 * DAY))[-2:] == ["propose-bump", "report-standing"]
    assert world.pulls[2]["title"] == "fix(deps): bump a from 1.0.0 to 1.1.1"


def test_policy_refuses_what_a_plan_would_let_in(world: Bumping) -> None:
    """A repository cannot undercut policy's cooldown, even where the bot does not know of it."""
    world.commit({SETTINGS: "cooldown_days: 0\n"})
    for name in "abcd":
        world.registry.add(PYPI, name, release("1.0.0"), release("1.0.1", 1))
    assert names(world.tick()) == ["propose-bump: denied", "report-standing"]
    assert world.pulls == {}
    world.floor = 72
    assert names(world.tick()) == ["report-standing"]


def test_a_release_that_got_another_file_meanwhile_is_not_proposed(world: Bumping) -> None:
    due = world.tick
    real = world.registry.listing
    asked: dict[str, int] = {}

    def later(key: object) -> object:
        asked[str(key)] = asked.get(str(key), 0) + 1
        if key == package(PYPI, "a") and asked[str(key)] > 1:
            world.registry.add(PYPI, "a", release("1.0.0"), release("1.1.0", 0.1))
        return real(key)  # type: ignore[arg-type]

    world.registry.listing = later  # type: ignore[assignment,method-assign]
    assert names(due())[0] == "propose-bump: failed"
    assert world.pulls == {}


def test_the_overview_may_say_again_what_it_said_before(world: Bumping) -> None:
    world.commit({SETTINGS: "enabled: false\n"})
    world.tick()
    world.commit({SETTINGS: "limits: {open: 0}\n"})
    world.tick()
    world.commit({SETTINGS: "enabled: false\n"})
    assert names(world.tick()) == ["report-standing"]
    assert world.bumps.shown is not None
    assert "enabled: false" in world.bumps.shown.problem


def failing_once(owner: object, call: str, *, late: bool) -> list[str]:
    """Have the next call fail, before or after it has its effect; the list says that it did."""
    real, failed = getattr(owner, call), list[str]()

    def failing(*args: object, **given: object) -> object:
        if failed:
            return real(*args, **given)
        failed.append(call)
        if late:
            real(*args, **given)
        raise TransientError("it does not answer", code="forge.unavailable")

    setattr(owner, call, failing)
    return failed


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["commit", "point", "propose", "replace", "label"])
def test_one_pull_request_whatever_fails_on_the_way(world: Bumping, call: str, *, late: bool) -> None:
    """Each call fails once, before or after it had its effect; the event is delivered again."""
    world.commit({SETTINGS: "labels: [dependencies]\n"})
    failed = failing_once(world.bumps if call == "replace" else world.forge, call, late=late)
    with suppress(TransientError):  # an effect that is seen to have happened is one
        world.tick()
    world.bot().run(world.announced("DependenciesDue.v1")[-1])
    assert failed == [call]
    (pull,) = world.pulls.values()
    assert (pull["labels"], pull["head_sha"]) == (["dependencies"], world.head("pypi-minor"))
    assert world.file("requirements.txt", pull["head_sha"]).count("==1.1.0") == 4
    (bump,) = world.bumps.bumps.values()
    assert (bump.number, bump.head_sha, bump.state) == (1, pull["head_sha"], "open")
    assert names(world.tick()) in ([], ["report-standing"])
    assert list(world.pulls) == [1]


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["commit", "point", "revise", "replace"])
def test_an_update_that_fails_on_the_way_is_finished(world: Bumping, call: str, *, late: bool) -> None:
    world.registry.add(PYPI, "a", release("1.0.0"))
    world.tick()
    world.registry.add(PYPI, "a", release("1.0.0"), release("1.1.0", 30))
    failed = failing_once(world.bumps if call == "replace" else world.forge, call, late=late)
    with suppress(TransientError):
        world.tick()
    assert failed == [call]
    for record in world.plane.actions.records.values():
        world.bot().wiring.loop.resume(record.action.id)  # as the reconciler has it done
    world.tick()
    (pull,) = world.pulls.values()
    assert pull["title"] == "build(deps): bump 4 packages of pypi-minor"
    assert world.file("requirements.txt", pull["head_sha"]).count("==1.1.0") == 4
    assert world.bumps.bumps["pypi-minor"].head_sha == pull["head_sha"] == world.head("pypi-minor")
    assert names(world.tick()) == []


def test_busy_forge_uses_up_no_attempt_of_a_proposal(world: Bumping) -> None:
    """It is busy a dozen times once the bump is planned: more often than an action may fail."""
    commit = WholeForge.commit

    def busy(self: WholeForge, *given: Any) -> str:
        world.limits.wait(world.plane.clock.now() + HOUR)
        return commit(self, *given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WholeForge, "commit", busy)
        with pytest.raises(ForgeBusyError):
            world.tick()
        (action,) = (id for id, each in world.plane.actions.records.items() if each.phase is not Phase.CLOSED)
        for _ in range(11):
            with pytest.raises(BusyError):
                world.bot().wiring.loop.resume(action)
            world.plane.clock.instant += HOUR
            with pytest.raises(ForgeBusyError):
                world.bot().wiring.loop.resume(action)
    assert world.pulls == {}
    world.plane.clock.instant += HOUR
    outcome = world.bot().wiring.loop.resume(action).outcome
    assert outcome is not None
    assert outcome.status is Status.SUCCEEDED
    assert len(world.pulls) == 1


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("cooldown: 3\n", "contract.invalid: .gates/dependencies.yaml: Extra inputs are not permitted"),
        ("enabled: false\n", "it has no .gates/dependencies.yaml, or that says enabled: false"),
    ],
)
def test_settings_that_do_not_read_are_shown_and_nothing_is_done(
    world: Bumping, written: str, problem: str
) -> None:
    world.commit({SETTINGS: written})
    assert names(world.tick()) == ["report-standing"]
    assert names(world.tick()) == []
    assert world.bumps.shown is not None
    assert world.bumps.shown.problem == problem

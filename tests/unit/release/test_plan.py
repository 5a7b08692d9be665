"""From commits to the next version: bumps, reverts, pre-releases, the time before 1.0.0, packages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from writ.contracts.errors import ConflictError, ContractError
from writ.release.bump import Change, dropped, effects, highest
from writ.release.conventions import ANGULAR, COMMITIZEN, CONVENTIONAL, PYTHON_SEMANTIC_RELEASE, ZERO, Rules
from writ.release.packages import Package, changes_of, packages_of
from writ.release.plan import earlier, plan_release
from writ.release.settings import read_settings
from writ.release.versions import Bump, Line, TagPattern

TAGS = TagPattern("v{version}")
SHAS = [f"{number:07x}" + "a" * 33 for number in range(1, 20)]


def history(*messages: str) -> list[Change]:
    return [Change(sha, message) for sha, message in zip(SHAS, messages, strict=False)]


def called(*messages: str, rules: Rules = ANGULAR) -> Bump:
    return highest(effects(history(*messages), rules))


@pytest.mark.parametrize(
    ("rules", "messages", "bump"),
    [
        (ANGULAR, ["docs: x", "chore: y"], Bump.NONE),
        (ANGULAR, ["fix: x", "docs: y"], Bump.PATCH),
        (ANGULAR, ["perf: x", "feat: y"], Bump.MINOR),
        (ANGULAR, ["chore!: x", "feat: y"], Bump.MAJOR),
        (ANGULAR, ["Merge pull request #1 from a/b\n\nfeat: x"], Bump.NONE),
        (ANGULAR, ["docs: x (#1)\n\n* feat: y"], Bump.NONE),
        (ANGULAR, ["refactor: x"], Bump.NONE),
        (COMMITIZEN, ["refactor: x"], Bump.PATCH),
        (COMMITIZEN, ["Merge pull request #1 from a/b\n\nfeat: x"], Bump.MINOR),
        (CONVENTIONAL, ["docs: x"], Bump.PATCH),
        (CONVENTIONAL, ["update"], Bump.PATCH),
        (PYTHON_SEMANTIC_RELEASE, [":sparkles: x"], Bump.MINOR),
        (PYTHON_SEMANTIC_RELEASE, ["docs: x (#1)\n\n* feat: y"], Bump.MINOR),
        (replace(ANGULAR, scopes={"ci": Bump.NONE}), ["feat(ci): x"], Bump.NONE),
        (replace(ANGULAR, scopes={"ci": Bump.NONE}), ["feat(ci)!: x"], Bump.MAJOR),
    ],
)
def test_rules_say_what_commits_call_for(rules: Rules, messages: list[str], bump: Bump) -> None:
    assert called(*messages, rules=rules) is bump


def test_a_revert_cancels_what_is_not_released_yet() -> None:
    revert = f'Revert "feat: x"\n\nThis reverts commit {SHAS[0]}.'
    assert called("feat: x", revert) is Bump.NONE
    assert called("feat: x", "fix: y", f"revert: x\n\nRefs: {SHAS[0][:8]}") is Bump.PATCH
    assert called("feat: x (#1)", 'Revert "feat: x (#1)" (#2)') is Bump.NONE
    again = f'Revert "Revert "feat: x""\n\nThis reverts commit {SHAS[1]}.'
    assert called("feat: x", revert, again) is Bump.MINOR
    assert called('Revert "feat: old"\n\nThis reverts commit ' + "b" * 40) is Bump.PATCH


def test_a_reverted_merge_takes_its_commits_along() -> None:
    main, merged, merge, revert = SHAS[:4]
    changes = [
        Change(main, "fix: a", ("0" * 40,)),
        Change(merged, "feat: b", ("0" * 40,)),
        Change(merge, "Merge branch 'b'", (main, merged)),
        Change(
            revert,
            f"Revert \"Merge branch 'b'\"\n\nThis reverts commit {merge}, reversing\nchanges",
            (merge,),
        ),
    ]
    assert highest(effects(changes, ANGULAR)) is Bump.PATCH


def test_a_title_that_loses_a_release_is_found() -> None:
    assert dropped("docs: guide", ["feat: x", "docs: y"], ANGULAR) is Bump.MINOR
    assert dropped("fix: guide", ["feat!: x"], ANGULAR) is Bump.MAJOR
    assert dropped("feat: guide", ["fix: x"], ANGULAR) is None


def version(tags: list[str], *messages: str, line: Line | None = None, rules: Rules = ANGULAR) -> str | None:
    plan = plan_release(history(*messages), earlier(tags, TAGS), rules, TAGS, line=line)
    return plan.tag


@pytest.mark.parametrize(
    ("tags", "message", "line", "tag"),
    [
        (["v1.2.3"], "fix: x", None, "v1.2.4"),
        (["v1.2.3", "v1.10.0", "other"], "feat: x", None, "v1.11.0"),
        (["v1.2.3"], "docs: x", None, None),
        ([], "fix: x", None, "v1.0.0"),
        ([], "fix: x", "alpha", "v1.0.0-alpha.1"),
        (["v1.2.3"], "feat: x", "beta", "v1.3.0-beta.1"),
        (["v1.2.3", "v1.3.0-beta.9"], "feat: x", "beta", "v1.3.0-beta.10"),
        (["v1.2.3", "v1.3.0-beta.2"], "feat: x", "rc", "v1.3.0-rc.1"),
        (["v1.2.3", "v1.3.0-beta.2"], "feat!: x", "beta", "v2.0.0-beta.1"),
        (["v1.2.3", "v2.0.0-beta.2"], "fix: x", "beta", "v2.0.0-beta.3"),
        (["v1.2.3", "v1.3.0-rc.1"], "feat: x", None, "v1.3.0"),
        (["v1.2.3", "v1.2.0-rc.1"], "fix: x", None, "v1.2.4"),
        (["v1.2.3", "v1.3.0+build"], "fix: x", None, "v1.2.4"),
    ],
)
def test_the_next_version_follows_what_was_released(
    tags: list[str], message: str, line: Line | None, tag: str | None
) -> None:
    assert version(tags, message, line=line) == tag


def test_before_one_rules_may_make_a_bump_smaller() -> None:
    shifted = replace(ANGULAR, zero=ZERO["shift"])
    assert version(["v0.4.1"], "feat!: x") == "v1.0.0"
    assert version(["v0.4.1"], "feat!: x", rules=shifted) == "v0.5.0"
    assert version(["v0.4.1"], "feat: x", rules=shifted) == "v0.4.2"
    assert version(["v1.4.1"], "feat!: x", rules=shifted) == "v2.0.0"


def test_a_line_does_not_go_back() -> None:
    with pytest.raises(ContractError) as caught:
        version(["v1.2.3", "v1.3.0-rc.1"], "feat: x", line="beta")
    assert caught.value.field == "line"


def test_a_tag_of_another_branch_is_not_taken_again() -> None:
    with pytest.raises(ConflictError):
        plan_release(history("fix: x"), earlier(["v1.0.0"], TAGS), ANGULAR, TAGS, taken=["v1.0.1"])


def test_a_pre_release_needs_something_new_in_it() -> None:
    before = earlier(["v1.0.0", "v1.1.0-rc.1"], TAGS)
    changes = history("feat: x", "docs: y")
    assert plan_release(changes, before, ANGULAR, TAGS, line="rc", fresh=[SHAS[1]]).version is None
    assert plan_release(changes, before, ANGULAR, TAGS, line="rc", fresh=[SHAS[0]]).tag == "v1.1.0-rc.2"
    assert plan_release(changes, before, ANGULAR, TAGS, fresh=[]).tag == "v1.1.0"


def test_who_asks_gets_a_release_of_at_least_that() -> None:
    plan = plan_release(history("docs: x"), earlier(["v1.0.0"], TAGS), ANGULAR, TAGS, at_least=Bump.MINOR)
    assert plan.tag == "v1.1.0"
    assert "asked for" in plan.why


def test_files_belong_to_the_closest_package() -> None:
    packages = [
        Package("all", ""),
        Package("core", "libs/core"),
        Package("cli", "cli", ("libs/core/api.py",)),
    ]
    assert packages_of("README.md", packages) == {"all"}
    assert packages_of("libs/core/x.py", packages) == {"core"}
    assert packages_of("libs/corely/x.py", packages) == {"all"}
    assert packages_of("libs/core/api.py", packages) == {"core", "cli"}
    change = Change(SHAS[0], "fix: x", files=("cli/a.py",))
    assert changes_of(packages[2], [change], packages) == (change,)
    assert changes_of(packages[1], [change], packages) == ()


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"rules": "mine"}, "rules"),
        ({"types": {"improv": "small"}}, "types.improv"),
        ({"changelog": "../x"}, "changelog"),
        ({"changelog": "/etc/x"}, "changelog"),
        ({"packages": [{"name": "a"}]}, "packages.0.path"),
        ({"tag": "v"}, "tag"),
        ({"first": "one"}, "version"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_settings_name_the_field_at_fault(document: object, field: str) -> None:
    with pytest.raises(ContractError) as caught:
        read_settings(document)
    assert caught.value.field == field


def test_settings_change_the_rules_they_name() -> None:
    rules = read_settings({"types": {"improv": "patch"}, "zero": "shift", "first": "0.1.0"}).effective
    assert called("improv: x", rules=rules) is Bump.PATCH
    assert called("feat: x", rules=rules) is Bump.MINOR
    assert rules.zero == ZERO["shift"]

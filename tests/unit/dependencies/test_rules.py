"""Which release is chosen, which are held and why, what goes together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.registries import NOW, NPM, PYPI, MemoryRegistry, release
from writ.contracts.errors import ContractError
from writ.dependencies.candidates import Circumstances
from writ.dependencies.model import Advisory, Change
from writ.dependencies.npm_ranges import satisfies
from writ.dependencies.settings import DependencySettings, read_settings
from writ.dependencies.survey import Survey, look_over
from writ.dependencies.versions import distance, is_beyond, package
from writ.ports.registry import Ecosystem, Release

ROOT = Path(__file__).parents[3]
ALPHA = package(PYPI, "alpha")


def survey(*releases: Release, current: str = "1.0.0", **given: object) -> Survey:
    """What becomes of alpha, that is pinned."""
    registry = MemoryRegistry.of(alpha=[release(current), *releases])
    circumstances = {
        name: given.pop(name) for name in ("floor", "held_back", "advisories", "python") if name in given
    }
    made = Circumstances(DependencySettings.model_validate(given), NOW, **circumstances)  # type: ignore[arg-type]
    return look_over({"requirements.txt": f"alpha=={current}\n"}, registry, made)


def steps(found: Survey) -> list[str]:
    return [update.release.version for group in found.groups for update in group.updates]


def held(found: Survey) -> dict[str, str]:
    return {each.version: each.code for each in found.held}


def test_the_newest_that_is_old_enough_is_chosen() -> None:
    found = survey(release("1.0.1"), release("1.1.0", 8), release("1.2.0", 6.9), release("1.3.0b1"))
    assert (steps(found), held(found)) == (["1.1.0"], {"1.2.0": "cooldown"})
    assert found.held[0].until == NOW + timedelta(days=0.1)


def test_held_are_told_within_the_major_version_in_use_and_beyond_it() -> None:
    """A major step that is proposed hides none of the small ones that wait, nor the other way round."""
    found = survey(
        release("1.1.0"), release("1.2.0", 1), release("1.3.0", 2), release("2.0.0", 20), release("2.1.0", 3)
    )
    assert steps(found) == ["1.1.0", "2.0.0"]
    assert held(found) == {"1.3.0": "cooldown", "2.1.0": "cooldown"}


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (release("1.1.0", yanked=True), "yanked"),
        (release("1.1.0", requires_python=">=3.14"), "python"),
        (release("1.1.0", days=None), "age-unknown"),
        (release("1.1.0", days=-3), "cooldown"),
    ],
)
def test_what_may_not_be_used_is_held(refused: Release, code: str) -> None:
    found = survey(release("1.0.1"), refused, python="3.11")
    assert (steps(found), held(found)) == (["1.0.1"], {"1.1.0": code})


def test_without_a_word_on_python_nothing_asks_for_more_than_before() -> None:
    registry = MemoryRegistry.of(
        alpha=[
            release("1.0.0", requires_python=">=3.9"),
            release("1.0.1", requires_python=">=3.9,<4"),
            release("1.0.2", requires_python=">=3.10"),
        ]
    )
    found = look_over(
        {"requirements.txt": "alpha==1.0.0\n"}, registry, Circumstances(DependencySettings(), NOW)
    )
    assert (steps(found), held(found)) == (["1.0.1"], {"1.0.2": "python"})


@pytest.mark.parametrize(
    ("stated", "used", "wanted", "held_by"),
    [
        (">=20", ">=18", "^20.17.0 || >=22.9.0", "node"),
        (">=20", "^20.17.0 || >=22", "^20.17.0 || >=22.9.0", None),
        (">=20", "^20.17.0 || >=22", "^22.22.2 || >=26", "node"),
        (">=20", ">=18", ">=18", None),
        (None, ">=18", ">=20", "node"),
        (None, ">=18", ">=16", None),
        (None, "", ">=20", None),
        (">=20", ">=18", "what we like", None),
        ("whatever", "", ">=20", None),
    ],
)
def test_what_wants_another_node_is_held(
    stated: str | None, used: str, wanted: str, held_by: str | None
) -> None:
    alpha = [
        release(version, fields={"engines": {"node": node}}, hashes=("sha512-x",))
        for version, node in (("1.0.0", used), ("1.1.0", wanted))
    ]
    manifest: dict[str, object] = {"dependencies": {"alpha": "1.0.0"}}
    if stated is not None:
        manifest["engines"] = {"node": stated}
    given = Circumstances(DependencySettings(), NOW)
    found = look_over({"package.json": json.dumps(manifest)}, MemoryRegistry.of(NPM, alpha=alpha), given)
    assert held(found) == ({"1.1.0": held_by} if held_by else {})
    assert steps(found) == ([] if held_by else ["1.1.0"])


def test_the_settings_say_which_node_where_the_package_does_not() -> None:
    new = release("1.1.0", fields={"engines": {"node": ">=22"}})
    registry = MemoryRegistry.of(NPM, alpha=[release("1.0.0"), new])
    files = {"package.json": json.dumps({"dependencies": {"alpha": "1.0.0"}})}
    for node, codes in (("20", {"1.1.0": "node"}), ("22.1", {})):
        given = Circumstances(DependencySettings.model_validate({"node": node}), NOW)
        assert held(look_over(files, registry, given)) == codes


def test_ignored_is_what_a_rule_covers() -> None:
    rule = {"package": "al*", "ecosystem": "pypi", "versions": ">=1.1", "reason": "waits for beta"}
    found = survey(release("1.0.1"), release("1.1.0"), ignore=[rule])
    assert (steps(found), held(found)) == (["1.0.1"], {"1.1.0": "ignored"})
    majors = survey(release("2.0.0"), ignore=[{"package": "*", "updates": ["major"], "reason": "later"}])
    assert (steps(majors), held(majors)) == ([], {"2.0.0": "ignored"})


def test_a_bad_version_is_held_until_the_next() -> None:
    bad = frozenset({"pypi/alpha 1.1.0"})
    assert steps(survey(release("1.1.0"), held_back=bad)) == []
    assert steps(survey(release("1.1.0"), release("1.1.1"), held_back=bad)) == ["1.1.1"]


def test_policy_has_the_last_word_on_the_cooldown() -> None:
    assert steps(survey(release("1.1.0", 2), cooldown_days=0)) == ["1.1.0"]
    assert steps(survey(release("1.1.0", 2), cooldown_days=0, floor=timedelta(days=3))) == []


def test_majors_go_alone_and_small_steps_together() -> None:
    registry = MemoryRegistry.of(
        alpha=[release("1.0.0"), release("1.1.0"), release("2.0.0")],
        beta=[release("0.3.0"), release("0.3.1"), release("0.4.0")],
    )
    given = Circumstances(DependencySettings(), NOW)
    found = look_over({"requirements.txt": "alpha==1.0.0\nbeta==0.3.0\n"}, registry, given)
    assert {group.branch: group.ids for group in found.groups} == {
        "writ/dependencies/pypi-minor": ("pypi/alpha 1.0.0>1.1.0", "pypi/beta 0.3.0>0.3.1"),
        "writ/dependencies/pypi-alpha-2": ("pypi/alpha 1.0.0>2.0.0",),
        "writ/dependencies/pypi-beta-0": ("pypi/beta 0.3.0>0.4.0",),
    }


def test_rules_group_by_pattern() -> None:
    groups = [{"name": "tests", "packages": ["pytest*"], "updates": ["patch", "minor", "major"]}]
    registry = MemoryRegistry.of(
        pytest=[release("8.0"), release("9.0")], pytest_socket=[release("1.0"), release("1.1")]
    )
    given = Circumstances(DependencySettings.model_validate({"groups": groups}), NOW)
    found = look_over({"requirements.txt": "pytest==8.0\npytest-socket==1.0\n"}, registry, given)
    assert [(group.name, len(group.updates)) for group in found.groups] == [("tests", 2)]


def advisory(patched: str | None = "1.0.5") -> Sequence[Advisory]:
    return (Advisory("GHSA-35jh-r3h4-6jhm", ALPHA, patched, "high"),)


def test_an_advisory_goes_first_and_by_itself() -> None:
    found = survey(release("1.0.5", 10), advisories=advisory())
    assert [(group.name, group.security, group.early) for group in found.groups] == [
        ("security-pypi-alpha", True, False)
    ]


def test_a_fix_waits_like_everything_unless_it_may_be_asked_for() -> None:
    assert steps(survey(release("1.0.5", 1), advisories=advisory())) == []
    found = survey(
        release("1.0.5", 1), release("1.0.6", 0.5), advisories=advisory(), security={"early": True}
    )
    assert [(g.name, [u.release.version for u in g.updates], g.early) for g in found.groups] == [
        ("early-pypi-alpha", ["1.0.5"], True)
    ]


def test_nothing_is_early_that_does_not_fix_or_need_not_be() -> None:
    early = {"early": True}
    assert steps(survey(release("1.0.5", 1), advisories=advisory(None), security=early)) == []
    assert steps(survey(release("1.0.5", 1), advisories=advisory("1.0.9"), security=early)) == []
    ripe = survey(release("1.0.5", 9), release("1.0.6", 1), advisories=advisory(), security=early)
    assert [(u.release.version, u.early) for g in ripe.groups for u in g.updates] == [("1.0.5", False)]


def test_a_package_that_no_registry_knows_is_held_alone() -> None:
    registry = MemoryRegistry.of(alpha=[release("1.0.0"), release("1.0.1")])
    given = Circumstances(DependencySettings(), NOW)
    found = look_over({"requirements.txt": "alpha==1.0.0\nours==1\n"}, registry, given)
    assert (steps(found), [each.code for each in found.held]) == (["1.0.1"], ["registry-not-found"])


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("1.2.3", "1.2.4", Change.PATCH),
        ("1.2.3", "1.3.0", Change.MINOR),
        ("1.2.3", "2.0.0", Change.MAJOR),
        ("0.2.3", "0.2.4", Change.PATCH),
        ("0.2.3", "0.3.0", Change.MAJOR),
        ("2025.1", "2025.2", Change.MINOR),
        ("1!1.0", "2!1.0", Change.MAJOR),
    ],
)
def test_distance_of_versions(before: str, after: str, change: Change) -> None:
    assert distance(Ecosystem.PYPI, before, after) is change


@pytest.mark.parametrize(
    ("range_", "inside", "outside"),
    [
        ("^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0", "1.5.0-rc.1"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0", ["0.9.9"], ["1.0.0"]),
        ("~1.2", ["1.2.0", "1.2.9"], ["1.3.0"]),
        ("~1", ["1.9.0"], ["2.0.0"]),
        ("1.x", ["1.0.0", "1.9.9"], ["2.0.0", "0.9.0"]),
        ("1.2 - 1.4", ["1.2.0", "1.4.9"], ["1.5.0", "1.1.9"]),
        (">=1 <3 || 5.0.0", ["1.0.0", "2.9.9", "5.0.0"], ["3.0.0", "5.0.1"]),
        ("> 1.2", ["1.3.0"], ["1.2.9"]),
        ("*", ["0.0.1", "9.0.0"], ["1.0.0-a"]),
        ("^1.2.3-beta.2", ["1.2.3-beta.3", "1.2.3"], ["1.2.4-beta.1", "1.2.3-beta.1"]),
    ],
)
def test_ranges_of_npm(range_: str, inside: list[str], outside: list[str]) -> None:
    assert [version for version in inside if not satisfies(range_, version)] == []
    assert [version for version in outside if satisfies(range_, version)] == []


@pytest.mark.parametrize(
    ("range_", "before", "not_before"),
    [
        ("^1.2.3", "1.2.2", "1.2.3"),
        (">1.2.3", "1.2.2", "1.2.4"),
        ("1.2.3", "1.2.2", "2.0.0"),
        ("^2 || ^3", "1.9.9", "2.0.0"),
        ("^1 || ^3", "0.9.9", "2.0.0"),
        (">=1 <3", "0.9.0", "9.0.0"),
    ],
)
def test_where_ranges_of_npm_begin(range_: str, before: str, not_before: str) -> None:
    assert is_beyond(NPM, range_, before)
    assert not is_beyond(NPM, range_, not_before)
    assert not is_beyond(NPM, "*", "0.0.0")


@pytest.mark.parametrize("range_", ["git+ssh://git@example/x", "next", "workspace:*", "1.2.3.4"])
def test_what_is_no_range_of_npm_is_an_error(range_: str) -> None:
    with pytest.raises(ContractError, match="no range of npm"):
        satisfies(range_, "1.0.0")


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("cooldown: 3", "cooldown"),
        ("cooldown_days: -1", "cooldown_days"),
        ("cooldown_days: '3'", "cooldown_days"),
        ("limits: {open: 99}", "limits.open"),
        ("groups: [{name: A, packages: ['*']}]", "groups.0.name"),
        ("ignore: [{package: x}]", "ignore.0.reason"),
        ("ignore: [{package: x, ecosystem: pypi, versions: nonsense, reason: why}]", "ignore.versions"),
        ("- a", ".gates/dependencies.yaml"),
        ("a: [", ".gates/dependencies.yaml"),
    ],
)
def test_settings_that_are_wrong_name_their_field(written: str, field: str) -> None:
    with pytest.raises(ContractError) as refused:
        read_settings(written)
    assert refused.value.field == field


def test_an_empty_file_gives_the_defaults() -> None:
    assert read_settings("").cooldown == timedelta(days=7)
    assert read_settings("ecosystems: [npm]").ecosystems == ["npm"]
    assert NPM.value == "npm"


def test_the_settings_that_the_guide_shows_read() -> None:
    guide = (ROOT / "docs/guides/dependencies.md").read_text(encoding="utf-8")
    shown = guide.partition("<!-- settings:begin -->")[2].partition("<!-- settings:end -->")[0]
    settings = read_settings(shown.strip().removeprefix("```yaml").removesuffix("```"))
    assert set(settings.model_fields_set) == set(DependencySettings.model_fields) - {"enabled"}
    policy = json.loads((ROOT / "policies/data.json").read_text(encoding="utf-8"))["dependencies"]
    assert policy["cooldown_hours"] == 72  # "three days at least"

"""Files are read as they are, and changed in nothing but versions and hashes."""

from __future__ import annotations

import difflib
import json
from typing import Any

import pytest

from tests.support.registries import ACTIONS, NOW, NPM, PYPI, MemoryRegistry, release
from writ.contracts.errors import ContractError
from writ.dependencies.candidates import Circumstances
from writ.dependencies.editing import edited
from writ.dependencies.reading import inventory
from writ.dependencies.settings import DependencySettings
from writ.dependencies.survey import Survey, look_over

LOCK = """\
# made by uv
alpha[extra]==1.0.0 ; python_version >= '3.11' \\
    --hash=sha256:{old} \\
    --hash=sha256:{older}
    # via -r requirements.in
beta==2.0.0 \\
    --hash=sha256:{old}
    # via alpha
""".format(old="0" * 64, older="1" * 64)
COMMIT, OTHER = "a" * 40, "b" * 40
WORKFLOW = f"""\
jobs:
  test:
    steps:
      - uses: actions/checkout@{COMMIT} # v5.0.0
      - name: "node"
        uses: 'acme/setup/sub@{COMMIT}'   #   v1.2.3 kept for the runner
      - uses: acme/tagged@v3
      - uses: ./local
      - uses: docker://alpine@sha256:{"c" * 64}
      - uses: acme/branch@main
"""
PACKAGE = {
    "name": "shop",
    "dependencies": {"left": "^1.2.3", "right": "2.0.0", "tag": "latest", "far": ">=1 <2"},
    "devDependencies": {"@acme/kit": "~3.1.0"},
}
PACKAGE_LOCK = {
    "name": "shop",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "shop", "dependencies": {"left": "^1.2.3", "right": "2.0.0"}},
        "node_modules/left": {"version": "1.2.3", "integrity": "sha512-old", "license": "MIT"},
        "node_modules/right": {
            "version": "2.0.0",
            "integrity": "sha512-old",
            "dependencies": {"left": "^1.0.0"},
        },
    },
}


def survey(files: dict[str, str], registry: MemoryRegistry, **settings: object) -> Survey:
    given = Circumstances(DependencySettings.model_validate(settings), NOW)
    return look_over(files, registry, given)


def bumped(files: dict[str, str], registry: MemoryRegistry, **settings: object) -> dict[str, str]:
    """The files after every group that is proposed."""
    found = survey(files, registry, **settings)
    assert not found.unread
    for group in found.groups:
        # Places are those of the files as they were read.
        files = {**files, **edited(files, group.updates)} if len(found.groups) == 1 else files
    return files


def changes(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_a_lock_keeps_everything_but_version_and_hashes() -> None:
    new = release("1.1.0", hashes=("sha256:" + "c" * 64, "sha256:" + "b" * 64))
    registry = MemoryRegistry.of(alpha=[release("1.0.0"), new], beta=[release("2.0.0")])
    files = {"requirements.in": "alpha[extra]==1.0.0  # ours\n", "requirements.lock": LOCK}
    after = bumped(files, registry)
    assert after["requirements.in"] == "alpha[extra]==1.1.0  # ours\n"
    assert changes(LOCK, after["requirements.lock"]) == [
        "-alpha[extra]==1.0.0 ; python_version >= '3.11' \\",
        f"-    --hash=sha256:{'0' * 64} \\",
        f"-    --hash=sha256:{'1' * 64}",
        "+alpha[extra]==1.1.0 ; python_version >= '3.11' \\",
        f"+    --hash=sha256:{'b' * 64} \\",
        f"+    --hash=sha256:{'c' * 64}",
    ]


def test_more_hashes_than_before_stand_as_the_first_ones_did() -> None:
    text = f"alpha==1.0.0 --hash=sha256:{'0' * 64}\r\n"
    new = release("1.0.1", hashes=("sha256:" + "c" * 64, "sha256:" + "b" * 64))
    after = bumped({"requirements.txt": text}, MemoryRegistry.of(alpha=[release("1.0.0"), new]))
    lines = after["requirements.txt"].splitlines(keepends=True)
    assert lines[0] == f"alpha==1.0.1 --hash=sha256:{'b' * 64} \\\r\n"
    assert lines[1] == f"    --hash=sha256:{'c' * 64}\r\n"


def test_actions_move_with_commit_and_comment() -> None:
    registry = MemoryRegistry()
    registry.add(ACTIONS, "actions/checkout", release("v5.0.0"), release("v5.1.0", commit=OTHER))
    registry.add(ACTIONS, "acme/setup", release("v1.2.3"), release("v1.2.4", commit=OTHER))
    registry.add(ACTIONS, "acme/tagged", release("v3"), release("v3.1.0", commit=OTHER))
    after = bumped({".github/workflows/test.yml": WORKFLOW}, registry)[".github/workflows/test.yml"]
    assert changes(WORKFLOW, after) == [
        f"-      - uses: actions/checkout@{COMMIT} # v5.0.0",
        f"+      - uses: actions/checkout@{OTHER} # v5.1.0",
        f"-        uses: 'acme/setup/sub@{COMMIT}'   #   v1.2.3 kept for the runner",
        "-      - uses: acme/tagged@v3",
        f"+        uses: 'acme/setup/sub@{OTHER}'   #   v1.2.4 kept for the runner",
        "+      - uses: acme/tagged@v3.1.0",
    ]


@pytest.mark.parametrize("indent", [2, 4, "\t"])
def test_a_package_lock_keeps_its_form(indent: int | str) -> None:
    registry = MemoryRegistry()
    registry.add(NPM, "left", release("1.2.3"), release("1.3.0", hashes=("sha512-new",)))
    registry.add(NPM, "right", release("2.0.0"))
    files = {
        "package.json": json.dumps(PACKAGE, indent=indent),
        "package-lock.json": json.dumps(PACKAGE_LOCK, indent=indent) + "\n",
    }
    after = bumped(files, registry)
    assert after["package.json"] == files["package.json"]  # the range lets it in
    expected = json.loads(files["package-lock.json"])
    expected["packages"]["node_modules/left"] |= {"version": "1.3.0", "integrity": "sha512-new"}
    assert after["package-lock.json"] == json.dumps(expected, indent=indent) + "\n"


def test_manifest_and_lock_of_npm_change_together() -> None:
    registry = MemoryRegistry()
    registry.add(NPM, "left", release("1.2.3"))
    fields = {"dependencies": {"left": "^1.0.0"}}
    new = release("2.0.1", hashes=("sha512-new",), fields=fields)
    registry.add(NPM, "right", release("2.0.0"), new)
    files = {"package.json": json.dumps(PACKAGE), "package-lock.json": json.dumps(PACKAGE_LOCK)}
    after = bumped(files, registry)
    assert json.loads(after["package.json"])["dependencies"]["right"] == "2.0.1"
    packages = json.loads(after["package-lock.json"])["packages"]
    assert packages[""]["dependencies"]["right"] == packages["node_modules/right"]["version"] == "2.0.1"


def test_a_bound_is_raised_where_a_major_step_needs_it() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = [\n    "alpha>=1.0,<2", # why\n]\n',
        "requirements.lock": f"alpha==1.0.0 \\\n    --hash=sha256:{'0' * 64}\n",
    }
    after = bumped(files, MemoryRegistry.of(alpha=[release("1.0.0"), release("2.1.0")]))
    assert '    "alpha>=1.0,<3", # why\n' in after["pyproject.toml"]
    assert "alpha==2.1.0" in after["requirements.lock"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"requires": ("gamma>=1",)}, "depends on other packages"),
        ({"requires": ("beta>=3",)}, "it wants beta>=3, and 2.0.0 is locked"),
        ({"requires": None}, "nobody says what alpha 1.1.0 depends on"),
    ],
)
def test_what_would_change_the_rest_of_a_lock_needs_a_resolver(change: dict[str, Any], why: str) -> None:
    old = release("1.0.0", requires=("beta>=1",))
    registry = MemoryRegistry.of(alpha=[old, release("1.1.0", **change)], beta=[release("2.0.0")])
    found = survey({"requirements.in": "alpha\n", "requirements.lock": LOCK}, registry)
    assert not found.groups
    assert found.withheld["pypi/alpha 1.0.0>1.1.0"].startswith("needs a resolver: requirements.lock: ")
    assert why in found.withheld["pypi/alpha 1.0.0>1.1.0"]


PLAIN = LOCK.replace("alpha[extra]", "alpha")
MORE = "depends on other packages"


@pytest.mark.parametrize(
    ("files", "beta", "marker", "why"),
    [
        ({"requirements.in": "alpha\n"}, (), 'extra == "all"', None),
        ({"requirements.in": "alpha\n"}, (), 'python_version < "3.12" and extra == "all"', None),
        ({"requirements.in": "alpha\n"}, (), 'extra == "all" or python_version < "3.12"', MORE),
        ({"requirements.in": "alpha\n"}, (), 'python_version < "3.12"', MORE),
        ({"requirements.in": "alpha[All]\n"}, (), 'extra == "all"', MORE),
        ({"requirements.in": "alpha\n"}, ("alpha[all]",), 'extra == "all"', MORE),
        ({"pyproject.toml": '[project]\ndependencies = ["alpha"]\n'}, (), 'extra == "all"', None),
        ({"pyproject.toml": '[project]\ndependencies = ["alpha[all]"]\n'}, (), 'extra == "all"', MORE),
        ({"docs/requirements.in": "alpha\n"}, (), 'extra == "all"', MORE),
        ({}, (), 'extra == "all"', MORE),
    ],
)
def test_an_extra_that_nobody_asks_for_changes_no_lock(
    files: dict[str, str], beta: tuple[str, ...], marker: str, why: str | None
) -> None:
    new = release("1.1.0", requires=("beta>=1", f"delta>=2; {marker}"))
    registry = MemoryRegistry.of(
        alpha=[release("1.0.0", requires=("beta>=1",)), new], beta=[release("2.0.0", requires=beta)]
    )
    found = survey({**files, "requirements.lock": PLAIN}, registry)
    step = "pypi/alpha 1.0.0>1.1.0"
    if why is None:
        assert [update.id for group in found.groups for update in group.updates] == [step]
    else:
        assert not found.groups
        assert why in found.withheld[step]


def test_an_extra_of_an_extra_counts_as_asked_for() -> None:
    new = release("1.1.0", requires=("delta>=2; extra == 'one'", "alpha[one]; extra == 'all'"))
    old = release("1.0.0", requires=("alpha[one]; extra == 'all'",))
    registry = MemoryRegistry.of(alpha=[old, new], beta=[release("2.0.0")])
    found = survey({"requirements.in": "alpha[all]\n", "requirements.lock": PLAIN}, registry)
    assert MORE in found.withheld["pypi/alpha 1.0.0>1.1.0"]


def test_what_another_package_brought_in_is_asked_for_as_that_says() -> None:
    new = release("2.1.0", requires=('delta>=2; extra == "all"',))
    for extra, expected in (("", True), ("[all]", False)):
        registry = MemoryRegistry.of(
            alpha=[release("1.0.0", requires=(f"beta{extra}>=1",))], beta=[release("2.0.0"), new]
        )
        found = survey({"requirements.lock": PLAIN}, registry, transitive=True)
        assert bool(found.groups) is expected


def test_a_package_that_another_one_bounds_is_withheld() -> None:
    registry = MemoryRegistry.of(
        alpha=[release("1.0.0", requires=("beta<2.1",))], beta=[release("2.0.0"), release("2.1.0")]
    )
    found = survey({"requirements.lock": LOCK}, registry, transitive=True)
    assert "alpha wants beta<2.1" in found.withheld["pypi/beta 2.0.0>2.1.0"]


def test_members_that_only_fit_apart_are_withheld_together() -> None:
    alpha = [release("1.0.0", requires=("beta<2.1",)), release("1.0.1", requires=("beta<2.0.1",))]
    registry = MemoryRegistry.of(alpha=alpha, beta=[release("2.0.0"), release("2.0.5")])
    found = survey({"requirements.lock": LOCK}, registry, transitive=True)
    assert not found.groups
    assert "together" in found.withheld["pypi-minor"]


def test_locks_of_other_tools_are_left_to_them() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["alpha>=1"]\n',
        "uv.lock": '[[package]]\nname = "alpha"\nversion = "1.0.0"\n',
    }
    found = survey(files, MemoryRegistry.of(alpha=[release("1.0.0"), release("1.0.1")]))
    assert "uv.lock is written by its own tool alone" in found.withheld["pypi/alpha 1.0.0>1.0.1"]


def test_what_came_with_something_else_is_known() -> None:
    files = {
        "requirements.in": "alpha\n",
        "requirements.lock": LOCK,
        "other.txt": "x==1\n",
        "requirements-uv.lock": f"uv==1 \\\n    --hash=sha256:{'0' * 64}\n",
    }
    direct = {use.package.name: use.direct for use in inventory(files).uses if use.version}
    assert direct == {"alpha": True, "beta": False, "uv": True}


def test_a_file_that_does_not_read_leaves_the_others_alone() -> None:
    found = inventory({"package.json": "{", "requirements.txt": "alpha==1\n-r other.txt\nx @ https://h/x\n"})
    assert found.unread == {"package.json": "not JSON"}
    assert [use.package.name for use in found.uses] == ["alpha"]


def test_nothing_is_changed_where_a_range_is_beyond_it() -> None:
    files = {"pyproject.toml": '[project]\ndependencies = ["alpha==1.0.0", "alpha!=1.1.0"]\n'}
    registry = MemoryRegistry.of(alpha=[release("1.0.0"), release("1.1.0")])
    found = survey(files, registry)
    assert "changed by hand" in found.withheld["pypi/alpha 1.0.0>1.1.0"]
    with pytest.raises(ContractError, match="no file names"):
        edited(files, [])


def test_python_packages_are_the_same_in_every_spelling() -> None:
    files = {"requirements.txt": "Zope.Interface==1.0\n"}
    registry = MemoryRegistry.of(PYPI, zope_interface=[release("1.0"), release("1.1")])
    assert bumped(files, registry)["requirements.txt"] == "Zope.Interface==1.1\n"


def at(package: str, version: str) -> str:
    return f"{package}=={version} \\\n    --hash=sha256:{'0' * 64}\n"


@pytest.mark.parametrize(("theirs", "moved"), [("0.9.0", False), ("1.0.0", True)])
def test_what_came_with_something_else_follows_only_from_the_version_that_is_asked_for(
    theirs: str, moved: bool
) -> None:
    """Another lock has alpha because of beta: at a version of its own, beta is who wants that."""
    files = {
        "requirements.in": "alpha==1.0.0\n",
        "requirements.lock": at("alpha", "1.0.0"),
        "other/requirements.in": "beta==2.0.0\n",
        "other/requirements.lock": at("alpha", theirs) + at("beta", "2.0.0"),
    }
    registry = MemoryRegistry.of(
        alpha=[release("0.9.0"), release("1.0.0"), release("1.1.0")],
        beta=[release("2.0.0", requires=("alpha",))],
    )
    (group,) = survey(files, registry).groups
    changed = edited(files, group.updates)
    assert group.ids == ("pypi/alpha 1.0.0>1.1.0",)
    assert ("other/requirements.lock" in changed) == moved
    assert {"requirements.in", "requirements.lock"} <= changed.keys()


@pytest.mark.parametrize(
    ("ahead", "changes"), [(">=2.1,<3", False), ("==2.1.*", False), ("~=2.1", False), ("<1", True)]
)
def test_a_range_of_another_part_that_is_farther_already_stays(ahead: str, changes: bool) -> None:
    files = {
        "requirements.txt": "alpha==1.0.0\n",
        "web/pyproject.toml": f'[project]\ndependencies = ["alpha{ahead}"]\n',
    }
    registry = MemoryRegistry.of(alpha=[release("1.0.0"), release("1.1.0")])
    found = survey(files, registry)
    if changes:
        changed = edited(files, found.groups[0].updates)
        assert changed["web/pyproject.toml"].endswith('["alpha<2"]\n')
    else:
        assert edited(files, found.groups[0].updates) == {"requirements.txt": "alpha==1.1.0\n"}

"""Locks of a resolver are taken where they say what was asked for, and nothing too young comes along."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cli.indexes import Addresses
from cli.operate.resolving import Tools
from tests.support.registries import NOW, PYPI, MemoryRegistry, release
from writ.contracts.errors import ContractError, PermanentError, TransientError
from writ.dependencies.candidates import Circumstances
from writ.dependencies.model import Update
from writ.dependencies.resolving import as_far_as_possible, resolved
from writ.dependencies.settings import DependencySettings
from writ.dependencies.survey import look_over
from writ.ports.registry import Package

HASH = "0" * 64
LOCK = f"alpha==1.0.0 \\\n    --hash=sha256:{HASH}\n"
FILES = {"requirements.in": "alpha==1.0.0\n", "requirements.lock": LOCK}
BEFORE = NOW - timedelta(days=7)


@dataclass
class Made:
    """See writ.ports.resolver.Resolver: makes the one lock."""

    text: str
    knows: bool = True
    asked: list[tuple[Mapping[str, str], datetime]] = field(default_factory=list)

    def can(self, path: str, files: Mapping[str, str]) -> bool:
        return self.knows

    def lock(
        self, path: str, files: Mapping[str, str], steps: Sequence[tuple[Package, str]], before: datetime
    ) -> str:
        self.asked.append((files, before))
        return self.text


def lock(**versions: str) -> str:
    return "".join(f"{name}=={version} \\\n    --hash=sha256:{HASH}\n" for name, version in versions.items())


def change(resolver: Made, beta: float | None = 30) -> dict[str, str]:
    """Alpha 1.1 wants beta, which the lock has not."""
    new = release("1.1.0", requires=("beta",))
    registry = MemoryRegistry.of(alpha=[release("1.0.0"), new], beta=[release("2.0.0", beta)])
    survey = look_over(FILES, registry, Circumstances(DependencySettings(), NOW))
    assert survey.groups == ()
    group = survey.of("pypi-minor", whole=True)
    assert group is not None
    return resolved(FILES, group.updates, resolver, registry, BEFORE)


def test_the_lock_comes_from_the_resolver_and_the_manifest_from_us() -> None:
    resolver = Made(lock(alpha="1.1.0", beta="2.0.0"))
    assert change(resolver) == {"requirements.in": "alpha==1.1.0\n", "requirements.lock": resolver.text}
    ((files, before),) = resolver.asked
    assert (files["requirements.in"], before) == ("alpha==1.1.0\n", BEFORE)


@pytest.mark.parametrize("beta", [6.9, None, -1])
def test_what_comes_along_keeps_the_cooldown(beta: float | None) -> None:
    with pytest.raises(ContractError, match=r"resolver\.untrue: pypi/beta 2\.0\.0 comes along"):
        change(Made(lock(alpha="1.1.0", beta="2.0.0")), beta)


@pytest.mark.parametrize("made", [lock(alpha="1.2.0"), lock(beta="2.0.0"), ""])
def test_a_lock_with_other_versions_is_not_taken(made: str) -> None:
    with pytest.raises(ContractError, match=r"resolver\.untrue"):
        change(Made(made))


def test_a_lock_that_lost_what_is_asked_for_is_not_taken() -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["alpha"]\n[dependency-groups]\ndev = ["tool"]\n',
        "requirements.lock": lock(alpha="1.0.0", tool="1.0.0"),
    }
    new = release("1.1.0", requires=("beta",))
    registry = MemoryRegistry.of(
        alpha=[release("1.0.0"), new], beta=[release("2.0.0", 30)], tool=[release("1.0.0")]
    )
    survey = look_over(files, registry, Circumstances(DependencySettings(), NOW))
    group = survey.of("pypi-minor", whole=True)
    assert group is not None
    whole = lock(alpha="1.1.0", beta="2.0.0", tool="1.0.0")
    assert resolved(files, group.updates, Made(whole), registry, BEFORE)["requirements.lock"] == whole
    with pytest.raises(ContractError, match=r"resolver\.untrue: the lock lost .*pypi/tool"):
        resolved(files, group.updates, Made(lock(alpha="1.1.0", beta="2.0.0")), registry, BEFORE)


def test_a_lock_that_nobody_knows_is_left_alone() -> None:
    with pytest.raises(ContractError, match=r"bump\.by-hand"):
        change(Made("", knows=False))


def test_a_lock_that_is_farther_already_is_not_made_anew() -> None:
    files = {**FILES, "web/requirements.in": "alpha==2.0.0\n", "web/requirements.lock": lock(alpha="2.0.0")}
    new = release("1.1.0", requires=("beta",))
    registry = MemoryRegistry.of(alpha=[release("1.0.0"), new], beta=[release("2.0.0", 30)])
    survey = look_over(files, registry, Circumstances(DependencySettings(), NOW))
    group = survey.of("pypi-minor", whole=True)
    assert group is not None
    resolver = Made(lock(alpha="1.1.0", beta="2.0.0"))
    changed = resolved(files, group.updates, resolver, registry, BEFORE)
    assert changed.keys() == {"requirements.in", "requirements.lock"}
    assert len(resolver.asked) == 1


def updates_of(*names: str) -> Sequence[Update]:
    registry = MemoryRegistry()
    for name in names:
        registry.add(PYPI, name, release("1.0.0"), release("1.1.0"))
    text = "".join(f"{name}==1.0.0\n" for name in names)
    given = Circumstances(DependencySettings(), NOW)
    (group,) = look_over({"requirements.txt": text}, registry, given).groups
    return group.updates


def test_steps_that_do_not_go_together_are_left_out_with_the_reason() -> None:
    tried: list[list[str]] = []

    def resolve(updates: Sequence[Update]) -> dict[str, str]:
        names = [update.package.name for update in updates]
        tried.append(names)
        if "beta" in names or {"alpha", "delta"} <= set(names):
            raise PermanentError(f"{names[-1]} cannot be had", code="resolver.failed")
        return {"lock": " ".join(names)}

    done = as_far_as_possible(updates_of("alpha", "beta", "delta", "gamma"), resolve)
    assert done.files == {"lock": "alpha gamma"}
    assert done.left_out == {
        "pypi/beta 1.0.0>1.1.0": "beta cannot be had",
        "pypi/delta 1.0.0>1.1.0": "delta cannot be had",
    }
    assert tried[0] == ["alpha", "beta", "delta", "gamma"]
    with pytest.raises(PermanentError, match="beta cannot"):
        as_far_as_possible(updates_of("beta"), resolve)
    assert as_far_as_possible(updates_of("alpha", "gamma"), resolve).left_out == {}


def test_a_registry_that_does_not_answer_leaves_nothing_out() -> None:
    def resolve(updates: Sequence[Update]) -> dict[str, str]:
        raise TransientError("the index does not answer")

    with pytest.raises(TransientError):
        as_far_as_possible(updates_of("alpha", "beta"), resolve)


def tools(code: int, made: str, seen: list[list[str]]) -> Tools:
    def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        seen.append(list(command))
        (folder / "requirements.lock").write_text(made)
        return subprocess.CompletedProcess(command, code, "", "no such version\n")

    return Tools(Addresses("https://index.example/simple"), run)


def test_uv_is_asked_for_one_package_and_nothing_newer() -> None:
    seen: list[list[str]] = []
    alpha = next(iter(MemoryRegistry.of(alpha=[]).listings))
    assert tools(0, "made", seen).can("requirements.lock", FILES)
    assert not tools(0, "made", seen).can("uv.lock", {**FILES, "uv.lock": ""})
    assert tools(0, "made", seen).lock("requirements.lock", FILES, [(alpha, "1.1.0")], BEFORE) == "made"
    (command,) = seen
    assert command[1:6] == ["pip", "compile", "requirements.in", "--output-file", "requirements.lock"]
    assert command[command.index("--exclude-newer") + 1] == BEFORE.isoformat()
    assert command[command.index("--upgrade-package") + 1] == "alpha==1.1.0"
    assert {"--generate-hashes", "--no-annotate", "--no-build"} <= set(command)
    assert "--universal" not in command
    with pytest.raises(PermanentError, match=r"resolver\.failed: uv: no such version"):
        tools(1, "", seen).lock("requirements.lock", FILES, [(alpha, "1.1.0")], BEFORE)


def test_uv_is_told_the_extras_and_groups_that_a_lock_was_made_with() -> None:
    project = """
[project]
dependencies = ["alpha"]
[project.optional-dependencies]
fast = ["Beta-Fast[x]>=1"]
slow = ["gamma"]
none = []
[dependency-groups]
dev = ["tool", {include-group = "docs"}]
docs = ["pages"]
"""
    seen: list[list[str]] = []
    files = {"pyproject.toml": project, "requirements.lock": lock(alpha="1.0.0", tool="1.0.0")}
    files["requirements.lock"] += lock(**{"beta-fast": "1.0.0"})
    tools(0, "", seen).lock("requirements.lock", files, [], BEFORE)
    (command,) = seen
    options = [
        tuple(command[at : at + 2]) for at, word in enumerate(command) if word in ("--extra", "--group")
    ]
    assert options == [("--extra", "fast"), ("--group", "dev")]

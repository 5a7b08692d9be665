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
from tests.support.registries import NOW, MemoryRegistry, release
from writ.contracts.errors import ContractError, PermanentError
from writ.dependencies.candidates import Circumstances
from writ.dependencies.resolving import resolved
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

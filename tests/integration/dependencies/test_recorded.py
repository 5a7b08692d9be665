"""The real clients on real answers: registries played back over HTTP from what they once said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.support.playback import (
    RECORDED,
    Instead,
    Playback,
    playing,
    recorded_hashes,
    recorded_listing,
    recorded_packument,
    strangers,
    version_of,
)
from tests.support.recorded_locks import package_files, requirements
from writ.adapters.npm_registry import NpmRegistry
from writ.adapters.pypi_index import SimpleIndex
from writ.adapters.registries import Registries
from writ.contracts.errors import PermanentError, TransientError
from writ.dependencies.candidates import Circumstances
from writ.dependencies.settings import DependencySettings
from writ.dependencies.survey import Survey, look_over
from writ.dependencies.versions import package
from writ.ports.registry import Ecosystem

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
# A day on which some releases were old enough and some not.
DAY = datetime(2024, 8, 28, 12, tzinfo=UTC)
PINNED = {"certifi": "2024.2.2", "idna": "3.6", "packaging": "24.0"}
NODE = {"@types/ms": "0.7.31", "debug": "4.3.4", "ms": "2.1.2", "picocolors": "1.0.0"}
FILES = {"requirements.txt": requirements(PINNED), **package_files(NODE)}
PYTHON_NAMES = sorted(path.stem for path in (RECORDED / "pypi").glob("*.json"))
NODE_NAMES = sorted(
    path.relative_to(RECORDED / "npm").with_suffix("").as_posix()
    for path in (RECORDED / "npm").rglob("*.json")
)


@pytest.fixture
def served() -> Iterator[Playback]:
    with playing() as server:
        yield server


def asking(served: Playback) -> Registries:
    return Registries({PYPI: SimpleIndex(served.pypi), NPM: NpmRegistry(served.npm)})


def looked(served: Playback, files: Mapping[str, str], now: datetime = DAY, **given: Any) -> Survey:
    """A repository looked over on a day."""
    served.travel(now)
    settings = DependencySettings(**{"python": "3.11", **given})
    return look_over(files, asking(served), Circumstances(settings, now))


def steps(survey: Survey) -> dict[str, list[str]]:
    return {each.name: [update.id for update in each.updates] for each in survey.groups}


def held(survey: Survey) -> dict[str, str]:
    return {f"{each.package.name} {each.version}".strip(): each.code for each in survey.held}


@pytest.mark.parametrize("name", PYTHON_NAMES)
def test_what_the_index_said_is_read(served: Playback, name: str) -> None:
    files = (recorded_listing(name) or {})["files"]
    found = {each.version: each for each in asking(served).listing(package(PYPI, name)).releases}
    assert set(found) == {version_of(file["filename"]) for file in files}
    for version, release in found.items():
        own = [file for file in files if version_of(file["filename"]) == version]
        times = [datetime.fromisoformat(file["upload-time"]) for file in own]
        assert release.published_at == max(times)
        assert release.yanked is all(file.get("yanked", False) for file in own)
        assert list(release.hashes) == ([] if release.yanked else recorded_hashes(name, version))
        assert release.requires_python == own[0]["requires-python"]


@pytest.mark.parametrize("name", NODE_NAMES)
def test_what_the_registry_said_is_read(served: Playback, name: str) -> None:
    document = recorded_packument(name) or {}
    found = {each.version: each for each in asking(served).listing(package(NPM, name)).releases}
    assert found.keys() == document["versions"].keys()
    for version, release in found.items():
        said = document["versions"][version]
        assert release.published_at == datetime.fromisoformat(document["time"][version])
        assert (release.hashes, release.tarball) == ((said["dist"]["integrity"],), said["dist"]["tarball"])
        assert release.yanked is bool(said.get("deprecated"))
        assert release.fields.get("dependencies", {}) == said.get("dependencies", {})


def test_a_name_with_a_scope_is_one_part_of_the_address(served: Playback) -> None:
    asking(served).listing(package(NPM, "@types/ms"))
    assert [each.path for each in served.asked] == ["/npm/@types%2Fms"]


def test_metadata_beside_a_wheel_is_read_and_nothing_asked_for_twice(served: Playback) -> None:
    registry, dateutil = asking(served), package(PYPI, "python_dateutil")
    (before,), (needed,) = (
        registry.requires(dateutil, "2.8.2") or (),
        registry.requires(dateutil, "2.9.0.post0") or (),
    )
    assert (before, needed) == ("six (>=1.5)", "six >=1.5")
    assert registry.source(dateutil, "2.9.0.post0") == "dateutil/dateutil"
    paths = [each.path for each in served.asked]
    assert len(paths) == len(set(paths)) == 3
    assert all("authorization" not in each.headers for each in served.asked)


def test_a_repository_is_looked_over_on_a_day(served: Playback) -> None:
    survey = looked(served, FILES)
    assert steps(survey) == {
        "pypi-minor": ["pypi/certifi 2024.2.2>2024.7.4", "pypi/idna 3.6>3.7", "pypi/packaging 24.0>24.1"],
        "npm-minor": [
            "npm/@types/ms 0.7.31>0.7.34",
            "npm/debug 4.3.4>4.3.6",
            "npm/picocolors 1.0.0>1.0.1",
        ],
    }
    assert held(survey) == {"idna 3.8": "cooldown"}
    # The real debug asks for one version of ms and no other.
    assert "debug wants ms 2.1.2" in survey.withheld["npm/ms 2.1.2>2.1.3"]
    later = looked(served, FILES, DAY + timedelta(days=8))
    assert "pypi/idna 3.6>3.8" in steps(later)["pypi-minor"]
    assert held(later)["certifi 2024.8.30"] == "cooldown"


def test_extras_that_nobody_asks_for_keep_no_release_out(served: Playback) -> None:
    """idna 3.10 has tools under an extra that idna 3.6 does not know."""
    lock = requirements({"idna": "3.6"})
    day = datetime(2024, 10, 1, tzinfo=UTC)
    survey = looked(served, {"requirements.in": "idna\n", "requirements.txt": lock}, day)
    assert steps(survey) == {"pypi-minor": ["pypi/idna 3.6>3.10"]}
    survey = looked(served, {"requirements.in": "idna[all]\n", "requirements.txt": lock}, day)
    assert "depends on other packages" in survey.withheld["pypi/idna 3.6>3.10"]


def test_what_was_taken_back_is_held(served: Playback) -> None:
    survey = looked(served, {"requirements.txt": "attrs==20.3.0\n"}, datetime(2021, 6, 1, tzinfo=UTC))
    assert (steps(survey), held(survey)) == ({}, {"attrs 21.1.0": "yanked"})
    served.deprecated["debug@4.3.6"] = "use 4.3.7"
    survey = looked(served, package_files({"debug": "4.3.5"}))
    assert (steps(survey), held(survey)) == ({}, {"debug 4.3.6": "yanked"})


def test_a_release_for_newer_pythons_is_held(served: Playback) -> None:
    files = {"requirements.txt": "iniconfig==2.0.0\n"}
    survey = looked(served, files, datetime.now(UTC), python="3.9")
    assert steps(survey) == {"pypi-minor": ["pypi/iniconfig 2.0.0>2.1.0"]}
    assert held(survey) == {"iniconfig 2.3.0": "python"}
    # Where nobody says what is run on, nothing may want more than the release in use does.
    survey = looked(served, files, datetime.now(UTC), python=None)
    assert (steps(survey), held(survey)) == ({}, {"iniconfig 2.3.0": "python"})


def test_an_index_that_gives_no_times_lets_nothing_in(served: Playback) -> None:
    served.dated = False
    survey = looked(served, FILES)
    assert steps(survey) == {}
    assert set(held(survey).values()) == {"age-unknown"}


@pytest.mark.parametrize(
    ("instead", "code"),
    [
        (Instead(404), "registry-not-found"),
        (Instead(429, {"Retry-After": "3600"}), "registry-unavailable"),
        (Instead(503, {"Retry-After": "3600"}), "registry-unavailable"),
        (Instead(302, {"Location": "/simple/certifi/"}), "registry-refused"),
        (Instead(304), "registry-refused"),
        (Instead(200, content=b'{"files": [', cut=True), "registry-unavailable"),
        (Instead(200, {"Content-Type": "text/html"}, b"<!DOCTYPE html>"), "registry-unavailable"),
        (Instead(200, {"Content-Encoding": "gzip"}, b"not packed"), "registry-unavailable"),
    ],
    ids=["404", "429", "503", "302", "304", "cut", "html", "not-packed"],
)
@pytest.mark.parametrize(("name", "path"), [("idna", "/simple/idna/"), ("debug", "/npm/debug")])
def test_a_package_that_is_refused_is_held_alone(
    served: Playback, instead: Instead, code: str, name: str, path: str
) -> None:
    """It is not asked for again before the next look, whenever the registry says; the others go on."""
    served.instead[path] = instead
    pinned = "".join(f"{each}=={version}\n" for each, version in PINNED.items())
    survey = looked(served, {**FILES, "requirements.txt": pinned})
    assert {each.package.name: each.code for each in survey.held if not each.version} == {name: code}
    assert [each.path for each in served.asked].count(path) == 1
    proposed = {step.split()[0] for group in steps(survey).values() for step in group}
    everything = {"pypi/certifi", "pypi/idna", "pypi/packaging"}
    everything |= {"npm/@types/ms", "npm/debug", "npm/picocolors"}
    assert proposed == {each for each in everything if not each.endswith(f"/{name}")}


@pytest.mark.parametrize(
    ("instead", "error", "code"),
    [
        (Instead(200, content=b"Metadata-Version: 2.1\nName: idna\n"), TransientError, "registry.digest"),
        (Instead(404), PermanentError, "registry.not_found"),
        (Instead(429, {"Retry-After": "60"}), TransientError, "registry.unavailable"),
    ],
)
def test_metadata_that_is_not_had_is_not_guessed(
    served: Playback, instead: Instead, error: type[Exception], code: str
) -> None:
    served.instead["/files/idna-3.7-py3-none-any.whl.metadata"] = instead
    with pytest.raises(error) as refused:
        asking(served).requires(package(PYPI, "idna"), "3.7")
    assert getattr(refused.value, "code", "") == code
    survey = looked(served, FILES)
    assert "pypi/idna 3.6>3.7" not in steps(survey)["pypi-minor"]
    assert "does not say what it depends on" in survey.withheld["pypi/idna 3.6>3.7"]


def test_a_lock_beside_a_package_that_is_refused_waits(served: Playback) -> None:
    """Nobody can say what the others may be there; and who wants to be left alone is asked once."""
    served.instead["/simple/idna/"] = Instead(429, {"Retry-After": "60"})
    survey = looked(served, FILES)
    assert "pypi-minor" not in steps(survey)
    assert "does not say what it depends on" in survey.withheld["pypi/certifi 2024.2.2>2024.7.4"]
    paths = [each.path for each in served.asked]
    assert len(paths) == len(set(paths))


def test_a_checkout_gets_the_hashes_that_the_index_gave(served: Playback, tmp_path: Path) -> None:
    served.travel(DAY, datetime.now(UTC))
    for path, text in FILES.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / ".gates").mkdir()
    (tmp_path / ".gates" / "dependencies.yaml").write_text('python: "3.11"\n', encoding="utf-8")
    command = ["bumps", "plan", str(tmp_path), "--pypi", served.pypi, "--npm", served.npm, "--write"]
    for group in ("pypi-minor", "npm-minor"):
        done = CliRunner().invoke(app, [*command, group, "--json"], catch_exceptions=False)
        assert done.exit_code == 0
    bumped = {"certifi": "2024.7.4", "idna": "3.7", "packaging": "24.1"}
    node = {"@types/ms": "0.7.34", "debug": "4.3.6", "ms": "2.1.2", "picocolors": "1.0.1"}
    expected = {"requirements.txt": requirements(bumped), **package_files(node, NODE)}
    assert {path: (tmp_path / path).read_text(encoding="utf-8") for path in expected} == expected


def test_recordings_name_no_host_of_a_registry() -> None:
    """Neither in an address nor in words: only the forge, and names that are reserved for examples."""
    paths = [path for path in RECORDED.rglob("*") if path.is_file()]
    assert len(paths) > len(PYTHON_NAMES) + len(NODE_NAMES)
    named = {path.name: strangers(path.read_text(encoding="utf-8")) for path in paths}
    assert {name: hosts for name, hosts in named.items() if hosts} == {}


@pytest.mark.parametrize(
    "text",
    [
        '"tarball": "https://index.elsewhere.test/ms/-/ms-2.1.3.tgz"',
        '"url": "git+https://user@code.elsewhere.test:8443/ms.git"',
        '"url": "//files.elsewhere.test/x"',
        "moved to Files.Elsewhere.ORG, see there",
        "https://github.com.elsewhere.test/x",
        "https://files.example.elsewhere.test/x",
    ],
)
def test_a_host_in_a_recording_is_found(text: str) -> None:
    assert len(strangers(text)) == 1
    assert strangers("https://github.com/acme/kit and https://files.example/idna-3.7.tar.gz") == set()


def test_metadata_is_what_its_listing_says() -> None:
    """What is left of it after trimming has a digest of its own, and every version has some."""
    for name in PYTHON_NAMES:
        files = json.loads((RECORDED / "pypi" / f"{name}.json").read_text(encoding="utf-8"))["files"]
        described = [file for file in files if "core-metadata" in file]
        assert {version_of(f["filename"]) for f in described} == {version_of(f["filename"]) for f in files}
        for file in described:
            content = (RECORDED / "pypi" / "metadata" / f"{file['filename']}.metadata").read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["core-metadata"]["sha256"]

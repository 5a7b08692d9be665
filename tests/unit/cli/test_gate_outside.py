"""What `writ gate run` tells the gate of security: mirrors, dates and assemblies as they lie on a disk."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli.gates.advisories
from cli.app import app
from cli.gates.advisories import LocalMirror
from cli.gates.outside import Places, outside
from cli.output import UsageError
from tests.unit.gates.advisories import advisory
from writ.contracts.errors import ContractError

ONE = json.dumps(advisory()).encode()


def test_a_mirror_is_a_folder_with_what_is_below_it_zips_too(tmp_path: Path) -> None:
    (tmp_path / "PyPI").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "PyPI" / "a.json").write_bytes(ONE)
    (tmp_path / "PyPI" / "b.yaml").write_bytes(ONE)
    (tmp_path / ".git" / "c.json").write_bytes(b"no advisory")
    (tmp_path / "README.md").write_bytes(b"no advisory")
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("GHSA-1.json", ONE)
        archive.writestr("LICENSE", b"no advisory")
    names = ["PyPI/a.json", "PyPI/b.yaml", "all.zip/GHSA-1.json"]
    assert dict(LocalMirror(tmp_path).files()) == dict.fromkeys(names, ONE)
    assert [name for name, _ in LocalMirror(tmp_path / "all.zip").files()] == ["all.zip/GHSA-1.json"]


def test_a_mirror_that_is_none_says_so(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK no zip")
    with zipfile.ZipFile(tmp_path / "torn.zip", "w") as archive:
        archive.writestr("a.json", ONE * 20)
    torn = bytearray((tmp_path / "torn.zip").read_bytes())
    torn[60] ^= 255
    (tmp_path / "torn.zip").write_bytes(bytes(torn))
    for place in ("nowhere", "bad.zip", "torn.zip"):
        with pytest.raises(ContractError):
            list(LocalMirror(tmp_path / place).files())


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.json", b" " * 4000)
    monkeypatch.setattr(cli.gates.advisories, "_MOST_UNPACKED", 10_000)
    with pytest.raises(ContractError, match="more than is unpacked"):
        list(LocalMirror(tmp_path).files())
    monkeypatch.setattr(cli.gates.advisories, "_MOST_FILES", 2)
    with pytest.raises(ContractError, match="more than 2 files"):
        list(LocalMirror(tmp_path).files())


def test_dates_of_releases_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "releases.json"
    file.write_text('{"pkg:pypi/rich@1.0": "2026-11-25T00:00:00Z"}')
    assert outside(Places(releases=file)).released == {"pkg:pypi/rich@1.0": "2026-11-25T00:00:00Z"}
    for text in ("{", "[]", '{"pkg:pypi/rich@1.0": 7}', "[" * 100_000):
        file.write_text(text)
        with pytest.raises(UsageError) as caught:
            outside(Places(releases=file))
        assert caught.value.field == "--releases"


def test_an_assembly_is_its_templates_and_reports(tmp_path: Path) -> None:
    folder = tmp_path / "cdk.out"
    (folder / "assembly-prod").mkdir(parents=True)
    for name in ("a.template.json", "manifest.json", "A-NagReport.csv", "assembly-prod/b.template.json"):
        (folder / name).write_text("{}")
    (folder / "link.template.json").symlink_to("/etc/passwd")
    assert sorted(outside(Places(assembly=folder)).assembly) == [
        "cdk.out/A-NagReport.csv",
        "cdk.out/a.template.json",
        "cdk.out/assembly-prod/b.template.json",
    ]
    with pytest.raises(UsageError) as caught:
        outside(Places(assembly=tmp_path / "nowhere"))
    assert caught.value.field == "--cdk-out"


def test_advisories_are_named_by_an_option_or_the_environment(tmp_path: Path) -> None:
    checkout, mirror = tmp_path / "shop", tmp_path / "mirror"
    checkout.mkdir()
    mirror.mkdir()
    (checkout / "requirements.txt").write_text("django==3.2.1\n")
    command = ["gate", "run", "--repo", str(checkout), "--only", "security"]
    without = CliRunner().invoke(app, command)
    assert (without.exit_code, "advisories-missing" in without.output) == (1, True)
    (mirror / "a.json").write_bytes(ONE)
    for result in (
        CliRunner().invoke(app, [*command, "--advisories", str(mirror)]),
        CliRunner().invoke(app, command, env={"WRIT_ADVISORIES": str(mirror)}),
    ):
        assert result.exit_code == 1
        assert "+django==3.2.4" in result.output
    gone = CliRunner().invoke(app, [*command, "--advisories", str(tmp_path / "gone")])
    assert (gone.exit_code, "the mirror of advisories cannot be read" in gone.output) == (1, True)

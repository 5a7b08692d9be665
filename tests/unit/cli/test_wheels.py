"""Licences that are read in wheels: what pip is told, which wheels count, and what comes of its refusals."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.gates import wheels as module
from cli.gates.checkout import Checkout
from cli.gates.wheels import Pin, Wheels, from_pip
from cli.output import Output

GRANT = "Permission is hereby granted, free of charge, to any person obtaining a copy"
NOTICE = "The above copyright notice and this permission notice shall be included in all copies"
MIT = {"licenses/LICENSE": f"Copyright Ann\n{GRANT}\n{NOTICE}"}


def wheel(
    folder: Path, name: str, version: str, head: str = "License: MIT", texts: Mapping[str, str] | None = None
) -> Path:
    """A wheel of pure Python that has nothing but what it says of itself."""
    made = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{head}\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        for path, text in (texts or {}).items():
            archive.writestr(f"{info}/{path}", text)
    return made


class Pip:
    """Stands for pip: what it was asked for, and what it puts there."""

    def __init__(self, put: Callable[[Path, Pin], object] = lambda folder, pin: wheel(folder, *pin)) -> None:
        self.asked: list[list[Pin]] = []
        self.refuses: set[str] = set()
        self.put = put

    def __call__(self, pins: Sequence[Pin], folder: Path) -> str | None:
        self.asked.append(list(pins))
        for name, version in pins:
            if name in self.refuses:
                return f"ERROR: No matching distribution found for {name}=={version}"
        for pin in pins:
            self.put(folder, pin)
        return None


def read(folder: Path, pip: Pip, *known: str) -> dict[str, tuple[str, ...]]:
    return Wheels(Output(as_json=False), pip).licences(Checkout(folder), known)


def test_what_is_locked_and_not_known_is_read_once_and_by_its_text_where_that_says_more(
    tmp_path: Path,
) -> None:
    (tmp_path / "requirements.txt").write_text("a==1.0\nB_b==2\nknown==3\n")
    (tmp_path / "requirements.lock").write_text("a==1.0\na==2.0 ; python_version > '3'\n")
    heads = {
        "a": "License-Expression: MIT OR Apache-2.0",
        "b-b": "Classifier: License :: OSI Approved :: BSD",
    }
    pip = Pip(lambda folder, pin: wheel(folder, *pin, heads[pin[0]], MIT))
    assert read(tmp_path, pip, "pkg:pypi/known@3") == {
        "pkg:pypi/a@1.0": ("MIT OR Apache-2.0",),
        "pkg:pypi/a@2.0": ("MIT OR Apache-2.0",),
        "pkg:pypi/b-b@2": ("MIT",),
    }
    # Of a package that is locked twice each version has a round of its own.
    assert pip.asked == [[("a", "1.0"), ("b-b", "2")], [("a", "2.0")]]


def test_a_wheel_that_is_not_the_locked_one_says_nothing(tmp_path: Path) -> None:
    right = sha256(wheel(tmp_path, "a", "1").read_bytes()).hexdigest()
    lock = tmp_path / "requirements.lock"
    for digest, found in ((right, {"pkg:pypi/a@1": ("MIT",)}), ("0" * 64, {})):
        lock.write_text(f"a==1 \\\n    --hash=sha256:{digest}\n")
        assert read(tmp_path, Pip()) == found
    # A file without digests that names it, too, opens no way around; one with the right digest does.
    (tmp_path / "requirements.txt").write_text("a==1\n")
    assert read(tmp_path, Pip()) == {}
    (tmp_path / "requirements-dev.lock").write_text(f"a==1 \\\n    --hash=sha256:{right}\n")
    assert read(tmp_path, Pip()) == {"pkg:pypi/a@1": ("MIT",)}


@pytest.mark.parametrize(
    "line",
    [
        "--index-url=https://evil.example/",
        "a @ https://evil.example/a.whl",
        "-e .",
        "a==1 --no-binary=:all:",
        "a==*",
    ],
)
def test_pip_is_told_names_and_versions_alone(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"{line}\nb==1\n")
    pip = Pip()
    read(tmp_path, pip)
    assert all(name in "ab" and version == "1" for round_ in pip.asked for name, version in round_)


def test_what_has_no_wheel_here_is_left_out_and_the_rest_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\nb==1\nc==1\n")
    pip = Pip()
    pip.refuses = {"a", "c"}
    assert read(tmp_path, pip).keys() == {"pkg:pypi/b@1"}
    pip.refuses = {"a", "b", "c"}
    assert read(tmp_path, pip) == {}
    broken = Wheels(Output(as_json=False), lambda pins, folder: "WARNING: x\nERROR: no network").licences(
        Checkout(tmp_path), ()
    )
    assert broken == {}
    assert "pip got none of 3 wheels: ERROR: no network" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no archive at all"])
def test_a_wheel_that_does_not_read_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\n")

    def put(folder: Path, pin: Pin) -> None:
        (folder / f"{pin[0]}-{pin[1]}-py3-none-any.whl").write_bytes(content)

    assert read(tmp_path, Pip(put)) == {}


def test_pip_itself_gets_wheels_and_builds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, got = tmp_path / "index", tmp_path / "got"
    index.mkdir()
    got.mkdir()
    wheel(index, "writtest", "1.0")
    (index / "writsource-1.0.tar.gz").write_bytes(b"")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert from_pip([("writtest", "1.0")], got) is None
    assert [file.name for file in got.iterdir()] == ["writtest-1.0-py3-none-any.whl"]
    said = from_pip([("writsource", "1.0"), ("writtest", "1.0")], got)
    assert said is not None
    assert module._REFUSED.findall(said) == ["writsource"]
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    assert from_pip([("writtest", "1.0")], got) == "FileNotFoundError"


def test_the_gate_of_licences_fetches_when_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\n")
    pip = Pip()
    monkeypatch.setattr(module, "from_pip", pip)
    words = ["gate", "run", "--repo", str(tmp_path), "--only"]
    assert CliRunner().invoke(app, [*words, "licences"]).exit_code == 1
    assert CliRunner().invoke(app, [*words, "licences", "--fetch-licences"]).exit_code == 0
    assert CliRunner().invoke(app, [*words, "window", "--fetch-licences"]).exit_code == 0
    assert pip.asked == [[("a", "1")]]

"""Licences that are read in wheels: what pip is told, which wheels count, and what comes of its refusals."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.app import app
from cli.gates import wheels as module
from cli.gates.checkout import Checkout
from cli.gates.installed import MOST_BYTES
from cli.gates.lock_entries import Pin
from cli.gates.wheels import Wheels, from_pip
from cli.output import Output
from cli.plane import ROOT

GRANT = "Permission is hereby granted, free of charge, to any person obtaining a copy"
NOTICE = "The above copyright notice and this permission notice shall be included in all copies"
MIT = {"licenses/LICENSE": f"Copyright Ann\n{GRANT}\n{NOTICE}"}


def wheel(
    folder: Path,
    name: str,
    version: str,
    head: str = "License: MIT",
    texts: Mapping[str, str] | None = None,
    *,
    says: str = "",
) -> Path:
    """A wheel that has nothing but what it says of itself, or of another package that it `says` it is."""
    info = f"{name.replace('-', '_')}-{version}"
    made = folder / f"{info}-py3-none-any.whl"
    about = f"Metadata-Version: 2.4\nName: {says or name}\nVersion: {version}\n{head}\n"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{info}.dist-info/METADATA", about)
        archive.writestr(f"{info}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}.dist-info/RECORD", "")
        for path, text in (texts or {}).items():
            archive.writestr(f"{info}.dist-info/{path}", text)
    return made


class Pip:
    """Stands for pip: what it was asked for, and what it puts there."""

    def __init__(self, put: Callable[[Path, Pin], object] = lambda folder, pin: wheel(folder, *pin)) -> None:
        self.asked: list[list[Pin]] = []
        self.refuses: set[str] = set()
        self.put = put

    def __call__(self, pins: Sequence[Pin], folder: Path, _seconds: float = 1) -> str | None:
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
    assert pip.asked == [[("a", "1"), ("b-b", "2")], [("a", "2")]]


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


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_digests_count_by_their_algorithm_and_case_says_nothing(tmp_path: Path, algorithm: str) -> None:
    content = wheel(tmp_path, "a", "1").read_bytes()
    right = hashlib.new(algorithm, content).hexdigest().upper()
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"a==1 --hash={algorithm}:{right}\n")
    assert read(tmp_path, Pip()).keys() == {"pkg:pypi/a@1"}
    lock.write_text(f"a==1 --hash={algorithm}:{right[::-1]}\n")
    assert read(tmp_path, Pip()) == {}


def test_digests_that_nobody_here_knows_are_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("a==1 --hash=md5:" + "0" * 32 + "\n")
    assert read(tmp_path, Pip()) == {}


def test_the_digest_of_another_entry_does_not_count_nor_does_what_a_wheel_says_of_another(
    tmp_path: Path,
) -> None:
    """b is locked, too, and describes itself as a: what a is licensed under stays what a says."""
    wheels = {
        ("a", "1"): wheel(tmp_path, "a", "1", "License: GPL-3.0-only"),
        ("b", "1"): wheel(tmp_path, "b", "1", says="a"),
    }
    digests = {name: sha256(path.read_bytes()).hexdigest() for (name, _), path in wheels.items()}
    pip = Pip(lambda folder, pin: shutil.copy(wheels[pin], folder))
    lock = tmp_path / "requirements.lock"
    lock.write_text("".join(f"{name}==1 \\\n  --hash=sha256:{digest}\n" for name, digest in digests.items()))
    assert read(tmp_path, pip) == {"pkg:pypi/a@1": ("GPL-3.0-only",)}
    lock.write_text(f"a==1 \\\n  --hash=sha256:{digests['b']}\nb==1 \\\n  --hash=sha256:{digests['a']}\n")
    assert read(tmp_path, pip) == {}


def test_entries_of_a_lock_in_toml_have_digests_of_their_own(tmp_path: Path) -> None:
    right = sha256(wheel(tmp_path, "a", "1").read_bytes()).hexdigest()
    for digest, found in ((right, {"pkg:pypi/a@1"}), ("1" * 64, set())):
        (tmp_path / "uv.lock").write_text(
            'version = 1\n\n[[package]]\nname = "a"\nversion = "1"\nwheels = [\n'
            f'    {{ url = "https://h.example/a.whl", hash = "sha256:{digest}" }},\n]\n\n'
            '[[package]]\nname = "b"\nversion = "1"\nwheels = [\n'
            f'    {{ url = "https://h.example/b.whl", hash = "sha256:{right}" }},\n]\n'
        )
        assert read(tmp_path, Pip()).keys() == found


POETRY = """[[package]]
name = "a"
version = "1"
files = []

[[package]]
name = "b"
version = "1"

[metadata]
content-hash = "%s"

[metadata.files]
a = [{file = "a-1-py3-none-any.whl", hash = "sha256:%s"}]
b = [{file = "b-1-py3-none-any.whl", hash = "sha256:%s"}]
"""


def test_digests_are_read_as_each_kind_of_lock_has_them(tmp_path: Path) -> None:
    right, wrong = sha256(wheel(tmp_path, "a", "1").read_bytes()).hexdigest(), "0" * 64
    forms = {
        "poetry.lock": POETRY % (wrong, "DIGEST", right),
        "uv.lock": 'package = [{name = "a", version = "1", wheels = [{hash = "sha256:DIGEST"}]}]\n',
        "pylock.toml": (
            '[[packages]]\nname = "a"\nversion = "1"\n[[packages.wheels]]\nhashes = {"sha256" = "DIGEST"}\n'
        ),
        "requirements.lock": "a==1 --hash=sha256:DIGEST\nfnv-hash-fast==1.0.2\n",
    }
    for name, form in forms.items():
        (tmp_path / name).write_text(form.replace("DIGEST", right))
        assert "pkg:pypi/a@1" in read(tmp_path, Pip()), name
        (tmp_path / name).write_text(form.replace("DIGEST", wrong))
        assert "pkg:pypi/a@1" not in read(tmp_path, Pip()), name
        (tmp_path / name).unlink()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("uv.lock", '[[package]]\nname = "a"\nversion = "1"\nsource = {git = "https://h.example/a"}\n'),
        ("uv.lock", '[[package]]\nname = "a"\nversion = "1"\nsource = {url = "https://h.example/a.whl"}\n'),
        (
            "poetry.lock",
            '[[package]]\nname = "a"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "x"\n',
        ),
        ("pylock.toml", '[[packages]]\nname = "a"\nversion = "1"\n[packages.vcs]\ntype = "git"\n'),
    ],
)
def test_what_comes_from_elsewhere_is_not_what_an_index_has_of_that_name(
    tmp_path: Path, name: str, written: str
) -> None:
    (tmp_path / name).write_text(written)
    (tmp_path / "requirements.txt").write_text("a==1\nb==1\n")
    pip = Pip()
    assert read(tmp_path, pip).keys() == {"pkg:pypi/b@1"}
    assert pip.asked == [[("b", "1")]]


def test_a_version_of_thousands_of_digits_is_none(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"a=={'9' * 5000}\nb==1\n")
    assert read(tmp_path, Pip()).keys() == {"pkg:pypi/b@1"}


def test_versions_are_the_same_however_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("a==2024.02.02\nB_b==1.0\n")
    assert read(tmp_path, Pip()).keys() == {"pkg:pypi/a@2024.02.02", "pkg:pypi/b-b@1.0"}


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
    told = {pin for pins in pip.asked for pin in pins}
    assert {("b", "1")} <= told <= {("a", "1"), ("b", "1")}


def test_what_has_no_wheel_here_is_left_out_and_the_rest_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text("a==1\nb==1\nc==1\n")
    pip = Pip()
    pip.refuses = {"a", "c"}
    assert read(tmp_path, pip).keys() == {"pkg:pypi/b@1"}
    pip.refuses = {"a", "b", "c"}
    assert read(tmp_path, pip) == {}
    # Nothing at all is had: a few calls tell so, and are not made for every package.
    calls: list[int] = []

    def broken(pins: Sequence[Pin], _folder: Path, _seconds: float) -> str:
        calls.append(len(pins))
        return "WARNING: x\nERROR: no network"

    (tmp_path / "requirements.txt").write_text("".join(f"p{number}==1\n" for number in range(64)))
    assert Wheels(Output(as_json=False), broken).licences(Checkout(tmp_path), ()) == {}
    assert calls == [64, 32, 32, 16, 1]
    assert "pip got no wheel of 64 packages: ERROR: no network" in capsys.readouterr().err


def test_a_package_that_pip_stumbles_over_costs_the_others_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"p{number}" for number in range(16)]
    (tmp_path / "requirements.txt").write_text("".join(f"{name}==1\n" for name in names))

    def fetch(pins: Sequence[Pin], folder: Path, seconds: float) -> str | None:
        return "ERROR: p3 has an invalid wheel" if ("p3", "1") in pins else Pip()(pins, folder, seconds)

    found = Wheels(Output(as_json=False), fetch).licences(Checkout(tmp_path), ())
    assert found.keys() == {f"pkg:pypi/{name}@1" for name in names if name != "p3"}
    assert "pip got no wheel of 1 package: ERROR: p3 has an invalid wheel" in capsys.readouterr().err
    (tmp_path / "requirements.txt").write_text("".join(f"p{number}==1\n" for number in range(64)))

    def stumbles(pins: Sequence[Pin], folder: Path, seconds: float) -> str | None:
        broken = {("p3", "1"), ("p50", "1")} & set(pins)
        return "ERROR: an invalid wheel" if broken else Pip()(pins, folder, seconds)

    assert len(Wheels(Output(as_json=False), stumbles).licences(Checkout(tmp_path), ())) == 62


def test_many_refusals_and_many_versions_end_and_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pip = Pip()
    pip.refuses = {f"p{number}" for number in range(100)}
    lock = tmp_path / "requirements.txt"
    lock.write_text("".join(f"p{number}==1\n" for number in range(101)))
    assert read(tmp_path, pip) == {}
    assert len(pip.asked) == module._MOST_CALLS
    assert "pip got no wheel of 41 packages" in capsys.readouterr().err
    lock.write_text("".join(f"a==1.{number}\n" for number in range(3000)))
    pip = Pip()
    assert len(read(tmp_path, pip)) == len(pip.asked) == module._MOST_ROUNDS
    assert "left out: 2,992 versions" in capsys.readouterr().err.replace("2992", "2,992")


def test_what_a_package_that_states_its_licence_is_not_fetched(tmp_path: Path) -> None:
    bom = {
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "components": [
            {"type": "library", "name": "a", "version": "1", "purl": "pkg:pypi/a@1",
             "licenses": [{"license": {"id": "MIT"}}]},
        ],
    }  # fmt: skip
    (tmp_path / "bom.json").write_text(json.dumps(bom))
    pip = Pip()
    assert (read(tmp_path, pip), pip.asked) == ({}, [])


@pytest.mark.parametrize(
    "texts",
    [
        {f"licenses/LICENSE{number}": "x" * 1_000_000 for number in range(40)},
        {"licenses/LICENSE": "x" * 50_000_000},
        {"x/METADATA": "", "licenses/COPYING": MIT["licenses/LICENSE"] + "x" * 20_000_000},
    ],
)
def test_texts_that_are_many_or_large_take_no_memory(tmp_path: Path, texts: dict[str, str]) -> None:
    made = wheel(tmp_path, "a", "1", "License: BSD", texts)
    tracemalloc.start()
    try:
        assert module._distribution(made) == (("a", "1"), ("BSD",))
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()


def test_an_archive_that_lies_about_a_size_takes_no_memory(tmp_path: Path) -> None:
    made = wheel(tmp_path, "a", "1", "License: BSD", {"LICENSE": "x" * 30_000_000})
    content = made.read_bytes()
    made.write_bytes(content.replace((30_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    tracemalloc.start()
    try:
        module._distribution(made)
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()


def test_two_descriptions_are_none(tmp_path: Path) -> None:
    made = wheel(tmp_path, "a", "1")
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("b-1.dist-info/METADATA", "Name: a\nVersion: 1\nLicense: MIT\n")
    assert module._distribution(made) is None


@settings(deadline=None)
@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
def test_no_wheel_however_broken_ends_the_command(place: int, value: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = wheel(Path(folder), "a", "1", "License: BSD", MIT)
        content = bytearray(made.read_bytes())
        content[place % len(content)] = value
        made.write_bytes(content)
        module._distribution(made)


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
    wheel(index, "writtest", "1.0", "License: MIT\nRequires-Dist: writ-that-nobody-has")
    (index / "writsource-1.0.tar.gz").write_bytes(b"")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert from_pip([("writtest", "1.0")], got, 60) is None
    assert [file.name for file in got.iterdir()] == ["writtest-1.0-py3-none-any.whl"]
    said = from_pip([("writsource", "1.0"), ("writtest", "1.0")], got, 60)
    assert said is not None
    assert module._REFUSED.findall(said) == ["writsource"]
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    assert from_pip([("writtest", "1.0")], got, 60) == "FileNotFoundError"


def test_nothing_of_the_folder_that_it_is_asked_in_is_run(tmp_path: Path) -> None:
    """Not for pip, nor for the command itself, whatever a checkout calls its own packages."""
    for name in ("pip", "cli", "writ"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / name / "__main__.py").write_text("open('ran', 'w').close()\n")
    (tmp_path / "requirements.lock").write_text("writ-absent-package==1\n")
    command = [str(ROOT / "writ"), "gate", "run", "--only", "licences", "--fetch-licences"]
    offline = {"PIP_NO_INDEX": "1", "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=offline, capture_output=True, text=True, check=False)
    assert (done.returncode, "licences/unknown" in done.stdout) == (1, True)
    assert not (tmp_path / "ran").exists()


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

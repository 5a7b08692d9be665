"""Archives of what is deployed: known by their sources, with compiled modules where these are of use."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stacks.settings import settings_for
from stacks.staging import CLOUD_PYTHON, Staging, StagingError

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def write(place: Path, python: str, files: dict[str, bytes], name: str = "bot-probe") -> Path:
    return Staging(place, python=python)._archive(name, files).path


def test_functions_on_this_interpreter_find_their_modules_compiled(tmp_path: Path) -> None:
    path = write(
        tmp_path, HERE, {"shop/__init__.py": b"", "shop/till.py": b"LEFT = 3\n", "shop/till.json": b"{}"}
    )
    place = tmp_path / "opt"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(place)
    # A source that would fail to compile shows that only its compiled form is read.
    (place / "shop" / "till.py").write_text("not python")
    said = subprocess.run(
        [sys.executable, "-c", "from shop import till; print(till.LEFT, till.__file__)"],
        env={"PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.split() == ["3", str(place / "shop" / "till.py")]


def test_functions_on_another_interpreter_get_sources_alone(tmp_path: Path) -> None:
    with zipfile.ZipFile(write(tmp_path, "3.99", {"till.py": b"LEFT = 3\n"})) as archive:
        assert archive.namelist() == ["till.py"]


def test_archives_are_known_by_their_sources_and_the_same_when_made_again(tmp_path: Path) -> None:
    files = {"till.py": b"KNOWN = {'a', 'b', 'c'}\ndef known(x):\n    return x in {'d', 'e', 'f'}\n"}
    first, second = write(tmp_path / "a", HERE, files), write(tmp_path / "b", HERE, files)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    assert write(tmp_path / "c", "3.99", files).name == first.name


def test_a_module_that_cannot_be_compiled_is_not_deployed(tmp_path: Path) -> None:
    with pytest.raises(StagingError, match=r"till\.py"):
        write(tmp_path, HERE, {"till.py": b"def"})
    assert not list(tmp_path.glob("*.zip"))


def test_functions_on_this_machine_are_pointed_to_a_compiled_kernel(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "local", tmp_path / "shared", python=HERE)
    layer = staging.linked_kernel()
    assert layer.digest == staging.linked_kernel().digest
    place = tmp_path / "opt"
    with zipfile.ZipFile(layer.path) as archive:
        archive.extractall(place)
    (kernel,) = (tmp_path / "shared").iterdir()
    script = (
        f"import site; site.addsitedir({str(place / 'python/lib/python3/site-packages')!r})\n"
        "import writ.contracts.errors as e, writ_bundle; print(e.__cached__, writ_bundle.__file__)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    cached, bundle = map(Path, said.split())
    assert cached.is_file()
    assert cached.is_relative_to(kernel)
    assert bundle.parent == kernel / "writ_bundle"
    assert (kernel / "service_models").is_dir()


def test_old_kernels_are_forgotten_and_the_newest_kept(tmp_path: Path) -> None:
    for age in range(30):
        old = tmp_path / "shared" / f"kernel-{age:016d}"
        old.mkdir(parents=True)
        os.utime(old, (1_000_000 + age, 1_000_000 + age))
    Staging(tmp_path / "local", tmp_path / "shared", python=HERE).linked_kernel()
    left = sorted(path.name for path in (tmp_path / "shared").iterdir())
    assert len(left) == 16
    assert "kernel-0000000000000029" in left
    assert "kernel-0000000000000014" not in left


def test_only_a_plane_on_this_machine_runs_on_this_interpreter() -> None:
    assert Staging.of(settings_for("local")).python == HERE
    assert Staging.of(settings_for("dev")).python == CLOUD_PYTHON

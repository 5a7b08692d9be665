"""Puts together what is deployed: one archive a bot, the kernel layer and the layer of its libraries.

Archives are deterministic, so that an unchanged bot keeps its asset hash. Nothing here calls AWS;
only a new lock file makes uv download wheels, once.
"""

from __future__ import annotations

import compileall
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory
from typing import Final

from stacks.manifest import BotFolder
from stacks.service_models import short_models
from stacks.settings import Settings

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "layers" / "deps" / "requirements.lock"
KERNEL: Final = ROOT / "layers" / "core" / "python"
POLICIES: Final = ROOT / "policies"

# The Lambda runtime: Amazon Linux 2023 has glibc 2.34.
CLOUD_PLATFORM: Final = "aarch64-manylinux_2_34"
CLOUD_PYTHON: Final = "3.13"
_PYTHON: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: function and layers, unzipped.
MAX_UNZIPPED_BYTES: Final = 250 * 1024 * 1024
_KERNELS: Final = "kernel-"
# Of some 10 MB each: more than there are snapshots of planes that point to one.
_KEPT: Final = 16
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_NOISE: Final = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
)


@dataclass(frozen=True)
class Archive:
    """A zip file to deploy, and the SHA-256 of the content it was made from."""

    path: Path
    digest: str


class StagingError(Exception):
    """What is to be deployed cannot be put together."""


@dataclass(frozen=True)
class Staging:
    """Writes the archives of one environment under `folder`, the layers of libraries under `shared`.

    `python` is the version that its functions run on. Where it is this interpreter's, archives hold compiled
    modules beside the sources: Lambda's folders are read-only, so each start would compile them anew.
    """

    folder: Path
    shared: Path = ROOT / ".writ" / "stage" / "libraries"
    python: str = CLOUD_PYTHON

    @classmethod
    def of(cls, settings: Settings) -> Staging:
        python = _PYTHON if settings.target.linked_layer else CLOUD_PYTHON
        return cls(ROOT / ".writ" / "stage" / settings.env, python=python)

    def bot(self, folder: BotFolder, extra: Mapping[str, bytes] | None = None) -> Archive:
        """The code of one bot: its modules and assets under `functions/<name>/`, and files made at synth."""
        prefix = f"functions/{folder.name}/"
        sources = {prefix + path.name: path.read_bytes() for path in folder.path.glob("*.py")}
        if (assets := folder.path / "assets").is_dir():
            sources |= dict(_tree(assets, f"{prefix}assets/"))
        made = {prefix + name: content for name, content in (extra or {}).items()}
        return self._archive(f"bot-{folder.name}", {**sources, **made})

    def kernel(self) -> Archive:
        """The layer with `writ`, its policies as package `writ_bundle`, and short models of AWS services."""
        files = {f"python/{name}": content for name, content in _kernel().items()}
        return self._archive("layer-core", files)

    def linked_kernel(self) -> Archive:
        """A layer that points to the same on this machine; see `linked_libraries`."""
        files = _kernel()
        digest = _files_digest(files)
        target = self.shared / f"{_KERNELS}{digest[:16]}"
        if not target.is_dir():
            building = target.with_suffix(f".{os.getpid()}")
            for name, content in {**files, **_compiled(files)}.items():
                (building / name).parent.mkdir(parents=True, exist_ok=True)
                (building / name).write_bytes(content)
            _rename(building, target)
            _forget(self.shared.glob(f"{_KERNELS}*"))
        return self._link("layer-core", target, digest)

    def libraries(self) -> Archive:
        """The layer of third-party libraries, for the Lambda runtime."""
        lock = _digest(LOCK.read_bytes())
        archive = self.shared / f"{CLOUD_PLATFORM}-{CLOUD_PYTHON}-{lock[:16]}.zip"
        if not archive.is_file():
            target = archive.with_suffix(f".{os.getpid()}.wheels")
            _install(target, ["--python-platform", CLOUD_PLATFORM, "--python-version", CLOUD_PYTHON])
            _write(archive, dict(_tree(target, "python/")))
            shutil.rmtree(target)
        return Archive(archive, lock)

    def linked_libraries(self) -> Archive:
        """A layer that points to libraries installed on this machine for this interpreter.

        The emulator unpacks every layer for every process that it starts: a link spares it 60 MB each time.
        """
        lock = _digest(LOCK.read_bytes())
        tag = f"{sysconfig.get_platform()}-{_PYTHON}"
        target = self.shared / f"{tag}-{lock[:16]}"
        if not target.is_dir():
            building = target.with_suffix(f".{os.getpid()}")
            _install(building, ["--python", sys.executable])
            compileall.compile_dir(building, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
            _rename(building, target)
        return self._link("layer-libraries", target, lock)

    def _link(self, name: str, target: Path, digest: str) -> Archive:
        # A line that starts with "import" is run when the folder is added to sys.path (module `site`).
        link = f"import sys; sys.path.insert(0, {str(target)!r})\n"
        made = self._archive(name, {"python/lib/python3/site-packages/writ.pth": link.encode()})
        return Archive(made.path, digest)

    def _archive(self, name: str, files: Mapping[str, bytes]) -> Archive:
        digest = _files_digest(files)
        path = self.folder / f"{name}-{digest[:16]}.zip"
        if not path.is_file():
            for old in self.folder.glob(f"{name}-*.zip"):
                old.unlink(missing_ok=True)
            _write(path, {**files, **_compiled(files)} if self.python == _PYTHON else files)
        return Archive(path, digest)


def unzipped_bytes(archives: Iterable[Archive]) -> int:
    """Size of archives once unpacked."""
    total = 0
    for archive in archives:
        with zipfile.ZipFile(archive.path) as content:
            total += sum(entry.file_size for entry in content.infolist())
    return total


def catalog(folders: Iterable[BotFolder]) -> bytes:
    """Every manifest as canonical JSON, for the function that serves them."""
    manifests = {folder.name: folder.manifest.model_dump(mode="json") for folder in folders}
    return json.dumps(manifests, sort_keys=True, separators=(",", ":")).encode()


def _install(target: Path, platform: Iterable[str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "--link-mode", "copy"]
    result = subprocess.run(
        [*command, "--target", str(target), *platform, "-r", str(LOCK)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise StagingError(f"could not install {LOCK.relative_to(ROOT)}:\n{result.stderr.strip()}")
    shutil.rmtree(target / "bin", ignore_errors=True)


@cache
def _kernel() -> Mapping[str, bytes]:
    """What every function has beside its own modules, by the path below a folder of `sys.path`."""
    files = dict(_tree(KERNEL, ""))
    files |= {f"service_models/{name}": content for name, content in short_models().items()}
    rules = [path for path in POLICIES.rglob("*.rego") if not path.name.endswith("_test.rego")]
    for path in [*rules, *POLICIES.rglob("data.json")]:
        files[f"writ_bundle/{path.relative_to(POLICIES).as_posix()}"] = path.read_bytes()
    return {**files, "writ_bundle/__init__.py": b""}


def _forget(made: Iterable[Path]) -> None:
    """All but the newest, to which planes that were deployed may still point."""
    for old in sorted(made, key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _rename(building: Path, target: Path) -> None:
    """Put a folder in its place; another process may have made the same one meanwhile."""
    try:
        building.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(building)


def _tree(root: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not _is_noise(parts):
            yield prefix + "/".join(parts), path.read_bytes()


def _is_noise(parts: tuple[str, ...]) -> bool:
    in_metadata = len(parts) > 1 and parts[-2].endswith(".dist-info")
    return "__pycache__" in parts or parts[-1] == ".lock" or (in_metadata and parts[-1] in _NOISE)


def _compiled(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The modules among `files` as this interpreter loads them, which takes the sources' word for it.

    The time of a source means nothing in an archive, and its hash would have to be computed at each start.
    """
    mode, made = PycInvalidationMode.UNCHECKED_HASH, {}
    with TemporaryDirectory() as place:
        source, target = Path(place, "source"), Path(place, "compiled")
        for name in (name for name in files if name.endswith(".py")):
            source.write_bytes(files[name])
            try:
                py_compile.compile(str(source), str(target), dfile=name, doraise=True, invalidation_mode=mode)
            except py_compile.PyCompileError as error:
                raise StagingError(f"{name} cannot be compiled: {error.msg}") from None
            made[cache_from_source(name)] = target.read_bytes()
    return made


def _files_digest(files: Mapping[str, bytes]) -> str:
    return _digest(*(part for path in sorted(files) for part in (path.encode(), files[path])))


def _digest(*parts: bytes) -> str:
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()


def _write(path: Path, files: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(building, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    building.replace(path)

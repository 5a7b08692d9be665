"""A mirror of advisories on this machine: a folder of OSV files or a zip of them, as osv.dev offers them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from writ.contracts.errors import ContractError
from writ.gates.security.advisory import MOST_BYTES

_ENDINGS: Final = (".json", ".yaml", ".yml")
_MOST_FILES: Final = 2_000_000
# An archive of strangers may unpack to any size.
_MOST_UNPACKED: Final = 16 * 1024**3


@dataclass(frozen=True, slots=True)
class LocalMirror:
    """A folder, read with all that is below it, zips too; or one zip."""

    place: Path

    @property
    def name(self) -> str:
        return str(self.place)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Advisories by their names below the place. Raises ContractError."""
        if self.place.is_file():
            yield from _zipped(self.place, self.place.name)
            return
        if not self.place.is_dir():
            raise ContractError(f"there is no mirror at {self.place}", field="advisories")
        for file in sorted(path for path in self.place.rglob("*") if not _is_hidden(path, self.place)):
            name = file.relative_to(self.place).as_posix()
            if file.suffix == ".zip":
                yield from _zipped(file, name)
            elif file.suffix in _ENDINGS and file.is_file():
                yield name, _read(file, name)


def _is_hidden(path: Path, root: Path) -> bool:
    """Whether it is of a tool and no advisory: `.git` of a database that was cloned."""
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _read(file: Path, name: str) -> bytes:
    try:
        # One byte more than is read shows that it is too large.
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ContractError(f"{name}: {error.strerror}", field="advisories") from None


def _zipped(file: Path, name: str) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(file) as archive:
            left = _MOST_UNPACKED
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(_ENDINGS)]
            if len(entries) > _MOST_FILES:
                raise ContractError(f"{name} has more than {_MOST_FILES} files", field="advisories")
            for entry in entries:
                with archive.open(entry) as opened:
                    content = opened.read(MOST_BYTES + 1)
                left -= len(content)
                if left < 0:
                    raise ContractError(f"{name} is more than is unpacked", field="advisories")
                yield f"{name}/{entry.filename}", content
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise ContractError(f"{name} cannot be unpacked: {error}", field="advisories") from None

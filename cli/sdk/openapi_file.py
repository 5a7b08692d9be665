"""Reads an OpenAPI document from a file or stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from cli.output import CommandError
from writ.contracts.errors import ContractError
from writ.openapi.text import parse

STDIN: Final = "-"
_LARGEST: Final = 64_000_000


def read_document(name: str, field: str) -> Any:
    """The document in a file, `-` for stdin, as a JSON value.

    Raises CommandError with the given field for what cannot be read, or is neither JSON nor YAML.
    """
    try:
        raw = sys.stdin.buffer.read(_LARGEST + 1) if name == STDIN else _bytes(Path(name))
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror or error}", field=field) from None
    return parsed(raw, name, field)


def parsed(raw: bytes, name: str, field: str) -> Any:
    """The document in bytes from somewhere that is called `name`; see read_document."""
    if len(raw) > _LARGEST:
        raise CommandError(f"{name} has more than {_LARGEST:,} bytes", field=field)
    try:
        return parse(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise CommandError(f"{name} is not UTF-8", field=field) from None
    except ContractError as error:
        raise CommandError(f"{name}: {error.message}", field=field) from None


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST + 1)

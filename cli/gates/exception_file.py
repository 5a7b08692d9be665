"""The file in which a repository keeps exceptions; what people wrote around them stays as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import yaml

from cli.output import CommandError, UsageError
from writ.contracts.errors import ContractError
from writ.gates.exceptions import FILE, parse
from writ.policy.controls import GateException

_ITEM: Final = re.compile(r"^  - ", re.MULTILINE)


def read(path: Path) -> tuple[GateException, ...]:
    """The exceptions in a file, none where there is no file. Raises CommandError."""
    try:
        return parse(path.read_bytes())
    except FileNotFoundError:
        return ()
    except ContractError as error:
        raise CommandError(error.message, code=error.code, field=error.field) from None


def add(path: Path, item: GateException) -> None:
    """Append an exception. Raises UsageError for an id that is taken, CommandError for a broken file."""
    if any(other.id == item.id for other in read(path)):
        raise UsageError(f"there is a {item.id} already in {FILE}", field="EXCEPTION")
    text = path.read_text(encoding="utf-8") if path.exists() else "exceptions:\n"
    text = re.sub(r"^exceptions:\s*\[\]\s*$", "exceptions:", text, flags=re.MULTILINE)
    _write(path, f"{text.rstrip()}\n{_dump(item)}", {*_ids(path), item.id})


def remove(path: Path, id: str) -> None:
    """Take an exception out. Raises UsageError where there is none of this id."""
    if id not in _ids(path):
        raise UsageError(f"there is no {id} in {FILE}", field="EXCEPTION")
    text = path.read_text(encoding="utf-8")
    starts = [match.start() for match in _ITEM.finditer(text)]
    parts = [text[low:high] for low, high in zip(starts, [*starts[1:], len(text)], strict=True)]
    named = re.compile(rf"^(  - |    )id: [\"']?{id}[\"']?\s*$", re.MULTILINE)
    kept = [part for part in parts if not named.search(part)]
    head = text[: starts[0]] if starts else text
    after = head + "".join(kept) if kept else head.replace("exceptions:", "exceptions: []", 1)
    _write(path, after, _ids(path) - {id})


def _write(path: Path, text: str, ids: set[str]) -> None:
    """Write what then reads back as it should, or nothing."""
    try:
        found = {item.id for item in parse(text.encode())}
    except ContractError:
        found = None
    if found != ids:
        raise CommandError(f"{FILE} is not written in the usual form; change it by hand", field=FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _ids(path: Path) -> set[str]:
    return {item.id for item in read(path)}


def _dump(item: GateException) -> str:
    document = item.model_dump(mode="json", exclude={"requested_by"})
    end = document["expires_at"]
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    body = body.replace(f"'{end}'", end)
    first, *rest = body.splitlines()
    return "\n".join([f"  - {first}", *(f"    {line}" for line in rest)]) + "\n"

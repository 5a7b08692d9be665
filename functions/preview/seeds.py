"""Versioned seed sets, whose items are masked before they are written, wherever they are from.

Those that are deployed with the bot are `assets/seeds/<name>@<version>.json`. The checksum of every version
is in `assets/seeds/SHA256SUMS`, so that one that was edited is found: a change is a new version. Those in the
bucket `seeds` are versions of objects.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.errors import NotFoundError, PermanentError, from_validation
from writ.contracts.redaction import redact

if TYPE_CHECKING:
    from functions.preview.ports import Seeds
    from functions.preview.templates import Template

FOLDER: Final = Path(__file__).parent / "assets" / "seeds"
SUMS: Final = "SHA256SUMS"
PART: Final = 100

Item = dict[str, Any]


class _Table(BaseModel):
    """`key` names the attributes that tell its items apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    items: tuple[dict[str, Any], ...]


class SeedSet(BaseModel):
    """Items by the name of their table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: dict[str, _Table]

    def parts(self) -> list[list[tuple[str, Item]]]:
        """Table and masked item, a hundred in a part, always in the same order; one empty part for none."""
        items = list(self._masked())
        return [items[start : start + PART] for start in range(0, max(1, len(items)), PART)]

    def _masked(self) -> Iterator[tuple[str, Item]]:
        for name, table in self.tables.items():
            for item in table.items:
                yield name, redact(item)


def wanted_set(template: Template, kept: Seeds) -> SeedSet | None:
    """The seed set that a template names, if any. Raises NotFoundError, and what `read` and Seeds raise."""
    there = template.seed_object
    if there is not None:
        return read(there.name, kept.read(there.key, there.version))
    return None if template.seed is None else seed_set(template.seed)


@cache
def seed_set(name: str) -> SeedSet:
    """A seed set, `service@1` say. Raises NotFoundError, or PermanentError: see `parse`."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        raise NotFoundError(f"there is no seed set {name}", field="seed")
    return parse(name, path.read_bytes(), checksums((FOLDER / SUMS).read_text(encoding="utf-8")))


def checksums(text: str) -> Mapping[str, str]:
    """SHA-256 by file name, as `sha256sum` writes them."""
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return {name.strip(): digest for digest, name in pairs}


def parse(name: str, content: bytes, sums: Mapping[str, str]) -> SeedSet:
    """A seed set from its file.

    Raises PermanentError `seed.checksum` for one that is not what it was when its version was made, and what
    `read` raises.
    """
    if sums.get(f"{name}.json") != hashlib.sha256(content).hexdigest():
        message = f"{name} is not what its checksum says: a change is a new version"
        raise PermanentError(message, code="seed.checksum", field="seed")
    return read(name, content)


def read(name: str, content: bytes) -> SeedSet:
    """A seed set from its text.

    Raises PermanentError `seed.invalid` for one that makes no sense, `seed.key` for items that cannot be told
    apart once masked.
    """
    try:
        found = SeedSet.model_validate(json.loads(content))
    except (ValueError, RecursionError) as error:
        field = from_validation(error, name).field if isinstance(error, ValidationError) else "seed"
        raise PermanentError(f"{name} is no seed set", code="seed.invalid", field=field) from None
    for table, given in found.tables.items():
        _check_keys(table, given)
    return found


def _check_keys(name: str, table: _Table) -> None:
    known = set[tuple[str, ...]]()
    for number, item in enumerate(table.items):
        place = f"tables.{name}.items.{number}"
        masked = redact(item)
        if any(part not in item or masked.get(part) != item[part] for part in table.key):
            raise PermanentError(
                f"the key of an item of {name} is missing, or would be masked", code="seed.key", field=place
            )
        key = tuple(json.dumps(item[part], sort_keys=True) for part in table.key)
        if key in known:
            raise PermanentError(f"two items of {name} have one key", code="seed.key", field=place)
        known.add(key)

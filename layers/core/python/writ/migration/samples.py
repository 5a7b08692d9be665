"""An item as others may see it: which attributes it has and of what form, and nothing that they say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from writ.migration.changes import Edit
from writ.migration.state import Sample
from writ.migration.values import Item

_LONGEST: Final = 24


def sample(item: Item, edit: Edit) -> Sample:
    """What an edit would change, before and after: the attributes that it reads or writes."""
    after, names = edit.applied(item), sorted(edit.seen)
    return Sample(
        before={name: masked(item[name]) for name in names if name in item},
        after={name: masked(after[name]) for name in names if name in after},
    )


def masked(value: Mapping[str, Any]) -> str:
    """A value's type and form: `S Aaa 99` for `{"S": "Ann 41"}`; of a list, a map or a set its size."""
    ((kind, held),) = value.items()
    if kind in {"S", "N"}:
        text = str(held)
        shown = "".join(map(_mask, text[:_LONGEST]))
        return f"{kind} {shown}{'…' if len(text) > _LONGEST else ''}"
    if kind in {"BOOL", "NULL"}:
        return kind
    return f"{kind} of {len(held)}"


def _mask(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if character.isascii() and character.isprintable() else "?"

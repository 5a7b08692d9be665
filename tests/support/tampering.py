"""Edits of a genuine bundle, and lies told with genuine keys: what verification must refuse, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support import edits_of_log, edits_of_signer
from tests.support.editing import Make


@dataclass(frozen=True)
class Edit:
    """A named way to tamper; `group` is what is tampered with."""

    group: str
    name: str
    make: Make


def edits() -> Iterator[Edit]:
    """Every edit, group by group."""
    for group, makes in {**edits_of_signer.GROUPS, **edits_of_log.GROUPS}.items():
        for name, make in makes.items():
            yield Edit(group, name, make)

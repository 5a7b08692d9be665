"""A version of the configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """`label` is the id of the action that made it, or empty for the first one, which the stack made."""

    number: int
    label: str

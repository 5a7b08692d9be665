"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot, the team that owns it, its version and the SHA-256 of its code."""

    bot: str
    owner: str
    version: str
    code_digest: str

"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from writ.runtime.environment import Environment


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot, the team that owns it, its version and the SHA-256 of its code."""

    bot: str
    owner: str
    version: str
    code_digest: str


def own_identity(environment: Environment) -> Identity:
    """Who this function acts as."""
    return Identity(environment.bot, environment.owner, environment.version, environment.code_digest)

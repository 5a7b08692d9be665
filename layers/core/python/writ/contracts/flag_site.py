"""Where the flags of an environment are kept in AWS AppConfig."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlagSite:
    """Ids that AppConfig made; `declared` and `settings` are configuration profiles."""

    application: str
    environment: str
    declared: str
    settings: str
    strategy: str

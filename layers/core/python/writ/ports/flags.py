"""Feature flags, as those who ask see them."""

from __future__ import annotations

from typing import Protocol


class Flags(Protocol):
    """Answers from memory; what is read anew is at most a minute old."""

    def enabled(self, name: str, tenant: str, *, default: bool) -> bool:
        """Whether a tenant has the behaviour; `default`, the catalogue's, while nothing can be read.

        Never raises: where a refresh fails, what was read last stays.
        """


class FlagStates(Protocol):
    """Flags by names that are known only at run time, as answers that may be unknown."""

    def has(self, name: str, tenant: str) -> bool | None:
        """Whether a tenant has the behaviour; None for a flag that is not there or cannot be read."""

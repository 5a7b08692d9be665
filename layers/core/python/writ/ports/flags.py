"""Feature flags, as those who ask see them."""

from __future__ import annotations

from typing import Protocol


class Flags(Protocol):
    """Answers from memory; what is read anew is at most a minute old."""

    def enabled(self, name: str, tenant: str, *, default: bool) -> bool:
        """Whether a tenant has the behaviour; `default`, the catalogue's, while nothing can be read.

        Never raises: where a refresh fails, what was read last stays.
        """

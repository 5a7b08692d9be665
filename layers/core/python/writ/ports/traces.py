"""Where spans go."""

from __future__ import annotations

from typing import Protocol


class SpanExporter(Protocol):
    """Takes what a function has recorded, in a time that is bounded."""

    def export(self, document: bytes) -> int:
        """Hand over one OTLP document in JSON; how many of its spans were refused.

        Raises OSError when it could not be handed over; nothing is tried again.
        """

"""Where a span stands in its trace, as it is handed from one function to the next.

https://www.w3.org/TR/trace-context/: `traceparent` only. `tracestate` is what vendors say to each other: this
system reads none of it, and what it does not read it does not carry.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_SAMPLED: Final = 0x01
# A version after 00 may go on behind what is known of it; ff never is one.
_FORM: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_LONGEST: Final = 512


class TraceContext(NamedTuple):
    """The trace, the span in it, and whether its spans are kept."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @property
    def traceparent(self) -> str:
        """As W3C version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    @classmethod
    def parse(cls, text: str | None) -> TraceContext | None:
        """The context of a `traceparent`; None for what is none, whose trace begins anew (§2.2.2)."""
        match = _FORM.fullmatch(text) if text and len(text) <= _LONGEST else None
        if match is None or (match[1] == "00" and match[5] is not None):
            return None
        if not match[2].strip("0") or not match[3].strip("0"):
            return None
        return cls(match[2], match[3], bool(int(match[4], 16) & _SAMPLED))


def kept(trace_id: str, ratio: float) -> bool:
    """Whether a trace that begins here is sampled: the same answer wherever it is asked.

    As OpenTelemetry's TraceIdRatioBased in its SDK for Python: the lower 64 bits against their share.
    https://opentelemetry.io/docs/specs/otel/trace/sdk/#traceidratiobased
    """
    return int(trace_id[16:], 16) < round(ratio * 2**64)

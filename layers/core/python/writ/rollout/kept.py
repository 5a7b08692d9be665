"""A judgement as a rollout keeps it: the verdict, and both versions of every metric in a few figures.

It is signed with the move that it decided, and it stays in the log. So it is small and of one size, whatever
was measured: parts by bin, quantiles and rates of each version, and no list of readings. These are values
only: who shows them needs no judge; see writ.rollout.keeping.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from writ.rollout.plan import Value
from writ.rollout.state import Entry, Kind

# Of a judgement, as JSON.
MOST_BYTES: Final = 8192
MOST_REASONS: Final = 4
LONGEST: Final = 200

Text = Annotated[str, Field(max_length=LONGEST)]
Reasons = Annotated[tuple[Text, ...], Field(max_length=MOST_REASONS)]
Parts = Annotated[tuple[int, ...], Field(max_length=48)]


class Verdict(StrEnum):
    """What the judge says of the candidate against the baseline."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"


class Spread(Value):
    """Thousandths of each version's values by bin; the bins are equally wide, by the logarithm or not.

    What is there at all has one thousandth at least, so that a thin tail is seen.
    """

    low: float
    high: float
    logarithmic: bool = False
    baseline: Parts
    canary: Parts


class Middle(Value):
    """Median and 95th percentile."""

    median: float
    p95: float


class Share(Value):
    """Events and their exposure."""

    events: int
    exposure: float


class Ratio(Value):
    """The canary's values or rate as a multiple of the baseline's, with an interval.

    JSON has no infinity: an end that is open is None.
    `endless`: the ratio itself is not finite, since the baseline has none of what the canary has.
    """

    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    endless: bool = False


class MetricKept(Value):
    """A metric's verdict and figures; evidence of harm and of safety as natural logarithms, 1000 at most."""

    name: str
    unit: str = ""
    verdict: Verdict
    share: float
    required: bool = True
    effect: Ratio
    allowed: float
    harmful: float
    harm: float
    harm_needed: float
    safety: float
    safety_needed: float
    reasons: Reasons = ()
    spread: Spread | None = None
    baseline: Middle | Share | None = None
    canary: Middle | Share | None = None


class Judged(Value):
    """A judgement; `omitted` metrics had no room: those that say most of the verdict are kept."""

    verdict: Verdict
    looks: int
    score: float
    evidence: float
    needed: float
    failed_at: int | None = None
    reasons: Reasons = ()
    metrics: tuple[MetricKept, ...] = ()
    omitted: int = 0


class KeptLook(Value):
    """The judgement that decided a transition of a rollout, by its number and the action that made it."""

    rollout: str
    seq: int
    kind: Kind
    at: AwareDatetime
    action: str
    judgement: Judged


def look_of(rollout: str, entry: Entry, judged: Judged | None) -> KeptLook | None:
    """The look of a transition; None where it was not decided by one."""
    if judged is None:
        return None
    return KeptLook(
        rollout=rollout, seq=entry.seq, kind=entry.kind, at=entry.at, action=entry.action, judgement=judged
    )

"""How long policy takes to decide."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.measure import Figure, percentiles, reference_speed
from tests.bench.sizes import Sizes
from tests.unit.policy.facts import NOW, complete
from writ.runtime.access import engine

P50_BUDGET_MS = 0.3  # docs/adr/0010


def measure(sizes: Sizes) -> Sequence[Figure]:
    """One decision of a bot's engine over a small document, against the smallest question that it answers."""
    policy, document = engine(), complete()
    policy.decide(document, NOW)
    smallest, _ = percentiles(lambda: policy.authorize({"sub": "s-1"}, "GET /v1/bots"), calls=sizes.decisions)
    median, slow = percentiles(lambda: policy.decide(document, NOW), calls=sizes.decisions)
    return [
        Figure(
            "policy decision p50",
            1000 * median,
            "ms",
            P50_BUDGET_MS,
            baseline=1000 * smallest,
            note=f"p99 {1000 * slow:.2f} ms; baseline: whether a caller may use a route",
            speed=reference_speed(sizes.rounds),
        )
    ]

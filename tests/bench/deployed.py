"""What only a plane that is up can tell: how soon an acknowledged entry is provable."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

from cli.api import Api
from cli.output import CommandError
from cli.plane import Plane
from tests.bench.measure import Figure
from tests.bench.sizes import Sizes
from writ.contracts.statement import Phase, entry_id

P50_BUDGET_S = 1.5
P99_BUDGET_S = 3.0
_LONGEST_S = 30.0
_POLL_S = 0.05
_NAMES = (("append to provable p50", P50_BUDGET_S), ("append to provable p99", P99_BUDGET_S))


def measure(sizes: Sizes) -> Sequence[Figure]:
    """Tasks put on the list of the plane in `.writ/run.json`, each timed until its outcome is in the log."""
    if not sizes.plane:
        return _unknown("not asked for: WRIT_BENCH_PLANE is 0")
    try:
        waits = _waits(sizes.plane)
    except CommandError as error:
        return _unknown(f"not measured: {error.message}")
    cuts = statistics.quantiles(waits, n=100) if len(waits) > 1 else waits * 99
    note = f"{len(waits)} actions one after another, seen through the API every {_POLL_S:g} s"
    return [
        Figure(name, seconds, "s", budget, note=note)
        for (name, budget), seconds in zip(_NAMES, (cuts[49], cuts[98]), strict=True)
    ]


def _unknown(reason: str) -> list[Figure]:
    return [Figure(name, None, "s", budget, note=reason) for name, budget in _NAMES]


def _waits(count: int) -> list[float]:
    """Raises CommandError when no plane answers, or an entry is not provable in time."""
    run = _in_letters(uuid.uuid4().int)[:12]
    with Api.of(Plane.load()) as api:
        return [_wait(api, f"Bench {run} {_in_letters(number)}") for number in range(count)]


def _in_letters(number: int) -> str:
    """Titles that differ in nothing but digits are one task."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def _wait(api: Api, title: str) -> float:
    draft = {"title": title, "owner": "bench", "minutes_each": 5, "frequency": {"count": 1, "per": "month"}}
    answer = api.request("POST", "/v1/backlog", body={**draft, "effort": 1})
    acknowledged = time.monotonic()
    entry = entry_id(answer.headers["Writ-Action"], Phase.OUTCOME)
    while time.monotonic() - acknowledged < _LONGEST_S:
        with suppress(CommandError):
            index = api.get(f"/v1/evidence/{entry}").get("index")
            if index is not None:
                api.get(f"/v1/log/proof/{index}")
                return time.monotonic() - acknowledged
        time.sleep(_POLL_S)
    raise CommandError(f"{entry} was not provable within {_LONGEST_S:g} s", code="bench.not_provable")

"""What only a plane that is up can tell: how soon an acknowledged entry is provable."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

from cli.api import Api
from cli.output import CommandError
from cli.plane import Plane, calling
from tests.bench.measure import Figure, ranked
from tests.bench.sizes import Sizes
from writ.contracts.statement import Phase, entry_id

P50_BUDGET_S = 1.5
P99_BUDGET_S = 3.0
_LONGEST_S = 30.0
_POLL_S = 0.05
_NAMES = (("append to provable p50", P50_BUDGET_S), ("append to provable p99", P99_BUDGET_S))


def measure(sizes: Sizes) -> Sequence[Figure]:
    """Tasks put on the list of the plane in `.writ/run.json`, each timed until its outcome is in the log.

    An emulator hands over a stream at once where Lambda waits for the window of the mapping to pass, so
    there all of it is added, which is the most that AWS would take longer.
    """
    waits, note = waited(sizes.plane)
    if not waits:
        return [Figure(name, None, "s", budget, note=note) for name, budget in _NAMES]
    found = [statistics.median(waits), ranked(waits, 99)]
    return [
        Figure(name, seconds, "s", budget, note=note)
        for (name, budget), seconds in zip(_NAMES, found, strict=True)
    ]


def waited(count: int) -> tuple[list[float], str]:
    """Seconds from acknowledged to provable of so many actions, and how they were measured or why not."""
    if not count:
        return [], "not asked for: WRIT_BENCH_PLANE is 0"
    try:
        plane = Plane.load()
        window = _window(plane) if plane.file.aws_endpoint_url else 0.0
        waits = _waits(plane, count)
    except CommandError as error:
        return [], f"not measured: {error.message}"
    note = f"{len(waits)} actions one after another, seen through the API every {_POLL_S:g} s"
    if window:
        note += f"; with the stream's window of {window:g} s, for which the emulator does not wait"
    return [wait + window for wait in waits], note


def _window(plane: Plane) -> float:
    """Seconds for which a record of the stream may wait for others, as deployed."""
    with calling("reading the mapping of the stream"):
        found = plane.aws("lambda").list_event_source_mappings(FunctionName=plane.thing("sequencer"))
    windows = [mapping.get("MaximumBatchingWindowInSeconds", 0) for mapping in found["EventSourceMappings"]]
    return float(max(windows, default=0))


def _waits(plane: Plane, count: int) -> list[float]:
    """Raises CommandError when no plane answers, or an entry is not provable in time.

    The first one, which may find everything cold, is not among them.
    """
    run = _in_letters(uuid.uuid4().int)[:12]
    with Api.of(plane) as api:
        return [_wait(api, f"Bench {run} {_in_letters(number)}") for number in range(count + 1)][1:]


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

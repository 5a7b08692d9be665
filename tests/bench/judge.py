"""`python -m tests.bench.judge`: how often the judge is wrong, how much it sees and how soon, as JSON.

Simulated rollouts, each shown to the judge, to a rule like Kayenta's and to fixed thresholds; and what one
evaluation costs. Sizes are set by `WRIT_JUDGE_RUNS`, `WRIT_JUDGE_SEED`, `WRIT_JUDGE_JOBS` and
`WRIT_JUDGE_TRAFFIC`.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.bench.__main__ import machine
from tests.bench.measure import cpu_seconds, ranked
from tests.bench.rivals import CRITERIA, Judge, rules
from tests.bench.rollouts import ERRORS, LOOKS, Change, Traffic, Weather, rollout
from writ.judge.course import State, observe
from writ.judge.criteria import Criteria, Distribution
from writ.judge.verdict import judge
from writ.judge.window import Window

CHANGES: Final = (
    Change("none"),
    Change("latency ×1.1", times=1.1),
    Change("latency ×1.25", times=1.25),
    Change("latency ×1.5", times=1.5),
    Change("latency ×2", times=2.0),
    Change("2 % of requests ×10", tail=0.02),
    Change("errors 0.1 → 0.3 %", errors=3 * ERRORS),
    Change("errors 0.1 → 1 %", errors=10 * ERRORS),
    Change("errors 0.1 → 5 %", errors=50 * ERRORS),
    Change("errors 0.1 → 50 %", errors=500 * ERRORS),
)
TRAFFICS: Final = (
    Traffic("1/min", 1, 10),
    Traffic("10/min", 10, 10),
    Traffic("1/s", 60, 1),
    Traffic("10/s", 600, 1),
    Traffic("100/s", 6_000, 1),
    Traffic("1,000/s", 60_000, 1),
)
FAIR: Final = Weather()
ROUGH: Final = (
    Weather("each version's level moves by 5 % a minute", jitter=0.05, told=(4, 1)),
    Weather("each version's level moves by 20 % a minute", jitter=0.2, told=(50, 1)),
    Weather("errors come five at a time", clump=5, told=(1, 5)),
)
_CHUNK: Final = 25
# False alarms are rarer than what is looked for, and the promise: they are counted more often.
_NULL_TIMES: Final = 5
_METRICS, _POINTS = 10, 1000


@dataclass(frozen=True, slots=True)
class JudgeSizes:
    """Read from `WRIT_JUDGE_<NAME>`: rollouts of each kind, the seed, and processes (0: one a core).

    `traffic` names those that are simulated, with semicolons between; all where it is empty.
    """

    runs: int = 100
    seed: int = 1
    jobs: int = 0
    traffic: str = ""

    @classmethod
    def load(cls, variables: Mapping[str, str] | None = None) -> Self:
        """Raises ValueError that names a variable which is no number, or no traffic there is."""
        source = os.environ if variables is None else variables
        given: dict[str, Any] = {}
        for size in fields(cls):
            name = f"WRIT_JUDGE_{size.name.upper()}"
            text = source.get(name, "")
            if not text:
                continue
            if size.name == "traffic":
                if not {*text.split(";")} <= {traffic.name for traffic in TRAFFICS}:
                    raise ValueError(
                        f"{name} is not among {', '.join(each.name for each in TRAFFICS)}: {text!r}"
                    )
                given[size.name] = text
                continue
            if not text.isascii() or not text.isdigit():
                raise ValueError(f"{name} is not a number: {text!r}")
            given[size.name] = int(text)
        if given.get("runs") == 0:
            raise ValueError("WRIT_JUDGE_RUNS is 0")
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Part:
    """Some rollouts of one kind."""

    weather: Weather
    traffic: Traffic
    change: Change
    seed: int
    first: int
    runs: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rollout: the look at which each rule failed it, None for never; and the judge's word in the end."""

    failed: dict[str, int | None]
    verdict: str


def play(part: Part) -> list[Outcome]:
    """Every rollout of a part; the same for the same seed."""
    found = []
    for run in range(part.first, part.first + part.runs):
        dice = random.Random(f"{part.seed}/{part.weather.name}/{part.traffic.name}/{part.change.name}/{run}")
        open_rules = rules(part.weather)
        ours = open_rules["judge"]
        assert isinstance(ours, Judge)
        failed: dict[str, int | None] = dict.fromkeys(open_rules)
        for number, look in enumerate(rollout(part.change, part.traffic, part.weather, dice), 1):
            for name in [name for name, rule in open_rules.items() if rule.fails(look)]:
                failed[name] = number
                del open_rules[name]
            if not open_rules:
                break
        found.append(Outcome(failed, ours.verdict))
    return found


def row(part: Part, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What came of one kind: rates with 95 % intervals, minutes until it was seen, the judge's last words."""
    told: dict[str, Any] = {}
    for name in outcomes[0].failed:
        looks = [look for outcome in outcomes if (look := outcome.failed[name]) is not None]
        minutes = [look * part.traffic.minutes for look in looks]
        low, high = interval(len(looks), len(outcomes))
        told[name] = {
            "failed": len(looks),
            "rate": round(len(looks) / len(outcomes), 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "minutes_p50": ranked(minutes, 50) if minutes else None,
            "minutes_p90": ranked(minutes, 90) if minutes else None,
        }
    verdicts = [outcome.verdict for outcome in outcomes]
    return {
        "weather": part.weather.name,
        "traffic": part.traffic.name,
        "change": part.change.name,
        "runs": len(outcomes),
        "minutes": LOOKS * part.traffic.minutes,
        "rules": told,
        "verdicts": {word: verdicts.count(word) for word in ("pass", "fail", "unknown")},
    }


def interval(hits: int, runs: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a rate (1927, doi:10.1080/01621459.1927.10502953)."""
    rate, scale = hits / runs, 1 + z * z / runs
    middle = rate + z * z / (2 * runs)
    half = z * math.sqrt(rate * (1 - rate) / runs + z * z / (4 * runs * runs))
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def kinds() -> Iterator[tuple[Weather, Traffic, Change]]:
    """Every change at every traffic; and no change in weather that the judge does not expect."""
    for traffic in TRAFFICS:
        for change in CHANGES:
            yield FAIR, traffic, change
    for weather in ROUGH:
        for traffic in TRAFFICS[1::2]:
            yield weather, traffic, CHANGES[0]


def characteristics(sizes: JudgeSizes, told: Console) -> list[dict[str, Any]]:
    """A row a kind, in the order of the kinds."""
    parts: list[list[Part]] = []
    wanted = sizes.traffic.split(";") if sizes.traffic else [traffic.name for traffic in TRAFFICS]
    for weather, traffic, change in kinds():
        if traffic.name not in wanted:
            continue
        runs = sizes.runs * (_NULL_TIMES if change is CHANGES[0] else 1)
        starts = range(0, runs, _CHUNK)
        parts.append(
            [Part(weather, traffic, change, sizes.seed, start, min(_CHUNK, runs - start)) for start in starts]
        )
    every = [part for some in parts for part in some]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    outcomes: list[Outcome] = []
    with (
        Progress(*columns, console=told, disable=not told.is_terminal) as progress,
        ProcessPoolExecutor(sizes.jobs or os.cpu_count()) as pool,
    ):
        task = progress.add_task("rollouts", total=sum(part.runs for part in every))
        for part, found in zip(every, pool.map(play, every), strict=True):
            outcomes += found
            progress.advance(task, part.runs)
    rows, start = [], 0
    for some in parts:
        count = sum(part.runs for part in some)
        rows.append(row(some[0], outcomes[start : start + count]))
        start += count
    return rows


def cost() -> dict[str, Any]:
    """CPU of one look at ten metrics of 1,000 values a version, with its verdict; the baseline sorts them."""
    dice = random.Random(1)
    names = [f"metric-{number}" for number in range(_METRICS)]
    criteria = Criteria(metrics=tuple(Distribution(name=name) for name in names))

    def values() -> dict[str, tuple[float, ...]]:
        return {name: tuple(dice.lognormvariate(0, 1) for _ in range(_POINTS)) for name in names}

    window = Window(baseline=dict(values()), canary=dict(values()))
    columns = [list(values().values()), list(values().values())]
    before = State.none(criteria)
    ours = cpu_seconds(lambda: judge(criteria, observe(criteria, before, window)), calls=3)
    sorting = cpu_seconds(lambda: [sorted(column) for some in columns for column in some], calls=10)
    after = observe(criteria, before, window)
    return {
        "metrics": _METRICS,
        "values_a_version": _POINTS,
        "ms_cpu": round(ours * 1000, 2),
        "baseline_ms_cpu": round(sorting * 1000, 2),
        "ratio": round(ours / sorting, 1),
        "state_bytes": len(after.model_dump_json()),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The rates of failing, and the median minutes until then."""
    names = list(dict.fromkeys(name for found in rows for name in found["rules"]))
    made = Table("weather", "traffic", "change", "runs", *names, "pass / unknown", title="failed, minutes")
    for found in rows:
        cells = []
        for name in names:
            rule = found["rules"].get(name)
            if rule is None:
                cells.append("")
                continue
            when = "" if rule["minutes_p50"] is None else f"  {rule['minutes_p50']}"
            cells.append(f"{rule['rate']:.1%}{when}")
        last = found["verdicts"]
        made.add_row(
            found["weather"],
            found["traffic"],
            found["change"],
            str(found["runs"]),
            *cells,
            f"{last['pass']} / {last['unknown']}",
        )
    return made


def main() -> int:
    told = Console(stderr=True)
    try:
        sizes = JudgeSizes.load()
    except ValueError as error:
        told.print(str(error))
        return 2
    rows = characteristics(sizes, told)
    told.print(table(rows))
    document = {
        "machine": machine(),
        "seed": sizes.seed,
        "criteria": CRITERIA.model_dump(mode="json"),
        "evaluation": cost(),
        "rollouts": rows,
    }
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

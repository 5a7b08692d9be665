"""What the judge says, case by case: first those that are known to be hard."""

from __future__ import annotations

import math
from itertools import chain

import pytest
from pydantic import ValidationError

from tests.unit.judge.cases import BOTH, ERRORS, LATENCY, events, judged, latencies, one, only, seen, values
from writ.contracts.errors import ContractError
from writ.judge.course import State, observe
from writ.judge.criteria import Bad, Count, Criteria, Distribution
from writ.judge.effect import Effect
from writ.judge.verdict import Verdict, judge
from writ.judge.window import Events, Trial, Window

FAIL, PASS, UNKNOWN = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN


def within(effect: Effect) -> bool:
    return effect.ratio is not None and effect.low <= effect.ratio <= effect.high


def test_few_points_that_are_all_far_off_fail() -> None:
    metric = one(only(LATENCY), values(latencies(60), [900.0, 1100.0, 1500.0]))
    assert metric.verdict is FAIL
    assert metric.effect.low >= 2


def test_few_points_that_are_not_far_off_are_unknown() -> None:
    assert one(only(LATENCY), values(latencies(60), latencies(3, seed=7))).verdict is UNKNOWN


@pytest.mark.parametrize("canary", [(0, 0, 0, 0, 0, 0), (0, 1, 0, 0, 1, 0)])
def test_sparse_errors_in_six_samples_are_unknown(canary: tuple[int, ...]) -> None:
    windows = [events((0, 10), (count, 10)) for count in canary]
    assert one(only(ERRORS), *windows).verdict is UNKNOWN


def test_sparse_errors_in_six_samples_fail_when_only_the_canary_has_them() -> None:
    windows = [events((0, 90), (count, 10)) for count in (1, 0, 2, 0, 1, 0)]
    metric = one(only(ERRORS), *windows)
    assert metric.verdict is FAIL
    assert metric.effect.ratio == math.inf
    assert "4 in 60 against 0 in 540" in metric.reasons


def test_no_errors_at_all_pass_by_the_acceptable_rate_and_not_without_one() -> None:
    windows = [events((0, 500), (0, 200))] * 6
    metric = one(only(ERRORS), *windows)
    assert metric.verdict is PASS
    assert "its rate is shown to be acceptable: below 0.01" in metric.reasons
    without = one(only(Count(name="errors")), *windows)
    assert without.verdict is UNKNOWN
    assert "without events a pass needs an acceptable rate" in without.reasons


def test_sets_of_different_lengths_and_values_that_are_no_numbers_are_compared() -> None:
    broken = [None, math.nan, math.inf, -math.inf]
    metric = one(only(LATENCY), values([*latencies(700), *broken], [*broken, *latencies(300, seed=2)]))
    assert metric.verdict is PASS
    assert metric == one(only(LATENCY), values(latencies(700), latencies(300, seed=2)))


@pytest.mark.parametrize("level", [0.0, 100.0])
def test_baseline_without_variance_passes_its_equal_and_fails_what_is_above(level: float) -> None:
    criteria = only(LATENCY)
    flat = [level] * 300
    same = one(criteria, values(flat, flat), values(flat, flat))
    assert (same.verdict, same.effect.ratio) == (PASS, 1.0)
    worse = one(criteria, values(flat, [level + 50] * 30))
    assert worse.verdict is FAIL
    assert worse.effect.low > 1.05


def test_slow_tail_fails_though_the_median_did_not_move() -> None:
    windows = [values(latencies(300, seed), latencies(300, 100 + seed, tail=0.03)) for seed in range(6)]
    metric = one(only(LATENCY), *windows)
    assert metric.verdict is FAIL
    assert metric.effect.ratio == pytest.approx(1, abs=0.1)
    assert any("highest values" in reason for reason in metric.reasons)


@pytest.mark.parametrize("sizes", [(0, 0), (200, 0), (0, 200)])
def test_missing_values_are_unknown(sizes: tuple[int, int]) -> None:
    metric = one(only(LATENCY), values(latencies(sizes[0]), latencies(sizes[1])))
    assert metric.verdict is UNKNOWN
    assert any("has reported nothing" in reason for reason in metric.reasons)


def test_metric_that_neither_version_reports_is_unknown_and_holds_the_verdict() -> None:
    judgement = judged(BOTH, values(latencies(600), latencies(600, 2)))
    assert [metric.verdict for metric in judgement.metrics] == [PASS, UNKNOWN]
    assert judgement.verdict is UNKNOWN
    assert judgement.reasons == ("not settled: errors",)
    assert judgement.score == 0.5


def test_metric_that_is_not_required_holds_no_pass_but_fails_like_any_other() -> None:
    extra = Count(name="restarts", required=False)
    criteria = Criteria(metrics=(LATENCY, extra))
    window = values(latencies(600), latencies(600, 2))
    assert judged(criteria, window).verdict is PASS
    both = Window(
        baseline={**window.baseline, "restarts": Events(events=0, exposure=60)},
        canary={**window.canary, "restarts": Events(events=30, exposure=60)},
    )
    assert judged(criteria, both).verdict is FAIL


def test_nothing_passes_when_no_metric_is_required_and_none_is_seen() -> None:
    criteria = only(Count(name="restarts", required=False))
    assert judged(criteria, Window()).verdict is UNKNOWN
    assert judged(criteria).reasons == ("nothing was seen yet",)


def test_canary_that_falls_silent_does_not_pass() -> None:
    good = [values(latencies(100, seed), latencies(100, 50 + seed)) for seed in range(4)]
    assert one(only(LATENCY), *good).verdict is PASS
    silent = one(only(LATENCY), *good, values(latencies(100), []))
    assert silent.verdict is UNKNOWN
    assert "the canary has fallen silent: some 100 should have come since" in silent.reasons
    assert one(only(LATENCY), *good, values(latencies(100), []), good[0]).verdict is PASS


def test_canary_without_a_request_in_a_quiet_window_is_not_silent() -> None:
    good = [values(latencies(100, seed), latencies(100, 50 + seed)) for seed in range(4)]
    assert one(only(LATENCY), *good, values(latencies(2), [])).verdict is PASS


def test_canary_most_of_whose_values_are_missing_does_not_pass() -> None:
    metric = one(only(LATENCY), values(latencies(600), [*latencies(600, 2), *[None] * 601]))
    assert metric.verdict is UNKNOWN
    assert "601 of 1,201 values of the canary are missing" in metric.reasons


def test_harm_that_was_shown_stays_shown() -> None:
    bad = values(latencies(100), latencies(100, 2, times=3))
    recovered = [values(latencies(300, seed), latencies(300, seed + 50, times=0.5)) for seed in range(6)]
    judgement = judged(only(LATENCY), bad, *recovered)
    assert (judgement.verdict, judgement.failed_at, judgement.looks) == (FAIL, 1, 7)
    assert judgement.evidence < judgement.needed


def test_drift_of_both_versions_while_the_canary_grows_is_no_difference() -> None:
    baselines: list[list[float]] = []
    canaries: list[list[float]] = []
    for look, (canary, level) in enumerate([(10, 1.0), (30, 1.5), (60, 2.0), (100, 3.0), (160, 4.0)] * 2):
        baselines.append(latencies(200 - canary, look, level))
        canaries.append(latencies(canary, 90 + look, level))
    assert one(only(LATENCY), *map(values, baselines, canaries)).verdict is PASS
    # What happens to who does not compare like with like:
    assert one(only(LATENCY), values(list(chain(*baselines)), list(chain(*canaries)))).verdict is FAIL


@pytest.mark.parametrize(
    ("bad", "times", "verdict"),
    [
        (Bad.INCREASE, 2.0, FAIL),
        (Bad.INCREASE, 0.5, PASS),
        (Bad.DECREASE, 2.0, PASS),
        (Bad.DECREASE, 0.5, FAIL),
        (Bad.EITHER, 2.0, FAIL),
        (Bad.EITHER, 0.5, FAIL),
        (Bad.EITHER, 1.0, PASS),
    ],
)
def test_direction_decides_what_is_harm(bad: Bad, times: float, verdict: Verdict) -> None:
    criteria = only(LATENCY.model_copy(update={"bad": bad}))
    metric = one(criteria, values(latencies(500), latencies(500, 2, times)))
    assert metric.verdict is verdict
    assert metric.effect.ratio == pytest.approx(times, rel=0.1)
    assert within(metric.effect)


@pytest.mark.parametrize(("bad", "verdict"), [(Bad.INCREASE, PASS), (Bad.DECREASE, FAIL), (Bad.EITHER, FAIL)])
def test_direction_decides_what_is_harm_for_counts(bad: Bad, verdict: Verdict) -> None:
    metric = one(only(Count(name="errors", bad=bad)), events((900, 10_000), (30, 1000)))
    assert metric.verdict is verdict
    assert metric.effect.ratio == pytest.approx(1 / 3, rel=0.01)
    assert within(metric.effect)


def test_difference_within_what_is_allowed_or_below_the_floor_does_not_fail() -> None:
    window = values(latencies(3000), latencies(3000, 2, times=1.12))
    assert one(only(LATENCY), *[window] * 5).verdict is FAIL
    assert one(only(LATENCY.model_copy(update={"allowed": 1.2})), *[window] * 5).verdict is not FAIL
    small = values([0.5, 0.7, 0.9] * 100, [1.5, 1.7, 1.9] * 100)
    assert one(only(LATENCY), small).verdict is FAIL
    assert one(only(LATENCY.model_copy(update={"floor": 5})), small, small).verdict is PASS


def jittered(seed: int) -> Window:
    """Both versions are the same, and each has a level of its own in every window."""
    return values(latencies(100, seed, 1 + seed % 3 / 4), latencies(100, 70 + seed, 1 + (seed + 1) % 3 / 4))


def test_values_that_come_together_are_told_of_and_count_as_one_where_their_clump_is_known() -> None:
    windows = [jittered(seed) for seed in range(9)]
    metric = one(only(LATENCY), *windows)
    (told,) = [reason for reason in metric.reasons if "came together" in reason]
    clump = float(told.split("as if ")[1].split()[0])
    assert 5 < clump < 100
    known = one(only(LATENCY.model_copy(update={"clump": clump + 1})), *windows)
    assert known.verdict is UNKNOWN
    assert not any("came together" in reason for reason in known.reasons)
    assert known.effect.low < metric.effect.low < 1.1


def test_clump_of_errors_is_worth_one_of_them() -> None:
    five = events((10, 5000), (25, 5000))
    one_each = events((2, 1000), (5, 1000))
    clumped = one(only(Count(name="errors", clump=5)), five)
    single = one(only(Count(name="errors")), one_each)
    assert clumped.harm == pytest.approx(single.harm)
    assert clumped.safety == pytest.approx(single.safety)
    assert one(only(Count(name="errors")), five).harm > single.harm


def test_independent_values_are_not_said_to_come_together() -> None:
    windows = [values(latencies(100, seed), latencies(50, 300 + seed, 1.5)) for seed in range(30)]
    assert not any("came together" in reason for reason in one(only(LATENCY), *windows).reasons)


def test_weight_is_a_share_of_the_false_alarms() -> None:
    other = Distribution(name="memory", weight=9)
    alone = one(only(LATENCY), values(latencies(50), latencies(50, 2)))
    shared = judged(Criteria(metrics=(LATENCY, other)), values(latencies(50), latencies(50, 2))).metrics[0]
    assert (alone.share, shared.share) == (1.0, 0.1)
    assert shared.harm == alone.harm
    assert shared.harm_needed == pytest.approx(alone.harm_needed + math.log(10))


def test_metrics_none_of_which_is_enough_fail_together() -> None:
    names = ("a", "b", "c", "d")
    criteria = Criteria(metrics=tuple(Count(name=name) for name in names))
    found = {name: Events(events=7, exposure=50) for name in names}
    window = Window(baseline=dict.fromkeys(names, Events(events=0, exposure=50)), canary=found)
    judgement = judged(criteria, window)
    assert {metric.verdict for metric in judgement.metrics} == {UNKNOWN}
    assert judgement.verdict is FAIL
    assert judgement.reasons == (
        "worse than allowed: all metrics together; the evidence was enough at look 1",
    )


def test_state_travels_as_json_and_goes_on_as_if_it_had_stayed() -> None:
    windows = [
        Window(
            baseline={"latency": tuple(latencies(40, seed)), "errors": Events(events=1, exposure=400)},
            canary={"latency": tuple(latencies(20, seed + 9)), "errors": Events(events=2, exposure=200)},
        )
        for seed in range(5)
    ]
    state = State.none(BOTH)
    for window in windows:
        state = State.model_validate_json(observe(BOTH, state, window).model_dump_json())
    assert judge(BOTH, state) == judge(BOTH, seen(BOTH, *windows))
    assert len(state.model_dump_json()) < 10_000


def test_state_of_other_criteria_is_refused() -> None:
    state = State.none(BOTH)
    others = [
        only(LATENCY),
        Criteria(metrics=(ERRORS, LATENCY)),
        Criteria(metrics=(LATENCY.model_copy(update={"allowed": 1.07}), ERRORS)),
        Criteria(metrics=(LATENCY.model_copy(update={"bad": Bad.EITHER}), ERRORS)),
        Criteria(metrics=(Distribution(name="errors"), Count(name="latency"))),
    ]
    for criteria in others:
        with pytest.raises(ContractError) as caught:
            observe(criteria, state, Window())
        assert caught.value.field == "state"


@pytest.mark.parametrize(
    ("window", "field"),
    [
        ({"canary": {"other": [1.0]}}, "window.canary.other"),
        ({"baseline": {"errors": [1.0]}}, "window.baseline.errors"),
        ({"baseline": {"latency": {"events": 0, "exposure": 1}}}, "window.baseline.latency"),
        ({"canary": {"latency": [1.0, -0.5]}}, "window.canary.latency.1"),
    ],
)
def test_reading_that_fits_no_criterion_is_named(window: dict[str, object], field: str) -> None:
    with pytest.raises(ContractError) as caught:
        observe(BOTH, State.none(BOTH), Window.model_validate(window))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "metric",
    [
        {"kind": "distribution", "name": "a", "allowed": 1.5, "harmful": 1.2},
        {"kind": "distribution", "name": "a", "harmful_tail": 1.0},
        {"kind": "distribution", "name": "a", "weight": 0},
        {"kind": "count", "name": "a", "allowed": 2, "harmful": 2},
        {"kind": "count", "name": "a", "bad": "decrease", "acceptable": 0.1},
        {"kind": "count", "name": ""},
    ],
)
def test_criterion_that_makes_no_sense_is_refused(metric: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Criteria.model_validate({"metrics": [metric]})


def test_metrics_are_named_once() -> None:
    with pytest.raises(ValidationError, match="named twice: latency"):
        Criteria(metrics=(LATENCY, LATENCY))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", None),
        ('{"criteria": {"metrics": []}, "windows": [{}]}', "criteria.metrics"),
        ('{"criteria": {"metrics": [{"kind": "count", "name": "a"}]}, "windows": []}', "windows"),
        (
            '{"criteria": {"metrics": [{"kind": "count", "name": "a"}]},'
            ' "windows": [{}, {"canary": {"b": []}}]}',
            "windows.1.canary.b",
        ),
    ],
)
def test_file_that_is_no_trial_is_refused_with_its_field(text: str, field: str | None) -> None:
    with pytest.raises(ContractError) as caught:
        Trial.parse(text)
    assert caught.value.field == field


def test_events_are_whole_and_need_an_exposure() -> None:
    for wrong in (
        {"events": 1, "exposure": 0},
        {"events": -1, "exposure": 5},
        {"events": 1.5, "exposure": 5},
    ):
        with pytest.raises(ValidationError):
            Events.model_validate(wrong)

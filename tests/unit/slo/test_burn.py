"""Counts, the exact test, and the rules made of both."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from writ.slo.burn import CREEPING, FAST, RULES, SLOW, Rule, Severity, breached, enough, look, rate, severity
from writ.slo.counts import HOUR, SLOT, Count, History, number_of
from writ.slo.poisson import critical, tail

NOW = datetime(2026, 3, 2, 10, 31, tzinfo=UTC)
objectives = st.floats(80, 99.99)
counts = st.builds(Count, good=st.integers(0, 10_000), bad=st.integers(0, 500))


@pytest.mark.parametrize("mean", [0.001, 0.3, 2.0, 17.5, 120.0])
def test_the_tail_is_the_sum_of_the_masses_by_the_definition(mean: float) -> None:
    masses = [math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(400)]
    for least in (0, 1, 2, 5, 18, 140):
        assert tail(mean, least) == pytest.approx(math.fsum(masses[least:]), rel=1e-9, abs=1e-300)


def test_nothing_expected_means_nothing_happens() -> None:
    assert (tail(0, 1), tail(0, 0), tail(5, 0)) == (0.0, 1.0, 1.0)


@given(st.floats(1e-6, 500), st.sampled_from([10.0, 120.0, 720.0]), st.floats(0.001, 1))
def test_the_critical_count_is_the_smallest_that_keeps_its_promise(
    mean: float, windows: float, allowed: float
) -> None:
    found = critical(mean, windows, allowed)
    assert windows * mean * tail(mean, found - 1) <= allowed
    smaller = found - 1
    assert smaller < max(2, math.ceil(mean) + 1) or windows * mean * tail(mean, smaller - 1) > allowed


@given(st.integers(0, 20_000), st.integers(0, 20_000), objectives, st.sampled_from(RULES))
def test_more_traffic_never_needs_fewer_failures(one: int, other: int, objective: float, rule: Rule) -> None:
    fewer, more = sorted((one, other))
    assert enough(rule, fewer, objective) <= enough(rule, more, objective)


def test_one_failure_never_pages_however_little_traffic_there_is() -> None:
    for rule, good in product(RULES, (0, 1, 9)):
        assert not breached(rule, Count(good, 1), Count(0, 1), 99.9)


def test_the_workbook_pages_at_ten_an_hour_where_this_does_not() -> None:
    long, short = Count(9, 1), Count(0, 1)
    assert rate(long, 99.9) == pytest.approx(100)
    assert not breached(FAST, long, short, 99.9)
    assert breached(FAST, Count(7, 3), short, 99.9)


@given(counts, counts, objectives, st.sampled_from(RULES))
def test_what_breaks_a_rule_breaks_the_workbooks_as_well(
    long: Count, short: Count, objective: float, rule: Rule
) -> None:
    if breached(rule, long, short, objective):
        floor = min(rule.factor, 100 / (100 - objective))
        rates = (rate(long, objective), rate(short, objective))
        assert all(each is not None and each >= floor * (1 - 1e-6) for each in rates)


@pytest.mark.parametrize("rule", [FAST, SLOW])
@pytest.mark.parametrize("objective", [99.0, 99.5, 99.9])
def test_at_high_traffic_the_rule_is_the_workbooks(rule: Rule, objective: float) -> None:
    total = 1_000_000
    bad = math.ceil(rule.factor * (100 - objective) / 100 * total - 1e-6)
    for failures, expected in ((bad, True), (bad - 1, False)):
        window = Count(total - failures, failures)
        assert breached(rule, window, window, objective) is expected


def test_a_service_at_its_objective_opens_no_ticket_for_it() -> None:
    spent_as_allowed = Count(43_200 - 216, 216)
    assert not breached(CREEPING, spent_as_allowed, Count(35, 1), 99.5)
    assert breached(CREEPING, Count(43_200 - 432, 432), Count(35, 1), 99.5)


def test_the_short_window_ends_the_alarm() -> None:
    assert breached(FAST, Count(30, 30), Count(0, 5), 99.5)
    assert not breached(FAST, Count(30, 30), Count(5, 0), 99.5)
    assert not breached(FAST, Count(30, 30), Count(), 99.5)


def history(*events: tuple[timedelta, Count]) -> History:
    """What happened so long ago."""
    slots: dict[int, Count] = {}
    hours: dict[int, Count] = {}
    for ago, count in events:
        for numbers, length in ((slots, SLOT), (hours, HOUR)):
            number = number_of(NOW - ago, length)
            numbers[number] = numbers.get(number, Count()) + count
    return History(slots, hours)


@given(
    st.lists(st.tuples(st.integers(0, 6 * 60), st.integers(0, 50), st.integers(0, 50)), max_size=20),
    st.sampled_from([timedelta(minutes=5), timedelta(minutes=30), HOUR, timedelta(hours=6)]),
)
def test_a_window_holds_all_of_its_length_and_at_most_a_slot_more(
    events: list[tuple[int, int, int]], window: timedelta
) -> None:
    past = history(*((timedelta(minutes=ago), Count(good, bad)) for ago, good, bad in events))
    found = past.within(window, NOW).total
    minutes = window.total_seconds() / 60
    surely = sum(good + bad for ago, good, bad in events if ago <= minutes)
    at_most = sum(good + bad for ago, good, bad in events if ago <= minutes + 5)
    assert surely <= found <= at_most


def test_the_gravest_broken_rule_decides() -> None:
    calm = history((timedelta(minutes=3), Count(10, 0)))
    assert severity(look(calm, 99.5, NOW)) is Severity.NONE
    outage = history((timedelta(minutes=3), Count(0, 12)))
    assert severity(look(outage, 99.5, NOW)) is Severity.PAGE
    creeping = history(
        (timedelta(minutes=10), Count(299, 1)),
        *((timedelta(hours=hours), Count(299, 2)) for hours in range(7, 70)),
        (timedelta(minutes=50), Count(298, 2)),
    )
    assert severity(look(creeping, 99.7, NOW)) is Severity.TICKET

"""Who has a behaviour, as Powertools answers it from what is compiled here."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.feature_flags import FeatureFlags
from aws_lambda_powertools.utilities.feature_flags.base import StoreProvider
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from writ.contracts.flags import Rollout, bucket, context, feature

TENANTS = [f"tenant-{number}" for number in range(2000)]


class Given(StoreProvider):
    def __init__(self, rollout: Rollout, *, killed: bool = False) -> None:
        self._features = {"search": feature(rollout, killed=killed)}

    @property
    def get_raw_configuration(self) -> dict[str, Any]:
        return self._features

    def get_configuration(self) -> dict[str, Any]:
        return self._features


def having(rollout: Rollout, tenants: list[str] = TENANTS, *, killed: bool = False) -> set[str]:
    flags = FeatureFlags(store=Given(rollout, killed=killed))
    return {
        tenant
        for tenant in tenants
        if flags.evaluate(name="search", context=context("search", tenant), default=False)
    }


@pytest.mark.parametrize("percent", [1, 10, 50, 99])
def test_the_share_of_tenants_is_about_the_percentage(percent: int) -> None:
    share = 100 * len(having(Rollout(percent=percent))) / len(TENANTS)
    assert abs(share - percent) < 3.5  # three standard deviations of 2,000 draws at one half


def test_nobody_has_it_at_0_and_everybody_at_100() -> None:
    assert having(Rollout(percent=0)) == set()
    assert having(Rollout(percent=100)) == set(TENANTS)


@given(st.integers(0, 100), st.integers(0, 100))
def test_whoever_has_it_keeps_it_while_the_share_grows(one: int, other: int) -> None:
    low, high = sorted((one, other))
    some = TENANTS[:100]
    assert having(Rollout(percent=low), some) <= having(Rollout(percent=high), some)


def test_a_tenant_answers_alike_everywhere_and_two_flags_choose_different_tenants() -> None:
    assert bucket("search", "acme") == 80  # printf "search\nacme" | sha256sum, the first 8 bytes modulo 100
    first = {tenant for tenant in TENANTS if bucket("search", tenant) < 50}
    second = {tenant for tenant in TENANTS if bucket("cart", tenant) < 50}
    assert 0.4 < len(first & second) / len(first) < 0.6


def test_a_name_in_off_for_wins_over_the_share_and_a_name_in_on_for_needs_none() -> None:
    rollout = Rollout(percent=100, off_for=("tenant-1",))
    assert having(rollout) == set(TENANTS) - {"tenant-1"}
    assert having(Rollout(percent=0, on_for=("tenant-1",))) == {"tenant-1"}


def test_a_killed_flag_is_off_for_the_named_as_well() -> None:
    assert having(Rollout(percent=100, on_for=("tenant-1",)), killed=True) == set()


def test_a_tenant_on_both_lists_is_refused() -> None:
    with pytest.raises(ValidationError, match="acme is in on_for and in off_for"):
        Rollout(on_for=("acme",), off_for=("acme",))


@pytest.mark.parametrize(
    ("before", "after", "widens"),
    [
        (Rollout(percent=10), Rollout(percent=11), True),
        (Rollout(percent=10), Rollout(percent=9), False),
        (Rollout(percent=10), Rollout(percent=5, on_for=("acme",)), True),
        (Rollout(percent=10, off_for=("acme",)), Rollout(percent=10, on_for=("acme",)), True),
        (Rollout(percent=90, off_for=("acme",)), Rollout(percent=90), True),
        (Rollout(percent=10, off_for=("acme",)), Rollout(percent=10), False),
        (Rollout(percent=10), Rollout(percent=10, off_for=("acme",)), False),
        (Rollout(percent=10, on_for=("acme",)), Rollout(percent=10), False),
        (Rollout(percent=100), Rollout(percent=25, on_for=("acme",)), False),
        (Rollout(percent=81), Rollout(percent=25, on_for=("acme",)), False),
        (Rollout(percent=80), Rollout(percent=25, on_for=("acme",)), True),
        (Rollout(percent=100, off_for=("acme",)), Rollout(percent=25, on_for=("acme",)), True),
    ],
)
def test_a_rollout_widens_when_anybody_gets_what_he_had_not(
    before: Rollout, after: Rollout, widens: bool
) -> None:
    """The bucket of acme is 80."""
    assert after.widens(before, "search") is widens


PEOPLE = TENANTS[:200]


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    """Any share, and few enough names that two rollouts often name the same."""
    listed = draw(st.dictionaries(st.sampled_from(PEOPLE[:12]), st.booleans()))
    return Rollout(
        percent=draw(st.integers(0, 100)),
        on_for=tuple(tenant for tenant, on in listed.items() if on),
        off_for=tuple(tenant for tenant, on in listed.items() if not on),
    )


@given(rollouts(), rollouts())
def test_a_rollout_that_gives_it_to_anybody_widens_and_one_of_no_larger_share_that_does_not_narrows(
    before: Rollout, after: Rollout
) -> None:
    gained = having(after, PEOPLE) - having(before, PEOPLE)
    assert after.widens(before, "search") is (bool(gained) or after.percent > before.percent)


@given(rollouts())
def test_a_tenant_has_what_the_rules_answer(rollout: Rollout) -> None:
    assert {tenant for tenant in PEOPLE if rollout.has("search", tenant)} == having(rollout, PEOPLE)

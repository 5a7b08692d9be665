"""Change windows, freezes and error budgets as gates on a merge."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gates.running import NOW, judged, rules
from writ.contracts.action import Verdict
from writ.gates.slo.collector import FILE

WINDOW = {"name": "office", "zone": "Etc/UTC", "days": ["wed"], "opens": "09:00", "closes": "17:00"}
SERVICES = {FILE: "services:\n  shop: [/src/shop/]\n  cart: ['*.cart']\n", "src/shop/a": "1"}


# Too large; lists of lists of lists; a mapping that merges others again and again.
BOMBS = (
    "services: {}\n" + "#" * 256 * 1024,
    "a0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20))
    + "services: {s: *a19}\n",
    "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 20))
    + "services: {<<: *a19}\n",
    "services: &a {s: *a}\n",
)


def freeze(**changes: Any) -> dict[str, Any]:
    return {
        "id": "year-end",
        "scope": {"bots": [], "actions": []},
        "owner": "platform",
        "reason": "books",
        "starts_at": "2026-11-01T00:00:00Z",
        "ends_at": "2026-12-31T00:00:00Z",
        "declared_by": "ann",
        **changes,
    }


@pytest.mark.parametrize(
    ("windows", "freezes", "found"),
    [
        ([WINDOW], [], []),
        ([{**WINDOW, "days": ["mon"]}], [], ["window/closed"]),
        ([WINDOW], [freeze()], ["window/frozen"]),
        ([WINDOW], [freeze(ends_at="2026-11-25T12:00:00Z")], []),
        ([WINDOW], [freeze(scope={"bots": ["release"], "actions": []})], []),
        ([{**WINDOW, "zone": "Nowhere"}], [], ["window/unreadable"]),
        ([WINDOW], [{"id": "broken"}], ["window/unreadable"]),
    ],
)
def test_merge_goes_by_windows_and_freezes(
    windows: list[dict[str, Any]], freezes: list[dict[str, Any]], found: list[str]
) -> None:
    report = judged({}, "window", beside={"window": {"windows": windows, "freezes": freezes}})
    assert rules(report) == found
    assert (report.verdict is Verdict.ALLOW) is (not found)


@pytest.mark.parametrize(
    ("budgets", "verdict", "found"),
    [
        ({"shop": "normal"}, Verdict.ALLOW, []),
        ({"shop": "review"}, Verdict.ALLOW, ["slo/budget-low"]),
        ({"shop": "freeze"}, Verdict.REVIEW, ["slo/budget-spent"]),
        ({"shop": None}, Verdict.UNKNOWN, ["slo/budget-unknown"]),
        ({}, Verdict.UNKNOWN, ["slo/budget-unknown"]),
    ],
)
def test_merge_to_a_service_goes_by_its_budget(
    budgets: dict[str, Any], verdict: Verdict, found: list[str]
) -> None:
    report = judged(SERVICES, "slo", beside={"slo": budgets})
    assert (report.verdict, [violation.rule for violation in report.violations]) == (verdict, found)


def test_service_that_a_change_does_not_touch_does_not_count() -> None:
    base = {**SERVICES, "b.cart": "1"}
    report = judged(
        {**base, "b.cart": "2"}, "slo", base=base, beside={"slo": {"shop": "freeze", "cart": "normal"}}
    )
    assert report.verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    "text", ["services: 3", "other: {}", "[", "services: {a: [1]}", b"\xff", *BOMBS, "services: {a: ['[x]']}"]
)
def test_broken_map_of_services_is_unknown(text: str | bytes) -> None:
    report = judged({FILE: text}, "slo", beside={"slo": {}})
    assert (report.verdict, rules(report)) == (Verdict.UNKNOWN, ["slo/unreadable"])


def test_gates_that_need_a_plane_are_not_asked_without_one() -> None:
    report = judged(SERVICES, "slo", "window")
    assert [gate.skipped for gate in report.gates] == [
        "only a control plane knows budgets: --api",
        "no change window is given",
    ]
    assert report.at == NOW


@pytest.mark.parametrize("after", [{}, {FILE: "services: {}\n"}], ids=["deleted", "emptied"])
def test_change_cannot_take_itself_out_of_a_service(after: dict[str, str]) -> None:
    files = {**after, "src/shop/a": "2"}
    report = judged(files, "slo", base=SERVICES, beside={"slo": {"shop": "freeze"}})
    assert (report.verdict, sorted(rules(report))) == (Verdict.REVIEW, ["slo/budget-spent", "slo/rewritten"])
    alone = judged(files, "slo", base=SERVICES)
    assert (alone.verdict, rules(alone)) == (Verdict.REVIEW, ["slo/rewritten"])

"""Break-glass on the running plane: two others let one action through a freeze, and a fourth looks at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.conftest import Person, World, eventually, person

FLAG = "v1/flags/graph-queries"


@pytest.fixture(scope="module")
def others(world: World) -> list[Person]:
    return [person(world, name) for name in ("second", "third")]


def test_two_others_break_the_glass_and_a_fourth_reviews_it(
    world: World, operator: Person, colleague: Person, others: list[Person]
) -> None:
    tenants = ["acme", "globex"]
    without = operator("PATCH", FLAG, {"percent": 100, "off_for": tenants, "reason": "not these"})
    assert without.status_code == 200, without.text
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    freeze = {"id": "quiet", "scope": {"actions": ["widen-flag"]}, "owner": "platform", "reason": "quiet"}
    assert operator("POST", "v1/policy/freezes", {**freeze, "ends_at": tomorrow}).status_code == 201

    def widen(tenant: str) -> tuple[int, str]:
        still = [other for other in tenants if other != tenant]
        answer = operator("PATCH", FLAG, {"off_for": still, "reason": "they asked"})
        return answer.status_code, answer.json().get("code", "")

    assert widen("acme") == (403, "policy.freeze")
    asked = operator(
        "POST",
        "v1/break-glass",
        {
            "id": "outage",
            "rules": ["freeze"],
            "scope": {"bot": "flags", "action": "widen-flag", "target": "*"},
            "owner": "platform",
            "reason": "checkout is down",
            "minutes": 5,
        },
    )
    assert asked.status_code == 201, asked.text
    say = {"reason": "agreed"}
    assert operator("POST", "v1/break-glass/outage/approve", say).json()["code"] == "forbidden.four_eyes"
    assert colleague("POST", "v1/break-glass/outage/approve", say).status_code == 200
    assert widen("acme") == (403, "policy.freeze")
    opened = others[0]("POST", "v1/break-glass/outage/approve", say)
    assert opened.json()["stage"] == "open", opened.text
    assert widen("acme") == (200, "")
    assert operator("DELETE", "v1/break-glass/outage", reason="fixed").status_code == 200
    assert widen("globex") == (403, "policy.freeze")
    for involved in (operator, colleague, others[0]):
        refused = involved("POST", "v1/break-glass/outage/review", {"reason": "fine"})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden.four_eyes")
    assert others[1]("POST", "v1/break-glass/outage/review", {"reason": "justified"}).status_code == 200
    (item,) = operator("GET", "v1/break-glass").json()["items"]
    assert (item["stage"], item["review"]["reason"]) == ("reviewed", "justified")
    lifting = operator("DELETE", "v1/policy/freezes/quiet", reason="over").json()["action"]
    assert colleague("POST", f"v1/actions/{lifting}/approve", say).status_code in (200, 202)
    assert eventually(lambda: operator("GET", "v1/policy/freezes").json()["items"] == [])
    world.verified()

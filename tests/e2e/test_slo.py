"""A bot fails too often: its objective shows it, policy asks people, and lets go when it is over."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.operate.ticks import send
from tests.e2e.conftest import Person, World, eventually


def tick(world: World) -> None:
    """The slo bot's schedule comes due, without the wait for it."""
    send(world.plane, "slo", "rate(5 minutes)")


def recorded(operator: Person, bot: str, budget: str) -> Any:
    shown = operator("GET", f"v1/slo/{bot}").json()
    return shown if shown["recorded"]["budget"] == budget else None


def asked(operator: Person) -> tuple[str, set[str]]:
    """An exception asked for: the action that waits, and why it does."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = operator(
        "POST",
        "v1/policy/exceptions",
        {
            "id": f"slo-{uuid.uuid4().hex[:8]}",
            "rule": "freeze",
            "scope": {"bot": "canary", "action": "*", "target": "*"},
            "owner": "platform",
            "reason": "to see what policy says",
            "expires_at": tomorrow,
        },
    )
    assert answer.status_code == 202
    return answer.json()["action"], {reason["code"] for reason in answer.json()["reasons"]}


def test_a_budget_that_is_spent_is_shown_and_asked_for_until_it_has_recovered(
    world: World, operator: Person, colleague: Person
) -> None:
    listed = operator("GET", "v1/slo").json()["items"]
    assert {"backlog", "evidence", "policy"} <= {item["name"] for item in listed}
    two_days_ago = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y%m%d%H")
    key = {"pk": {"S": "stat#policy"}, "sk": {"S": two_days_ago}}
    usage = {"TableName": world.plane.thing("usage")}
    world.plane.aws("dynamodb").put_item(**usage, Item={**key, "failed": {"N": "50"}})
    try:
        tick(world)
        shown = eventually(lambda: recorded(operator, "policy", "freeze"))
        assert (shown["budget"], shown["budget_left"], shown["burning"]) == ("freeze", 0.0, "none")
        action, why = asked(operator)
        assert why == {"budget_low", "budget_spent", "risk_high"}
        assert colleague("POST", f"v1/actions/{action}/reject", {"reason": "no"}).status_code in (200, 202)
    finally:
        world.plane.aws("dynamodb").delete_item(**usage, Key=key)
    tick(world)
    assert eventually(lambda: recorded(operator, "policy", "normal"))["budget_left"] == 100.0
    action, why = asked(operator)
    assert why == {"risk_high"}
    assert colleague("POST", f"v1/actions/{action}/reject", {"reason": "no"}).status_code in (200, 202)
    done = operator("GET", "v1/actions", bot="slo", limit="100").json()["items"]
    # The schedule records what other tests did to their bots, too.
    assert len(done) >= 2
    assert {item["state"] for item in done} == {"succeeded"}
    world.verified()


def test_a_service_that_is_no_bot_is_judged_by_its_metrics(world: World, operator: Person) -> None:
    dimensions = [{"Name": name, "Value": "api"} for name in ("bot", "service")]
    data = {"Dimensions": dimensions, "Timestamp": datetime.now(UTC) - timedelta(hours=8), "Unit": "Count"}
    counts = {"Requests": 900_000.0, "RequestsFailed": 800_000.0}
    metrics = [{"MetricName": name, "Value": value, **data} for name, value in counts.items()]
    world.plane.aws("cloudwatch").put_metric_data(Namespace="Writ", MetricData=metrics)
    tick(world)
    shown = eventually(lambda: recorded(operator, "api", "freeze"))
    answers, gateway, latency = shown["objectives"]
    assert (shown["kind"], shown["worst"], shown["burning"]) == ("service", "answers", "none")
    assert answers["events"]["bad"] >= 800_000
    assert (gateway["measured"], gateway["success"]) == (True, None)
    assert (latency["measured"], latency["threshold_ms"]) == (False, 1500)

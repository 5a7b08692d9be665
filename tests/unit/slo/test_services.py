"""Objectives of services that are no bots: what is counted of them, what policy goes by, and what is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.slo.api import api
from functions.slo.standing import ServiceStanding
from stacks.manifest import load_folders
from stacks.service_manifest import load_services, read_service
from stacks.staging import ROOT
from tests.support.controls import ControlledGuards, ControlledPlane
from tests.support.http import call
from tests.support.memory import MemoryGuards
from tests.unit.slo.conftest import MemoryMeters
from tests.unit.slo.test_bot import tick
from writ.contracts.action import Target
from writ.contracts.errors import ContractError, TransientError
from writ.contracts.service import ServiceManifest
from writ.ports.controls import budget_key, service_digest
from writ.slo.counts import Count
from writ.slo.reading import asked, history

DAY = timedelta(days=1)
KEY = budget_key(service_digest("api"))
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
COUNTER = {"namespace": "Shop", "metric": "Orders"}


def manifest(tmp_path: Path, text: str, name: str = "shop") -> ServiceManifest:
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return read_service(path)


def indicator(**said: Any) -> Any:
    document = {
        "name": "shop",
        "summary": "A shop, say.",
        "owner": "shop",
        "runbook": "r",
        "indicators": {"it": said},
    }
    return ServiceManifest.model_validate(document).indicators["it"]


def test_a_spent_budget_of_a_service_is_told_holds_who_acts_on_it_and_recovers(
    plane: ControlledPlane, meters: MemoryMeters, api_service: ServiceManifest
) -> None:
    gateway, now = api_service.indicators["gateway"], plane.clock.now()
    assert tick(plane, "tick-1") == []
    meters.happened(gateway, now, [(timedelta(minutes=2), Count(0, 9)), (2 * DAY, Count(200, 0))])
    assert tick(plane, "tick-2") == ["BudgetSpent.v1", "BurnRateExceeded.v1"]
    told = plane.announced()[-1].data
    assert (told.subject, told.bot, told.indicator) == ("service", "api", "gateway")  # type: ignore[attr-defined]
    assert tick(plane, "tick-3") == []
    target = Target(kind="service", id="api").subject_digest()
    guards = ControlledGuards(MemoryGuards(plane.actions), plane.controls)
    assert guards.read("canary", "promote", target, now).budget == {"bot": "normal", "target": "freeze"}
    meters.happened(gateway, now, [(2 * DAY, Count(200, 0))])
    assert tick(plane, "tick-4") == ["BudgetRecovered.v1", "BurnRateSettled.v1"]
    assert guards.read("canary", "promote", target, now).budget == {"bot": "normal", "target": "normal"}


def test_a_service_stands_as_its_worst_indicator_and_each_keeps_its_own_state(
    plane: ControlledPlane, meters: MemoryMeters, api_service: ServiceManifest
) -> None:
    now = plane.clock.now()
    meters.happened(api_service.indicators["answers"], now, [(2 * DAY, Count(1992, 8))])
    assert tick(plane, "tick-1") == ["BudgetRunLow.v1"]
    meters.happened(api_service.indicators["gateway"], now, [(2 * DAY, Count(10, 9))])
    assert tick(plane, "tick-2") == ["BudgetSpent.v1"]
    standing = ServiceStanding.parse(plane.controls.documents[KEY])
    assert {name: one.budget for name, one in standing.indicators.items()} == {
        "answers": "review",
        "gateway": "freeze",
        "latency": "normal",
    }
    # 30 % left: not enough to leave `review`, which it is entered at 25 %.
    meters.happened(api_service.indicators["answers"], now, [(2 * DAY, Count(1993, 7))])
    assert tick(plane, "tick-3") == []
    assert ServiceStanding.parse(plane.controls.documents[KEY]).of("answers").budget == "review"


def test_a_service_whose_metrics_cannot_be_read_stays_as_it_was_and_holds_no_bot_up(
    plane: ControlledPlane, meters: MemoryMeters, api_service: ServiceManifest
) -> None:
    meters.happened(api_service.indicators["gateway"], plane.clock.now(), [(2 * DAY, Count(10, 9))])
    tick(plane, "tick-1")
    meters.broken = TransientError("metrics are away")
    assert tick(plane, "tick-2") == []
    shown = call(api, "GET", "/v1/slo/api").body
    assert (shown["budget"], shown["counted"]) == ("freeze", False)
    assert call(api, "GET", "/v1/slo").status == 200
    plane.controls.documents[budget_key(service_digest("backlog"))] = "unreadable"
    assert tick(plane, "tick-3") == ["BudgetRecovered.v1"]


def test_the_route_shows_each_indicator_and_what_is_not_measured_here(
    plane: ControlledPlane, meters: MemoryMeters, api_service: ServiceManifest
) -> None:
    meters.happened(api_service.indicators["answers"], plane.clock.now(), [(DAY, Count(390, 10))])
    shown = call(api, "GET", "/v1/slo/api").body
    assert (shown["kind"], shown["worst"], shown["budget"]) == ("service", "answers", "freeze")
    assert shown["indicators"] == ["answers", "gateway", "latency"]
    answers, gateway, latency = shown["objectives"]
    assert (answers["events"], answers["measured"]) == ({"good": 390, "bad": 10}, True)
    assert (gateway["success"], gateway["measured"]) == (None, True)
    assert (latency["threshold_ms"], latency["objective"], latency["measured"]) == (1500, 95, False)
    listed = [item["name"] for item in call(api, "GET", "/v1/slo").body["items"]]
    assert listed == sorted(listed)
    assert {"api", "backlog"} <= set(listed)


def test_prometheus_has_services_by_indicator(
    plane: ControlledPlane, meters: MemoryMeters, api_service: ServiceManifest
) -> None:
    meters.happened(api_service.indicators["gateway"], plane.clock.now(), [(DAY, Count(999, 1))])
    text = call(api, "GET", "/v1/metrics").body
    assert 'writ_service_events{service="api",indicator="gateway",outcome="bad"} 1\n' in text
    assert 'writ_service_error_budget_left_ratio{service="api",indicator="gateway"} 0.8\n' in text
    assert 'indicator="latency"' not in text


@pytest.mark.parametrize(
    ("said", "values", "count"),
    [
        ({"kind": "requests", "total": COUNTER, "bad": COUNTER}, [3.0, 10.0], Count(7, 3)),
        ({"kind": "requests", "total": COUNTER, "bad": COUNTER}, [None, 10.0], Count(10, 0)),
        # Failures that arrive before the requests they are of.
        ({"kind": "requests", "total": COUNTER, "bad": COUNTER}, [3.0, None], Count(0, 3)),
        ({"kind": "events", "good": COUNTER, "bad": COUNTER}, [7.0, 3.0], Count(7, 3)),
        ({"kind": "events", "good": COUNTER, "total": COUNTER}, [7.0, 10.0], Count(7, 3)),
        ({"kind": "calls", "function": "service-shop"}, [3.0, 10.0], Count(7, 3)),
        ({"kind": "latency", "threshold_ms": 800, "of": COUNTER}, [10.0, 7.0, 3.0], Count(7, 3)),
        # A period with nothing of one side has no point of that side.
        ({"kind": "latency", "threshold_ms": 800, "of": COUNTER}, [10.0, 10.0, None], Count(10, 0)),
        ({"kind": "latency", "threshold_ms": 800, "of": COUNTER}, [10.0, None, 10.0], Count(0, 10)),
    ],
)
def test_counts_of_every_kind_of_indicator(said: Any, values: list[float | None], count: Count) -> None:
    made = indicator(objective=99, **said)
    assert len(asked(made)) == len(values)
    points = [{} if value is None else {AT: value} for value in values]
    found = history(made, points, points)
    assert found.within(timedelta(hours=1), AT) == count
    assert found.within(timedelta(days=3), AT) == count


def test_a_percentile_is_a_share_within_its_threshold() -> None:
    short = indicator(kind="latency", p95_ms=800, of=COUNTER)
    assert short == indicator(kind="latency", objective=95, threshold_ms=800, of=COUNTER)
    assert [one.statistic for one in asked(short)] == ["SampleCount", "TC(:800)", "TC(800:)"]


HEAD = "name: shop\nsummary: A shop, for example.\nowner: shop\nrunbook: docs/shop.md\nindicators:\n"
M = "{namespace: A, metric: m}"


@pytest.mark.parametrize(
    ("indicators", "field"),
    [
        ("  {}", ""),
        ("  a: {kind: uptime, objective: 99}", "a"),
        (f"  a: {{kind: requests, objective: 100, good: {M}, bad: {M}}}", "a.requests.objective"),
        (f"  a: {{kind: requests, objective: 99, bad: {M}}}", "a.requests"),
        ("  a: {kind: calls, objective: 99, function: 'a b'}", "a.calls.function"),
        (f"  a: {{kind: latency, objective: 95, p95_ms: 5, of: {M}}}", "a.latency"),
        (f"  a: {{kind: latency, p95_ms: '5', of: {M}}}", "a.latency.threshold_ms"),
        (
            f"  a: {{kind: latency, p95_ms: 5, of: {M[:-1]}, dimensions: {{x: '{{secret}}'}}}}}}",
            "a.latency.of",
        ),
    ],
)
def test_a_manifest_that_is_wrong_names_its_field(tmp_path: Path, indicators: str, field: str) -> None:
    with pytest.raises(ContractError) as raised:
        manifest(tmp_path, HEAD + indicators)
    assert raised.value.code == "manifest.invalid"
    assert raised.value.field == f"indicators.{field}".rstrip(".")
    assert raised.value.message.startswith("services/shop.yaml: ")


def test_a_service_has_the_name_of_its_file_and_of_no_bot(tmp_path: Path) -> None:
    text = HEAD.replace("name: shop", "name: backlog") + "  a: {kind: calls, objective: 99, function: f}\n"
    with pytest.raises(ContractError, match="must be the file's name 'shop'"):
        manifest(tmp_path, text)
    (tmp_path / "shop.yaml").unlink()
    manifest(tmp_path, text, "backlog")
    with pytest.raises(ContractError, match="there is a bot of this name"):
        load_services(load_folders(), tmp_path)


def test_the_manifest_in_the_guide_is_one(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guides" / "slo.md").read_text(encoding="utf-8")
    found = manifest(tmp_path, guide.partition("```yaml\n")[2].partition("```")[0])
    assert {each.kind for each in found.indicators.values()} == {"requests", "latency", "events", "calls"}

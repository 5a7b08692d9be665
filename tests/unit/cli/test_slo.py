"""What `writ slo` prints, from answers as the route gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from cli.operate.slo import everything, one
from functions.slo.catalog import Service
from functions.slo.facts import watch, watch_services
from functions.slo.ports import PlaneNow, Ports
from functions.slo.views import service, shown
from stacks.manifest import load_folders
from stacks.service_manifest import load_services
from tests.support.controls import MemoryControls
from tests.support.memory import ManualClock
from tests.unit.slo.conftest import MemoryMeters, MemoryOutcomes
from writ.slo.counts import Count

NOW = datetime(2026, 3, 2, 10, 2, tzinfo=UTC)
TWO_DAYS = timedelta(days=2)


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    """Every folder: backlog with little left, packs in an outage, the others without actions."""
    outcomes = MemoryOutcomes()
    outcomes.happened("backlog", NOW, [(TWO_DAYS, Count(1992, 8))])
    outcomes.happened("packs", NOW, [(timedelta(minutes=2), Count(0, 9)), (TWO_DAYS, Count(200, 0))])
    manifests = {folder.name: folder.manifest for folder in load_folders()}
    plane = PlaneNow(0, 0, None)
    meters, controls, clock = MemoryMeters(), MemoryControls(), ManualClock(NOW)
    (api,) = (each for each in load_services() if each.name == "api")
    meters.happened(api.indicators["gateway"], NOW, [(timedelta(minutes=2), Count(3, 9))])
    services = {"api": Service(manifest=api, unmeasured=frozenset({"latency"}))}
    ports = Ports(lambda: manifests, lambda: services, outcomes, meters, controls, clock, lambda: plane)
    items = [shown(manifest, watch(manifest, NOW, ports)) for manifest in manifests.values()]
    items += [service(api, watched) for watched in watch_services(services, NOW, ports)]
    read: list[dict[str, Any]] = json.loads(json.dumps(items))
    return read


def printed(renderable: Any) -> list[str]:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get().splitlines()


def test_each_bot_has_a_line_with_what_is_left_of_its_budget(found: list[dict[str, Any]]) -> None:
    lines = {line.split()[0]: line for line in printed(everything(found)) if line.strip()}
    assert "8 / 10" in lines["backlog"]
    assert "██░░░░░░░░ 20.00 %" in lines["backlog"]
    assert "review" in lines["backlog"]
    assert "░░░░░░░░░░ 0.00 %" in lines["packs"]
    assert "freeze, page" in lines["packs"]
    assert "██████████ 100.00 %" in lines["anchor"]


def test_what_only_cloudwatch_counts_is_named_and_has_no_line(found: list[dict[str, Any]]) -> None:
    lines = printed(everything(found))
    assert not any(line.startswith("evidence") for line in lines)
    assert "evidence (requests)" in " ".join(lines)


def test_one_bot_is_shown_rule_by_rule_with_what_each_needs(found: list[dict[str, Any]]) -> None:
    lines = printed(one(next(item for item in found if item["name"] == "packs")))
    (fast,) = (line for line in lines if "14.4" in line)
    assert fast.split()[-3:] == ["9", "3", "burns"]
    assert any("9 bad; 1.04 may be" in line for line in lines)


def test_each_indicator_of_a_service_has_a_line_and_what_is_not_measured_is_named(
    found: list[dict[str, Any]],
) -> None:
    lines = printed(everything(found))
    (gateway,) = (line for line in lines if line.startswith("api gateway"))
    assert "9 / 0.06" in gateway
    assert "freeze, page" in gateway
    assert not any(line.startswith("api latency") for line in lines)
    assert "not measured here: api (latency)" in lines


def test_a_service_is_shown_indicator_by_indicator(found: list[dict[str, Any]]) -> None:
    lines = printed(one(next(item for item in found if item["name"] == "api")))
    rows = {line.split()[0]: line for line in lines if line.strip()}
    assert "100.00 %" in rows["answers"]
    assert rows["gateway"].split()[1:5] == ["99.5", "%", "25.00", "%"]
    assert "freeze, page" in rows["state"]

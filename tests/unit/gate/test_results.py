"""The gate bot: what CI hands in is recorded once, and nothing that contradicts itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import cli.gates.gate
from cli.gates.result import of as result_of
from functions.gate import api as routes
from functions.gate.api import api
from functions.gate.handler import bot
from functions.gate.perform import ACTIONS
from functions.gate.ports import Ports
from tests.support.commands import Command, commanding, shown
from tests.support.controls import ControlledPlane
from tests.support.http import call, run_of, serving
from tests.support.wire import wire
from tests.unit.gates.running import engine, judged
from tests.unit.gates.test_exceptions import kept
from tests.unit.gates.test_licences import expression, of
from writ.contracts.errors import ConflictError

RESULTS = "/v1/gates/results"
BOM = {"bom.json": of(expression("SSPL-1.0"))}


@dataclass
class MemoryResults:
    """Results by place."""

    kept: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def keep(self, place: tuple[str, str], document: Mapping[str, Any]) -> None:
        if place in self.kept:
            raise ConflictError("kept already")
        self.kept[place] = document

    def get(self, place: tuple[str, str]) -> Mapping[str, Any] | None:
        return self.kept.get(place)

    def newest(
        self, repository: str, limit: int, before: str | None
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        mine = (place for place in self.kept if place[0] == repository and place[1] < (before or "~"))
        page = sorted(mine, reverse=True)[:limit]
        return [self.kept[place] for place in page], page[-1][1] if len(page) == limit else None


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> ControlledPlane:
    plane = ControlledPlane()
    ports = Ports(MemoryResults(), lambda: engine().bundle.digest)
    wire(monkeypatch, bot, routes, plane.wiring("gate", ACTIONS, ports))
    return plane


@pytest.fixture
def writ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plane: ControlledPlane) -> Command:
    plane.clock.instant = datetime.now(UTC)
    return commanding(monkeypatch, tmp_path, api)


def body(plane: ControlledPlane, **changes: Any) -> dict[str, Any]:
    return {**result_of(judged(BOM, "licences", now=plane.clock.now())), **changes}


def test_result_is_signed_recorded_and_announced(plane: ControlledPlane) -> None:
    answer = call(api, "POST", RESULTS, body(plane))
    assert answer.status == 201
    assert answer.body["verdict"] == "deny"
    (item,) = call(api, "GET", f"{RESULTS}?repository=acme/shop").body["items"]
    assert (item["current"], item["total"], item["by"]) == (True, 1, "ann")
    assert item["violations"][0]["rule"] == "licences/forbidden"
    assert "GateResultRecorded.v1" in [event.type for event in plane.bus.events]


def test_same_report_is_the_same_entry(plane: ControlledPlane) -> None:
    first, again = (call(api, "POST", RESULTS, body(plane)) for _ in range(2))
    assert first.body["action"] == again.body["action"]
    assert len(call(api, "GET", f"{RESULTS}?repository=acme/shop").body["items"]) == 1


def test_no_word_of_a_violation_leaves_with_the_result(plane: ControlledPlane) -> None:
    report = judged(
        {"bom.json": of({"license": {"name": "my-secret-licence"}})}, "licences", now=plane.clock.now()
    )
    assert "my-secret-licence" in report.model_dump_json()
    assert "my-secret-licence" not in json.dumps(result_of(report))


def test_results_are_listed_the_newest_first_page_by_page(plane: ControlledPlane) -> None:
    for _ in range(3):
        call(api, "POST", RESULTS, body(plane))
        plane.clock.forward(minutes=1)
    first = call(api, "GET", f"{RESULTS}?repository=acme/shop&limit=2").body
    rest = call(
        api,
        "GET",
        f"{RESULTS}?repository=acme/shop&limit=2&cursor={first['next_cursor'].replace('#', '%23')}",
    )
    times = [item["at"] for item in [*first["items"], *rest.body["items"]]]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"verdict": "allow"}, "verdict"),
        ({"verdict": "review"}, "verdict"),
        ({"verdict": "allow", "violations": [], "total": 0, "exceptions": []}, "verdict"),
        ({"report": "short"}, "report"),
        ({"by": "someone else"}, "by"),
        ({"words": "x"}, "words"),
        ({"repository": "a b"}, "repository"),
        ({"at": "2020-01-01T00:00:00Z"}, "at"),
    ],
)
def test_result_that_makes_no_sense_is_named_and_not_kept(
    plane: ControlledPlane, changes: dict[str, Any], place: str
) -> None:
    answer = call(api, "POST", RESULTS, body(plane, **changes))
    assert (answer.status, answer.body["field"]) == (400, place)
    assert call(api, "GET", f"{RESULTS}?repository=acme/shop").body["items"] == []


@pytest.mark.parametrize(
    ("query", "place"),
    [("", "repository"), ("?repository=a%20b", "repository"), ("?repository=a&cursor=x", "cursor")],
)
def test_list_that_makes_no_sense_is_named(plane: ControlledPlane, query: str, place: str) -> None:
    answer = call(api, "GET", RESULTS + query)
    assert (answer.status, answer.body["field"]) == (400, place)


def test_gates_are_listed_with_the_digest_of_their_policies(plane: ControlledPlane) -> None:
    answer = call(api, "GET", "/v1/gates").body
    assert answer["bundle"] == engine().bundle.digest
    assert "licences" in [item["name"] for item in answer["items"]]


def test_run_with_api_takes_exceptions_and_hands_in(
    writ: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "shop"
    checkout.mkdir()
    (checkout / "bom.json").write_text(BOM["bom.json"])
    arguments = (
        "gate",
        "run",
        "--repo",
        str(checkout),
        "--repository",
        "acme/shop",
        "--only",
        "licences",
        "--api",
    )
    monkeypatch.setattr(cli.gates.gate, "plane_exceptions", lambda _api: [])
    monkeypatch.setattr(cli.gates.gate, "plane_facts", lambda _api: {"slo": {}})
    assert shown(writ(*arguments, "--format", "json"), exit_code=1)["verdict"] == "deny"
    later = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(cli.gates.gate, "plane_exceptions", lambda _api: [kept(expires_at=later)])
    result = writ(*arguments)
    assert result.exit_code == 0
    assert "recorded as act-" in result.stderr
    items = call(api, "GET", f"{RESULTS}?repository=acme/shop").body["items"]
    assert {(item["verdict"], *item["exceptions"]) for item in items} == {("deny",), ("allow", "plane")}


def test_run_of_a_workflow_reports_of_its_own_repository_and_commit(
    monkeypatch: pytest.MonkeyPatch, plane: ControlledPlane
) -> None:
    serving(monkeypatch, api, "*/*")
    sha = "c" * 40
    for run, given, wrong in (
        (run_of("evil/shop"), body(plane, commit=sha), "repository"),
        (run_of("acme/shop", sha="d" * 40), body(plane, commit=sha), "commit"),
        (run_of("acme/shop"), body(plane, commit=None), "commit"),
    ):
        refused = call(api, "POST", RESULTS, given, run=run)
        assert (refused.status, refused.body["code"], refused.body["field"]) == (403, "forbidden", wrong)
    assert not plane.evidence.entries
    assert call(api, "POST", RESULTS, body(plane, commit=sha), run=run_of("Acme/shop")).status == 201
    (item,) = call(api, "GET", f"{RESULTS}?repository=acme/shop").body["items"]
    assert item["by"] == "run 77 of Acme/shop"
    (caused,) = {(r.cause.actor_kind, r.cause.actor_id) for r in plane.actions.records.values()}
    assert caused == ("run", "run 77 of Acme/shop")


def test_word_of_a_workflow_that_is_not_named_does_not_count(
    monkeypatch: pytest.MonkeyPatch, plane: ControlledPlane
) -> None:
    trusted = "acme/writ/.github/workflows/recorded-gates.yml@refs/tags/*"
    for gates in ((), (trusted,)):
        serving(monkeypatch, api, "acme/*", gates=gates)
        refused = call(api, "POST", RESULTS, body(plane, commit="c" * 40), run=run_of("acme/shop"))
        assert (refused.status, refused.body["code"]) == (403, "forbidden")
    assert not plane.evidence.entries
    by = {**run_of("acme/shop"), "job_workflow_ref": trusted.replace("*", "v1")}
    assert call(api, "POST", RESULTS, body(plane, commit="c" * 40), run=by).status == 201

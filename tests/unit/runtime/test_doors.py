"""Runs of workflows come in by a door of their own, and by it is known who vouched for the caller."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.http import Answer, call, run_of, serving
from writ.contracts.errors import WritError
from writ.runtime.doors import entered
from writ.runtime.rest import Api, Request, Response
from writ.runtime.workflow_run import WorkflowRun

api = Api("probe")


@api.post("/v1/results/{id}")
def _report(request: Request) -> Response:
    run = request.caller.run
    known = None if run is None else [run.repository, run.id, run.sha]
    return Response({"run": known, "by": request.caller.shown, "id": request.path["id"]})


def asked(**options: Any) -> Answer:
    return call(api, "POST", "/v1/results/7", {}, **options)


def test_a_route_key_says_the_door() -> None:
    assert entered("GET /v1/slo") == ("people", "GET /v1/slo")
    assert entered("GET /workflows/v1/slo") == ("workflows", "GET /v1/slo")
    assert entered("GET /workflowsish/v1") == ("people", "GET /workflowsish/v1")
    assert entered("$default") == ("people", "$default")
    assert entered("") == ("people", "")


def test_a_run_of_a_repository_that_is_served_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    serving(monkeypatch, api, "acme/*")
    answer = asked(run=run_of("Acme/Shop", 91))
    assert answer.body == {"run": ["Acme/Shop", 91, "c" * 40], "by": "run 91 of Acme/Shop", "id": "7"}


@pytest.mark.parametrize("served", [("acme/site",), ("other/*",)])
def test_a_run_of_another_repository_is_kept_out(
    monkeypatch: pytest.MonkeyPatch, served: tuple[str, ...]
) -> None:
    serving(monkeypatch, api, *served)
    answer = asked(run=run_of("acme/shop"))
    assert (answer.status, answer.body["code"]) == (403, "forbidden")


def test_a_route_that_is_not_there_for_runs_is_closed_to_them_whatever_the_gateway_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serving(monkeypatch, Api("another"), "acme/*")
    assert asked(run=run_of("acme/shop")).status == 403


def test_a_plane_that_serves_nobody_lets_no_run_in(monkeypatch: pytest.MonkeyPatch) -> None:
    serving(monkeypatch, api)
    assert asked(run=run_of("acme/shop")).status == 403


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": "4f1c", "username": "ann"},
        {**run_of("acme/shop"), "run_id": "x"},
        {**run_of("acme/shop"), "run_id": "9" * 20},
        {**run_of("acme/shop"), "sha": ""},
        {**run_of("acme/shop"), "repository": ""},
        {**run_of("acme/shop"), "sub": ""},
    ],
)
def test_a_token_that_is_not_of_a_run_does_not_open_its_door(
    monkeypatch: pytest.MonkeyPatch, claims: dict[str, str]
) -> None:
    serving(monkeypatch, api, "*/*")
    answer = asked(run=claims)
    assert (answer.status, answer.body["code"]) == (401, "authentication.missing")


def test_claims_of_a_run_make_nobody_one_at_the_door_of_people() -> None:
    answer = asked(sub="repo:acme/shop:ref:refs/heads/main", name="acme/shop")
    assert answer.body["run"] is None


def test_a_run_knows_its_repository_in_either_case() -> None:
    run = WorkflowRun.of(run_of("acme/shop"))
    assert run.is_of("Acme/Shop")
    assert not run.is_of("acme/shops")
    with pytest.raises(WritError):
        WorkflowRun.of({"sub": "x"})

"""Runs of workflows at a deployed API: they sign in as themselves, and vouch for nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
from dulwich import porcelain

from cli.gates.cases import sample_change
from cli.local.forge import remarks
from cli.local.forge_jobs import Job
from cli.localforge.runs import job_variables
from cli.localforge.server import SEEN, TAKE_IN, LocalServer
from cli.login import TOKEN_VARIABLE
from cli.plane import API_VARIABLE, ROOT
from stacks.manifest import load_folders
from tests.e2e.conftest import PULL_REQUEST, Person, World, eventually, run_of

REPOSITORY = "acme/site"
ROUTES = [route for folder in load_folders() for route in folder.manifest.routes]


def test_a_run_reads_what_is_there_for_it_and_nothing_else(world: World, issuer: LocalServer) -> None:
    job = run_of(world, issuer, REPOSITORY)
    assert job("GET", "workflows/v1/slo").status_code == 200
    assert job("GET", "workflows/v1/policy/freezes").status_code == 200
    assert job("GET", "v1/slo").status_code == 401, "the door of people takes no token of a run"
    signed = {"Authorization": f"Bearer {job.token}"}
    for route in (each for each in ROUTES if not each.workflows):
        method, path = route.route.replace("{", "").replace("+}", "").replace("}", "").split(" ")
        answer = httpx.request(method, f"{world.address}/workflows{path}", headers=signed)
        assert answer.status_code == 404, route


def test_nobody_else_comes_in_by_that_door(world: World, issuer: LocalServer, operator: Person) -> None:
    for stranger in (
        world.nobody,
        operator,
        world.bearer("nonsense"),
        run_of(world, issuer, REPOSITORY, audience="https://another.example"),
    ):
        assert stranger("GET", "workflows/v1/slo").status_code == 401


def test_a_run_vouches_for_its_own_repository_alone(
    world: World, issuer: LocalServer, operator: Person
) -> None:
    bundle = operator("GET", "v1/gates").json()["bundle"]
    result: dict[str, Any] = {
        "repository": "acme/other", "commit": "c" * 40, "at": "2026-03-02T10:00:00Z", "verdict": "allow",
        "bundle": bundle, "report": "d" * 64, "gates": [], "violations": [], "total": 0, "exceptions": [],
    }  # fmt: skip
    refused = run_of(world, issuer, REPOSITORY)("POST", "workflows/v1/gates/results", result)
    assert (refused.status_code, refused.json()["field"]) == (403, "repository")
    assert operator("GET", "v1/gates/results", repository="acme/other").json()["items"] == []
    absent = run_of(world, issuer, REPOSITORY)("GET", "workflows/v1/releases/rel-20260302t100000-0a1b2c3d")
    assert absent.status_code == 404


def test_a_job_runs_the_gates_and_the_ledger_gets_the_result_in_its_name(
    world: World, issuer: LocalServer, operator: Person, tmp_path: Path
) -> None:
    """As the action does, with what a job finds in its environment and no secret at all."""
    checkout = tmp_path / "site"
    checkout.mkdir()
    (checkout / "index.html").write_text("<h1>acme</h1>\n", encoding="utf-8")
    porcelain.init(str(checkout))
    porcelain.add(str(checkout), [str(checkout / "index.html")])
    sha = porcelain.commit(str(checkout), b"feat: a page", author=b"a <a@example.com>").decode()
    known = {name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
    told = subprocess.run(
        [ROOT / "writ", "gate", "run", "--repo", checkout, "--repository", REPOSITORY, "--only", "window",
         "--api", "--json"],
        env={**known, **job_variables(issuer.address, REPOSITORY, 91, sha), API_VARIABLE: world.address},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    (item,) = operator("GET", "v1/gates/results", repository=REPOSITORY).json()["items"]
    assert (item["by"], item["commit"], item["verdict"]) == (f"run 91 of {REPOSITORY}", sha, "allow")
    assert json.loads(told.stdout)["commit"] == sha


def test_the_job_of_a_pull_request_annotates_it_once(
    world: World, issuer: LocalServer, operator: Person
) -> None:
    """As `make run` has it: a change that three rules are against, judged by the job of its own run."""
    told = json.loads(PULL_REQUEST)
    told["repository"]["full_name"], told["pull_request"]["head"]["sha"] = "acme/cart", "e" * 40
    body = {**told, "files": sample_change()}
    taken = httpx.post(issuer.address + TAKE_IN, json=body).raise_for_status().json()
    job = Job.of(json.dumps(told).encode(), taken)
    assert job.run(world.plane, issuer.address)
    assert not job.run(world.plane, issuer.address), "its result is there"
    (item,) = operator("GET", "v1/gates/results", repository="acme/cart").json()["items"]
    assert (item["by"], item["commit"], item["verdict"]) == (
        f"run {job.number} of acme/cart",
        taken["head"]["sha"],
        "deny",
    )

    def said() -> set[tuple[str, str]]:
        kept = httpx.get(issuer.address + SEEN).json()["repositories"]
        (record,) = (each for each in kept if each["name"] == "acme/cart")
        found = remarks(record, record["pulls"][str(job.number)])
        return {(place, rule) for _, place, level, rule in found if level == "failure"}

    eventually(lambda: len(said()) >= 3, 120)
    assert said() == {
        ("bom.json:11", "security/malicious"),
        ("bom.json:23", "licences/forbidden"),
        ("src/chat.py:2", "secrets/credential"),
    }


def test_the_issuer_is_asked_for_its_keys_as_any_other_is(issuer: LocalServer) -> None:
    told = httpx.get(f"{issuer.address}/.well-known/openid-configuration").json()
    assert told["issuer"] == issuer.address
    assert {key["kty"] for key in httpx.get(told["jwks_uri"]).json()["keys"]} == {"RSA"}

"""The bot's deployed ports: its table, its secret, and a forge that is asked over HTTP as an App."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from cli.localforge.server import SEEN, TAKE_IN, LocalServer
from cli.localforge.sign_in import APP, private_key
from cli.plane import ROOT
from functions.pr import facts, perform, plan
from functions.pr.ports import Ports, connect
from tests.support.controls import ControlledPlane
from tests.support.memory import START
from tests.support.moto_aws import moto_aws
from tests.support.pull_requests import judged, noted, opened
from writ.adapters import aws
from writ.contracts.action import Status
from writ.contracts.errors import ContractError
from writ.contracts.event import AnyEvent
from writ.gates.registry import names
from writ.runtime.access import bundle
from writ.runtime.bot import Bot
from writ.runtime.environment import Environment

PAYLOAD = (ROOT / "events/github/samples/pull_request/converted_to_draft.payload.json").read_bytes()
REPOSITORY, NUMBER = json.loads(PAYLOAD)["repository"]["full_name"], json.loads(PAYLOAD)["number"]
HEAD = json.loads(PAYLOAD)["pull_request"]["head"]["sha"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    made = LocalServer(tmp_path, 0)
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    httpx.post(made.address + TAKE_IN, content=PAYLOAD).raise_for_status()
    with moto_aws("pulls", "controls", "usage"):
        stored = {"app": APP, "private_key": private_key(tmp_path), "api": made.address}
        aws.client("secretsmanager").create_secret(Name="forge", SecretString=json.dumps(stored))
        yield made
    made.shutdown()
    made.server_close()


TABLES = json.dumps({name: name for name in ("pulls", "controls", "usage")})


def environment(forge: str = '{"api": "stored"}') -> Environment:
    given = {"ENV": "test", "BOT": "pr", "FUNCTION": "pr", "OWNER": "platform", "BUS": "b", "FORGE": forge}
    given |= {"CODE_DIGEST": "0" * 64, "TABLES": TABLES, "SECRETS": '{"forge": "forge"}'}
    return Environment.load({f"WRIT_{name}": value for name, value in given.items()})


def note(plane: ControlledPlane, topic: str, text: str) -> Status:
    event = noted(topic, text, START, repository=REPOSITORY, pull_request=NUMBER)
    return handled(plane, event)["post-note"]


def handled(plane: ControlledPlane, event: AnyEvent) -> dict[str, Status]:
    """An event, handled by a process of its own."""
    ports = connect(environment())
    bot: Bot[Ports, facts.Facts] = Bot(
        "pr", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=connect
    )
    bot.__dict__["wiring"] = plane.wiring("pr", perform.ACTIONS, ports)
    return {record.action.name: record.outcome.status for record in bot.run(event) if record.outcome}


def test_notes_are_one_comment_at_the_forge_whichever_process_posts_them(server: LocalServer) -> None:
    plane = ControlledPlane()
    for topic, text in (("preview", "ready, @octocat"), ("gate", "passed <!-- writ:comment")):
        assert note(plane, topic, text) is Status.SUCCEEDED
    assert note(plane, "canary", "on its way") is Status.SUCCEEDED
    (repository,) = httpx.get(server.address + SEEN).json()["repositories"]
    (comment,) = repository["comments"].values()
    assert "> ready, @\u200boctocat" in comment["body"]
    assert "> passed <\u200b!-- writ:comment" in comment["body"]
    assert "> on its way" in comment["body"]


def test_comment_of_a_plane_that_was_lost_is_taken_over(server: LocalServer) -> None:
    assert note(ControlledPlane(), "preview", "ready") is Status.SUCCEEDED
    for item in (pulls := aws.client("dynamodb")).scan(TableName="pulls")["Items"]:
        key = {name: item[name] for name in ("pk", "sk")}
        pulls.delete_item(TableName="pulls", Key=key)
    assert note(ControlledPlane(), "gate", "passed") is Status.SUCCEEDED
    (repository,) = httpx.get(server.address + SEEN).json()["repositories"]
    (comment,) = repository["comments"].values()
    assert "> passed" in comment["body"]


def test_gate_result_is_one_check_run_whichever_process_reports_it(server: LocalServer) -> None:
    plane = ControlledPlane()
    at = {"repository": REPOSITORY, "commit": HEAD}
    found = [{"rule": "licences/forbidden", "effect": "deny", "path": "bom.json", "line": 3}] * 60
    for report in ("1", "2"):
        event = judged(START, report=report * 64, violations=found[: 59 + int(report)], **at)
        assert set(handled(plane, event).values()) == {Status.SUCCEEDED}
    allowed = judged(START, "allow", report="3" * 64, violations=[], **at)
    assert handled(plane, allowed)["report-check"] is Status.SUCCEEDED
    (repository,) = httpx.get(server.address + SEEN).json()["repositories"]
    (check,) = [run for run in repository["checks"].values() if run["report"]["name"] == "writ/gates"]
    assert (check["report"]["name"], check["report"]["conclusion"]) == ("writ/gates", "success")
    assert check["report"]["details_url"] == "https://writ.example/guides/gates"
    (annotation,) = check["annotations"]  # what is said of a line once is not said again
    assert annotation["message"].startswith("Does not hold: No component has a licence that is forbidden")


def test_pull_request_that_policy_allows_is_merged_in_its_repository(server: LocalServer) -> None:
    """Title, gates, approval and label come one after the other; the last of them merges it."""
    plane = ControlledPlane()
    told = json.loads(PAYLOAD)
    pull = told["pull_request"] | {
        "title": "docs: say more",
        "draft": False,
        "labels": [{"name": "automerge"}],
    }
    pull["head"]["repo"] = {"full_name": REPOSITORY}
    review = {
        "id": 7, "state": "approved", "commit_id": HEAD, "author_association": "MEMBER",
        "user": {"login": "ann", "type": "User"},
    }  # fmt: skip
    outcomes = [{"gate": name, "verdict": "allow", "violations": 0, "waived": 0} for name in names()]
    clean = {"violations": [], "gates": outcomes, "bundle": bundle().digest}
    for payload in ({**told, "pull_request": pull}, {**told, "review": review}):
        httpx.post(server.address + TAKE_IN, json=payload).raise_for_status()
    event = opened(START, "PullRequestOpened.v1", repository=REPOSITORY, number=NUMBER)
    assert handled(plane, event) == dict.fromkeys(
        ("report-check", "post-note", "await-merge"), Status.SUCCEEDED
    )
    plane.clock.instant += timedelta(minutes=1)
    (before,) = httpx.get(server.address + SEEN).json()["repositories"]
    head = before["pulls"][str(NUMBER)]["head_sha"]
    done = handled(plane, judged(datetime.now(UTC), "allow", repository=REPOSITORY, commit=head, **clean))
    (repository,) = httpx.get(server.address + SEEN).json()["repositories"]
    assert done["merge-pull-request"] is Status.SUCCEEDED, repository["comments"]
    (kept,) = repository["pulls"].values()
    assert (kept["merged"], kept["merged_by"]) == (True, "writ-local[bot]")
    assert repository["refs"]["refs/heads/master"] == kept["merge_sha"]
    reported = {run["report"]["name"]: run["report"]["conclusion"] for run in repository["checks"].values()}
    assert reported == {"writ/gates": "success", "writ/pull-request": "success"}
    again = opened(START, "PullRequestMerged.v1", repository=REPOSITORY, number=NUMBER)
    assert handled(plane, again) == {"await-merge": Status.SUCCEEDED}


def test_site_that_does_not_read_names_the_variable() -> None:
    with pytest.raises(ContractError, match="WRIT_FORGE"):
        connect(environment('{"api": "http://elsewhere.example"}'))


def test_without_a_site_there_is_no_forge() -> None:
    with moto_aws("pulls", "controls", "usage"):
        assert connect(environment("")).forge is None

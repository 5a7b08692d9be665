"""The bot's deployed ports: its table, its secret, and a forge that is asked over HTTP as an App."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
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
from tests.support.pull_requests import noted
from writ.adapters import aws
from writ.contracts.action import Status
from writ.contracts.errors import ContractError
from writ.runtime.bot import Bot
from writ.runtime.environment import Environment

PAYLOAD = (ROOT / "events/github/samples/pull_request/converted_to_draft.payload.json").read_bytes()
REPOSITORY, NUMBER = json.loads(PAYLOAD)["repository"]["full_name"], json.loads(PAYLOAD)["number"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    made = LocalServer(tmp_path, 0)
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    httpx.post(made.address + TAKE_IN, content=PAYLOAD).raise_for_status()
    with moto_aws("pulls"):
        stored = {"app": APP, "private_key": private_key(tmp_path), "api": made.address}
        aws.client("secretsmanager").create_secret(Name="forge", SecretString=json.dumps(stored))
        yield made
    made.shutdown()
    made.server_close()


def environment(forge: str = '{"api": "stored"}') -> Environment:
    given = {"ENV": "test", "BOT": "pr", "FUNCTION": "pr", "OWNER": "platform", "BUS": "b", "FORGE": forge}
    given |= {"CODE_DIGEST": "0" * 64, "TABLES": '{"pulls": "pulls"}', "SECRETS": '{"forge": "forge"}'}
    return Environment.load({f"WRIT_{name}": value for name, value in given.items()})


def note(plane: ControlledPlane, topic: str, text: str) -> Status:
    """A note, handled by a process of its own."""
    ports = connect(environment())
    bot: Bot[Ports, facts.Facts] = Bot(
        "pr", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=connect
    )
    bot.__dict__["wiring"] = plane.wiring("pr", perform.ACTIONS, ports)
    event = noted(topic, text, START, repository=REPOSITORY, pull_request=NUMBER)
    (record,) = bot.run(event)
    assert record.outcome is not None
    return record.outcome.status


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


def test_site_that_does_not_read_names_the_variable() -> None:
    with pytest.raises(ContractError, match="WRIT_FORGE"):
        connect(environment('{"api": "http://elsewhere.example"}'))


def test_without_a_site_there_is_no_forge() -> None:
    with moto_aws("pulls"):
        assert connect(environment("")).forge is None

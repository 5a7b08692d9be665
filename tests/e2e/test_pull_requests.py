"""What bots note is one comment in a forge that is asked over HTTP, by an App that may do nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.localforge.server import SEEN, TAKE_IN, LocalServer
from cli.localforge.sign_in import APP, private_key
from tests.e2e.conftest import SAMPLES, World, eventually

PAYLOAD = (SAMPLES / "pull_request" / "converted_to_draft.payload.json").read_bytes()
SENT = json.loads(PAYLOAD)
REPOSITORY, NUMBER = SENT["repository"]["full_name"], SENT["number"]


@pytest.fixture
def forge(world: World, tmp_path: Path) -> Iterator[LocalServer]:
    """A forge of this test's own, which the plane knows by its secret."""
    server = LocalServer(tmp_path, 0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    credentials = {"app": APP, "private_key": private_key(tmp_path), "api": server.address}
    world.plane.aws("secretsmanager").put_secret_value(
        SecretId=world.plane.thing("forge"), SecretString=json.dumps(credentials)
    )
    httpx.post(server.address + TAKE_IN, content=PAYLOAD).raise_for_status()
    yield server
    server.shutdown()
    server.server_close()


def note(world: World, topic: str, text: str) -> None:
    """Another bot has something to say."""
    now = datetime.now(UTC).isoformat()
    detail = {
        "meta": {"id": f"e2e-{topic}-{now}", "time": now, "producer": topic},
        "data": {
            "repository": REPOSITORY,
            "pull_request": NUMBER,
            "topic": topic,
            "text": text,
            "noted_at": now,
        },
    }
    entry = {
        "EventBusName": world.plane.file.bus_name,
        "Source": f"writ.{topic}",
        "DetailType": "PullRequestNoted.v1",
        "Detail": json.dumps(detail),
    }
    assert world.plane.aws("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def comments(server: LocalServer) -> list[Mapping[str, Any]]:
    (repository,) = httpx.get(server.address + SEEN).json()["repositories"]
    return list(repository["comments"].values())


def test_notes_of_bots_at_once_are_one_comment_with_a_section_each(world: World, forge: LocalServer) -> None:
    for topic in ("preview", "gate", "canary"):
        note(world, topic, f"{topic} says hello to @octocat")
    eventually(lambda: sum(comment["body"].count("### ") for comment in comments(forge)) >= 3, 120)
    note(world, "gate", "gate passed")
    eventually(lambda: "> gate passed" in comments(forge)[0]["body"], 120)
    world.settle()
    (comment,) = comments(forge)
    assert "> preview says hello to @\u200boctocat" in comment["body"]
    assert "gate says hello" not in comment["body"]

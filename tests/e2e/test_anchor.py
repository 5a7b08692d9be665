"""Checkpoints posted where the log's operator cannot take them back, and a copy held against them."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from cli.app import app
from cli.ledger.copying import write_copy
from cli.ledger.log_source import PlaneLog
from cli.localforge.server import PUSH, SEEN, LocalServer
from cli.localforge.sign_in import personal_token
from cli.operate.ticks import send
from stacks.settings import settings_for
from tests.e2e.conftest import World, eventually, sample

SITE = settings_for("local").anchor
FAILED = "check_run/completed.1.payload.json"


def posted(forge: LocalServer) -> list[dict[str, Any]]:
    assert SITE is not None
    kept = httpx.get(forge.address + SEEN).json()["repositories"]
    (found,) = (repository for repository in kept if repository["name"] == SITE.repository)
    return list(found["statuses"])


def verified(copy: Path, statuses: list[dict[str, Any]], folder: Path) -> tuple[int, dict[str, Any]]:
    file = folder / "statuses.json"
    file.write_text(json.dumps(statuses), encoding="utf-8")
    words = ["ledger", "verify", str(copy), "--anchor", str(file), "--seen", str(folder / "seen"), "--json"]
    result = CliRunner().invoke(app, words)
    return result.exit_code, json.loads(result.stdout)


def test_a_checkpoint_is_posted_once_and_a_copy_that_does_not_hold_it_is_refused(
    world: World, forge: LocalServer, tmp_path: Path
) -> None:
    assert SITE is not None
    body = {"repository": SITE.repository, "files": {"README.md": "x"}, "message": "chore: begin"}
    commit = httpx.post(forge.address + PUSH, json=body).raise_for_status().json()["sha"]
    known = {"token": personal_token(forge.forge.folder), "api": forge.address}
    world.plane.aws("secretsmanager").put_secret_value(
        SecretId=world.plane.thing("anchor"), SecretString=json.dumps(known)
    )
    run = json.loads(sample(FAILED).body)["check_run"]
    world.send(sample(FAILED, check_run={**run, "id": uuid.uuid4().int >> 80}))
    world.settle()  # there is something in the log
    send(world.plane, "anchor", "rate(1 hour)")
    eventually(lambda: posted(forge), 120)
    world.settle()
    (status,) = posted(forge)
    assert (status["sha"], status["context"]) == (commit, f"writ/{world.plane.file.log_origin}")
    copy = write_copy(PlaneLog(world.plane), tmp_path / "copy")
    code, report = verified(copy.folder, [status], tmp_path)
    assert code == 0, report
    assert f"size {report['anchors'][0]['size']} root {report['anchors'][0]['root']}" == status["description"]
    ahead = {**status, "description": f"size {report['size'] + 1} root {'ab' * 32}"}
    code, report = verified(copy.folder, [ahead], tmp_path)
    assert (code, {finding["code"] for finding in report["findings"]}) == (1, {"anchor.ahead"})

"""The local forge as a process of its own, and what `writ forge` shows of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.local import forge as commands
from cli.localforge import process as module
from cli.localforge.process import ForgeProcess
from cli.localforge.sign_in import APP
from cli.output import CommandError
from cli.plane import ROOT
from tests.support.memory import ManualClock
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.adapters.forge_secret import ForgeSecret
from writ.adapters.github import GitHubForge
from writ.adapters.github_client import GitHubClient
from writ.contracts.forge_site import ForgeSite
from writ.ports.forge import Annotation, CheckReport, CommitStatus
from writ.ports.forge_words import Conclusion, Level

PAYLOAD = (ROOT / "events/github/samples/pull_request/converted_to_draft.payload.json").read_bytes()
SENT = json.loads(PAYLOAD)
REPOSITORY, NUMBER = SENT["repository"]["full_name"], SENT["number"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ForgeProcess]:
    made = ForgeProcess(tmp_path)
    yield made
    made.stop()


def test_plane_that_is_told_of_the_forge_can_use_it(
    process: ForgeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with moto_aws():
        aws.client("secretsmanager").create_secret(Name="forge")
        process.introduce(aws.client, "forge")
        secret = ForgeSecret("forge")
        assert (secret.read().app, secret.read().api) == (APP, process.start().address)
        process.take_in(PAYLOAD)
        permissions = {"pull_requests": "write", "checks": "write", "statuses": "write"}
        forge = GitHubForge(GitHubClient(ForgeSite(api="stored"), secret, ManualClock(), permissions))
        head = forge.pull_request(REPOSITORY, NUMBER).head_sha
        forge.create_comment(REPOSITORY, NUMBER, "### Gate\n\n> all well")
        remark = Annotation("a.py", 7, Level.FAILURE, "no licence")
        forge.create_check_run(
            REPOSITORY, CheckReport("writ/gate", head, "1", Conclusion.FAILURE, "One", "s", (remark,))
        )
        forge.create_status(REPOSITORY, head, CommitStatus("ci/build", "success", "all of it"))
    monkeypatch.setattr(commands, "ForgeProcess", lambda: process)
    listed = CliRunner().invoke(commands.app, ["list", "--json"])
    (item,) = json.loads(listed.output)["items"]
    assert (item["repository"], item["comments"], item["check_runs"]) == (REPOSITORY, 1, 1)
    shown = CliRunner().invoke(commands.app, ["show", REPOSITORY.lower(), str(NUMBER)])
    assert shown.exit_code == 0
    for part in ("all well", "writ/gate: failure", "a.py:7", "no licence", "all of it", "refs/heads/"):
        assert part in shown.output
    for word in ("pull requests", "ci/build", "refs/heads/"):
        assert word in CliRunner().invoke(commands.app, ["show", REPOSITORY]).output
    absent = CliRunner().invoke(commands.app, ["show", REPOSITORY, "999", "--json"])
    assert absent.exit_code != 0


def test_a_folder_is_pushed_and_an_action_is_released_from_the_terminal(
    process: ForgeProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process.start()
    monkeypatch.setattr(commands, "ForgeProcess", lambda: process)
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a.txt").write_text("one\r\n", newline="")
    (folder / "b.bin").write_bytes(b"\xff\xfe")
    (folder / "link").symlink_to("a.txt")
    pushed = CliRunner().invoke(commands.app, ["push", "acme/shop", str(folder), "--message", "feat: begin"])
    assert pushed.exit_code == 0
    assert "1 file pushed" in pushed.output
    assert all(f"left out: {name}" in pushed.output for name in ("b.bin", "link"))
    for nothing in (folder / "absent", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        refused = CliRunner().invoke(commands.app, ["push", "acme/none", str(nothing), "--json"])
        assert (refused.exit_code, json.loads(refused.output)["error"]["field"]) == (2, "DIR")
    released = CliRunner().invoke(commands.app, ["release", "other/action", "v2.0.0", "--days-ago", "30"])
    assert released.exit_code == 0
    found = {record["name"]: record for record in process.seen()}
    assert found["acme/shop"]["refs"].keys() == {"refs/heads/main"}
    (release,) = found["other/action"]["releases"].values()
    assert datetime.now(UTC) - datetime.fromisoformat(release["published_at"]) > timedelta(days=29)
    pin = f"uses: other/action@{found['other/action']['refs']['refs/tags/v2.0.0']} # v2.0.0"
    assert pin in released.output.splitlines()
    shown = CliRunner().invoke(commands.app, ["show", "other/action"]).output
    assert all(word in shown for word in ("releases", "v2.0.0", "published", "refs/tags/v2.0.0"))
    again = CliRunner().invoke(commands.app, ["release", "other/action", "v2.0.0", "--json"])
    error = json.loads(again.output)["error"]
    assert (again.exit_code, error["code"]) == (1, "forge.refused")
    assert "other/action has v2.0.0 already" in error["message"]


def test_forge_of_other_code_is_started_anew_where_it_was(
    process: ForgeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = process.start()
    process.take_in(PAYLOAD)
    monkeypatch.setattr(module, "_code", lambda: "newer")
    again = process.start()
    assert (again.port, again.code) == (first.port, "newer")
    assert again.pid != first.pid
    assert process.start() == again
    assert [record["name"] for record in process.seen()] == [REPOSITORY]


def test_forge_keeps_its_port_and_what_it_knows_over_a_stop(process: ForgeProcess) -> None:
    first = process.start()
    assert process.start() == first
    process.take_in(PAYLOAD)
    assert process.stop()
    assert not process.stop()
    with pytest.raises(CommandError, match="does not run"):
        process.seen()
    assert process.start().port == first.port
    assert [record["name"] for record in process.seen()] == [REPOSITORY]

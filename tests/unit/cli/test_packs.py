"""Evidence packs from the command line: made out of a copy of the log, verified without anything else."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.ledger import packs
from functions.packs.api import api
from tests.support.commands import commanding
from tests.support.log_forge import an_action, stamp
from tests.support.packs import EVERYTHING, PackWorld
from tests.support.packs_plane import PacksPlane
from tests.support.witnesses import MemoryWitness
from writ.contracts import statement as statements
from writ.contracts.action import Outcome, Status
from writ.ledger import archive
from writ.ledger.trusted_root import client_trust_config


@pytest.fixture
def world(tmp_path: Path) -> PackWorld:
    return PackWorld(tmp_path / "copy")


@pytest.fixture
def trust(world: PackWorld, tmp_path: Path) -> Path:
    target = tmp_path / "trust.json"
    target.write_text(json.dumps(client_trust_config(world.forge.trust)))
    return target


def ledger(*words: object) -> Result:
    return CliRunner().invoke(app, ["ledger", *map(str, words)], env={"COLUMNS": "200"})


def made(world: PackWorld, target: Path, *words: object) -> Result:
    return ledger("pack", "--copy", world.folder, "-o", target, *words)


def problem(result: Result) -> dict[str, str]:
    found: dict[str, str] = json.loads(result.stdout)["error"]
    return found


def test_pack_is_made_and_verified(world: PackWorld, trust: Path, tmp_path: Path) -> None:
    target = tmp_path / "pack.zip"
    result = made(world, target, "--subject", "task:task-1")
    assert result.exit_code == 0
    assert "2 statements (2 proof)" in result.stdout
    verified = ledger("verify", target, "--trust", trust)
    assert verified.exit_code == 0
    for words in ("verified offline", "task:task-1", "backlog (2)", "13 leaves", "2 checkpoints, proved"):
        assert words in verified.stdout
    assert "own trust root" not in verified.stdout
    assert "own trust root" in ledger("verify", target).stdout


def test_same_question_makes_the_same_file(world: PackWorld, tmp_path: Path) -> None:
    asked = ("--since", "2026-03-01T00:00:00Z", "--until", "2026-03-02T00:00:00Z", "--json")
    documents = [json.loads(made(world, tmp_path / name, *asked).stdout) for name in ("a.zip", "b.zip")]
    assert documents[0]["sha256"] == documents[1]["sha256"]
    assert (documents[0]["entries"], documents[0]["kinds"]) == (13, {"proof": 13})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_document_of_a_verified_pack_says_what_it_proves(
    world: PackWorld, trust: Path, tmp_path: Path
) -> None:
    target = tmp_path / "pack.zip"
    target.write_bytes(world.mixed().encode())
    document = json.loads(ledger("verify", target, "--trust", trust, "--json").stdout)
    assert (document["ok"], document["trust"], document["size"]) == (True, "given", 13)
    assert document["kinds"] == {"bundle": 1, "erased": 1, "proof": 1}
    assert document["checkpoints"] == [3, 7]
    assert document["bots"] == {"backlog": 2}


def test_edited_pack_is_a_problem_whose_file_is_named(world: PackWorld, trust: Path, tmp_path: Path) -> None:
    target = tmp_path / "pack.zip"
    members = archive.decode(world.mixed().encode())
    target.write_bytes(archive.encode({**members, "checkpoint": members["checkpoint"] + b"\n"}))
    result = ledger("verify", target, "--trust", trust, "--json")
    finding = json.loads(result.stdout)["findings"][0]
    assert (result.exit_code, finding["code"]) == (1, "ledger.checkpoint")
    target.write_bytes(b"PK\x03\x04 and no more")
    assert "✘" in ledger("verify", target, "--trust", trust).stdout


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ((), "--subject"),
        (("--subject", "task:1", "--release", "1.2.0"), "--release"),
        (("--subject", ""), "--subject"),
        (("--customer", "a\nb"), "--customer"),
        (("--subject", "task:1", "--since", "yesterday"), "--since"),
        (("--subject", "task:1", "--since", "2026-03-01T00:00:00"), "--since"),
        (("--subject", "G" * 64), "--subject"),
        (("--since", "2026-03-01T00:00:00Z", "--until", "2026-01-01T00:00:00Z"), "--until"),
        (("--since", "2026-01-01T00:00:00Z", "--until", "2026-03-01T00:00:00Z"), "--since"),
        (("--subject", "task:1", "--trust", "nowhere.json"), "--trust"),
    ],
)
def test_question_that_cannot_be_answered_names_its_option(
    world: PackWorld, tmp_path: Path, words: tuple[str, ...], field: str
) -> None:
    target = tmp_path / "pack.zip"
    result = made(world, target, *words, "--json")
    assert (result.exit_code, problem(result)["field"]) == (2, field)
    assert not target.exists()


@pytest.mark.parametrize("option", ["--release", "--customer", "--control", "--subject"])
def test_what_no_statement_is_about_makes_no_pack(world: PackWorld, tmp_path: Path, option: str) -> None:
    target = tmp_path / "pack.zip"
    result = made(world, target, option, "none", "--json")
    assert (result.exit_code, problem(result)["code"]) == (1, "not_found.evidence")
    assert not target.exists()


def test_copy_that_is_none_and_a_file_that_cannot_be_written_are_bad_usage(
    world: PackWorld, tmp_path: Path
) -> None:
    asked = ("--subject", "task:task-1", "--json")
    assert problem(ledger("pack", "--copy", tmp_path, "-o", tmp_path / "x.zip", *asked))["field"] == "PATH"
    assert problem(made(world, tmp_path / "no" / "x.zip", *asked))["field"] == "--output"


def test_bot_goes_with_a_bundle_only(world: PackWorld, tmp_path: Path) -> None:
    target = tmp_path / "pack.zip"
    assert made(world, target, "--subject", "task:task-1").exit_code == 0
    result = ledger("verify", target, "--bot", "backlog", "--json")
    assert (result.exit_code, problem(result)["field"]) == (2, "--bot")


class Plane:
    """The routes of the packs bot, whose queue moves on with every look; a link leads to the vault."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.world = PacksPlane()
        self.world.connect(monkeypatch)
        self.command = commanding(monkeypatch, folder, api)
        monkeypatch.setattr("cli.ledger.packs.time.sleep", lambda _seconds: self.world.step())
        monkeypatch.setattr(packs, "fetched", lambda *_asked: self.world.pack())


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Plane:
    return Plane(monkeypatch, tmp_path)


def test_plane_makes_the_pack_where_no_copy_is_named(plane: Plane, tmp_path: Path) -> None:
    for number in range(3):
        plane.world.log.append(number)
    target = tmp_path / "pack.zip"
    result = plane.command("ledger", "pack", "--subject", "task:task-1", "-o", str(target))
    assert result.exit_code == 0, result.output
    assert "1 statement (1 bundle)" in result.stdout
    assert ledger("verify", target).exit_code == 0


def test_pack_that_fails_in_the_plane_says_why_and_leaves_no_file(plane: Plane, tmp_path: Path) -> None:
    names = [plane.world.log.append(number) for number in range(2)]
    entries = plane.world.log.entries.entries
    object.__setattr__(entries[names[1]], "envelope", entries[names[0]].envelope)
    target = tmp_path / "pack.zip"
    result = plane.command("ledger", "pack", "--subject", "task:task-1", "-o", str(target), "--json")
    assert result.exit_code == 1
    assert '"code": "ledger.' in result.stdout
    assert not target.exists()


def test_what_came_by_the_link_must_be_what_was_made(
    plane: Plane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plane.world.log.append(0)
    monkeypatch.setattr(packs, "fetched", lambda *_asked: plane.world.pack() + b"\n")
    target = tmp_path / "pack.zip"
    result = plane.command("ledger", "pack", "--subject", "task:task-0", "-o", str(target), "--json")
    assert result.exit_code == 1
    assert '"pack.damaged"' in result.stdout
    assert not target.exists()


def test_pack_of_a_log_that_one_does_not_trust_is_not_kept(plane: Plane, trust: Path, tmp_path: Path) -> None:
    plane.world.log.append(0)
    target = tmp_path / "pack.zip"
    asked = ("--subject", "task:task-0", "--trust", str(trust), "-o", str(target))
    assert plane.command("ledger", "pack", *asked).exit_code == 1
    assert not target.exists()


def test_question_nobody_answers_is_a_problem_of_the_plane_s_words(plane: Plane, tmp_path: Path) -> None:
    plane.world.log.append(0)
    result = plane.command("ledger", "pack", "--release", "9.9.9", "-o", str(tmp_path / "x.zip"), "--json")
    assert result.exit_code == 1
    assert '"not_found.evidence"' in result.stdout


def test_receipt_proves_who_asked_what(world: PackWorld, trust: Path, tmp_path: Path) -> None:
    pack, receipt = tmp_path / "pack.zip", tmp_path / "receipt.json"
    pack.write_bytes(world.mixed().encode())
    receipt.write_bytes(receipt_of(world, pack.read_bytes()))
    result = ledger("verify", pack, "--trust", trust, "--receipt", receipt)
    assert result.exit_code == 0, result.output
    assert "Ann, says the log" in result.stdout
    changes: list[dict[str, Any]] = [{"sha256": "0" * 64}, {"statements": 4}, {"bytes": 1}, {"question": {}}]
    for change in changes:
        receipt.write_bytes(receipt_of(world, pack.read_bytes(), **change))
        refused = ledger("verify", pack, "--trust", trust, "--receipt", receipt, "--json")
        finding = json.loads(refused.stdout)["findings"][0]
        assert (refused.exit_code, finding["code"], finding["field"]) == (1, "ledger.receipt", *change)
    receipt.write_bytes(receipt_of(world, pack.read_bytes(), bot="backlog"))
    refused = ledger("verify", pack, "--trust", trust, "--receipt", receipt, "--json")
    assert json.loads(refused.stdout)["findings"][0]["code"] == "ledger.identity"


def test_receipt_goes_with_a_pack_and_a_trust_root(world: PackWorld, trust: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    pack.write_bytes(world.mixed().encode())
    for words, field in (
        ((pack, "--receipt", pack), "--trust"),
        ((pack, "--trust", trust, "--receipt", tmp_path / "none"), "--receipt"),
        ((world.folder, "--receipt", pack), "--receipt"),
        ((trust, "--receipt", pack), "--receipt"),
    ):
        result = ledger("verify", *words, "--json")
        assert (result.exit_code, problem(result)["field"]) == (2, field)


def receipt_of(world: PackWorld, pack: bytes, *, bot: str = "packs", **changes: Any) -> bytes:
    """The bundle of the outcome that says of a pack what its export saw."""
    action = an_action(0, bot)
    observed: dict[str, Any] = {
        "sha256": sha256(pack).hexdigest(),
        "bytes": len(pack),
        "statements": 3,
        "question": EVERYTHING.document(),
        "by": "Ann",
        **changes,
    }
    link = world.entries[0].link
    result = Outcome(status=Status.SUCCEEDED, observed=observed)
    said = statements.outcome(action, result, link, stamp(bot, seed="receipt"))
    entry = world.forge.entry(world.forge.session(bot), said)
    return world.forge.bundle([*world.entries, entry], len(world.entries)).encode()


def test_witness_policy_is_demanded_of_the_pack_s_checkpoint(
    world: PackWorld, trust: Path, tmp_path: Path
) -> None:
    pack, policy = tmp_path / "pack.zip", tmp_path / "policy"
    pack.write_bytes(world.mixed().encode())
    policy.write_text(f"witness w1 {MemoryWitness().verifier.encode()}\nquorum w1\n")
    asked = ("--witness-policy", policy, "--json")
    refused = ledger("verify", pack, "--trust", trust, *asked)
    assert (refused.exit_code, json.loads(refused.stdout)["findings"][0]["field"]) == (1, "checkpoint")
    assert problem(ledger("verify", pack, *asked))["field"] == "--trust"
    policy.write_text("quorum none\n")
    assert ledger("verify", pack, "--trust", trust, *asked).exit_code == 0

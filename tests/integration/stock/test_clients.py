"""Stock Sigstore clients, unmodified and without a network, accept our bundles and refuse edited ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.local.cdk import install
from tests.support.audit_guide import ROOT, run, section
from tests.support.forged_world import BOT, Case, World, rotated
from tests.support.log_forge import BOTS, ISSUER
from tests.support.stock import cut_off, npm_verdicts, python_verdict, run_sigstore
from tests.support.tampering import edits
from writ.ledger.trusted_root import client_trust_config

# What no client may miss; what they do miss, `make tamper-matrix` shows.
BASICS = {
    ("payload", "outcome rewritten"),
    ("payload", "of another entry"),
    ("signature", "one bit flipped"),
    ("signature", "by a stranger"),
    ("proof", "one hash flipped"),
    ("checkpoint", "root changed"),
    ("checkpoint", "signature flipped"),
    ("certificate", "a stranger's, of the same name"),
    ("certificate", "with a stranger's timestamp"),
    ("time", "integration moved"),
    ("promise", "one bit flipped"),
    ("body", "one bit flipped"),
    ("trust root", "a stranger's"),
    ("policy", "another bot is asked for"),
}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def accepted(world: World) -> list[Case]:
    """Genuine bundles: as issued, and after each key was replaced."""
    cases = [world.case(world.bundle)]
    for kind in ("log", "ct", "ca"):
        after, trust = rotated(world.forge, world.stranger, kind)
        entries = [*world.entries, *after.actions(1, after.session(BOT))]
        cases += [
            world.case(world.bundle, trust=trust),
            world.case(after.bundle(entries, 10), trust=trust),
            world.case(after.bundle(entries, 3), trust=trust),
        ]
    return cases


@pytest.mark.disable_socket
def test_python_client_accepts_genuine_bundles_whatever_keys_were_replaced(world: World) -> None:
    assert [python_verdict(case) for case in accepted(world)] == [None] * 10


def test_npm_client_accepts_genuine_bundles_whatever_keys_were_replaced(world: World) -> None:
    assert npm_verdicts(accepted(world)) == [None] * 10


def test_both_clients_refuse_the_edits_that_none_may_miss(world: World) -> None:
    chosen = [edit for edit in edits() if (edit.group, edit.name) in BASICS]
    assert len(chosen) == len(BASICS)
    cases = [edit.make(world) for edit in chosen]
    for edit, case, by_npm in zip(chosen, cases, npm_verdicts(cases), strict=True):
        assert by_npm is not None, edit
        assert python_verdict(case) is not None, edit


def test_sigstore_command_verifies_a_bundle_with_the_network_cut(world: World, tmp_path: Path) -> None:
    bundle, trust = tmp_path / "b.json", tmp_path / "trust.json"
    trust.write_text(json.dumps(client_trust_config(world.forge.trust)))
    digest = json.loads(world.bundle.envelope.payload)["subject"][0]["digest"]["sha256"]

    def verify(data: bytes) -> int:
        bundle.write_bytes(data)
        return run_sigstore(
            *("--trust-config", str(trust), "verify", "identity", "--offline", "--bundle", str(bundle)),
            *("--cert-identity", BOTS + BOT, "--cert-oidc-issuer", ISSUER, f"sha256:{digest}"),
        ).returncode

    assert verify(world.bundle.encode()) == 0
    edit = next(edit for edit in edits() if edit.name == "outcome rewritten")
    assert verify(edit.make(world).data) != 0


def test_snippets_of_the_audit_guide_verify_a_bundle_and_refuse_an_edited_one(
    world: World, tmp_path: Path
) -> None:
    install(tests=True)
    guide = section("One statement, with stock tools")
    stock = guide["sh"][1].replace("/local/authority", "/authority")
    (tmp_path / "verify.cjs").write_text(guide["js"][0])
    (tmp_path / "trust.json").write_text(json.dumps(client_trust_config(world.forge.trust)))
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(world.bundle.encode())
    done = run(stock, folder=tmp_path, base=tmp_path, before=cut_off())
    assert done.returncode == 0, done.stderr
    assert f"signed by {BOTS}{BOT}\n" in done.stdout
    edit = next(edit for edit in edits() if edit.name == "a longer name of the same beginning")
    lines = stock.replace("\\\n", " ").splitlines()
    for client in ("sigstore", "node"):
        alone = "\n".join(line for line in lines if line.split()[0] not in {"sigstore", "node"} - {client})
        bundle.write_bytes(world.bundle.encode())
        assert run(alone, folder=tmp_path, base=tmp_path, before=cut_off()).returncode == 0
        bundle.write_bytes(edit.make(world).data)
        assert run(alone, folder=tmp_path, base=tmp_path, before=cut_off()).returncode != 0


def test_strict_command_of_the_audit_guide_verifies_the_same_files(world: World, tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_text(json.dumps(client_trust_config(world.forge.trust)))
    (tmp_path / "bundle.json").write_bytes(world.bundle.encode())
    ours = section("One statement, with stock tools")["sh"][2]
    done = run(ours, folder=tmp_path, base=ROOT, before=cut_off())
    assert done.returncode == 0, done.stderr
    assert "verified offline" in done.stdout

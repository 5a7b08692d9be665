"""A release's files are kept only with the proof that they are what was released."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from cli.output import CommandError
from cli.release.files import Fetched, built_by, proof_of
from functions.evidence.api import api
from tests.support.http import call
from tests.support.log_forge import NOW, Forge, stamp
from tests.unit.evidence.conftest import Log, log
from writ.contracts.events.releases import ReleaseFile
from writ.contracts.provenance import Made, provenance, provenance_id
from writ.ledger.errors import VerificationError

__all__ = ["log"]
ID = "rel-20260302t100000-0a1b2c3d"
BUILT = {"shop.whl": b"wheel", "openapi.json": b"{}"}
MADE = Made(
    release=ID,
    repository="acme/shop",
    source="https://forge.example/acme/shop",
    package=None,
    tag="v1.1.0",
    sha="a" * 40,
    command=("make",),
    workflow=None,
    builder="person:ann",
    run=None,
    started_at=NOW,
    finished_at=NOW,
    files=tuple(
        ReleaseFile(name=name, sha256=sha256(data).hexdigest(), size=len(data))
        for name, data in BUILT.items()
    ),
)
TOLD = {"id": ID, "repository": "acme/shop", "package": None, "version": "1.1.0", "tag": "v1.1.0"} | {
    "sha": "a" * 40
}


def sums(files: dict[str, bytes]) -> bytes:
    return "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()


def released(log: Log, made: Made = MADE, bot: str = "release") -> dict[str, bytes]:
    """What everybody finds of a release."""
    log.clock.instant = NOW
    log.tell(provenance(made, stamp(bot, NOW, seed=made.tag)))
    proof = json.dumps(call(api, "GET", f"/v1/evidence/{provenance_id(ID)}/bundle").body)
    return {**BUILT, "SHA256SUMS": sums(BUILT), "provenance.sigstore.json": proof.encode()}


def test_files_with_their_proof_are_taken(log: Log) -> None:
    files = released(log)
    proof = proof_of(files, log.forge.trust, TOLD)
    assert built_by(proof) == "person:ann"
    shown = Fetched(TOLD, files, proof).document()
    assert shown["signed_by"] == "https://writ.example/bots/release"
    assert shown["files"]["shop.whl"] == sha256(b"wheel").hexdigest()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"shop.whl": b"other"}, "SHA256SUMS is not of these files: shop.whl"),
        ({"more.whl": b"other"}, "SHA256SUMS is not of these files: more.whl"),
        ({"SHA256SUMS": b"nonsense\n"}, "SHA256SUMS is not of these files"),
        ({"shop.whl": b"other", "SHA256SUMS": sums({**BUILT, "shop.whl": b"other"})}, "provenance is not of"),
    ],
    ids=["another file", "one more", "no sums", "other sums too"],
)
def test_what_is_not_what_was_released_is_refused(log: Log, changed: dict[str, bytes], said: str) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        proof_of({**released(log), **changed}, log.forge.trust, TOLD)
    assert refused.value.code == "release.damaged"


@pytest.mark.parametrize("name", ["SHA256SUMS", "provenance.sigstore.json"])
def test_nothing_is_taken_without_its_proof(log: Log, name: str) -> None:
    files = {other: data for other, data in released(log).items() if other != name}
    with pytest.raises(CommandError, match=f"{name} is missing"):
        proof_of(files, log.forge.trust, TOLD)


@pytest.mark.parametrize(
    "other",
    [
        replace(MADE, repository="acme/other"),
        replace(MADE, package="core"),
        replace(MADE, tag="v1.0.0"),
        replace(MADE, sha="b" * 40),
    ],
    ids=["repository", "package", "tag", "commit"],
)
def test_a_proof_of_another_release_is_refused(log: Log, other: Made) -> None:
    with pytest.raises(CommandError, match="the provenance is of"):
        proof_of(released(log, other), log.forge.trust, TOLD)


def test_a_proof_by_another_bot_is_refused(log: Log) -> None:
    with pytest.raises(VerificationError, match="backlog"):
        proof_of(released(log, bot="backlog"), log.forge.trust, TOLD)


def test_a_proof_under_another_root_is_refused(log: Log) -> None:
    with pytest.raises(VerificationError, match="key"):
        proof_of(released(log), Forge().trust, TOLD)

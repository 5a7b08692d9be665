"""Bundles by REST: what the route hands out verifies, and what it cannot it says why."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from functions.evidence.api import api
from tests.support.forged_world import Case
from tests.support.http import Answer, call
from tests.support.log_forge import BOTS, ISSUER, NOW
from tests.support.stock import python_verdict
from tests.unit.evidence.conftest import Log
from writ.contracts.errors import TransientError
from writ.ledger.bundle import MEDIA_TYPE
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_bundle import IdentityPolicy, verify_bundle
from writ.ports.ledger import KeptPromise


def bundle(name: str) -> Answer:
    return call(api, "GET", f"/v1/evidence/{name}/bundle")


def raw(answer: Answer) -> bytes:
    return json.dumps(answer.body).encode() if not isinstance(answer.body, str) else answer.body.encode()


def test_bundle_and_trust_root_of_the_routes_go_together(log: Log) -> None:
    names = [log.append(number, bot="registry" if number % 2 else "backlog") for number in range(5)]
    trust = read_trust(raw(call(api, "GET", "/v1/log/trust-root")))
    assert trust == log.forge.trust
    for number, name in enumerate(names):
        bot = "registry" if number % 2 else "backlog"
        data = raw(bundle(name))
        verified = verify_bundle(data, trust, IdentityPolicy(bot, ISSUER))
        assert (verified.index, verified.identity) == (number, BOTS + bot)
        assert verified.statement.predicate.entry == name
        assert verified.integrated_at == NOW + timedelta(hours=number)
        assert python_verdict(Case(data, trust, IdentityPolicy(bot, ISSUER))) is None


def test_bundle_has_its_own_media_type(log: Log) -> None:
    assert bundle(log.append(0)).headers["Content-Type"] == MEDIA_TYPE


def test_repeated_request_has_the_same_bytes_and_a_longer_log_the_same_promise(log: Log) -> None:
    name = log.append(0)
    first = bundle(name).body
    signed = len(log.signer.signed)
    assert bundle(name).body == first
    assert len(log.signer.signed) == signed
    log.append(1)
    second = bundle(name).body
    entries = [body["verificationMaterial"]["tlogEntries"][0] for body in (first, second)]
    assert entries[0]["inclusionPromise"] == entries[1]["inclusionPromise"]
    assert [entry["inclusionProof"]["treeSize"] for entry in entries] == ["1", "2"]


def test_entry_that_is_not_in_the_log_yet_says_so(log: Log) -> None:
    log.append(0)
    answer = bundle(log.append(1, logged=False))
    assert (answer.status, answer.body["code"]) == (409, "conflict.not_integrated")


def test_entry_that_came_late_says_so(log: Log) -> None:
    name = log.append(0, logged=False)
    log.clock.instant += timedelta(minutes=61)
    log.sequencer.integrate([name])
    answer = bundle(name)
    assert (answer.status, answer.body["code"]) == (409, "conflict.late")
    assert "copy of the log" in answer.body["detail"]


@pytest.mark.parametrize("name", ["none.such", "..%2F.."])
def test_entry_that_is_not_there_is_not_found(log: Log, name: str) -> None:
    log.append(0)
    answer = bundle(name)
    assert (answer.status, answer.body["field"]) == (404, "id")


def test_log_without_a_trust_root_says_so(log: Log) -> None:
    del log.files.files[TRUST_ROOT]
    answer = call(api, "GET", "/v1/log/trust-root")
    assert (answer.status, answer.body["code"]) == (404, "not_found.trust_root")


def test_notary_that_is_away_is_asked_again_later(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_index: int) -> KeptPromise:
        raise TransientError("the notary failed", code="dependency.unavailable")

    monkeypatch.setattr(log, "promise", away)
    answer = bundle(log.append(0))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_bundle_that_does_not_verify_is_not_handed_out(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "promise", lambda _index: KeptPromise(NOW, b"0\x06\x02\x01\x01\x02\x01\x01"))
    answer = bundle(log.append(0))
    assert (answer.status, answer.body["code"]) == (500, "ledger.promise")

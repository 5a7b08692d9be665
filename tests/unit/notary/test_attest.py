"""The notary: one promise a leaf, of what the log proves and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.notary import handler as entry
from functions.notary.attest import NotaryPorts, attest
from tests.support.log_forge import NOW, ORIGIN, Forge
from tests.support.memory_ledger import MemoryPromises, MemorySigner
from tests.unit.evidence.conftest import Log
from writ.contracts.errors import ConflictError, ContractError, NotFoundError, TransientError, WritError
from writ.ledger.checkpoint import key_id
from writ.ledger.errors import VerificationError
from writ.ledger.log import Log as SignedLog
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.promise import Promised, verify_promise
from writ.ports.ledger import KeptPromise


@pytest.fixture
def log() -> Log:
    made = Log()
    for number in range(3):
        made.append(number)
    return made


def ports(log: Log, **changes: Any) -> NotaryPorts:
    return replace(NotaryPorts(log.files, log.anchors, log.promises, log.signer, ORIGIN), **changes)


def signatures(log: Log) -> int:
    return len(log.signer.signed)


def test_promise_says_when_the_leaf_was_first_under_an_anchored_checkpoint(log: Log) -> None:
    key = log.forge.log_key.public_key()
    for index in range(3):
        made = attest({"index": index}, ports(log))
        assert made.integrated_at == NOW + timedelta(hours=index)
        leaf = SignedLog.under(log.files, ORIGIN, key).leaf(index)
        verify_promise(Promised(leaf, index, made.integrated_at), made.signature, key)


def test_promise_is_signed_once_however_often_it_is_asked_for(log: Log) -> None:
    before = signatures(log)
    assert attest({"index": 1}, ports(log)) == attest({"index": 1}, ports(log))
    assert signatures(log) == before + 1


def test_of_two_who_promise_at_once_the_first_counts(log: Log) -> None:
    class Raced(MemoryPromises):
        """Another notary comes first between the look and the put."""

        def get(self, log_id: bytes, index: int) -> KeptPromise | None:
            found = super().get(log_id, index)
            self.kept.setdefault((log_id, index), first)
            return found

    first = KeptPromise(NOW, b"the first one's")
    assert attest({"index": 0}, ports(log, promises=Raced())) == first


def test_each_log_key_makes_promises_of_its_own(log: Log) -> None:
    attest({"index": 0}, ports(log))
    assert set(log.promises.kept) == {(key_id(log.forge.log_key.public_key()), 0)}


def test_leaf_that_was_integrated_after_its_certificate_is_refused(log: Log) -> None:
    log.append(3, logged=False)
    log.clock.instant += timedelta(minutes=61)
    log.sequencer.integrate([name for name in log.entries.entries if name not in log.index.locations])
    before = signatures(log)
    with pytest.raises(ConflictError, match=r"conflict\.late"):
        attest({"index": 3}, ports(log))
    assert (signatures(log), log.promises.kept) == (before, {})


@pytest.mark.parametrize("index", [None, -1, "0", 1.0, True, 2**53])
def test_request_that_names_no_leaf_is_refused(log: Log, index: object) -> None:
    with pytest.raises(ContractError) as refused:
        attest({"index": index}, ports(log))
    assert refused.value.field == "index"


def test_leaf_beyond_the_log_is_not_there(log: Log) -> None:
    with pytest.raises(NotFoundError):
        attest({"index": 3}, ports(log))


def test_leaf_whose_checkpoint_is_not_anchored_yet_is_asked_for_again(log: Log) -> None:
    log.anchors.times.clear()
    with pytest.raises(TransientError):
        attest({"index": 0}, ports(log))


def test_edited_leaf_is_not_promised(log: Log) -> None:
    path = "tile/entries/000.p/3"
    log.files.files[path] = log.files.files[path].replace(b'"0.0.1"', b'"0.0.2"', 1)
    before = signatures(log)
    with pytest.raises(VerificationError):
        attest({"index": 0}, ports(log))
    assert signatures(log) == before


def test_promise_waits_while_the_logs_key_is_being_replaced(log: Log) -> None:
    new = MemorySigner(Forge().log_key)
    with pytest.raises(TransientError, match=r"dependency\.rotating"):
        attest({"index": 0}, ports(log, signer=new))
    assert (new.signed, log.promises.kept) == ([], {})


def test_log_that_another_key_signed_is_not_promised(log: Log) -> None:
    stranger = MemorySigner(Forge().log_key)
    trust = replace(log.forge.trust, log_key=stranger.public_key())
    log.files.files[TRUST_ROOT] = trust.encode()
    with pytest.raises(VerificationError):
        attest({"index": 0}, ports(log, signer=stranger))
    assert stranger.signed == []


def test_answer_is_a_promise_or_a_refusal_with_its_code(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "connect", lambda: ports(log))
    assert entry.handler({"index": 0}, None)["integrated_at"] == int(NOW.timestamp())
    refused = entry.handler({"index": 7}, None)["error"]
    assert (refused["code"], refused["retryable"], refused["field"]) == ("not_found", False, "index")


def test_error_that_may_pass_says_so(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> NotaryPorts:
        raise TransientError("KMS is away")

    monkeypatch.setattr(entry, "connect", away)
    assert entry.handler({"index": 0}, None)["error"]["retryable"] is True
    assert issubclass(TransientError, WritError)

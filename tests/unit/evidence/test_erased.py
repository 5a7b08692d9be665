"""Erased evidence by REST: gone, and by what; its leaf proves as before; a search says how much is gone."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import pytest

from functions.evidence.api import api
from tests.support.http import call
from tests.support.log_forge import ORIGIN
from tests.unit.evidence.conftest import Log
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.dsse import decode
from writ.ledger.merkle import leaf_hash, verify_inclusion
from writ.ports.ledger import Erased

BY = "ds-" + "0" * 32 + ".erasure"


@pytest.fixture
def erased(log: Log) -> str:
    """The second of three entries, erased; its erasure is leaf 3."""
    names = [log.append(number) for number in range(3)]
    entry = log.entries.entries[names[1]]
    log.index.erase(log.index.locations[names[1]])
    gone = Erased(decode(entry.envelope).payload_sha256, BY)
    log.entries.entries[names[1]] = replace(entry, envelope=b"", subjects=(), erased=gone)
    log.index.locations[BY] = replace(log.index.locations[names[0]], entry_id=BY, index=3)
    return names[1]


@pytest.mark.parametrize("what", ["", "/bundle"])
def test_an_erased_entry_is_gone_and_says_by_what(log: Log, erased: str, what: str) -> None:
    answer = call(api, "GET", f"/v1/evidence/{erased}{what}")
    assert (answer.status, answer.body["code"]) == (410, "evidence.erased")
    assert answer.body["erasure"] == {"entry": BY, "index": 3}
    assert (answer.body["entry"], answer.body["index"]) == (erased, 1)
    gone = log.entries.entries[erased].erased
    assert gone is not None
    assert answer.body["payload_sha256"] == gone.payload_sha256
    assert "statement" not in answer.body


def test_the_leaf_of_an_erased_entry_proves_as_before(log: Log, erased: str) -> None:
    place = call(api, "GET", f"/v1/evidence/{erased}").body
    body = call(api, "GET", place["proof"]).body
    head = open_checkpoint(body["checkpoint"].encode(), ORIGIN, log.forge.trust.log_key)
    leaf = b64decode(call(api, "GET", "/v1/log/entries/1").body["leaf"])
    proof = [b64decode(text) for text in body["hashes"]]
    verify_inclusion(leaf_hash(leaf), 1, head.size, proof=proof, root=head.root)
    assert place["payload_sha256"].encode() in leaf


def test_a_search_says_which_and_how_many_are_erased(log: Log, erased: str) -> None:
    body = call(api, "GET", "/v1/evidence?actor=backlog").body
    assert body["erased"] == 1
    assert [line["entry"] for line in body["items"] if line["erased"]] == [erased]
    [line] = [line for line in body["items"] if line["erased"]]
    assert line["subjects"] == []

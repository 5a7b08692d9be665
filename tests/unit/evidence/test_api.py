"""The routes of evidence: what they find, and that their proofs hold for whoever checks them."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from urllib.parse import quote

import pytest

from functions.evidence.api import api
from tests.support.http import Answer, call
from tests.support.log_forge import NOW, ORIGIN, an_action
from tests.unit.evidence.conftest import Log
from writ.contracts.statement import ACTION
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.dsse import decode
from writ.ledger.evidence import EvidenceChecker
from writ.ledger.leaf import decode_leaf
from writ.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion


def get(target: str) -> Answer:
    return call(api, "GET", target)


def hashes(answer: Answer) -> list[bytes]:
    return [b64decode(text) for text in answer.body["hashes"]]


def test_one_statement_is_shown_with_what_checks_it(log: Log) -> None:
    name = log.append(0)
    body = get(f"/v1/evidence/{name}").body
    leaf = b64decode(get(f"/v1/log/entries/{body['index']}").body["leaf"])
    stored = log.entries.entries[name].envelope
    EvidenceChecker(log.forge.trust).check(name, stored, decode_leaf(leaf))
    assert body["envelope"]["payload"].encode() in stored
    assert body["statement"]["predicate"]["entry"] == name
    assert decode_leaf(leaf).certificate_pem.decode() == body["certificate"]
    assert decode(stored).payload_sha256 == decode_leaf(leaf).payload_sha256


def test_a_statement_not_yet_in_the_log_has_no_index(log: Log) -> None:
    name = log.append(0, logged=False)
    body = get(f"/v1/evidence/{name}").body
    assert (body["index"], body["proof"]) == (None, None)


def test_every_proof_holds_against_the_signed_checkpoint(log: Log) -> None:
    for number in range(7):
        log.append(number)
    for index in range(7):
        body = get(f"/v1/log/proof/{index}").body
        head = open_checkpoint(body["checkpoint"].encode(), ORIGIN, log.forge.trust.log_key)
        leaf = b64decode(get(f"/v1/log/entries/{index}").body["leaf"])
        proof = [b64decode(text) for text in body["hashes"]]
        verify_inclusion(leaf_hash(leaf), index, head.size, proof=proof, root=head.root)
        assert b64decode(body["leaf_hash"]) == leaf_hash(leaf)


def test_a_proof_is_had_for_an_earlier_tree_too(log: Log) -> None:
    roots: dict[int, bytes] = {}
    for number in range(6):
        log.append(number)
        note = get("/v1/log/checkpoint").body
        head = open_checkpoint(note.encode(), ORIGIN, log.forge.trust.log_key)
        roots[head.size] = head.root
    leaf = b64decode(get("/v1/log/entries/1").body["leaf"])
    for size in range(2, 7):
        proof = hashes(get(f"/v1/log/proof/1?size={size}"))
        verify_inclusion(leaf_hash(leaf), 1, size, proof=proof, root=roots[size])
    for first in range(1, 7):
        for second in range(first, 7):
            proof = hashes(get(f"/v1/log/consistency?first={first}&second={second}"))
            verify_consistency(first, second, proof=proof, first_root=roots[first], second_root=roots[second])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {0, 1, 2, 3}),
        ("?actor=backlog", {0, 2}),
        ("?actor=registry", {1, 3}),
        (f"?type={quote(ACTION, safe='')}", {0, 1, 2, 3}),
        (f"?actor=registry&type={quote(ACTION, safe='')}", {1, 3}),
        ("?type=https%3A%2F%2Fother", set()),
        (f"?since={quote((NOW + timedelta(hours=2)).isoformat(), safe='')}", {2, 3}),
        (f"?subject={an_action(2).target.subject_digest()}", {2}),
        (f"?subject={'0' * 64}", set()),
    ],
)
def test_search_finds_what_matches(log: Log, query: str, found: set[int]) -> None:
    for number in range(4):
        log.append(number, bot="registry" if number % 2 else "backlog")
    answer = get(f"/v1/evidence{query}")
    assert {item["index"] for item in answer.body["items"]} == found
    assert answer.body["next_cursor"] is None


def test_pages_add_up(log: Log) -> None:
    for number in range(5):
        log.append(number)
    seen: list[int] = []
    parameters = {"limit": "2"}
    for _ in range(5):
        body = call(api, "GET", "/v1/evidence", query=parameters).body
        seen += [item["index"] for item in body["items"]]
        if body["next_cursor"] is None:
            break
        parameters["cursor"] = body["next_cursor"]
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"subject": "abc"}, "subject"),
        ({"actor": "Not A Bot"}, "actor"),
        ({"type": "action"}, "type"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-01T00:00:00"}, "since"),
        ({"since": "2020-01-01T00:00:00Z"}, "since"),
        ({"cursor": "garbage"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_parameter_is_named(log: Log, parameters: dict[str, str], field: str) -> None:
    answer = call(api, "GET", "/v1/evidence", query=parameters)
    assert (answer.status, answer.body["field"]) == (400, field)


@pytest.mark.parametrize(
    ("target", "status", "field"),
    [
        ("/v1/log/entries/1", 404, "index"),
        ("/v1/log/entries/-1", 400, "index"),
        ("/v1/log/entries/x", 400, "index"),
        ("/v1/log/entries/99999999999999999999", 400, "index"),
        ("/v1/log/proof/1", 404, "index"),
        ("/v1/log/proof/0?size=2", 400, "size"),
        ("/v1/log/proof/0?size=0", 400, "size"),
        ("/v1/log/consistency", 400, "first"),
        ("/v1/log/consistency?first=2", 400, "first"),
        ("/v1/evidence/none.such", 404, "id"),
        ("/v1/evidence/..%2F..", 404, "id"),
    ],
)
def test_what_is_not_there_is_named(log: Log, target: str, status: int, field: str) -> None:
    log.append(0)
    answer = get(target)
    assert (answer.status, answer.body.get("field")) == (status, field)


def test_an_empty_log_says_so(log: Log) -> None:
    for target in ("/v1/log/checkpoint", "/v1/log/entries/0", "/v1/log/proof/0"):
        answer = get(target)
        assert (answer.status, answer.body["code"]) == (404, "not_found.checkpoint")


def test_a_checkpoint_the_log_did_not_sign_is_not_served(log: Log) -> None:
    log.append(0)
    assert log.files.checkpoint is not None
    note, tag = log.files.checkpoint
    log.files.checkpoint = (note.replace(b"\n1\n", b"\n2\n"), tag)
    assert get("/v1/log/checkpoint").status == 500

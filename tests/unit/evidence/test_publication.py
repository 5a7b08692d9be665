"""What an auditor copies over REST: files that never change, and pages of statements byte for byte."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from functions.evidence.api import api
from tests.support.http import Answer, call, request, routed
from tests.support.log_forge import NOW
from tests.unit.evidence.conftest import Log
from tests.unit.evidence.test_erased import erased
from writ.contracts.errors import TransientError, WritError
from writ.ledger.logcopy import TRUST_ROOT, WITNESS_POLICY
from writ.ledger.tiles import ENTRIES, Tile

__all__ = ["erased"]  # a fixture


def get(target: str, **headers: str) -> Answer:
    return call(api, "GET", target, headers=headers)


def hour_of(number: int) -> str:
    return f"{NOW + timedelta(hours=number):%Y-%m-%dT%H}"


@pytest.mark.parametrize("tile", [Tile(0, 0, 3), Tile(ENTRIES, 0, 3)])
def test_tile_is_served_as_it_lies_there_and_may_be_kept_for_ever(log: Log, tile: Tile) -> None:
    for number in range(3):
        log.append(number)
    answer = api.handler(routed(api, request("GET", f"/v1/log/{tile.path}")), None)
    assert base64.b64decode(answer["body"]) == log.files.files[tile.path]
    assert "immutable" in answer["headers"]["Cache-Control"]
    again = get(f"/v1/log/{tile.path}", **{"if-none-match": answer["headers"]["ETag"]})
    assert (again.status, again.body) == (304, None)
    assert get(f"/v1/log/{tile.path}", **{"if-none-match": '"other"'}).status == 200


def test_tile_that_is_not_there_is_not_found(log: Log) -> None:
    log.append(0)
    assert get("/v1/log/tile/0/001").status == 404


@pytest.mark.parametrize(
    "path",
    ["0", "0/1", "0/000.p/0", "0/000.p/256", "64/000", "0/../trust-root.json", "entries/000/", "x/000"],
)
def test_what_is_no_tile_is_refused_by_name(log: Log, path: str) -> None:
    answer = get(f"/v1/log/tile/{path}")
    assert (answer.status, answer.body["field"]) == (400, "path")


def test_statements_of_an_hour_come_byte_for_byte(log: Log) -> None:
    names = [log.append(0), log.append(1)]
    body = get(f"/v1/log/statements?hour={hour_of(1)}").body
    envelope = log.entries.entries[names[1]].envelope.decode()
    assert body == {
        "items": [{"index": 1, "entry": names[1], "erased": False, "envelope": envelope}],
        "next": None,
    }


def test_pages_of_an_hour_add_up(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [log.append(0)]
    for number in range(1, 5):
        moved = log.index.locations[log.append(number)]
        log.index.edges[f"hour#{NOW:%Y%m%d%H}"][moved.index] = moved
        names.append(moved.entry_id)
    for limit, largest in ((2, 10**9), (500, 1)):
        monkeypatch.setattr("functions.evidence.publication._PAGE_BYTES", largest)
        found: list[str] = []
        after = ""
        while True:
            body = get(f"/v1/log/statements?hour={hour_of(0)}&limit={limit}{after}").body
            found += [item["entry"] for item in body["items"]]
            if body["next"] is None:
                break
            after = f"&after={body['next']}"
        assert found == names


def test_of_what_is_erased_there_is_the_place_alone(log: Log, erased: str) -> None:
    answer = get(f"/v1/log/statements?hour={hour_of(1)}")
    assert answer.body["items"] == [{"index": 1, "entry": erased, "erased": True, "envelope": None}]
    assert answer.headers["Cache-Control"] == "no-store"


def test_index_that_does_not_know_of_an_erasure_yet_gives_nothing_away(log: Log, erased: str) -> None:
    place = log.index.edges[f"hour#{NOW + timedelta(hours=1):%Y%m%d%H}"]
    place[1] = log.index.locations[erased]
    assert get(f"/v1/log/statements?hour={hour_of(1)}").body["items"][0]["envelope"] is None


def test_statement_that_cannot_be_read_does_not_hide_the_others(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [log.append(0), log.append(1)]
    moved = log.index.locations[names[1]]
    log.index.edges[f"hour#{NOW:%Y%m%d%H}"][1] = moved
    read = log.entries.get_many

    def damaged(asked: Any) -> Any:
        if names[0] in asked:
            raise WritError("sealed with another key", code="ledger.sealed")
        return read(asked)

    monkeypatch.setattr(log.entries, "get_many", damaged)
    items = get(f"/v1/log/statements?hour={hour_of(0)}").body["items"]
    assert [item["envelope"] is None for item in items] == [True, False]

    def away(_asked: Any) -> Any:
        raise TransientError("KMS is busy")

    monkeypatch.setattr(log.entries, "get_many", away)
    assert get(f"/v1/log/statements?hour={hour_of(0)}").status == 503


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "hour"),
        ("hour=2026-13-01T00", "hour"),
        ("hour=2026-03-01", "hour"),
        ("hour=2026-03-01T12&after=-1", "after"),
        ("hour=2026-03-01T12&limit=501", "limit"),
        ("hour=2026-03-01T12&since=x", "since"),
    ],
)
def test_bad_question_for_statements_names_the_parameter(log: Log, query: str, field: str) -> None:
    answer = get(f"/v1/log/statements?{query}")
    assert (answer.status, answer.body["field"]) == (400, field)


def test_anchored_checkpoints_come_in_pages(log: Log) -> None:
    for number in range(5):
        log.append(number)
    notes = [note for _, note in sorted(log.anchors.copies.items())]
    first = get("/v1/log/checkpoints?limit=3").body
    rest = get(f"/v1/log/checkpoints?limit=3&after={first['next']}").body
    assert [item["note"].encode() for item in first["items"] + rest["items"]] == notes
    assert rest["next"] is None
    assert get("/v1/log/checkpoints?after=../x").body["field"] == "after"


def test_certificates_come_in_pages_without_the_root(log: Log) -> None:
    log.append(0)
    first = get("/v1/log/certificates?limit=1").body
    assert first["items"] == [
        {"fingerprint": name, "pem": pem.decode()} for name, pem in log.certificates.certificates.items()
    ]


def test_trust_root_and_policy_are_had_as_the_log_keeps_them(log: Log) -> None:
    log.append(0)
    log.files.create(WITNESS_POLICY, b"quorum none\n")
    assert get("/v1/log/trust-root?form=log").body == json.loads(log.files.files[TRUST_ROOT])
    assert get("/v1/log/trust-root?form=sigstore").body == get("/v1/log/trust-root").body
    assert get("/v1/log/witness-policy").body == "quorum none\n"
    assert get("/v1/log/trust-root?form=pem").body["field"] == "form"


def test_log_without_witnesses_has_no_policy(log: Log) -> None:
    assert get("/v1/log/witness-policy").status == 404

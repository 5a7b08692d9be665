"""Real webhooks through the whole loop, and the ledger that proves it."""

from __future__ import annotations

import pytest

from cli.ledger.tamper import demonstrate
from cli.ledger.verify import verify
from cli.local.replay import webhooks
from cli.local.story import read_actions
from tests.e2e.conftest import SAMPLES, Person, World


def test_every_sample_is_taken_in_acted_on_and_proved(world: World, operator: Person) -> None:
    batch = webhooks([SAMPLES])
    receipts = world.send(*batch)
    assert [receipt.code for receipt in receipts if not receipt.accepted] == []
    world.verified()
    ids = {receipt.event_id for receipt in receipts}
    actions = [action for action in read_actions(world.copy()) if action.event_id in ids]
    assert {(action.bot, action.verdict, action.status) for action in actions} == {
        ("backlog", "allow", "succeeded")
    }
    for action in actions:
        target = operator("GET", f"v1/actions/{action.id}").json()["target"]["id"]
        assert operator("GET", f"v1/backlog/{target}").json()["occurrences"] >= 1
    assert world.pulse().dead == {}


def test_delivering_all_of_it_again_changes_nothing(world: World) -> None:
    world.settle()
    before = {table: world.count(table) for table in ("actions", "entries", "deliveries", "bot_backlog")}
    receipts = world.send(*webhooks([SAMPLES]))
    assert all(receipt.duplicate for receipt in receipts)
    world.settle()
    assert {table: world.count(table) for table in before} == before


def test_an_edited_entry_is_named(world: World) -> None:
    world.verified()
    shown = demonstrate(world.copy().folder, world.folder / "tampered")
    assert shown.named


@pytest.mark.parametrize("where", ["payload", "signature"])
def test_one_flipped_byte_of_a_stored_entry_is_named(world: World, where: str) -> None:
    world.verified()
    table = {"TableName": world.plane.thing("entries")}
    dynamodb = world.plane.aws("dynamodb")
    entry = sorted(item["entry_id"]["S"] for item in dynamodb.scan(**table)["Items"])[3]
    key = {"entry_id": {"S": entry}}
    kept = dynamodb.get_item(**table, Key=key)["Item"]
    value = bytearray(kept[where]["B"])
    value[len(value) // 2] ^= 1
    try:
        dynamodb.put_item(**table, Item={**kept, where: {"B": bytes(value)}})
        report = verify(world.copy())
        assert {finding.entry for finding in report.findings if finding.severity == "fault"} == {entry}
    finally:
        dynamodb.put_item(**table, Item=kept)
    world.verified()


def test_evidence_of_an_action_is_had_by_the_api_with_its_proof(world: World, operator: Person) -> None:
    world.settle()
    items = operator("GET", "v1/actions", bot="backlog", limit="100").json()["items"]
    action = next(item for item in items if item["state"] == "succeeded")
    detail = operator("GET", f"v1/actions/{action['id']}").json()
    assert detail["evidence"] == [f"{action['id']}.intent", f"{action['id']}.outcome"]
    for entry in detail["evidence"]:
        found = operator("GET", f"v1/evidence/{entry}").json()
        assert found["statement"]["predicate"]["actor"]["bot"] == "backlog"
        proof = operator("GET", found["proof"])
        assert proof.status_code == 200
        assert proof.json()["index"] == found["index"]
    (subject,) = found["statement"]["subject"]
    about = operator("GET", "v1/evidence", subject=subject["digest"]["sha256"], limit="100").json()["items"]
    assert set(detail["evidence"]) <= {item["entry"] for item in about}
    assert operator("GET", "v1/log/checkpoint").text.startswith(world.plane.file.log_origin)

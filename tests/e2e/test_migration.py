"""A table of a service is migrated: looked at, begun, paused, resumed, approved, done, and taken back."""

from __future__ import annotations

import time
from typing import Any

from tests.e2e.conftest import Person, World, eventually

TABLE = "service-e2e-orders"
ITEMS = 300
ID = "e2e-orders-total"
DOCUMENT: dict[str, Any] = {
    "id": ID,
    "service": "e2e",
    "table": TABLE,
    "changes": [
        {"kind": "rename", "source": "total", "target": "amount"},
        {"kind": "derive", "how": "lower", "sources": ["place"], "target": "place_key"},
        {"kind": "default", "target": "currency", "value": "EUR"},
    ],
    "reverse": {"contract": "undo"},
    "guards": {
        "expand_age_s": 0,
        "settle_s": 0,
        "quiet_s": 1,
        "old_reads": {"namespace": "E2e", "name": "OldOrderReads"},
    },
    "pace": {"batch": 60, "segments": 2, "items_per_s": 1000},
}


def _order(number: int) -> dict[str, Any]:
    return {"id": {"S": f"o{number}"}, "total": {"N": str(number)}, "place": {"S": f"Town {number}"}}


def _table(world: World) -> Any:
    client = world.plane.aws("dynamodb")
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for start in range(0, ITEMS, 25):
        puts = [{"PutRequest": {"Item": _order(number)}} for number in range(start, start + 25)]
        client.batch_write_item(RequestItems={TABLE: puts})
    return client


def _items(client: Any) -> dict[str, dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
    return {item["id"]["S"]: item for page in pages for item in page["Items"]}


def _nobody_reads_the_old_shape(world: World) -> None:
    datum = {"MetricName": "OldOrderReads", "Value": 0.0}
    world.plane.aws("cloudwatch").put_metric_data(Namespace="E2e", MetricData=[datum])


def _at(person: Person, id: str, *states: str) -> Any:
    shown = person("GET", f"v1/migrations/{id}").json()
    return shown if shown["state"] in states else None


def _asked(world: World, person: Person) -> Any:
    _nobody_reads_the_old_shape(world)
    waiting = person("GET", "v1/actions", state="waiting", bot="migration").json()["items"]
    return waiting[0] if waiting else None


def _ended(world: World, person: Person) -> Any:
    _nobody_reads_the_old_shape(world)
    return _at(person, ID, "done", "halted")


def test_a_table_is_migrated_and_taken_back(world: World, operator: Person, colleague: Person) -> None:
    client = _table(world)
    olds = _items(client)
    assert len(olds) == ITEMS

    looked = operator("POST", "v1/migrations", {"document": DOCUMENT, "dry_run": True})
    assert looked.status_code == 202, looked.text
    seen = eventually(lambda: _at(operator, looked.json()["id"], "surveyed"), seconds=90)
    assert (seen["counts"]["scanned"], seen["counts"]["changed"]) == (ITEMS, ITEMS)
    assert "Town" not in str(seen["samples"])
    assert _items(client) == olds

    begun = operator("POST", "v1/migrations", {"document": DOCUMENT})
    assert (begun.status_code, begun.json()["id"]) == (202, ID)
    again = operator("POST", "v1/migrations", {"document": {**DOCUMENT, "id": "another"}})
    assert (again.status_code, again.json()["field"]) == (409, "document.table")
    place = f"v1/migrations/{ID}"
    paused = operator("POST", f"{place}/pause", {"reason": "look first"})
    assert paused.status_code == 202, paused.text
    at_rest = _items(client)
    time.sleep(3)
    assert _items(client) == at_rest
    resumed = operator("POST", f"{place}/resume", {"reason": "go on"})
    assert resumed.status_code == 202, resumed.text

    asked = eventually(lambda: _asked(world, operator), seconds=180)
    assert asked["name"] == "leave-old"
    both = _items(client)
    assert all({"total", "amount", "place_key", "currency"} <= item.keys() for item in both.values())
    approved = colleague("POST", f"v1/actions/{asked['id']}/approve", {"reason": "checked"})
    assert approved.status_code in (200, 202), approved.text
    done = eventually(lambda: _ended(world, operator), seconds=180)
    assert done["state"] == "done", done["pause"]
    for id, item in _items(client).items():
        assert item["amount"] == olds[id]["total"]
        assert item["place_key"]["S"] == olds[id]["place"]["S"].lower()
        assert "total" not in item

    back = operator("POST", f"{place}/reverse", {"reason": "it was wrong"})
    assert back.status_code == 202, back.text
    over = eventually(lambda: _at(operator, ID, "reversed", "halted"), seconds=180)
    assert over["state"] == "reversed", over["pause"]
    assert _items(client) == olds
    statements = [mark["action"] for mark in over["stages"]]
    for action in statements:
        shown = operator("GET", f"v1/actions/{action}").json()
        assert shown["outcome"]["status"] == "succeeded"
    world.verified()

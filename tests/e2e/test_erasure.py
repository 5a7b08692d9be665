"""A person leaves: two others erase what evidence says of him, no store keeps it, and the ledger verifies."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from stacks.tables import TABLES
from tests.e2e.conftest import Person, World, eventually

SAID = "the books are closed by the leaving one"


def _closed(person: Person, action: str) -> Any:
    shown = person("GET", f"v1/actions/{action}").json()
    return shown if shown["outcome"] is not None else None


def _erased(person: Person, ref: str) -> Any:
    shown = person("GET", f"v1/erasures/{ref}").json()
    return shown if shown["state"] == "erased" else None


def _caller(person: Person) -> str:
    body = (person.token or "").split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return str(claims["sub"])


def _stored(world: World) -> Iterator[tuple[str, bytes]]:
    """Every item of every table and every object of the log's buckets, unpacked where that is possible."""
    for spec in TABLES:
        name = "bot_backlog" if spec.name == "backlog" else spec.name
        pages = world.plane.aws("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=world.plane.thing(name), ConsistentRead=True):
            for item in page["Items"]:
                yield spec.name, json.dumps(item, default=repr).encode()
                for value in item.values():
                    if isinstance(value.get("B"), bytes):
                        yield spec.name, _unpacked(value["B"])
    s3 = world.plane.aws("s3")
    for bucket in ("log", "anchors", "raw"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=world.plane.bucket(bucket)):
            for found in page.get("Contents", ()):
                yield (
                    bucket,
                    s3.get_object(Bucket=world.plane.bucket(bucket), Key=found["Key"])["Body"].read(),
                )


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


def _holding(world: World, *words: str) -> set[str]:
    return {place for place, data in _stored(world) for word in words if word.encode() in data.lower()}


def test_a_person_is_erased_and_the_ledger_verifies(
    world: World, operator: Person, colleague: Person, leaver: Person
) -> None:
    ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    freeze = {
        "id": "leaving",
        "scope": {"bots": ["canary"]},
        "owner": "platform",
        "reason": SAID,
        "ends_at": ends,
    }
    declared = leaver("POST", "v1/policy/freezes", freeze)
    assert declared.status_code == 201
    entry = f"{declared.headers['Writ-Action']}.intent"
    lifted = operator("DELETE", "v1/policy/freezes/leaving", reason="over").json()["action"]
    assert colleague("POST", f"v1/actions/{lifted}/approve", {"reason": "over"}).status_code in (200, 202)
    eventually(lambda: _closed(operator, lifted))
    assert operator("GET", f"v1/evidence/{entry}").status_code == 200
    assert "actions" in _holding(world, SAID)
    assert "entries" not in _holding(world, SAID)

    subject = _caller(leaver)
    asked = operator("POST", "v1/erasures", {"subject": subject, "reason": "article 17"})
    assert asked.status_code == 202
    action = asked.json()["action"]
    own = operator("POST", f"v1/actions/{action}/approve", {"reason": "mine"})
    assert (own.status_code, own.json()["code"]) == (403, "forbidden.four_eyes")
    assert colleague("POST", f"v1/actions/{action}/approve", {"reason": "checked"}).status_code in (200, 202)
    shown = eventually(lambda: _closed(operator, action), seconds=180)
    assert (shown["outcome"]["status"], shown["outcome"]["observed"]["flow"]) == ("succeeded", "erasure")
    ref = shown["target"]["id"]
    done = eventually(lambda: _erased(operator, ref), seconds=180)
    assert (done["entries"], done["person"]) == (1, None)

    world.settle()
    gone = operator("GET", f"v1/evidence/{entry}")
    assert (gone.status_code, gone.json()["code"]) == (410, "evidence.erased")
    erasure = gone.json()["erasure"]
    said = operator("GET", f"v1/evidence/{erasure['entry']}").json()
    [leaf] = said["statement"]["predicate"]["erased"]
    assert (said["index"], leaf["leaf"], leaf["entry"]) == (erasure["index"], gone.json()["index"], entry)
    assert _holding(world, SAID, subject) == set()
    report = world.verified()
    assert report.erased == 1

"""A person leaves: two others erase what evidence says of him, no store keeps it, and the ledger verifies."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from stacks.tables import TABLES
from tests.e2e.conftest import Person, World, eventually
from tests.e2e.test_packs import made
from tests.support.packs import edited, in_json, run_verifier, unpack
from writ.ledger.errors import VerificationError
from writ.ledger.pack import MANIFEST, Kind
from writ.ledger.trusted_root import read_trust
from writ.ledger.verify_pack import verify_pack

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


def _is_packed(operator: Person, stated: datetime, entry: str, erasure: str, folder: Path) -> None:
    """A pack of that time has the place of what is gone, and the erasure; without that nobody believes it."""
    around = timedelta(milliseconds=500)
    question = {"since": (stated - around).isoformat(), "until": (stated + around).isoformat()}
    data = httpx.get(made(operator, question)["link"], timeout=30).raise_for_status().content
    root = operator("GET", "v1/log/trust-root").content
    verified = verify_pack(data, read_trust(root))
    assert [item.entry for item in verified.items if item.kind is Kind.ERASED] == [entry]
    assert [item.entry for item in verified.erasures] == [erasure]

    held = folder / "trust.json"
    held.write_bytes(root)
    done = run_verifier(unpack(data, folder / "pack"), "--trust", str(held))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    [said] = verified.erasures

    def cut_out(members: dict[str, bytes]) -> None:
        in_json(MANIFEST, lambda value: value["erasures"].clear())(members)
        del members[said.file]

    without = edited(data, cut_out)
    with pytest.raises(VerificationError) as refused:
        verify_pack(without, read_trust(root))
    assert refused.value.code == "ledger.erasure"
    done = run_verifier(unpack(without, folder / "without"), "--trust", str(held))
    assert done.returncode == 1
    assert "called erased" in done.stdout


def test_a_person_is_erased_and_the_ledger_verifies(
    world: World, operator: Person, colleague: Person, leaver: Person, tmp_path: Path
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
    logged = operator("GET", f"v1/evidence/{entry}")
    assert logged.status_code == 200
    stated = datetime.fromisoformat(logged.json()["statement"]["predicate"]["time"])
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
    _is_packed(operator, stated, entry, erasure["entry"], tmp_path)

"""Previews that are seeded from the bucket, by the version of an object that their template names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.preview import templates
from functions.preview.model import State, preview_id
from tests.support.previews import COMMITS, REPOSITORY, SITE, PreviewWorld

ID = preview_id(REPOSITORY, 42)
TABLE = f"{SITE.prefix}{ID}-items"
KEY, VERSION = "sets/shop/orders.json", "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"


def content(*items: dict[str, Any]) -> bytes:
    return json.dumps({"tables": {"items": {"key": ["id"], "items": items}}}).encode()


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The template names a version in the bucket; what is changed in here, it names next."""
    seed = {"key": KEY, "version": VERSION}

    def made(_name: str) -> templates.Template:
        document = json.loads((templates.ASSETS / "service.template.json").read_text())
        document["Metadata"]["Writ"] |= {"seed": None, "seed_object": seed}
        return templates.parse("service", json.dumps(document))

    monkeypatch.setattr(templates, "template", made)
    return seed


def test_a_preview_is_seeded_from_the_version_masked(world: PreviewWorld, named: dict[str, str]) -> None:
    world.seeds.kept[KEY, VERSION] = content(
        *({"id": f"order-{number}", "mail": f"person{number}@example.com"} for number in range(250))
    )
    world.label()
    world.settle()
    row = world.previews.rows[ID]
    assert (row.state, row.seeded) == (State.READY, f"{named['key']}@{named['version']}")
    items = world.databases.tables[TABLE]
    assert len(items) == 250
    assert {item["mail"] for item in items} == {"[redacted]"}


def test_another_version_is_another_seed_set(world: PreviewWorld, named: dict[str, str]) -> None:
    world.seeds.kept = {(KEY, VERSION): content({"id": "one"}), (KEY, "next"): content({"id": "two"})}
    world.label()
    world.settle()
    world.push(COMMITS[1])
    world.settle()
    assert [item["id"] for item in world.databases.tables[TABLE]] == ["one"]
    named["version"] = "next"
    world.push(COMMITS[2])
    world.settle()
    assert [item["id"] for item in world.databases.tables[TABLE]] == ["one", "two"]
    assert world.previews.rows[ID].seeded == f"{KEY}@next"


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        (None, "seed.absent"),
        (b"no JSON", "seed.invalid"),
        (content({"id": "ann@example.com"}), "seed.key"),
        (json.dumps({"tables": {"others": {"key": ["id"], "items": [{"id": "1"}]}}}).encode(), "seed.table"),
    ],
)
@pytest.mark.usefixtures("named")
def test_a_set_that_cannot_be_had_fails_the_preview_and_says_why(
    world: PreviewWorld, kept: bytes | None, code: str
) -> None:
    if kept is not None:
        world.seeds.kept[KEY, VERSION] = kept
    world.label()
    world.settle()
    outcomes = [record.outcome for record in world.plane.actions.records.values()]
    assert code in {outcome.code for outcome in outcomes if outcome is not None}
    assert world.previews.rows[ID].state in (State.LOST, State.FAILED)
    assert TABLE not in world.databases.tables

"""Ids, lifetimes, costs, templates, seed sets and notes: the pure parts."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.pr.markdown import quoted
from functions.preview import notes, seeds
from functions.preview.inside import attributes
from functions.preview.model import Lifetime, cost, extended, preview_id
from functions.preview.settings import settings
from functions.preview.templates import parse, template
from tests.support.previews import PreviewWorld
from writ.contracts.errors import NotFoundError, PermanentError

NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,40}/[A-Za-z0-9._-]{1,60}", fullmatch=True)


@given(NAMES, st.integers(1, 2**31 - 1), NAMES, st.integers(1, 2**31 - 1))
def test_no_id_begins_another_one(one: str, first: int, other: str, second: int) -> None:
    mine, theirs = preview_id(one, first), preview_id(other, second)
    assert mine.count("-") == 2
    assert len(mine) <= 36
    assert mine == theirs or not theirs.startswith(f"{mine}-")
    assert preview_id(one.upper(), first) == mine


@given(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**6))
def test_costs_add_up_and_are_never_rounded_down(price: int, first: int, more: int) -> None:
    whole = cost(price, timedelta(seconds=first + more))
    parts = cost(price, timedelta(seconds=first)) + cost(price, timedelta(seconds=more))
    assert whole * 3600 >= price * (first + more)
    assert 0 <= parts - whole <= 1


@given(st.integers(-(10**5), 10**5), st.integers(60, 10**5), st.integers(60, 10**5))
def test_activity_never_shortens_a_life_nor_passes_its_last_day(ago: int, first: int, more: int) -> None:
    world = PreviewWorld()
    now = world.plane.clock.now()
    from functions.preview.model import Goal, Preview, State

    opened = now - timedelta(seconds=ago)
    ends = opened + timedelta(seconds=2 * first)
    row = Preview(
        id=preview_id("acme/shop", 1),
        repository="acme/shop",
        pull_request=1,
        team="acme",
        template="service",
        usd_micros_per_hour=1,
        goal=Goal(number=1, way="up", commit="a" * 40, reason="because", by="act-1"),
        state=State.READY,
        opened_at=opened,
        expires_at=opened + timedelta(seconds=first),
        ends_at=ends,
        changed_at=opened,
    )
    until = extended(row, Lifetime(first_s=first, extension_s=more, longest_s=2 * first), now)
    assert row.expires_at <= until <= ends


def broken(**changes: Any) -> str:
    document = json.loads(template("service").body)
    document["Metadata"]["Writ"] |= changes
    return json.dumps(document)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{}", "Writ"),
        ("no JSON", "Writ"),
        (broken(url="Nowhere"), "Nowhere"),
        (broken(seed="service@0"), "seed"),
        (broken(seed=None, seed_object={"key": "sets/shop.json"}), "seed_object.version"),
        (broken(seed=None, seed_object={"key": "sets/shop.json", "version": "null"}), "seed_object.version"),
        (broken(seed=None, seed_object={"key": "sets/shop.json", "version": "a b"}), "seed_object.version"),
        (broken(seed=None, seed_object={"key": "other/shop.json", "version": "3sL4"}), "seed_object.key"),
        (broken(seed=None, seed_object={"key": "sets/../shop.json", "version": "3sL4"}), "seed_object.key"),
        (broken(seed_object={"key": "sets/shop.json", "version": "3sL4"}), "seed_object"),
        (broken(usd_micros_per_hour=-1), "usd_micros_per_hour"),
    ],
)
def test_a_template_that_does_not_say_how_it_is_used_is_refused_by_its_field(body: str, field: str) -> None:
    with pytest.raises(PermanentError) as refused:
        parse("service", body)
    assert (refused.value.code, refused.value.field) == ("template.invalid", field)


@pytest.mark.parametrize("name", ["nothing", "../settings", "SERVICE"])
def test_there_is_no_template_of_another_name(name: str) -> None:
    with pytest.raises(NotFoundError):
        template(name)


def seeded(*items: dict[str, Any]) -> seeds.SeedSet:
    content = json.dumps({"tables": {"items": {"key": ["id"], "items": items}}}).encode()
    return seeds.parse("x@1", content, {"x@1.json": hashlib.sha256(content).hexdigest()})


def test_items_are_masked_and_come_in_parts_of_a_hundred() -> None:
    found = seeded(*({"id": f"i{n}", "mail": f"person{n}@example.com"} for n in range(250))).parts()
    assert [len(part) for part in found] == [100, 100, 50]
    assert all(item["mail"] == "[redacted]" for part in found for _, item in part)
    assert [len(part) for part in seeded().parts()] == [0]


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[" * 100_000, b"{}", b'{"tables": {"items": {"items": []}}}', b'{"tables": 1}'],
)
def test_what_is_no_seed_set_is_refused(content: bytes) -> None:
    with pytest.raises(PermanentError) as refused:
        seeds.read("sets/shop.json@3sL4", content)
    assert refused.value.code == "seed.invalid"


@pytest.mark.parametrize(
    "items",
    [
        [{"id": "ann@example.com"}],
        [{"name": "without a key"}],
        [{"id": "one"}, {"id": "one"}],
    ],
)
def test_items_that_cannot_be_told_apart_once_masked_are_refused(items: list[dict[str, Any]]) -> None:
    with pytest.raises(PermanentError) as refused:
        seeded(*items)
    assert refused.value.code == "seed.key"


def test_a_seed_set_that_was_edited_is_refused() -> None:
    content = (seeds.FOLDER / "service@1.json").read_bytes()
    sums = seeds.checksums((seeds.FOLDER / seeds.SUMS).read_text())
    assert seeds.parse("service@1", content, sums).tables
    with pytest.raises(PermanentError) as refused:
        seeds.parse("service@1", content.replace(b"Kettle", b"Boiler"), sums)
    assert refused.value.code == "seed.checksum"


def test_an_item_is_written_with_its_types() -> None:
    given_item = {"s": "a", "n": 1, "f": 1.5, "b": True, "x": None, "l": ["a", 1], "m": {"k": "v"}}
    assert attributes(given_item) == {
        "s": {"S": "a"},
        "n": {"N": "1"},
        "f": {"N": "1.5"},
        "b": {"BOOL": True},
        "x": {"NULL": True},
        "l": {"L": [{"S": "a"}, {"N": "1"}]},
        "m": {"M": {"k": {"S": "v"}}},
    }


def test_the_first_repositories_that_match_count_and_the_owner_is_the_team() -> None:
    demo, other = settings().terms("writ-demo/shop"), settings().terms("Acme/Shop")
    assert demo is not None
    assert other is not None
    assert (demo.team, other.team) == ("demo", "acme")
    assert demo.lifetime.first_s < other.lifetime.first_s


def test_what_others_said_makes_no_markdown_on_the_pull_request() -> None:
    observed = {
        "repository": "acme/shop",
        "pull_request": 1,
        "at": "2026-03-02T10:00:00+00:00",
        "preview": "shop-1-00000000",
    }
    said = "@everyone <b>[x](http://evil)</b>\n# huge, see #12, GH-3, www.evil and mail ann@example.com"
    (told,) = notes.refused(observed, [said])
    text = getattr(told, "text", "")
    assert not any(
        mark in text for mark in ("<b>", "[x](", "\n#", "://", "#12", "GH-3", "www.", "ann@", "&#")
    )
    assert "@everyone" not in quoted(text)
    assert "@\u200beveryone" in quoted(text)


def test_the_address_of_a_preview_stays_a_link() -> None:
    observed = {
        "repository": "acme/shop",
        "pull_request": 1,
        "at": "2026-03-02T10:00:00+00:00",
        "preview": "shop-1-00000000",
        "state": "ready",
        "url": "https://preview.example/",
        "expires_at": "2026-03-02T11:00:00+00:00",
    }
    (told,) = notes.progress(observed)
    assert "| at | https://preview.example/ |" in quoted(getattr(told, "text", ""))

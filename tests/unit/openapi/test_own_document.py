"""The description of Writ's own API: every route that is deployed, and all that is said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from stacks.manifest import load_folders
from tests.support.described import described, document, responses
from writ.openapi.diff import diff

ROUTES = [(folder, route) for folder in load_folders() for route in folder.manifest.routes]


def operations() -> Iterator[dict[str, Any]]:
    for item in document()["paths"].values():
        yield from item.values()


def test_every_route_that_is_deployed_is_described_and_no_other() -> None:
    deployed = {route.route.replace("+}", "}") for _, route in ROUTES}

    said = {f"{method.upper()} {path}" for path, item in document()["paths"].items() for method in item}

    assert said == deployed


def test_operations_have_names_of_their_own() -> None:
    names = Counter(operation["operationId"] for operation in operations())

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(("key", "public"), [(route.route, route.auth == "none") for _, route in ROUTES])
def test_a_route_is_described_whole(key: str, public: bool) -> None:
    operation, answers = described(key), responses(key)

    assert operation["summary"]
    assert (operation.get("security") == []) is public
    assert ("401" in answers) is not public or "authentication.*" in operation["x-codes"]
    successes = [answer for status, answer in answers.items() if status.startswith("2")]
    assert successes
    assert all("schema" in media for answer in successes for media in answer["content"].values())
    assert {"400", "429", "500", "503"} <= answers.keys()
    assert "Retry-After" in answers["429"]["headers"]


def test_lists_are_read_page_by_page() -> None:
    lists = [
        operation
        for operation in operations()
        if any(part["name"] == "cursor" for part in operation.get("parameters", ()))
    ]

    assert len(lists) >= 15
    for operation in lists:
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        page = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert {"items", "next_cursor"} <= set(page["required"])
        assert "limit" in {part["name"] for part in operation["parameters"]}


def test_a_change_names_the_version_that_it_is_of() -> None:
    change = described("PATCH /v1/backlog/{id}")

    (header,) = [part for part in change["parameters"] if part["in"] == "header"]
    assert (header["name"], header["required"]) == ("If-Match", True)
    assert "ETag" in responses("PATCH /v1/backlog/{id}")["200"]["headers"]
    assert {"412", "428"} <= responses("PATCH /v1/backlog/{id}").keys()


def test_what_a_change_leaves_out_has_no_default() -> None:
    """Else a client would send it, and change what nobody named."""
    fields = document()["components"]["schemas"]["BacklogChanges"]["properties"]

    assert [name for name, field in fields.items() if "default" in field] == []


def test_the_document_can_be_compared_with_itself() -> None:
    """All of it is understood: a part that is not would be a change whose effect nobody can say."""
    assert diff(document(), document(), date(2026, 11, 26)).changes == ()


def test_a_route_that_is_taken_away_breaks_clients() -> None:
    less = {**document(), "paths": {k: v for k, v in document()["paths"].items() if k != "/v1/slo"}}

    assert diff(document(), less, date(2026, 11, 26)).next_version == "0.2.0"

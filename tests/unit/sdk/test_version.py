"""The version of a client is the one that the changes of its document ask for."""

from __future__ import annotations

from typing import Any

import pytest

from cli.sdk.build import Plan
from cli.sdk.version import decide
from tests.support.openapi import TODAY, answers, spec
from writ.contracts.errors import ContractError

STRING: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
MORE = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
NUMBER = {"type": "object", "properties": {"name": {"type": "integer"}}}


def named(document: dict[str, Any], version: str) -> dict[str, Any]:
    return {**document, "info": {"title": "Things", "version": version}}


def test_what_was_never_released_has_the_version_that_it_says() -> None:
    assert decide(named(answers(STRING), "0.3.1"), None, TODAY) == "0.3.1"


@pytest.mark.parametrize(
    ("after", "version"),
    [(STRING, "1.2.0"), (MORE, "1.3.0"), (NUMBER, "2.0.0")],
    ids=["same", "more", "other"],
)
def test_changes_raise_the_version_that_was_released(after: Any, version: str) -> None:
    assert decide(answers(after), answers(STRING), TODAY) == version


def test_before_1_0_0_what_breaks_raises_the_second_number() -> None:
    assert decide(named(answers(NUMBER), "0.4.0"), named(answers(STRING), "0.4.0"), TODAY) == "0.5.0"


def test_a_document_may_ask_for_more_than_its_changes_do() -> None:
    assert decide(named(answers(MORE), "3.0.0"), answers(STRING), TODAY) == "3.0.0"


def test_a_version_does_not_go_back() -> None:
    with pytest.raises(ContractError) as refused:
        decide(named(answers(STRING), "1.1.0"), answers(STRING), TODAY)

    assert refused.value.field == "info.version"


@pytest.mark.parametrize("document", [None, [], {}, {"info": {}}, {"info": {"version": 1}}, named({}, "one")])
def test_a_version_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(ContractError) as refused:
        decide(document, None, TODAY)

    assert refused.value.field == "info.version"


def test_a_plan_takes_its_names_from_the_title() -> None:
    plan = Plan.of(named(spec({}), "1.0.0"), "1.1.0")

    assert (plan.project, plan.package, plan.source["info"]["version"]) == (
        "things-client",
        "things_client",
        "1.1.0",
    )


@pytest.mark.parametrize(
    ("document", "name", "field"),
    [
        (spec({}, "2.0"), None, "openapi"),
        ([], None, "openapi"),
        (spec(None), None, "paths"),
        (spec({}), "../up", "--name"),
        (spec({}), "a" * 65, "--name"),
    ],
)
def test_what_cannot_be_built_is_refused_by_its_field(document: Any, name: str | None, field: str) -> None:
    with pytest.raises(ContractError) as refused:
        Plan.of(document, "1.0.0", name)

    assert refused.value.field == field

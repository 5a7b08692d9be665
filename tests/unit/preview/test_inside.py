"""What a preview is asked, and databases that are branched instead of made."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.preview import templates
from functions.preview.inside import FunctionBranches, FunctionProbes
from functions.preview.model import State, preview_id
from functions.preview.stack import Branch
from tests.support.previews import REPOSITORY, SITE, PreviewWorld
from writ.adapters import aws
from writ.contracts.errors import PermanentError, TransientError

ID = preview_id(REPOSITORY, 42)


def test_a_branched_database_is_waited_for_given_to_the_stack_and_dropped(
    world: PreviewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.loads(templates.template("service").body)
    document["Parameters"]["Database"] = {"Type": "String"}
    document["Metadata"]["Writ"]["branch"] = "service-branches"
    branched = templates.parse("service", json.dumps(document))
    monkeypatch.setattr(templates, "template", lambda _name: branched)
    world.label()
    world.settle()
    name = f"{SITE.prefix}{ID}"
    assert world.previews.rows[ID].state is State.READY
    assert world.stacks.held[name].parameters["Database"] == f"service-branches/{name}"
    assert world.branches.held[name] >= 2
    world.close()
    world.settle()
    assert (world.previews.rows[ID].state, world.branches.held) == (State.GONE, {})


def answering(monkeypatch: pytest.MonkeyPatch, body: bytes, **more: Any) -> list[dict[str, Any]]:
    """A function that answers with a body; what it is asked is returned."""
    asked: list[dict[str, Any]] = []

    def invoke(**given: Any) -> dict[str, Any]:
        asked.append({**given, "Payload": json.loads(given["Payload"])})
        return {"Payload": io.BytesIO(body), **more}

    monkeypatch.setattr(aws, "client", lambda _name: SimpleNamespace(invoke=invoke))
    return asked


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b'{"statusCode": 200}', {}, 200),
        (b'{"statusCode": 503}', {}, 503),
        (b'{"ok": true}', {}, 200),
        (b'{"errorMessage": "boom"}', {"FunctionError": "Unhandled"}, 0),
        (b"nothing", {}, 0),
        (b"[]", {}, 0),
        (b'{"statusCode": "200"}', {}, 0),
    ],
)
def test_a_preview_is_asked_for_its_health_as_by_its_url(
    monkeypatch: pytest.MonkeyPatch, body: bytes, more: dict[str, Any], status: int
) -> None:
    asked = answering(monkeypatch, body, **more)
    assert FunctionProbes().status("f", "/health") == status
    assert asked[0]["Payload"]["rawPath"] == "/health"


def test_a_function_is_asked_for_a_branch(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, b'{"ready": true, "parameters": {"Database": "secret-name"}}')
    assert FunctionBranches().ensure("service-b", "p") == Branch(True, {"Database": "secret-name"})
    assert asked[0]["Payload"] == {"do": "ensure", "branch": "p"}


@pytest.mark.parametrize("body", [b"{}", b'{"ready": "yes"}', b'{"ready": true, "parameters": {"a": 1}}'])
def test_a_branch_that_is_not_told_clearly_is_refused(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    answering(monkeypatch, body)
    with pytest.raises(PermanentError):
        FunctionBranches().ensure("service-b", "p")


def test_a_branch_that_is_still_there_is_dropped_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, b'{"dropped": false}')
    with pytest.raises(TransientError):
        FunctionBranches().drop("service-b", "p")

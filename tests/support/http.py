"""Requests as an HTTP API hands them to a function (payload format 2.0), and the answers read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from writ.runtime import access
from writ.runtime.doors import WORKFLOWS
from writ.runtime.rest import Api


@dataclass(frozen=True)
class Answer:
    """Status, headers and the body of an answer, read where it is JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]


def request(
    method: str,
    target: str,
    body: object = None,
    *,
    sub: str | None = "ann",
    name: str | None = None,
    run: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One request; `target` may carry a query, `body` is JSON unless it is text already.

    With `run`, the claims of a run of a workflow, it comes in by the door for those.
    """
    path, _, text = target.partition("?")
    parameters = query or dict(parse_qsl(text, keep_blank_values=True)) or None
    claims = {key: value for key, value in (("sub", sub), ("username", name)) if value}
    if run is not None:
        path, claims = WORKFLOWS + path, dict(run)
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": text,
        "headers": {"content-type": "application/json", **(headers or {})},
        "queryStringParameters": parameters,
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": "$default",
            "requestId": "request-1",
            "authorizer": {"jwt": {"claims": claims}},
        },
        "body": body if isinstance(body, str) else "" if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def routed(api: Api, event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with the route of the API that a gateway chooses for its path: most literal parts win."""
    http = event["requestContext"]["http"]
    door = WORKFLOWS if http["path"].startswith(f"{WORKFLOWS}/") else ""
    parts = http["path"].removeprefix(door).split("/")
    found: list[tuple[int, str, dict[str, str]]] = []
    for key in api.routes:
        method, _, template = key.partition(" ")
        pairs = list(zip(template.split("/"), parts, strict=False))
        if template.endswith("+}"):  # takes the rest of the path, of one part or more
            head, _, name = template.rpartition("/")
            depth = head.count("/") + 1
            pairs = [*pairs[:depth], ("{" + name[1:-2] + "}", "/".join(parts[depth:]))]
            if method != http["method"] or len(parts) <= depth:
                continue
        elif method != http["method"] or len(template.split("/")) != len(parts):
            continue
        if all(part.startswith("{") or part == given for part, given in pairs):
            values = {part[1:-1]: unquote(given) for part, given in pairs if part.startswith("{")}
            found.append((len(values), key, values))
    if not found:
        return {**event, "routeKey": "$default"}
    _, key, values = min(found)
    key = key.replace(" ", f" {door}", 1)
    return {**event, "routeKey": key, "pathParameters": values or None}


def run_of(repository: str, id: int = 77, sha: str = "c" * 40) -> dict[str, str]:
    """The claims of a run of a workflow."""
    subject = f"repo:{repository}:ref:refs/heads/main"
    workflow = f"{repository}/.github/workflows/checks.yml@refs/heads/main"
    claims = {"sub": subject, "repository": repository, "run_id": str(id), "sha": sha}
    return {**claims, "job_workflow_ref": workflow}


def serving(
    monkeypatch: pytest.MonkeyPatch, api: Api, *repositories: str, gates: Sequence[str] = ("**",)
) -> None:
    """Have a plane serve runs of these repositories at every route; `gates`: whose word on those counts."""
    whose = {"repositories": repositories, "owner_ids": (), "gates": gates, "routes": api.routes}
    monkeypatch.setattr(access, "current", lambda: SimpleNamespace(bot=api.service))
    monkeypatch.setattr(access, "served", lambda bot: whose if bot == api.service else {})


def call(api: Api, method: str, target: str, body: object = None, **options: Any) -> Answer:
    """Send a request to an API and read its answer."""
    answer = api.handler(routed(api, request(method, target, body, **options)), None)
    text, kind = answer["body"], str(answer["headers"].get("Content-Type", ""))
    body = json.loads(text) if text and "json" in kind else text or None
    return Answer(answer["statusCode"], body, answer["headers"])

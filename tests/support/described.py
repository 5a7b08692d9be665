"""Every answer that a test gets of a route, held against the description of the API."""

from __future__ import annotations

import base64
import fnmatch
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import TypeAdapter

from stacks.manifest import load_folders
from tests.support.http import request, routed
from writ.openapi.operation import Operation, Waiting
from writ.runtime.problems import PROBLEM, status_of
from writ.runtime.rest import Api

PLACE: Final = Path(__file__).parents[2] / "docs" / "reference" / "openapi.yaml"


@cache
def document() -> dict[str, Any]:
    """The published document."""
    found = yaml.load(PLACE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    assert isinstance(found, dict)
    return found


@dataclass(frozen=True)
class Given:
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes


def operation_of(api: Api, key: str) -> Operation | None:
    """What is said of a route that is deployed; None for one that a test made up."""
    folder = f"functions.{api.service}"
    try:
        deployed = importlib.import_module(f"{folder}.api").api
    except ModuleNotFoundError:
        return None
    if deployed is not api or key not in api.routes:
        return None
    found: Operation = importlib.import_module(f"{folder}.operations").OPERATIONS[key]
    return found


def check(key: str, operation: Operation, event: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Fail where an answer, or the request of a success, is not as the document says."""
    body: Any = answer["body"]
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    headers = {name.lower(): str(value) for name, value in answer["headers"].items()}
    said = responses(key).get(str(answer["statusCode"]))
    assert said is not None, f"{key} answers {answer['statusCode']}, which is not described"
    _check_answer(key, operation, Given(int(answer["statusCode"]), headers, raw), said)
    if answer["statusCode"] < 300:
        _check_request(key, event)


def check_response(response: httpx.Response) -> None:
    """Fail where what a gateway answers is not as the document says; for event hooks of httpx."""
    path = response.request.url.path
    path = path[path.index("/v1/") :] if "/v1/" in path else path
    event = request(response.request.method, path)
    for api in deployed():
        key = routed(api, event)["routeKey"]
        if key != "$default" and (operation := operation_of(api, key)) is not None:
            if response.status_code in (401, 403) and PROBLEM not in response.headers.get("content-type", ""):
                return  # the gateway's own words, before a function is asked
            raw = base64.b64encode(response.read()).decode()
            answer = {"statusCode": response.status_code, "headers": response.headers, "body": raw}
            body = response.request.read().decode()
            query = dict(response.request.url.params)
            asked = {**event, "body": body, "queryStringParameters": query}
            check(key, operation, asked, {**answer, "isBase64Encoded": True})
            return


@cache
def deployed() -> tuple[Api, ...]:
    """The routes of every folder, those with more literal parts first."""
    names = [folder.name for folder in load_folders() if folder.has_api]
    return tuple(importlib.import_module(f"functions.{name}.api").api for name in names)


@cache
def responses(key: str) -> Mapping[str, Any]:
    """The responses of a route, without references."""
    return {status: _resolved(value) for status, value in described(key)["responses"].items()}


def described(key: str) -> dict[str, Any]:
    """The operation of a route in the document."""
    method, _, path = key.partition(" ")
    found: dict[str, Any] = document()["paths"][path.replace("+}", "}")][method.lower()]
    return found


def complaints(schema: Any, value: Any) -> list[str]:
    """What of a value is not as a schema of the document says."""
    found = _validator(json.dumps(schema, sort_keys=True)).iter_errors(value)
    return [f"{'.'.join(map(str, each.absolute_path))}: {each.message}" for each in found]


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = {"components": document()["components"], **json.loads(schema)}
    return Draft202012Validator(whole, format_checker=FormatChecker(["date-time", "date"]))


def _check_answer(key: str, operation: Operation, given: Given, said: Mapping[str, Any]) -> None:
    status, headers, raw = given.status, given.headers, given.raw
    kind = headers.get("content-type", "").partition(";")[0]
    if status == 304:
        assert not raw, f"{key} answers 304 with a body"
        return
    assert kind in said["content"], f"{key} answers {status} as {kind}, which is not described"
    for name, header in said.get("headers", {}).items():
        if name in ("ETag", "Location", "Retry-After"):
            assert name.lower() in headers, f"{key} answers {status} without {name}"
        if name.lower() in headers:
            value: Any = headers[name.lower()]
            value = int(value) if header["schema"]["type"] == "integer" else value
            assert not complaints(header["schema"], value)
    if "json" not in kind:
        assert operation.answer in (str, bytes), f"{key} answers {kind}"
        return
    value = json.loads(raw)
    wrong = complaints(said["content"][kind]["schema"], value)
    assert not wrong, f"{key} {status}: {wrong[:3]}"
    if kind == PROBLEM:
        _check_problem(key, status, value["code"])
    elif status < 300:  # the model knows no further fields, which the document lets an answer have
        own = operation.answer | Waiting if operation.acts else operation.answer
        _reader(own).validate_json(raw)


def _check_problem(key: str, status: int, code: str) -> None:
    codes = described(key)["x-codes"]
    known = any(fnmatch.fnmatchcase(code, each) or code == each.removesuffix(".*") for each in codes)
    assert known, f"{key} answers code {code}, which is not described"
    assert status_of(code) == status


def _check_request(key: str, event: Mapping[str, Any]) -> None:
    operation = described(key)
    names = {each["name"]: each for each in operation.get("parameters", ()) if each["in"] == "query"}
    given = event.get("queryStringParameters") or {}
    assert not set(given) - set(names), f"{key} takes {sorted(set(given) - set(names))}, not described"
    missing = {name for name, each in names.items() if each["required"]} - set(given)
    assert not missing, f"{key} does without {sorted(missing)}"
    for name, text in given.items():
        wrong = complaints(names[name]["schema"], _read(text, names[name]["schema"]))
        assert not wrong, f"{key} takes {name}={text}: {wrong}"
    body, raw = operation.get("requestBody"), event.get("body") or ""
    assert raw or body is None or not body["required"], f"{key} does without a body"
    if raw and body is not None and "application/json" in body["content"]:
        text = base64.b64decode(raw).decode() if event.get("isBase64Encoded") else raw
        wrong = complaints(body["content"]["application/json"]["schema"], json.loads(text))
        assert not wrong, f"{key} takes a body with {wrong[:3]}"


def _read(text: str, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    return int(text) if kind == "integer" else float(text) if kind == "number" else text


def _resolved(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = document()
    for part in str(value["$ref"]).removeprefix("#/").split("/"):
        found = found[part]
    assert isinstance(found, dict)
    return found

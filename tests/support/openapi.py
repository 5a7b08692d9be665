"""OpenAPI documents of one operation, for tests of what changed between two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from writ.openapi.change import Change
from writ.openapi.diff import diff

TODAY: Final = date(2026, 11, 25)


def spec(operation: Mapping[str, Any] | None = None, version: str = "3.1.0", **others: Any) -> dict[str, Any]:
    """A document; `others` are fields of its root, in place of those that it has."""
    paths = {"/things": {"post": {"responses": {}, **operation}}} if operation is not None else {}
    return {"openapi": version, "info": {"title": "Things", "version": "1.2.0"}, "paths": paths, **others}


def sends(schema: Any, **others: Any) -> dict[str, Any]:
    """A document whose operation takes a schema in its body."""
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return spec({"requestBody": body}, **others)


def answers(schema: Any, **others: Any) -> dict[str, Any]:
    """A document whose operation answers a schema."""
    response = {"description": "", "content": {"application/json": {"schema": schema}}}
    return spec({"responses": {"200": response}}, **others)


def changes(old: Any, new: Any) -> tuple[Change, ...]:
    return diff(old, new, TODAY).changes


def told(old: Any, new: Any) -> set[tuple[str, str]]:
    """The rules that apply, with their verdicts."""
    return {(each.rule, each.verdict.value) for each in changes(old, new)}

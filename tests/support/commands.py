"""The `writ` command against the routes of a bot, without a network between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.api import Api
from cli.app import app
from cli.login import Login
from cli.plane import Plane
from tests.support.http import request, routed
from writ.runtime.rest import Api as Routes

Command = Callable[..., Result]


def commanding(monkeypatch: pytest.MonkeyPatch, folder: Path, routes: Routes) -> Command:
    """Runs commands whose requests the routes answer, as the caller `ann`."""
    login = Login(folder / "token.json", lambda: "token")
    transport = httpx.MockTransport(lambda sent: _answered(routes, sent))
    monkeypatch.setenv("WRIT_TOKEN", "token")
    monkeypatch.setattr(Plane, "load", classmethod(lambda _cls: SimpleNamespace()))
    monkeypatch.setattr(Api, "of", lambda _plane: Api("http://plane", login, transport))

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "200"})

    return run


def shown(result: Result, exit_code: int = 0) -> Any:
    """What a command with --json printed; the routes' log lines, each a line of JSON, may stand around it."""
    assert result.exit_code == exit_code, result.output
    value, _ = json.JSONDecoder().raw_decode(result.output, result.output.index("{\n"))
    return value


def _answered(routes: Routes, sent: httpx.Request) -> httpx.Response:
    event = request(
        sent.method,
        sent.url.path,
        sent.content.decode() or None,
        query=dict(sent.url.params),
        name="Ann",
    )
    answer = routes.handler(routed(routes, event), None)
    return httpx.Response(answer["statusCode"], headers=answer["headers"], content=answer["body"] or "")

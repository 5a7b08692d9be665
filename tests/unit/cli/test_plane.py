"""`.writ/run.json`, and AWS errors that say what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from cli.login import Login
from cli.output import CommandError
from cli.plane import Plane, RunFile, calling

FILE = RunFile(
    api_url="http://127.0.0.1:1/api",
    aws_endpoint_url="http://127.0.0.1:1",
    region="us-east-1",
    bus_name="writ-local",
    log_origin="log.writ.example/local",
)


def test_a_run_file_reads_back_with_fields_of_later_versions(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.json"
    FILE.save(path)
    document = json.loads(path.read_text())
    assert document.keys() >= {
        "api_url",
        "aws_endpoint_url",
        "region",
        "bus_name",
        "log_origin",
        "checkpoint",
        "counts",
    }
    path.write_text(json.dumps({**document, "newer": 1}))
    assert RunFile.load(path).model_dump()["newer"] == 1
    assert list(path.parent.iterdir()) == [path]


def test_no_run_file_means_make_run(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as raised:
        RunFile.load(tmp_path / "run.json")
    assert (raised.value.code, raised.value.hint) == ("plane.absent", "make run")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"api_url": 1}'])
def test_a_run_file_that_does_not_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(CommandError) as raised:
        RunFile.load(tmp_path / "run.json")
    assert raised.value.code == "plane.unreadable"
    assert "run.json" in str(raised.value.hint)


def test_things_are_named_by_environment() -> None:
    plane = Plane(FILE)
    assert plane.thing("entries") == "writ-local-entries"
    assert plane.bucket("log") == "writ-local-log-000000000000"
    assert plane.log_group("backlog-api") == "/aws/lambda/writ-local-backlog-api"


def test_a_plane_can_be_named_by_the_address_of_its_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRIT_API", "https://api.example/v1/")
    assert Plane.load().file.api_url == "https://api.example/v1/"


@pytest.mark.parametrize("url", ["", "api.example", "http://api.example", "https://ann:secret@api.example"])
def test_a_token_goes_to_no_address_that_is_open_to_others(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("WRIT_API", url)
    with pytest.raises(CommandError, match="not the address of an API") as raised:
        Plane.load()
    assert raised.value.field == "WRIT_API"


def test_a_plane_that_is_named_so_gets_no_token_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WRIT_TOKEN", raising=False)
    with pytest.raises(CommandError, match="no token is given"):
        Login.of(Plane(RunFile.of_api("https://api.example")))
    monkeypatch.setenv("WRIT_TOKEN", "given")
    assert Login.of(Plane(RunFile.of_api("https://api.example"))).token() == "given"


def refused(code: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "secret detail"}}
    return ClientError(response, "GetThing")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (EndpointConnectionError(endpoint_url="http://x"), "plane.down", "does not answer"),
        (refused("AccessDenied"), "plane.refused", "AccessDenied"),
        (NoCredentialsError(), "plane.down", "NoCredentialsError"),
    ],
)
def test_an_aws_error_says_what_was_being_done(error: Exception, code: str, said: str) -> None:
    with pytest.raises(CommandError) as raised, calling("reading the thing"):
        raise error
    assert raised.value.code == code
    assert raised.value.message.startswith("reading the thing: ")
    assert said in raised.value.message
    assert "secret detail" not in raised.value.message

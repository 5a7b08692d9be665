"""The client of the API, built of its description and installed by itself, works with the deployed plane."""

from __future__ import annotations

from pathlib import Path

from cli.demo_sdk import built_client, called, installed
from tests.e2e.conftest import Person, World


def test_a_client_that_was_built_works_with_the_backlog(
    world: World, operator: Person, tmp_path: Path
) -> None:
    built_client(tmp_path / "dist")
    python = installed(tmp_path / "dist", tmp_path / "venv")

    said = called(python, world.plane.file.api_url, str(operator.token))

    assert said["listed"] is True
    assert said["again"] == "conflict"
    assert operator("GET", f"v1/actions/{said['action']}").json()["state"] == "succeeded"

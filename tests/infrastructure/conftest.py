"""Every environment's app, synthesized once a process, with no way to any AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infrastructure.synthesis import ENVS, Synthesis, synthesized

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.disable_socket)


@pytest.fixture(params=ENVS)
def plane(request: pytest.FixtureRequest) -> Synthesis:
    """The synthesized app of each environment in turn."""
    return synthesized(request.param)


@pytest.fixture(params=ENVS[1:])
def cloud(request: pytest.FixtureRequest) -> Synthesis:
    """The synthesized app of each environment that runs on AWS."""
    return synthesized(request.param)

"""What every test gets: no network unless its folder is about one, and repeatable properties."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, cast

import pytest
import typer.main
import typer.testing
from _pytest.runner import runtestprotocol
from aws_lambda_powertools.logging import Logger
from hypothesis import HealthCheck, settings

from writ.runtime import telemetry
from writ.runtime.rest import Api

# What is imported and collected stays to the end: there is no garbage to look for in it.
gc.disable()

# Byte code is kept: else each process that runs tests, or that a test starts, compiles everything anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent
os.environ.setdefault("WRIT_POLICIES", str(ROOT.parent / "policies"))
OFFLINE = ("unit", "property", "contract")

# No test asserts wall time, and a shared machine makes examples slow at random: hence no deadline.
# What judges a change draws the same examples each time, few enough that all tests are over in a minute;
# `make search` draws 500 new ones of each property. Only a property whose examples are dear says how many it
# takes, and then takes no more in a search. Of seeded schedules of faults there are as few: `make chaos` runs
# 3,000 of each, `make test-ledger-chaos` and its likes thousands with what they came to.
settings.register_profile(
    "writ",
    deadline=None,
    max_examples=int(os.environ.get("WRIT_EXAMPLES", "30")),
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("WRIT_SEARCH") != "1",
)
settings.load_profile("writ")

# Typer builds a hundred commands anew for each run of one of them in a test: 50 ms a run.
typer.testing._get_command = cache(typer.main.get_command)  # type: ignore[attr-defined]


class _StandardOutput:
    """Standard output of the moment: a logger outlives the test whose captured one it was made in."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


vars(telemetry)["Logger"] = partial(Logger, stream=cast(IO[str], _StandardOutput()))

_answered = Api.handler


def _described(self: Api, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What a route answers a test, held against the description of the API."""
    from tests.support import described

    answer = _answered(self, event, context)
    operation = described.operation_of(self, event.get("routeKey", ""))
    if operation is not None:
        described.check(event["routeKey"], operation, event, answer)
    return answer


# Here, before any route is bound to it.
Api.handler = _described  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _nothing_seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Checkpoints of tests' logs are not remembered among a developer's own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WRIT_SEEN", str(tmp_path_factory.getbasetemp() / "seen.json"))
        yield


@pytest.fixture(scope="module")
def signatures_remembered() -> Iterator[None]:
    """For a module that verifies one log after many edits."""
    from tests.support import signatures

    with signatures.remembered():
        yield


@pytest.fixture(scope="module")
def decisions_remembered() -> Iterator[None]:
    """For a module that takes the same actions again under fault after fault."""
    from tests.support import decisions

    with decisions.remembered():
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """What nobody is shown need not travel from one process to the other: each report costs what a test does.

    That is what a passed test printed, and that its fixtures were set up and torn down without a failure.
    """
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.passed:
            report.sections.clear()
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(ROOT).parts[0] in OFFLINE:
            item.add_marker(pytest.mark.disable_socket)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()

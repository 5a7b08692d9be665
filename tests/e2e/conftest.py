"""One deployed plane for all tests here, from the golden snapshot; driven from outside as its users do."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.ledger.copying import write_copy
from cli.ledger.log_source import PlaneLog
from cli.ledger.verify import verify
from cli.local import deploy, elsewhere, lifecycle
from cli.local.emulator import Emulator
from cli.local.replay import Sender, Webhook, webhook_secret
from cli.local.watch import Pulse, pulse, wait
from cli.localforge.runs import job_variables, vouch
from cli.localforge.server import SEEN, TAKE_IN, LocalServer
from cli.localforge.sign_in import APP, private_key
from cli.login import sign_in, sign_in_as
from cli.plane import STATE, Plane, RunFile
from cli.run_login import RunLogin
from tests.support import described
from writ.ledger.findings import Report
from writ.ledger.logcopy import LogCopy

SAMPLES = Path(__file__).parents[2] / "events" / "github" / "samples"
PULL_REQUEST = (SAMPLES / "pull_request" / "converted_to_draft.payload.json").read_bytes()


@dataclass
class Person:
    """Somebody with a token, or nobody."""

    client: httpx.Client
    token: str | None

    def __call__(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **query: str
    ) -> httpx.Response:
        signed = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.request(
            method, path.lstrip("/"), json=body, params=query, headers={**signed, **(headers or {})}
        )


@dataclass
class World:
    """A plane and what tests do with it."""

    plane: Plane
    client: httpx.Client
    folder: Path

    @property
    def address(self) -> str:
        """Of the API, as who only knows that is told it."""
        return self.plane.file.api_url.rstrip("/")

    @property
    def nobody(self) -> Person:
        return Person(self.client, None)

    def bearer(self, token: str) -> Person:
        return Person(self.client, token)

    def send(self, *batch: Webhook) -> list[Any]:
        return Sender(self.client, webhook_secret(self.plane)).send(batch)

    def pulse(self) -> Pulse:
        return pulse(self.plane)

    def settle(self) -> Pulse:
        """Wait until nothing moves any more."""
        return wait(self.pulse, timeout_s=180)

    def copy(self) -> LogCopy:
        return write_copy(PlaneLog(self.plane), self.folder / "copy")

    def verified(self) -> Report:
        """The whole ledger at rest, verified from a copy; it holds, and misses no entry."""
        rest = self.settle()
        report = verify(self.copy())
        assert report.ok, [str(finding) for finding in report.findings]
        assert report.checkpoint.size == rest.entries
        return report

    def count(self, table: str) -> int:
        answer = self.plane.aws("dynamodb").scan(
            TableName=self.plane.thing(table), Select="COUNT", ConsistentRead=True
        )
        return int(answer["Count"])


@pytest.fixture(scope="session")
def plane() -> Iterator[Plane]:
    # Tests that wait much go on beside the others, on a plane of their own: see the Makefile.
    emulator = Emulator(STATE / os.environ.get("WRIT_E2E", "e2e"))
    there = elsewhere.endpoint()
    yield brought_up(emulator) if there is None else plane_of(elsewhere.up(there, lambda *_: None))
    emulator.stop()


@pytest.fixture(scope="session")
def world(plane: Plane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from world_of(plane, tmp_path_factory.mktemp("e2e"))


def brought_up(emulator: Emulator) -> Plane:
    """A plane on which nothing was done yet."""
    emulator.stop()
    emulator.wipe()
    return plane_of(deploy.up(emulator))


def plane_of(deployed: deploy.Deployment) -> Plane:
    """What drives a plane that is up."""
    file = RunFile(
        api_url=deployed.api_url,
        aws_endpoint_url=deployed.endpoint,
        region=deployed.region,
        bus_name="writ-local",
        log_origin="",
        user_pool_client_id=deployed.client_id,
    )
    return Plane(file.model_copy(update={"log_origin": lifecycle.log_origin(Plane(file))}))


def world_of(plane: Plane, folder: Path) -> Iterator[World]:
    """A plane with a client of its API, until the next step."""
    with httpx.Client(
        base_url=plane.file.api_url.rstrip("/") + "/",
        timeout=30,
        event_hooks={"response": [described.check_response]},
    ) as client:
        yield World(plane, client, folder)


@pytest.fixture(scope="session")
def operator(world: World) -> Person:
    return world.bearer(sign_in(world.plane))


@pytest.fixture(scope="session")
def colleague(world: World) -> Person:
    """A second person: nobody approves what he asked for himself."""
    return person(world, "colleague")


@pytest.fixture(scope="session")
def forge(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A forge of these tests' own with one pull request, which the plane knows by its secret."""
    folder = tmp_path_factory.mktemp("forge")
    server = LocalServer(folder, 0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    credentials = {"app": APP, "private_key": private_key(folder), "api": server.address}
    world.plane.aws("secretsmanager").put_secret_value(
        SecretId=world.plane.thing("forge"), SecretString=json.dumps(credentials)
    )
    httpx.post(server.address + TAKE_IN, content=PULL_REQUEST).raise_for_status()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def issuer(world: World, forge: LocalServer) -> LocalServer:
    """That forge, which the API believes about runs of workflows."""
    vouch(world.plane.aws, world.plane.thing("api"), forge.address, world.address)
    return forge


def run_of(
    world: World,
    issuer: LocalServer,
    repository: str,
    id: int = 77,
    sha: str = "c" * 40,
    *,
    audience: str = "",
) -> Person:
    """The run of a workflow, with the token that it asked for."""
    url, bearer = job_variables(issuer.address, repository, id, sha).values()
    return world.bearer(RunLogin(audience or world.address, url, bearer).token())


def comments(server: LocalServer) -> list[Mapping[str, Any]]:
    """What stands under the pull request of the forge."""
    return list(reviewed(server)["comments"].values())


def reviewed(server: LocalServer) -> dict[str, Any]:
    """The repository of that pull request, as it is in the forge."""
    name = json.loads(PULL_REQUEST)["repository"]["full_name"]
    kept = httpx.get(server.address + SEEN).json()["repositories"]
    (found,) = (repository for repository in kept if repository["name"] == name)
    return dict(found)


@pytest.fixture(scope="session")
def leaver(world: World) -> Person:
    """A third person, who will be erased."""
    return person(world, "leaver")


def person(world: World, name: str) -> Person:
    """Somebody new, by this name."""
    return world.bearer(sign_in_as(world.plane, name))


def sample(name: str, **changes: Any) -> Webhook:
    """A real payload, or one like it: `changes` replaces top-level parts."""
    path = SAMPLES / name
    body = path.read_bytes()
    if changes:
        body = json.dumps({**json.loads(body), **changes}).encode()
    return Webhook(path, path.parent.name, body)


def eventually(check: Any, seconds: float = 30) -> Any:
    """The first truthy answer of `check`; a failing assertion when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.3)
    return found

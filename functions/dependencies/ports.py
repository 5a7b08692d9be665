"""What the dependencies bot needs from outside: bumps, a forge, registries, the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import ValidationError

from functions.dependencies.model import Alert, Bump, HeldBack, Overview
from writ.adapters.system import SystemClock
from writ.contracts.dependency_site import DependencySite
from writ.contracts.errors import PermanentError, from_validation
from writ.contracts.forge_site import ForgeSite
from writ.dependencies.score import Earlier
from writ.ports.clock import Clock
from writ.ports.forge import Checks, PullRequests
from writ.ports.forge_changes import Changes, PublishedRelease
from writ.ports.registry import Ecosystem, Listing, Package, Registry
from writ.runtime.environment import Environment

if TYPE_CHECKING:
    from writ.adapters.github_client import GitHubClient
    from writ.dependencies.model import Held

# Of an installation's token.
PERMISSIONS: Final = {
    "checks": "read",
    "contents": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
    # Without it GitHub lets nobody change a workflow, and so no pin of an action.
    "workflows": "write",
}
_AT_ONCE: Final = 8


class Bumps(Protocol):
    """Bumps, versions that are held back, alerts, the overview and what earlier bumps came to.

    Reads are strongly consistent. A repository is the same in every spelling.
    """

    def all(self, repository: str) -> Sequence[Bump]:
        """The latest of every group."""

    def get(self, repository: str, group: str) -> Bump | None:
        """The latest of a group."""

    def replace(self, repository: str, before: Bump | None, after: Bump) -> None:
        """Raises TransientError when the bump is no longer `before`."""

    def held(self, repository: str) -> Sequence[HeldBack]:
        """What is held back."""

    def hold(self, repository: str, held: HeldBack) -> None:
        """Hold a version back."""

    def alerts(self, repository: str) -> Sequence[Alert]:
        """Alerts that are open."""

    def note(self, repository: str, alert: Alert) -> None:
        """Keep an alert."""

    def drop(self, repository: str, alert: Alert) -> None:
        """An alert is over."""

    def overview(self, repository: str) -> Overview | None:
        """The overview that is kept."""

    def show(self, overview: Overview) -> None:
        """Keep an overview."""

    def earlier(self, package: str) -> Sequence[Earlier]:
        """What the checks of a package's bumps came to, in all repositories."""

    def learn(self, repository: str, step: Earlier) -> None:
        """Keep what a step came to in a repository; the latest stands."""


class Notes(Protocol):
    """Release notes."""

    def releases(self, repository: str) -> Sequence[PublishedRelease]:
        """The releases of a repository, ours or not; empty where they cannot be seen."""


class Forge(Changes, Checks, PullRequests, Protocol):
    """What the bot asks of the forge."""


Each = Callable[[Callable[[Package], "Listing | Held"], Sequence[Package]], Iterable["Listing | Held"]]


@dataclass(frozen=True, slots=True)
class Ports:
    """The dependencies bot's own ports. `forge` is None where none is configured.

    `registry` and `notes` are those that a repository of ours is asked in the name of. `floor_hours` is the
    shortest cooldown that policy lets anybody have.
    """

    repositories: Sequence[str]
    bumps: Bumps
    forge: Callable[[], Forge] | None
    registry: Callable[[str], Registry]
    notes: Callable[[str], Notes]
    clock: Clock
    floor_hours: Callable[[], int]
    each: Each | None = None

    def asked_forge(self) -> Forge:
        """The forge. Raises PermanentError where none is configured."""
        if self.forge is None:
            raise PermanentError("no forge is configured", code="forge.unset", field="forge")
        return self.forge()


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function. Raises ContractError for a site that does not read."""
    from functions.dependencies.table import BumpTable

    clock = SystemClock()
    site, where = _site(environment.dependencies), _forge_site(environment.forge)
    secret = environment.secret("forge")
    client = _client(where or ForgeSite(), secret, clock, environment.table("usage"))
    return Ports(
        repositories=site.repositories,
        bumps=BumpTable(environment.table("bumps")),
        forge=_forge(client) if where else None,
        registry=lambda repository: registries(site, client() if where else None, repository),
        notes=lambda repository: _notes(client(), repository),
        clock=clock,
        floor_hours=floor_hours,
        each=several,
    )


def floor_hours() -> int:
    """The shortest cooldown by the policies of this process."""
    from writ.runtime import access

    return int(access.bundle().data["dependencies"]["cooldown_hours"])


def registries(site: DependencySite, client: GitHubClient | None, repository: str) -> Registry:
    """The registries that are configured."""
    from writ.adapters.github_actions import ActionTags, PublicRepositories
    from writ.adapters.npm_registry import NpmRegistry
    from writ.adapters.pypi_index import SimpleIndex
    from writ.adapters.registries import Registries

    made: dict[Ecosystem, Registry] = {}
    if site.pypi is not None:
        made[Ecosystem.PYPI] = SimpleIndex(site.pypi)
    if site.npm is not None:
        made[Ecosystem.NPM] = NpmRegistry(site.npm)
    if client is not None:
        made[Ecosystem.ACTIONS] = ActionTags(PublicRepositories(client, repository))
    return Registries(made)


def several(
    ask: Callable[[Package], Listing | Held], packages: Sequence[Package]
) -> Iterable[Listing | Held]:
    """Several answers at a time; the forge is asked alone, for its client is not made for that."""
    from concurrent.futures import ThreadPoolExecutor

    alone = {package: ask(package) for package in packages if package.ecosystem is Ecosystem.ACTIONS}
    others = [package for package in packages if package not in alone]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = {**alone, **dict(zip(others, pool.map(ask, others), strict=True))}
    return [found[package] for package in packages]


def _client(site: ForgeSite, secret: str, clock: Clock, usage: str) -> Callable[[], GitHubClient]:
    @cache
    def made() -> GitHubClient:
        from writ.adapters.github_client import connected

        return connected(site, secret, clock, PERMISSIONS, usage)

    return made


def _forge(client: Callable[[], GitHubClient]) -> Callable[[], Forge]:
    @cache
    def made() -> Forge:
        from functions.dependencies.forge import WholeForge

        return WholeForge(client())

    return made


def _notes(client: GitHubClient, repository: str) -> Notes:
    from writ.adapters.github_actions import PublicRepositories

    return PublicRepositories(client, repository)


def _site(text: str) -> DependencySite:
    try:
        return DependencySite.model_validate_json(text) if text else DependencySite()
    except ValidationError as error:
        raise from_validation(error, "WRIT_DEPENDENCIES") from None


def _forge_site(text: str) -> ForgeSite | None:
    try:
        return ForgeSite.model_validate_json(text) if text else None
    except ValidationError as error:
        raise from_validation(error, "WRIT_FORGE") from None

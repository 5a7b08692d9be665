"""What the release bot needs from outside: a forge, results of gates, the ledger, files, flows, the time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from pydantic import ValidationError

from functions.release.store import Releases, Vault
from functions.release.table import ReleaseTable
from functions.release.vault import VaultBucket
from writ.adapters.late import late
from writ.adapters.late_results import late_results
from writ.adapters.step_functions import StepFunctions
from writ.adapters.system import SystemClock
from writ.contracts.errors import PermanentError, from_validation
from writ.contracts.forge_site import ForgeSite
from writ.ports.clock import Clock
from writ.ports.evidence import Evidence
from writ.ports.flows import Flows
from writ.runtime.environment import Environment
from writ.runtime.identity import Identity, own_identity

if TYPE_CHECKING:
    from writ.ports.forge import Refs
    from writ.ports.forge_releases import ReleaseForge

    class Forge(ReleaseForge, Refs, Protocol):
        """What a release asks of a forge."""


# Of an installation's token.
PERMISSIONS: Final = {"contents": "write", "actions": "write"}


class Results(Protocol):
    """Recorded results of gates, by repository."""

    def newest(
        self, repository: str, limit: int, before: str | None
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        """The newest first, and where to go on."""


class Proofs(Protocol):
    """What proves entries of the ledger."""

    def covers(self, entry_id: str) -> bool:
        """Whether the log's newest checkpoint covers an entry."""

    def bundle(self, entry_id: str) -> bytes:
        """The Sigstore bundle of an entry. Raises TransientError where the log does not cover it yet."""


@dataclass(frozen=True)
class Ports:
    """The release bot's own ports. `forge` raises PermanentError `forge.absent` where there is none."""

    releases: Releases
    vault: Vault
    has_forge: bool
    forge: Callable[[], Forge]
    results: Results
    bundle: Callable[[], str]
    gates: Callable[[], Sequence[str]]
    evidence: Evidence
    identity: Identity
    entropy: Callable[[int], bytes]
    proofs: Proofs
    flows: Flows
    clock: Clock


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function. Raises ContractError for a site that does not read."""
    from writ.runtime import access

    clock, site = SystemClock(), _site(environment.forge)
    return Ports(
        releases=ReleaseTable(environment.table("releases")),
        vault=VaultBucket(environment.bucket("artifacts")),
        has_forge=site is not None,
        forge=_forge(site, environment.secret("forge"), clock, environment.table("usage")),
        results=late_results(environment.table("gates")),
        bundle=lambda: access.bundle().digest,
        gates=_gates,
        evidence=late(partial(_evidence, environment)),
        identity=own_identity(environment),
        entropy=secrets.token_bytes,
        proofs=late(partial(_proofs, environment)),
        flows=StepFunctions(environment.flows),
        clock=clock,
    )


def _evidence(environment: Environment) -> Evidence:
    from writ.runtime.connect import recorder

    return recorder(environment)


def _proofs(environment: Environment) -> Proofs:
    from functions.release.proofs import LogProofs

    return LogProofs(environment)


def _gates() -> Sequence[str]:
    from writ.gates import registry

    return registry.names()


def _forge(site: ForgeSite | None, secret: str, clock: Clock, usage: str) -> Callable[[], Forge]:
    """GitHub, once it is needed: what speaks with it is loaded by the first request."""

    @cache
    def made() -> Forge:
        if site is None:
            raise PermanentError("no forge is set for this plane", code="forge.absent", field="repository")
        from writ.adapters.github import GitHubForge
        from writ.adapters.github_client import connected
        from writ.adapters.github_releases import GitHubReleases

        class GitHub(GitHubReleases, GitHubForge):
            """Both halves, by one client."""

        return GitHub(connected(site, secret, clock, PERMISSIONS, usage))

    return made


def _site(text: str) -> ForgeSite | None:
    try:
        return ForgeSite.model_validate_json(text) if text else None
    except ValidationError as error:
        raise from_validation(error, "WRIT_FORGE") from None

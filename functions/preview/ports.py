"""What the preview bot needs from outside: its rows, stacks, databases, what answers in a preview, flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.preview.model import Failure, Preview, Quota
from functions.preview.stack import Branch, Stack, Wanted
from writ.contracts.preview_site import PreviewSite
from writ.ports.actions import ActionStore
from writ.ports.clock import Clock
from writ.ports.flags import Flags
from writ.ports.flows import Flows
from writ.runtime.environment import Environment


class Stacks(Protocol):
    """The stacks in the name space of previews. What is under way already raises TransientError."""

    def find(self, name: str) -> Stack | None: ...

    def names(self) -> Sequence[str]:
        """Of every stack that is there, whatever its state."""

    def create(self, wanted: Wanted) -> None: ...

    def update(self, wanted: Wanted) -> bool:
        """Whether there is anything to change."""

    def remove(self, name: str) -> None:
        """Begin to; what is not there is removed."""

    def trouble(self, name: str) -> Failure | None:
        """The first resource that failed in the latest operation, and why."""


class Previews(Protocol):
    """Rows of previews, and what each team has of them."""

    def read(self, id: str) -> Preview | None:
        """Strongly consistent."""

    def write(self, before: Preview | None, after: Preview, quota: Quota | None = None) -> Preview:
        """Take the place of a row, with the next version; what its team has is settled with it.

        Raises ConflictError when the row or what its team has is not what it was, LimitExceededError when a
        quota is given and does not allow it.
        """

    def live(self) -> Sequence[Preview]:
        """Those of which anything may be there; a moment old."""

    def past(self) -> Sequence[Preview]: ...

    def held(self, team: str) -> Mapping[str, int]:
        """What each live preview of a team costs, by its id. Strongly consistent."""


class Databases(Protocol):
    """The tables that a stack made."""

    def write(self, table: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Put items; a repeat changes nothing."""


class Seeds(Protocol):
    """Seed sets that are not deployed with the bot."""

    def read(self, key: str, version: str) -> bytes:
        """The version of an object. Raises PermanentError `seed.absent`, `seed.large`."""


class Branches(Protocol):
    """Databases that are branched, not made: Aurora's clones, Neon's branches.

    `maker` is a function of the organisation that knows its database; docs/guides/previews.md says
    what it is asked.
    """

    def ensure(self, maker: str, name: str) -> Branch:
        """The branch of a preview, made if it is not there. Raises TransientError when it cannot be told."""

    def drop(self, maker: str, name: str) -> None:
        """A branch that is not there is dropped."""


class Probes(Protocol):
    """What answers in a preview."""

    def status(self, function: str, path: str) -> int:
        """The HTTP status that a function answers a GET with; 0 for one that crashes."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The preview bot's own ports."""

    site: PreviewSite
    previews: Previews
    stacks: Stacks
    databases: Databases
    seeds: Seeds
    branches: Branches
    probes: Probes
    flows: Flows
    actions: ActionStore
    flags: Flags
    clock: Clock

    def stack_name(self, id: str) -> str:
        """The stack of a preview."""
        return f"{self.site.prefix}{id}"


def connect(environment: Environment) -> Ports:
    """The ports of a deployed function."""
    from functions.preview.cloud import CloudFormation
    from functions.preview.inside import FunctionBranches, FunctionProbes, PreviewTables
    from functions.preview.seed_bucket import SeedBucket
    from functions.preview.table import PreviewTable
    from writ.adapters.action_table import ActionTable
    from writ.adapters.late_flags import late_flags
    from writ.adapters.step_functions import StepFunctions
    from writ.adapters.system import SystemClock

    site = environment.preview_site()
    return Ports(
        site=site,
        previews=PreviewTable(environment.table("previews")),
        stacks=CloudFormation(site),
        databases=PreviewTables(),
        seeds=SeedBucket(environment.bucket("seeds")),
        branches=FunctionBranches(),
        probes=FunctionProbes(),
        flows=StepFunctions(environment.flows),
        actions=ActionTable(environment.table("actions"), environment.table("usage")),
        flags=late_flags(environment.flag_site()),
        clock=SystemClock(),
    )

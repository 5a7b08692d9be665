"""The doors of the API: people come in at a route's path, runs of workflows at the same path under another.

API Gateway has one authorizer for a route, and each believes one issuer of tokens. So which door a request
came in by says who vouched for its caller: no claim has to be believed about that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from writ.contracts.errors import WritError

WORKFLOWS: Final = "/workflows"  # what the paths of routes begin with where runs of workflows come in


class Door(StrEnum):
    """By which door a request came in."""

    PEOPLE = "people"
    WORKFLOWS = "workflows"


def entered(route_key: str) -> tuple[Door, str]:
    """The door, and the route as its manifest calls it, of API Gateway's route key.

    >>> entered("GET /workflows/v1/slo")
    (<Door.WORKFLOWS: 'workflows'>, 'GET /v1/slo')
    """
    method, space, path = route_key.partition(" ")
    if path.startswith(f"{WORKFLOWS}/"):
        return Door.WORKFLOWS, f"{method}{space}{path.removeprefix(WORKFLOWS)}"
    return Door.PEOPLE, route_key


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run of a workflow, as its forge vouches for it; `sha` is the commit that it runs at.

    https://docs.github.com/en/actions/reference/security/oidc
    """

    repository: str
    id: int
    sha: str

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self:
        """Raises WritError `authentication.missing` for a token that is not of a run."""
        repository, id, sha = (str(claims.get(name) or "") for name in ("repository", "run_id", "sha"))
        if not repository or not sha or not (id.isascii() and id.isdigit() and len(id) <= 19):
            raise WritError("the token is not of a run of a workflow", code="authentication.missing")
        return cls(repository, int(id), sha)

    def is_of(self, repository: str) -> bool:
        """Whether it runs for a repository; forges tell names in either case apart no more than here."""
        return self.repository.lower() == repository.lower()

    def __str__(self) -> str:
        return f"{self.repository} run {self.id}"

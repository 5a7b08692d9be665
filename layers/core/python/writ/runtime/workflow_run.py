"""Runs of workflows as callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from writ.contracts.errors import WritError


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
        return f"run {self.id} of {self.repository}"

"""Commit statuses, as the anchor bot wants them of whoever keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Posted:
    """A status as GitHub keeps it; `url` is where its API shows it."""

    id: int
    url: str


class Statuses(Protocol):
    """Commit statuses by repository.

    Every method raises PermanentError with a `github.` code for what trying again cannot help, ForgeBusyError
    where GitHub says when to come back, and TransientError for what else may pass.
    """

    def newest_commit(self, repository: str) -> str:
        """The newest commit of the default branch."""

    def find(self, repository: str, commit: str, context: str, description: str) -> Posted | None:
        """A status of this name that says this. Raises TransientError when it cannot tell."""

    def post(self, repository: str, commit: str, context: str, description: str) -> Posted:
        """Post a status of success."""

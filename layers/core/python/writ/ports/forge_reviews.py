"""What people say of a pull request, and which pull requests a commit is the head of.

Errors are those of writ.ports.forge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ReviewState(StrEnum):
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    COMMENTED = "commented"
    DISMISSED = "dismissed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Review:
    """One review. `reviewer` is a login, None for an account that is gone; `commit` is what was reviewed.

    `member`: the forge says that the reviewer belongs to the repository or its owner. `person`: no app.
    """

    id: int
    reviewer: str | None
    state: ReviewState
    commit: str | None
    member: bool
    person: bool


class Reviews(Protocol):
    """Reviews of pull requests."""

    def reviews(self, repository: str, number: int) -> Sequence[Review]:
        """All of them, the oldest first."""

    def open_pulls(self, repository: str, sha: str) -> Sequence[int]:
        """Numbers of the open pull requests whose head a commit is."""

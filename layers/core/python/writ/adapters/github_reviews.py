"""Reviews on GitHub: https://docs.github.com/en/rest/pulls/reviews"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from writ.adapters.github import GitHubForge
from writ.contracts.errors import TransientError
from writ.ports.forge_reviews import Review, ReviewState

# https://docs.github.com/en/graphql/reference/enums#commentauthorassociation
_MEMBERS: Final = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class _Reviewer(_Answer):
    login: str
    type: str = "User"


class ReviewAnswer(_Answer):
    id: int
    user: _Reviewer | None = None
    state: str
    commit_id: str | None = None
    author_association: str = "NONE"

    def value(self) -> Review:
        """Raises TransientError for a state that is not known: nobody can tell what it means."""
        try:
            state = ReviewState(self.state.lower())
        except ValueError:
            raise TransientError("GitHub's answer does not read", code="forge.answer") from None
        return Review(
            id=self.id,
            reviewer=self.user.login if self.user else None,
            state=state,
            commit=self.commit_id,
            member=self.author_association in _MEMBERS,
            person=self.user is not None and self.user.type == "User",
        )


class _Head(_Answer):
    sha: str


class HeadAnswer(_Answer):
    number: int
    state: str
    head: _Head


class GitHubReviews(GitHubForge):
    """See writ.ports.forge_reviews, beside all of writ.ports.forge."""

    def reviews(self, repository: str, number: int) -> Sequence[Review]:
        found = self._all(repository, f"pulls/{number}/reviews", list[ReviewAnswer])
        return [answer.value() for answer in found]

    def open_pulls(self, repository: str, sha: str) -> Sequence[int]:
        found = self._all(repository, f"commits/{quote(sha, safe='')}/pulls", list[HeadAnswer])
        return [pull.number for pull in found if pull.state == "open" and pull.head.sha == sha]

"""Actions of workflows behind the registry port: tags of repositories, and the releases that say when.

What a tag points to can be changed, so that a tag's date says little; a release says when it was published.
Tags without a release have no age, and so no cooldown that ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from writ.adapters.github_answers import ShaAnswer
from writ.adapters.github_client import NOT_FOUND, GitHubClient
from writ.contracts.errors import PermanentError
from writ.ports.forge_changes import PublishedRelease
from writ.ports.registry import Listing, Package, Release

_PAGE: Final = 100
AnswerT = TypeVar("AnswerT", bound=BaseModel)
_PAGES: Final = 3


class _Tag(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    name: str
    commit: ShaAnswer


class _Release(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    tag_name: str
    body: str | None = None
    draft: bool = False
    prerelease: bool = False
    published_at: AwareDatetime | None = None


class PublicRepositories:
    """Reads repositories of others in the name of one of ours."""

    def __init__(self, client: GitHubClient, by: str) -> None:
        self._client, self._by = client, by

    def releases(self, repository: str) -> Sequence[PublishedRelease]:
        """The newest releases, without drafts; none of a repository that cannot be seen."""
        return [
            PublishedRelease(each.tag_name, each.body or "", each.published_at, each.prerelease)
            for each in self._pages(repository, "releases", list[_Release])
            if not each.draft
        ]

    def tags(self, repository: str) -> Sequence[tuple[str, str]]:
        """Tags and the commits that they point to."""
        return [(each.name, each.commit.sha) for each in self._pages(repository, "tags", list[_Tag])]

    def _pages(self, repository: str, path: str, form: type[list[AnswerT]]) -> list[AnswerT]:
        found: list[AnswerT] = []
        for page in range(1, _PAGES + 1):
            query: dict[str, str | int] = {"per_page": _PAGE, "page": page}
            try:
                items = self._client.ask(repository, "GET", path, form, query=query, by=self._by)
            except PermanentError as error:
                if error.code != NOT_FOUND:
                    raise
                return found
            found += items
            if len(items) < _PAGE:
                break
        return found


class ActionTags:
    """See writ.ports.registry.Registry."""

    def __init__(self, repositories: PublicRepositories) -> None:
        self._repositories = repositories

    def listing(self, package: Package) -> Listing:
        tags = self._repositories.tags(package.name)
        if not tags:
            raise PermanentError("there is no such action, or it has no tags", code="registry.not_found")
        said = {each.tag: each for each in self._repositories.releases(package.name)}
        found = [
            Release(
                version=tag,
                published_at=said[tag].published_at if tag in said and not said[tag].prerelease else None,
                commit=commit,
                requires=(),
            )
            for tag, commit in tags
        ]
        return Listing(package, tuple(found))

    def requires(self, _package: Package, _version: str) -> tuple[str, ...] | None:
        return ()

    def source(self, package: Package, _version: str) -> str | None:
        return package.name

"""GitHub with all that the bot asks of it."""

from __future__ import annotations

from writ.adapters.github import GitHubForge
from writ.adapters.github_changes import GitHubChanges
from writ.adapters.github_client import GitHubClient


class WholeForge(GitHubChanges, GitHubForge):
    """See functions.dependencies.ports.Forge."""

    def __init__(self, client: GitHubClient) -> None:
        GitHubChanges.__init__(self, client)

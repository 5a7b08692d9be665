"""CODEOWNERS, from the owners that the manifests name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stacks.manifest import BotFolder

ORGANISATION: Final = "writ-example"
PLATFORM: Final = "platform"


def codeowners(folders: Sequence[BotFolder]) -> str:
    """Who reviews what: the platform team everything, and the owner of a bot its folder and runbook.

    https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
    """
    lines = ["# Made by `writ generate` from functions/*/bot.yaml.", f"* {_team(PLATFORM)}"]
    for folder in folders:
        owner = _team(folder.manifest.owner)
        lines += [f"/functions/{folder.name}/ {owner}", f"/{folder.manifest.runbook} {owner}"]
    return "\n".join(lines) + "\n"


def _team(owner: str) -> str:
    return f"@{ORGANISATION}/{owner}"

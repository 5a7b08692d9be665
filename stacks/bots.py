"""One stack a bot: a bot is deployed, rolled back and removed without touching another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from constructs import Construct

from stacks.constructs.bot import Bot
from stacks.constructs.shared import Code, Plane
from stacks.manifest import BotFolder


class BotStack(Stack):
    """The functions of one folder."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        folder: BotFolder,
        plane: Plane,
        code: Code,
        extra: Mapping[str, str],
        **props: Any,
    ) -> None:
        super().__init__(scope, id, **props)
        self.bot = Bot(self, "Bot", folder=folder, plane=plane, code=code, extra=extra)

"""The preview bot: an environment for every pull request that asks for one, and nothing left of it."""

from __future__ import annotations

from functions.preview import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("preview", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

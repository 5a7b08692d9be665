"""The pr bot: the one comment that bots share on a pull request."""

from __future__ import annotations

from functions.pr import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("pr", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

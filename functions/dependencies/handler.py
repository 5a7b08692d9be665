"""The dependencies bot: proposes newer versions of what repositories depend on."""

from __future__ import annotations

from functions.dependencies import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("dependencies", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

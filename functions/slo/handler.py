"""The slo bot: judges the others by their objectives."""

from __future__ import annotations

from functions.slo import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("slo", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

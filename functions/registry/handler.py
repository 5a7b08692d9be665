"""The registry bot: pauses and resumes the others."""

from __future__ import annotations

from functions.registry import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("registry", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

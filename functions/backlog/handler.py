"""The backlog bot: finds repetitive work, scores it and keeps the list in order."""

from __future__ import annotations

from functions.backlog import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("backlog", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

"""The migration bot: every batch and every stage of a migration is an action, and so is evidence."""

from __future__ import annotations

from functions.migration import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("migration", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

"""The rollback bot: takes services back, and says why."""

from __future__ import annotations

from functions.rollback import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot(
    "rollback",
    facts=facts.gather,
    plan=plan.plan,
    perform=perform.ACTIONS,
    ports=ports.connect,
    standing=plan.standing,
)
handler = bot.handler

"""The release bot: every step of a release is an action, and so is evidence."""

from __future__ import annotations

from functions.release import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot(
    "release",
    facts=facts.gather,
    plan=plan.plan,
    perform=perform.ACTIONS,
    ports=ports.connect,
    standing=plan.standing,
)
handler = bot.handler

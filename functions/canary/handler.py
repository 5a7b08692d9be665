"""The canary bot: every transition of a rollout is an action, and so is evidence."""

from __future__ import annotations

from functions.canary import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot(
    "canary",
    facts=facts.gather,
    plan=plan.plan,
    perform=perform.ACTIONS,
    ports=ports.connect,
    standing=plan.standing,
)
handler = bot.handler

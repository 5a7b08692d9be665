"""The policy bot: keeps the freezes and exceptions that decisions rest on."""

from __future__ import annotations

from functions.policy import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("policy", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

"""The gate bot: keeps what gates found as evidence."""

from __future__ import annotations

from functions.gate import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("gate", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

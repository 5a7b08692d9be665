"""The anchor bot: shows the log's newest checkpoint where its operator cannot take it back."""

from __future__ import annotations

from functions.anchor import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("anchor", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

"""The erasures bot: erases payloads of evidence for good, and keeps legal holds."""

from __future__ import annotations

from functions.erasures import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("erasures", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

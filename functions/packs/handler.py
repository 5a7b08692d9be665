"""The packs bot: exports evidence in parts, and each part is evidence itself."""

from __future__ import annotations

from functions.packs import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("packs", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

"""The flags bot: turns features on and off by tenant, and reports the flags that outlived their use."""

from __future__ import annotations

from functions.flags import facts, perform, plan, ports
from writ.runtime.bot import Bot

bot = Bot("flags", facts=facts.gather, plan=plan.plan, perform=perform.ACTIONS, ports=ports.connect)
handler = bot.handler

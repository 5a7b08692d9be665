"""The names of rate counters, shared by whoever reads them and whoever takes from them."""

from __future__ import annotations

from datetime import datetime


def counter_key(bot: str, action: str) -> str:
    """The partition of an action's counters."""
    return f"counter#{bot}#{action}"


def counter_slot(counter: str, target_digest: str, now: datetime) -> str:
    """The hour (UTC), and for a counter by target the target as well."""
    hour = now.strftime("%Y%m%d%H")
    return hour if counter == "hour" else f"{hour}#{target_digest[:16]}"

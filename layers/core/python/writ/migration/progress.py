"""How far a migration is, and how long it takes yet. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from writ.migration.state import Record


def progress(record: Record, now: datetime) -> dict[str, Any]:
    """How far the present way through the table is, and how long it takes yet; None where that is unknown."""
    sweep, total = record.sweep, record.items
    if sweep is None:
        return {"done": None, "items": total, "seconds": None}
    done, spent = sweep.counts.scanned, (now - record.stage_at).total_seconds()
    everything = sweep.before.scanned + done
    if not total or not everything or sweep.through:
        return {"done": done, "items": total, "seconds": 0 if sweep.clean else None}
    rate = max(everything / spent, 1e-9) if spent > 0 else float(record.document.pace.items_per_s)
    return {"done": done, "items": total, "seconds": round(max(total - done, 0) / rate)}

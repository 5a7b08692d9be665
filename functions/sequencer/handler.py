"""Batches of the entries' stream, all of them or none; and every minute a sweep for what it did not bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.sequencer.run import integrate, sweep
from writ.contracts.event import AnyEvent
from writ.ports.actions import ActionRecord
from writ.runtime.batch import process


def handler(message: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda entry for both triggers. A stream batch that fails raises, and so is delivered again whole."""
    records = message.get("Records", [])
    if any(record.get("eventSource") == "aws:dynamodb" for record in records):
        integrate(records)
        return {}
    return process("sequencer", message, context, on_tick)


def on_tick(_tick: AnyEvent) -> Sequence[ActionRecord]:
    """One sweep; it takes no actions."""
    sweep()
    return ()

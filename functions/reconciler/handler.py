"""Every minute: wake, expire or close what stands still."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.reconciler.ports import connect
from functions.reconciler.reconcile import Report, reconcile
from writ.contracts.event import AnyEvent
from writ.ports.actions import ActionRecord, Phase
from writ.runtime.batch import process
from writ.runtime.telemetry import emit, logger


def handler(message: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda entry: ticks from the queue, or a call without any, by a person who cannot wait."""
    if "Records" in message:
        return process("reconciler", message, context, on_tick)
    report = run()
    return {"remedies": dict(report.remedies), "closed": len(report.closed), "failures": report.failures}


def on_tick(_tick: AnyEvent) -> Sequence[ActionRecord]:
    """One round; what it closed."""
    return run().closed


def run() -> Report:
    """One round, and one line about it."""
    ports = connect()
    report = reconcile(ports)
    logger("reconciler").info("reconciled", remedies=dict(report.remedies), failures=report.failures)
    waiting = ports.actions.count(Phase.WAITING)
    emit("reconciler", {"ApprovalsWaiting": waiting, "RemediesFailed": len(report.failures)})
    return report

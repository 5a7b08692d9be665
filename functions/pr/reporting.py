"""The effect that reports a check: one run a commit and name, changed when there is something new.

As with the comment, a run is never made twice: who writes holds its slot for longer than any attempt and any
of its requests can live, and before one is made it is looked for by the nonce that was kept before the first
try. The forge only ever adds annotations, so that after a break those are sent which it does not count yet.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from functions.pr.check import Place, Report, Slot, as_report
from functions.pr.patience import patiently
from writ.contracts.action import Action
from writ.contracts.errors import BusyError, ForgeBusyError, PermanentError
from writ.runtime.effect import Effect, Observation

if TYPE_CHECKING:
    from functions.pr.ports import Ports
    from writ.ports.forge import CheckRun, Checks


def report_check(action: Action, ports: Ports) -> Observation:
    """Show a report, or the later one that is kept. What the forge refuses for good fails with its code."""
    place, report = _given(action)
    slot = patiently(lambda: _take(place, report, action, ports), ports.pause)
    if ports.reporting is None:
        after = slot.free()
        ports.slots.replace(place, slot, after)
        return _observed(place, after)
    try:
        run = _write(place, slot, ports.reporting())
    except (PermanentError, ForgeBusyError):
        ports.slots.replace(place, slot, slot.free())
        raise
    # After any other error, a request may still be on its way: the slot is held until none can be.
    after = slot.free().at(run.id)
    ports.slots.replace(place, slot, after)
    return _observed(place, after, run)


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the slot shows, if that is this report or a later one."""
    place, report = _given(action)
    slot = ports.slots.slot(place)
    if slot is None:
        return None
    if ports.reporting is None:
        return _observed(place, slot) if slot.report.stamp >= report.stamp else None
    return _observed(place, slot) if slot.shown is not None and slot.shown >= report.stamp else None


def _take(place: Place, report: Report, action: Action, ports: Ports) -> Slot:
    now = ports.clock.now()
    before = ports.slots.slot(place)
    if before is not None and before.until is not None and now < before.until:
        message = f"another attempt reports {place.name} of {place.key}"
        raise BusyError(message, code="pr.busy", until=before.until)
    fresh = before or Slot(nonce=ports.entropy(16).hex(), report=report)
    held = fresh.to_show(report).held(f"{action.id}.{ports.entropy(8).hex()}", now + ports.lease)
    ports.slots.replace(place, before, held)
    return held


def _write(place: Place, slot: Slot, forge: Checks) -> CheckRun:
    run = _find(forge.check_runs(place.repository, place.sha, place.name), slot)
    if run is None:
        return forge.create_check_run(place.repository, as_report(place, slot, 0))
    return forge.update_check_run(place.repository, run.id, as_report(place, slot, run.annotations))


def _find(runs: Sequence[CheckRun], slot: Slot) -> CheckRun | None:
    """Ours: by its number, else the oldest with the nonce, for a copy is younger."""
    ours = [run for run in runs if (run.id == slot.run if slot.run else run.external_id == slot.nonce)]
    return min(ours, key=lambda run: run.id, default=None)


def _observed(place: Place, slot: Slot, run: CheckRun | None = None) -> Observation:
    return {
        "posted": slot.run is not None,
        "check": place.name,
        "commit": place.sha,
        "conclusion": slot.report.conclusion.value,
        "run": slot.run,
        "annotations": len(slot.sent),
        **({"url": run.url} if run else {}),
    }


def _given(action: Action) -> tuple[Place, Report]:
    given = action.parameters
    return Place.model_validate(given["place"]), Report.model_validate_json(json.dumps(given["report"]))


REPORT_CHECK: Final[Effect[Ports]] = Effect(report_check, observe)

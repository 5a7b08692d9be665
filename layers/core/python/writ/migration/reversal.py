"""How a migration is taken back: by the steps that it declares as reversible, and no others. Pure.

The order is that of the steps in reverse, but for one thing: writers stop writing the new shape before it is
cleaned away, else it comes back. While both shapes are written the old one is never stale, so up to the
contract a release that reads only the old shape may get traffic at any time, and the way back may follow it.
From the contract on the old shape has to be restored first.
"""

from __future__ import annotations

from dataclasses import dataclass

from writ.migration.state import STEPS, Record, Stage

_UNDO = {
    Stage.CONTRACT: (Stage.REJOIN, Stage.RESTORE),
    Stage.SWITCH: (Stage.RETURN,),
    Stage.EXPAND: (Stage.RETRACT,),
    Stage.BACKFILL: (Stage.CLEAN,),
}


@dataclass(frozen=True, slots=True)
class Reversal:
    """The stages of the way back, or why there is none, and which step it is that has no reverse."""

    stages: tuple[Stage, ...]
    refused: str | None = None
    step: str | None = None


def reversal(record: Record) -> Reversal:
    """What taking a migration back means, from where it is."""
    begun, declared = record.begun, record.document.reverse
    ways = {"backfill": declared.backfill, "switch": declared.switch, "contract": declared.contract}
    for stage in (Stage.CONTRACT, Stage.LEAVE, Stage.SWITCH, Stage.BACKFILL):
        step = STEPS[stage]
        if stage in begun and ways[step] == "none":
            return Reversal((), f"{step} was begun, and declares no reverse", step)
    stages: list[Stage] = []
    if {Stage.LEAVE, Stage.CONTRACT} & begun:
        stages += _UNDO[Stage.CONTRACT]
    if Stage.SWITCH in begun:
        stages += _UNDO[Stage.SWITCH]
    if Stage.EXPAND in begun:
        stages += _UNDO[Stage.EXPAND]
        # Who writes both shapes has written the new one, whether or not the backfill has begun.
        if declared.backfill == "undo":
            stages += _UNDO[Stage.BACKFILL]
    return Reversal(tuple(stages))


def reads_old(record: Record) -> bool:
    """Whether a release that knows only the old shape can read every item now.

    Not from the moment on that it is written no more, until all of it is restored: after that readers return.
    """
    return not {Stage.LEAVE, Stage.CONTRACT} & record.begun or Stage.RETURN in record.begun

"""What a migration does next. Pure: a record, what was seen, and the time give one move.

What is not known never leads on: it waits. Nothing but the way back goes on where a guard does not hold.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import AwareDatetime, Field

from writ.migration.changes import Mode
from writ.migration.reversal import reversal
from writ.migration.state import SWEEPS, Ending, Record, Stage, Sweep, Value

MAX_PASSES: Final = 20
# A flag that policy denied is asked for again after as long as it has been asked for, within these.
_ASK_SOON: Final = timedelta(minutes=10)
_ASK_LATER: Final = timedelta(hours=1)
_FORWARD: Final = (
    Stage.SURVEY,
    Stage.EXPAND,
    Stage.BACKFILL,
    Stage.SWITCH,
    Stage.LEAVE,
    Stage.CONTRACT,
)


class Demand(Value):
    """What became of the demand for a flag: the action that it is, how that stands, and since when.

    `denied`: policy did not allow it, for `code`; what a person rejected, or did not answer, is not that.
    """

    action: str
    state: str
    at: AwareDatetime
    denied: bool = False
    code: str | None = None


class Look(Value):
    """What was seen at one time. `old_reads` is None where nothing is known.

    `flags` are those that the document names, and whether everybody has them. `demand` is that for the flag
    of the stage, as long as it has not turned; None where nothing is known of it.
    """

    rollout: str | None = None
    old_reads: float | None = None
    flags: Mapping[str, bool] = Field(default_factory=dict)
    demand: Demand | None = None


class Move(Value):
    """The next transition.

    `stage`: enter it, or stay in it: for one more batch, or to note what became of its flag. `ending`: it is
    over. `halt`: a code; it stops until a person lets it go on. None of them: it waits, until `until` if that
    is known. `ask`: stay in the stage, and ask for its flag again.
    """

    reason: str
    stage: Stage | None = None
    ending: Ending | None = None
    halt: str | None = None
    until: AwareDatetime | None = None
    ask: Literal[True] | None = None

    @property
    def waits(self) -> bool:
        return self.stage is None and self.ending is None and self.halt is None


def next_move(record: Record, look: Look, now: datetime) -> Move:
    """What follows from a record, an observation and the time."""
    if record.final is not None:
        return Move(reason="it is over")
    if record.pause is not None:
        return Move(reason=f"{record.pause.by} paused it: {record.pause.reason}")
    if record.back is not None and record.stage in _FORWARD:
        return _back(record)
    if record.stage in SWEEPS:
        return _sweep(record, look, now)
    return _turned(record, look, now)


def _sweep(record: Record, look: Look, now: datetime) -> Move:
    sweep = record.sweep
    if sweep is None or not sweep.clean:
        return _batch(record, sweep, look, now)
    if record.dry_run:
        return Move(reason="it was to be looked at only", ending=Ending.SURVEYED)
    unfit = sweep.counts.unfit
    if unfit > record.document.guards.max_unfit:
        message = f"{unfit} items are not of a kind that the changes can read"
        return Move(reason=message, halt="migration.unfit")
    stopped = _surveyed(record, sweep) if sweep.mode is Mode.SURVEY else None
    return stopped or _onward(record, look, now)


def _surveyed(record: Record, sweep: Sweep) -> Move | None:
    """Why a migration does not begin, by what was counted."""
    counts, most = sweep.counts, record.document.guards.max_items
    if counts.scanned > most:
        message = f"the table has {counts.scanned} items, and {most} are allowed"
        return Move(reason=message, halt="migration.too_many")
    if counts.occupied and record.document.reverse.backfill == "undo":
        message = f"{counts.occupied} items have what the new shape adds, and the way back removes that"
        return Move(reason=message, halt="migration.occupied")
    return None


def _batch(record: Record, sweep: Sweep | None, look: Look, now: datetime) -> Move:
    if sweep is not None and sweep.through and sweep.number >= MAX_PASSES:
        return Move(reason="somebody keeps writing another shape", halt="migration.unsettled")
    if record.stage is Stage.CONTRACT and look.rollout is not None:
        return Move(reason=f"{look.rollout} is open for {record.document.service}")
    if sweep is not None and sweep.next_at is not None and now < sweep.next_at:
        return Move(reason="the pace that was asked for", until=sweep.next_at)
    return Move(reason=f"{SWEEPS[record.stage]} goes on", stage=record.stage)


def _turned(record: Record, look: Look, now: datetime) -> Move:
    """A flag was asked for: it has to be so, and to have reached everybody."""
    if record.flag is not None:
        flag, on = record.flag
        word, seen = "on" if on else "off", look.flags.get(flag) is on
        if seen is not (record.turned_at is not None):
            what = "is" if seen else "is no longer"
            return Move(reason=f"the flag {flag} {what} {word} for everybody", stage=record.stage)
        if not seen:
            return _asked(record, look.demand, f"the flag {flag} is not {word} for everybody yet", now)
    settled = record.since + timedelta(seconds=record.document.guards.settle_s)
    if now < settled:
        return Move(reason="a flag takes that long to reach everybody", until=settled)
    return _onward(record, look, now)


def _asked(record: Record, demand: Demand | None, what: str, now: datetime) -> Move:
    """A flag has not turned. What policy denied is asked for again: first soon, then more and more seldom.

    Nothing else is: a person may have said no, or have taken the behaviour away again for a reason.
    """
    if record.asked is None:
        return Move(reason=what)
    what = f"{what}, asked for at {record.asked.at:%Y-%m-%dT%H:%MZ}"
    if demand is None:
        return Move(reason=what)
    code = f" ({demand.code})" if demand.code else ""
    reason = f"{what}: {demand.action} {demand.state}{code}"
    if not demand.denied:
        return Move(reason=reason)
    due = demand.at + min(max(demand.at - record.stage_at, _ASK_SOON), _ASK_LATER)
    if now < due:
        return Move(reason=f"{reason}, and is asked for again", until=due)
    return Move(reason=f"{reason}; it is asked for again", stage=record.stage, ask=True)


def _onward(record: Record, look: Look, now: datetime) -> Move:
    """To the stage after this one, if its guards hold."""
    if record.stage not in _FORWARD:
        return _further_back(record)
    last = Stage.CONTRACT if record.document.contract else Stage.SWITCH
    if record.stage is last:
        return Move(reason="every item is of the new shape", ending=Ending.DONE)
    stage = _FORWARD[_FORWARD.index(record.stage) + 1]
    return _guarded(record, stage, look, now) or Move(reason=_REASONS[stage], stage=stage)


_REASONS: Final = {
    Stage.EXPAND: "the items were looked at; both shapes are to be written",
    Stage.BACKFILL: "both shapes are written; what was there before follows",
    Stage.SWITCH: "every item has both shapes; the new one is to be read",
    Stage.LEAVE: "nobody reads the old shape; it is to be written no more",
    Stage.CONTRACT: "nobody writes the old shape; it is removed",
}


def _guarded(record: Record, stage: Stage, look: Look, now: datetime) -> Move | None:
    """What a stage waits for; None where it may be entered."""
    guards = record.document.guards
    if stage is Stage.BACKFILL and record.expanded_at is not None:
        due = record.expanded_at + timedelta(seconds=guards.expand_age_s)
        if now < due:
            return Move(reason="every version that writes only the old shape has to be gone", until=due)
    return _unread(record, stage, look, now) if stage in (Stage.LEAVE, Stage.CONTRACT) else None


def _unread(record: Record, stage: Stage, look: Look, now: datetime) -> Move | None:
    """Before the old shape goes: no release is on its way in or out, and nobody is known to read it."""
    if look.rollout is not None:
        return Move(reason=f"{look.rollout} is open for {record.document.service}")
    quiet = record.since + timedelta(seconds=record.document.guards.quiet_s)
    if stage is Stage.LEAVE and now < quiet:
        return Move(reason="whether anybody reads the old shape is watched", until=quiet)
    if look.old_reads is None:
        return Move(reason="it is not known whether anybody reads the old shape")
    if look.old_reads > 0:
        return Move(reason=f"the old shape was read {look.old_reads:g} times lately")
    return None


def _back(record: Record) -> Move:
    """The first stage of the way back; what was only looked at is simply over."""
    plan = reversal(record)
    if plan.refused is not None:
        return Move(reason=plan.refused, halt="migration.no_return")
    if not plan.stages:
        return Move(reason="nothing was done yet", ending=Ending.REVERSED)
    return Move(reason=f"{record.back}"[:500], stage=plan.stages[0])


def _further_back(record: Record) -> Move:
    stages = reversal(record).stages
    place = stages.index(record.stage) + 1
    if place == len(stages):
        return Move(reason="every item is of the old shape", ending=Ending.REVERSED)
    return Move(reason=f"{record.stage} is over", stage=stages[place])

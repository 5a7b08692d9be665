"""Making checkpoints known.

Whoever dies between a checkpoint and its event loses the event, never the checkpoint: the next checkpoint
is announced in its place, or this one again when it is republished.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from functions.sequencer.trust import Trust
from writ.contracts.event import AnyEvent, make_event
from writ.contracts.events.platform import CheckpointPublished
from writ.ledger.checkpoint import Checkpoint
from writ.ports.bus import EventBus

SERVICE: Final = "sequencer"


def announce(published: Iterable[Checkpoint], trust: Trust, bus: EventBus, now: datetime) -> None:
    """Publish the trust root beside the first checkpoint, and an event for each. Repeating it is safe."""
    checkpoints = list(published)
    if checkpoints:
        trust.publish()
    bus.publish([_event(checkpoint, now) for checkpoint in checkpoints])


def _event(checkpoint: Checkpoint, now: datetime) -> AnyEvent:
    """Its id is its size: the same head published again is the same event."""
    data = CheckpointPublished(
        origin=checkpoint.origin, size=checkpoint.size, root=b64encode(checkpoint.root).decode()
    )
    return make_event(data, id=f"checkpoint-{checkpoint.size}", time=now, producer=SERVICE)

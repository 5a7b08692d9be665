"""A new checkpoint, or a minute gone by: time to see whether its witnesses have cosigned it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.publisher.run import publish
from writ.contracts.event import AnyEvent
from writ.ports.actions import ActionRecord
from writ.runtime.batch import process


def handler(message: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda entry."""
    return process("publisher", message, context, on_event)


def on_event(_event: AnyEvent) -> Sequence[ActionRecord]:
    """Whatever it says, the newest checkpoint counts; it takes no actions."""
    publish()
    return ()

"""How a document is replaced: read, changed, and written over what was read, with the mark of the effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel

from functions.policy import book
from writ.contracts.action import Action
from writ.contracts.errors import ConflictError, ContendedError, PermanentError, WritError
from writ.ports.controls import Key
from writ.runtime.effect import Observation

if TYPE_CHECKING:
    from functions.policy.ports import Ports

ItemT = TypeVar("ItemT", bound=BaseModel)
Change = Callable[[Sequence[ItemT], datetime], Sequence[ItemT]]

_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Kept(Generic[ItemT]):
    """Where a document is, and what its items are."""

    key: Key
    model: type[ItemT]


def observe(action: Action, ports: Ports) -> Observation | None:
    """What the action's effect left behind, or None when it has not happened."""
    return ports.controls.applied(action.id)


def replace(
    action: Action,
    ports: Ports,
    kept: Kept[ItemT],
    change: Change[ItemT],
    *,
    seen: Callable[[Sequence[ItemT]], Mapping[str, Any]] = lambda _items: {},
) -> Observation:
    """Change a document once; `seen` says what more the effect leaves behind.

    Raises PermanentError with the code of what `change` raises, TransientError while others keep changing it.
    """
    for _ in range(_ROUNDS):
        before = ports.controls.read(kept.key)
        items = book.parse(kept.model, before)
        try:
            after = change(items, ports.clock.now())
        except WritError as error:
            # A write that was acknowledged to nobody makes its own second attempt look impossible.
            if (earlier := ports.controls.applied(action.id)) is not None:
                return earlier
            raise PermanentError(error.message, code=error.code, field=error.field) from None
        text = book.dump(after)
        digest = hashlib.sha256(text.encode()).hexdigest()
        observed = {"count": len(after), "sha256": digest, **seen(after)}
        try:
            return ports.controls.replace(kept.key, before, text, action_id=action.id, observed=observed)
        except ConflictError:
            continue
    raise ContendedError(f"{'/'.join(kept.key)} kept changing")

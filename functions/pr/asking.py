"""Keeps away from the forge for as long as it asked, over all attempts of all actions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from writ.contracts.errors import ForgeBusyError

if TYPE_CHECKING:
    from functions.pr.ports import Ports


@contextmanager
def asking(ports: Ports) -> Iterator[None]:
    """Raises ForgeBusyError while the forge wants to be left alone, and notes when it says so."""
    until = ports.threads.waiting_until()
    if until is not None and ports.clock.now() < until:
        raise ForgeBusyError("the forge asked to wait", until)
    try:
        yield
    except ForgeBusyError as error:
        ports.threads.wait(error.until)
        raise

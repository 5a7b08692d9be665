"""Which flags outlived their use, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from functions.flags import book
from functions.flags.catalog import Catalogue
from writ.contracts.events.flags import FlagDebt
from writ.contracts.flags import Flag

FULL_DAYS: Final = 30  # on for everybody for so long, a temporary flag has done its work


def debt(catalogue: Catalogue, settings: book.Settings, now: datetime) -> list[FlagDebt]:
    """Every reason to take a flag out, by flag: `expired`, `full`, `no_owner`, `unused`.

    A kill switch or an operational flag may be on for ever; it is in debt only without owner or use.
    """
    flags = sorted(catalogue.flags.values(), key=lambda flag: flag.name)
    return [item for flag in flags for item in _of(flag, catalogue, settings, now)]


def _of(flag: Flag, catalogue: Catalogue, settings: book.Settings, now: datetime) -> Iterator[FlagDebt]:
    today = now.astimezone(UTC).date()
    if flag.expires is not None and flag.expires <= today:
        days = (today - flag.expires).days
        yield _item(flag, "expired", days, f"it was to be gone by {flag.expires}")
    since = book.full_since(flag, settings)
    if flag.kind.temporary and since is not None and (days := (now - since).days) >= FULL_DAYS:
        yield _item(flag, "full", days, "everybody has it: take the flag out of the code")
    age = max(0, (today - flag.added).days)
    if flag.owner not in catalogue.teams:
        yield _item(flag, "no_owner", age, f"there is no team {flag.owner}")
    if not catalogue.uses.get(flag.name):
        yield _item(flag, "unused", age, "no code asks for it")


def _item(flag: Flag, kind: str, days: int, message: str) -> FlagDebt:
    return FlagDebt.model_validate(
        {"flag": flag.name, "owner": flag.owner, "kind": kind, "days": days, "message": message}
    )

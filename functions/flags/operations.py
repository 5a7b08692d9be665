"""What the routes of flags take and answer, for the description of the API."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from pydantic import AwareDatetime

from functions.flags.commands import Change, Kill
from writ.contracts.events.flags import FlagDebt
from writ.contracts.flags import FlagKind, Rollout
from writ.openapi.operation import Operation, Operations, Page, Paging, Shown


class FlagSet(Shown):
    """Who set a flag last, and why."""

    by: str
    reason: str
    since: AwareDatetime


class FlagShown(Shown):
    """A flag: what is declared, what holds now, who set it, and where it is asked for."""

    name: str
    summary: str
    tenants: str | None
    owner: str
    kind: FlagKind
    risk: Literal["low", "high"]
    default: bool
    added: date
    expires: date | None
    declared: Rollout
    now: Rollout
    killed: bool
    set: FlagSet | None
    used_in: list[str]


class FlagDebts(Shown):
    """Flags that outlived their use, of all `flags`; one on for everybody is in debt after `full_days`."""

    flags: int
    full_days: int
    items: list[FlagDebt]


_ERRORS: Final = ("not_found", "conflict.*")

OPERATIONS: Final[Operations] = {
    "GET /v1/flags": Operation(Page[FlagShown], query=Paging),
    "GET /v1/flags/{name}": Operation(FlagShown, errors=("not_found",)),
    "PATCH /v1/flags/{name}": Operation(FlagShown, body=Change, acts=True, errors=_ERRORS),
    "POST /v1/flags/{name}/kill": Operation(FlagShown, body=Kill, acts=True, errors=_ERRORS),
    "GET /v1/flag-debt": Operation(FlagDebts),
}

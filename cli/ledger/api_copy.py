"""A copy of a log made over its REST API, for as long as it is verified: resumed when it was stopped."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from cli.api import Api
from cli.ledger.api_log import ApiLog
from cli.ledger.copying import LogSource, write_copy
from cli.login import TOKEN_VARIABLE, Login
from cli.output import CommandError, UsageError
from cli.patience import PatientTransport
from cli.plane import STATE, Plane
from cli.progress import Bars
from writ.ledger.logcopy import CHECKPOINT, LogCopy

COPIES: Final = STATE / "audit"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class ApiCopy(LogCopy):
    """See LogCopy. It is known by the address it was got from."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(folder)
        self._address = address

    @property
    def place(self) -> str:
        return self._address


@dataclass(frozen=True)
class Fetched:
    """A copy, and whether it is as of the head that the API shows now, not of one that was resumed."""

    copy: LogCopy
    live: bool


def is_api(text: str) -> bool:
    """Whether this is the address of an API and not a folder."""
    return text.startswith(("https://", "http://"))


@contextmanager
def fetched(
    address: str,
    bars: Bars,
    now: datetime,
    *,
    fresh: bool = False,
    transport: httpx.BaseTransport | None = None,
) -> Iterator[Fetched]:
    """The log of an API as a packed copy, which is deleted afterwards; kept if what it is for is stopped.

    `transport` stands in for the network in tests.

    Raises UsageError for an address that no token should go to, CommandError when the API does not answer or
    somebody else is making this copy.
    """
    place = address.rstrip("/")
    folder = COPIES / f"{sha256(place.encode()).hexdigest()[:16]}.copy"
    with ExitStack() as stack:
        api = stack.enter_context(_api(place, transport))
        stack.enter_context(_alone(folder))
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        log, answers = folder / "log", folder / "answers"
        resumed = log.is_dir() or answers.is_dir()
        if not (log / CHECKPOINT).is_file():
            got = _log(api, answers, now, bars)
            write_copy(
                got, log, lambda done, size: bars.step("getting the statements", done, size), packed=True
            )
            shutil.rmtree(answers)
        yield Fetched(ApiCopy(log, place), live=not resumed)
        shutil.rmtree(folder)


@contextmanager
def source(address: str, folder: Path, now: datetime, bars: Bars) -> Iterator[LogSource]:
    """The log of an API, to be copied to `folder`; what was got is kept beside it until all is there."""
    place = address.rstrip("/")
    answers = folder.with_name(f"{folder.name}.answers")
    with _api(place, None) as api, _alone(answers):
        yield _log(api, answers, now, bars)
        shutil.rmtree(answers)


def _log(api: Api, answers: Path, now: datetime, bars: Bars) -> ApiLog:
    return ApiLog(api, answers, now, lambda files: bars.step("getting the tree", files))


def _api(place: str, transport: httpx.BaseTransport | None) -> Api:
    parts = urlsplit(place)
    if not parts.hostname or parts.query or parts.fragment or parts.username or parts.password:
        raise UsageError("this is no address of an API", field="PATH", hint="https://HOST")
    plane = _plane_of(place)
    if plane is not None:
        login = Login.of(plane)
    elif not os.environ.get(TOKEN_VARIABLE):
        raise UsageError(
            "this API is not the plane's own: it needs a token", field=TOKEN_VARIABLE, hint="export it"
        )
    elif parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise UsageError("a token goes over https only", field="PATH", hint=f"https://{parts.hostname}")
    else:
        login = Login(STATE / "token.json", _nobody)
    return Api(place, login, PatientTransport(transport or httpx.HTTPTransport()))


def _plane_of(place: str) -> Plane | None:
    """The plane known here, if this is its own API: nobody else gets its operator's token."""
    try:
        plane = Plane.load()
    except CommandError:
        return None
    return plane if plane.file.api_url.rstrip("/") == place else None


def _nobody() -> str:
    raise CommandError("the token was refused", code="login.refused", field=TOKEN_VARIABLE)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time; a lock ends with its process, however that ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                "another command is copying this log", code="ledger.audit_running", hint="wait for it"
            ) from None
        yield

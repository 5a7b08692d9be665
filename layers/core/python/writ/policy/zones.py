"""Time zones from the pinned `tzdata` package, so that a wall clock is the same in Lambda, CI and a terminal.

The standard library prefers whatever the machine has, which differs by machine and by month.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

# As the IANA database names them; no name of it begins with a dot, so that none leads out of the package.
_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", re.ASCII)


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name, `Europe/Berlin` say. Raises ValueError for a name that is none."""
    place = files("tzdata.zoneinfo")
    for part in name.split("/") if _NAME.fullmatch(name) else ():
        place = place.joinpath(part)
    if not _NAME.fullmatch(name) or not place.is_file():
        raise ValueError(f"no IANA time zone {name}")
    with place.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def release() -> str:
    """The release of the IANA database that wall clocks go by, `2026a` say."""
    return str(import_module("tzdata").IANA_VERSION)

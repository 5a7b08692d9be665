"""Feature flags for whoever may not need them: nothing is loaded before one is asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from writ.adapters.late import late

if TYPE_CHECKING:
    from writ.adapters.appconfig import AppConfigFlags
    from writ.contracts.flag_site import FlagSite


def late_flags(site: FlagSite) -> AppConfigFlags:
    """See AppConfigFlags."""

    def make() -> AppConfigFlags:
        from writ.adapters.appconfig import AppConfigFlags

        return AppConfigFlags(site, time.monotonic)

    return late(make)

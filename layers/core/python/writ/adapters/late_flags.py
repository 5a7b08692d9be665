"""Feature flags for whoever may not need them: nothing is loaded before one is asked for."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from writ.adapters.appconfig import AppConfigFlags
    from writ.contracts.flag_site import FlagSite


class LateFlags:
    """See Flags."""

    def __init__(self, site: FlagSite) -> None:
        self._site = site

    def enabled(self, name: str, tenant: str, *, default: bool) -> bool:
        return self._flags.enabled(name, tenant, default=default)

    def has(self, name: str, tenant: str) -> bool | None:
        """See FlagStates."""
        return self._flags.has(name, tenant)

    @cached_property
    def _flags(self) -> AppConfigFlags:
        from writ.adapters.appconfig import AppConfigFlags

        return AppConfigFlags(self._site, time.monotonic)

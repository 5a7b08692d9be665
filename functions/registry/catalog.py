"""The manifests of all bots, as they were when this function was deployed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from writ.runtime.catalog import Catalog, load

FILE: Final = Path(__file__).with_name("catalog.json")


@cache
def deployed() -> Catalog:
    """What was put beside this module at synth. Raises WritError (`catalog.unreadable`)."""
    return load(FILE)

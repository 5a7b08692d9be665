"""The manifests of all bots, as they were when this function was deployed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from writ.contracts.errors import WritError
from writ.contracts.manifest import Manifest

Catalog = Mapping[str, Manifest]

FILE: Final = Path(__file__).with_name("catalog.json")


@cache
def deployed() -> Catalog:
    """What was put beside this module at synth. Raises WritError (`catalog.unreadable`)."""
    return load(FILE)


def load(path: Path) -> Catalog:
    """Manifests by bot out of a file that `stacks.staging.catalog` made."""
    try:
        return TypeAdapter(dict[str, Manifest]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"{path.name} cannot be read: {type(error).__name__}"
        raise WritError(message, code="catalog.unreadable") from None

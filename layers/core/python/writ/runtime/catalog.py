"""The manifests of all bots, as they were when a function that needs them was deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from writ.contracts.errors import WritError
from writ.contracts.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

Catalog = Mapping[str, Manifest]


def load(path: Path) -> Catalog:
    """Manifests by bot out of a file that `stacks.staging.catalog` made. Raises `catalog.unreadable`."""
    try:
        return TypeAdapter(dict[str, Manifest]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"{path.name} cannot be read: {type(error).__name__}"
        raise WritError(message, code="catalog.unreadable") from None

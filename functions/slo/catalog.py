"""The manifests of all bots and services, as they were when this function was deployed."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from writ.contracts.errors import WritError
from writ.contracts.service import ServiceManifest
from writ.runtime.catalog import Catalog, load

FILE: Final = Path(__file__).with_name("catalog.json")
SERVICES: Final = Path(__file__).with_name("services.json")


class Service(BaseModel):
    """A service's manifest, and its indicators that the target has no figures for."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    manifest: ServiceManifest
    unmeasured: frozenset[str] = frozenset()


Services = Mapping[str, Service]


@cache
def deployed() -> Catalog:
    """What was put beside this module at synth. Raises WritError (`catalog.unreadable`)."""
    return load(FILE)


@cache
def services() -> Services:
    """The services by name. Raises WritError (`catalog.unreadable`)."""
    try:
        return TypeAdapter(dict[str, Service]).validate_json(SERVICES.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"{SERVICES.name} cannot be read: {type(error).__name__}"
        raise WritError(message, code="catalog.unreadable") from None

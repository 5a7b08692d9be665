"""Reads the manifests of services that are no bots, `services/<name>.yaml`, at synth only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml
from pydantic import ValidationError

from stacks.manifest import BotFolder
from writ.contracts.errors import ContractError, from_validation
from writ.contracts.service import Latency, ServiceManifest

if TYPE_CHECKING:
    from stacks.settings import Target

SERVICES: Final = Path(__file__).parent.parent / "services"


def load_services(folders: Iterable[BotFolder] = (), folder: Path = SERVICES) -> tuple[ServiceManifest, ...]:
    """Every manifest, by name. Raises ContractError that names the file and the field.

    A service shares its name with no bot: budgets, routes and policy know both by their names.
    """
    services = tuple(read_service(path) for path in sorted(folder.glob("*.yaml")))
    bots = {bot.name for bot in folders}
    for service in services:
        if service.name in bots:
            message = f"services/{service.name}.yaml: there is a bot of this name"
            raise ContractError(message, code="manifest.conflict", field="name")
    return services


def read_service(path: Path) -> ServiceManifest:
    """One manifest, validated."""
    place = f"services/{path.name}"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        service = ServiceManifest.model_validate(document)
    except yaml.YAMLError as error:
        raise ContractError(f"{place}: not YAML: {error}", code="manifest.invalid") from None
    except ValidationError as error:
        problem = from_validation(error, place)
        raise ContractError(problem.message, code="manifest.invalid", field=problem.field) from None
    if service.name != path.stem:
        message = f"{place}: must be the file's name {path.stem!r}"
        raise ContractError(message, code="manifest.invalid", field="name")
    return service


def unmeasured(service: ServiceManifest, target: Target) -> tuple[str, ...]:
    """Indicators that a target has no figures for."""
    return tuple(
        name
        for name, indicator in service.indicators.items()
        if isinstance(indicator, Latency) and not target.trimmed_counts
    )


def staged(services: Iterable[ServiceManifest], target: Target) -> bytes:
    """What the bot `slo` finds beside its modules: services, and what cannot be measured of them here."""
    document = {
        service.name: {
            "manifest": service.model_dump(mode="json", exclude_none=True),
            "unmeasured": unmeasured(service, target),
        }
        for service in services
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

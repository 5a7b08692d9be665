"""The event bus, its archive, and the registry of what travels on it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_eventschemas as schemas
from constructs import Construct

from stacks.names import Names
from stacks.schemas import draft4
from stacks.settings import Feature, Settings

EVENTS: Final = Path(__file__).parent.parent / "events"
_CONTRACT: Final = re.compile(r"[A-Z][A-Za-z0-9]*\.v[1-9][0-9]*\.json")  # beside them lie samples


class BusStack(Stack):
    """One custom bus. The archive replays; the registry documents: both only where the target has them."""

    def __init__(
        self, scope: Construct, id: str, *, settings: Settings, contracts: Path = EVENTS, **props: Any
    ) -> None:
        super().__init__(scope, id, **props)
        self._settings = settings
        names = Names.of(settings)
        self.bus = events.EventBus(
            self, "Bus", event_bus_name=names.bus, description=f"Typed events of Writ {settings.env}"
        )
        self._archive(names)
        self._registry(names, contracts)

    def _archive(self, names: Names) -> None:
        archive = events.CfnArchive(
            self,
            "Archive",
            archive_name=names.bus,
            source_arn=self.bus.event_bus_arn,
            description="Every event, for replay",
            retention_days=self._settings.archive_days,
        )
        self._settings.where_accepted(archive, Feature.ARCHIVE)

    def _registry(self, names: Names, contracts: Path) -> None:
        registry = schemas.CfnRegistry(
            self, "Registry", registry_name=names.bus, description="Contracts of the events on the bus"
        )
        self._settings.where_accepted(registry, Feature.SCHEMAS)
        for path in sorted(contracts.glob("*/*.json")):
            if _CONTRACT.fullmatch(path.name):
                self._schema(registry, path.stem, json.loads(path.read_text(encoding="utf-8")))

    def _schema(self, registry: schemas.CfnRegistry, detail_type: str, contract: Mapping[str, Any]) -> None:
        schema = schemas.CfnSchema(
            self,
            f"Schema{detail_type.replace('.', '')}",
            registry_name=registry.attr_registry_name,
            schema_name=detail_type,
            type="JSONSchemaDraft4",
            description=str(contract.get("title", detail_type)),
            content=json.dumps(draft4(contract), sort_keys=True, separators=(",", ":")),
        )
        self._settings.where_accepted(schema, Feature.SCHEMAS)

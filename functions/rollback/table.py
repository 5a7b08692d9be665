"""Incidents on DynamoDB, beside the rollouts that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from functions.rollback.incident import Incident
from writ.adapters import dynamo
from writ.adapters.rollout_table import RolloutItem
from writ.contracts.errors import ConflictError
from writ.rollout.state import service_of

_LISTING: Final = "incident"  # beside the words by which rows of services are listed
_AT_ONCE: Final = 200


class IncidentTable:
    """See Incidents."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(RolloutItem, table)

    def get(self, id: str) -> Incident | None:
        item = dynamo.get(self._item, service_of(id), f"incident/{id}")
        return None if item is None else Incident.model_validate_json(item.document)

    def all(self) -> Sequence[Incident]:
        items = dynamo.each(self._item.by_listing, _LISTING, at_once=_AT_ONCE)
        found = [Incident.model_validate_json(item.document) for item in items]
        return sorted(found, key=lambda incident: (incident.opened_at, incident.id), reverse=True)

    def open(self, incident: Incident) -> None:
        key = (service_of(incident.id), f"incident/{incident.id}")
        item = self._item(*key, listing=_LISTING, document=incident.model_dump_json())
        try:
            dynamo.save(item, self._item.pk.does_not_exist())
        except ConflictError:
            return  # it is kept

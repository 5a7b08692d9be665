"""Incidents on DynamoDB, beside the rollouts that they are about."""

from __future__ import annotations

from functions.rollback.incident import Incident
from writ.adapters import dynamo
from writ.adapters.rollout_table import RolloutItem
from writ.contracts.errors import ConflictError
from writ.rollout.state import service_of


class IncidentTable:
    """See Incidents."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(RolloutItem, table)

    def get(self, id: str) -> Incident | None:
        item = dynamo.get(self._item, service_of(id), f"incident/{id}")
        return None if item is None else Incident.model_validate_json(item.document)

    def open(self, incident: Incident) -> None:
        key = (service_of(incident.id), f"incident/{incident.id}")
        try:
            dynamo.save(self._item(*key, document=incident.model_dump_json()), self._item.pk.does_not_exist())
        except ConflictError:
            return  # it is kept

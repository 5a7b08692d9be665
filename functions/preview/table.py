"""Previews on DynamoDB: table `previews`, an item a preview and one a team, each with its version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from functions.preview.model import Preview, Quota
from writ.adapters import dynamo
from writ.contracts.errors import ConflictError, LimitExceededError

_LIVE: Final = "live"
_PAST: Final = "past"
_TEAM: Final = "team/"
_AT_ONCE: Final = 200


class _Listing(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class PreviewItem(Model):
    """A document as JSON, with its version to hold a write against."""

    class Meta:
        table_name = "previews"

    id = UnicodeAttribute(hash_key=True)
    version = NumberAttribute()
    listing = UnicodeAttribute(null=True)
    document = UnicodeAttribute()
    by_listing = _Listing()


class PreviewTable:
    """See Previews."""

    def __init__(self, table: str) -> None:
        self._item = dynamo.bind(PreviewItem, table)

    def read(self, id: str) -> Preview | None:
        item = dynamo.get(self._item, id)
        return None if item is None else Preview.model_validate_json(item.document)

    def write(self, before: Preview | None, after: Preview, quota: Quota | None = None) -> Preview:
        after = after.model_copy(update={"version": (before.version if before else 0) + 1})
        row = self._item(
            after.id,
            version=after.version,
            listing=_LIVE if after.live else _PAST,
            document=after.model_dump_json(exclude_none=True),
        )
        unchanged = self._unchanged(before.version if before else 0)
        if _share(before) == _share(after):
            dynamo.save(row, unchanged)
            return after
        version, held = self._team(after.team)
        held = settled(held, after, quota)
        team = self._item(_TEAM + after.team, version=version + 1, document=json.dumps(held))
        try:
            with dynamo.transaction() as transaction:
                transaction.save(row, condition=unchanged)
                transaction.save(team, condition=self._unchanged(version))
        except dynamo.TransactionRefusedError:
            raise ConflictError(f"{after.id}, or what its team has, is not what it was") from None
        return after

    def live(self) -> Sequence[Preview]:
        return self._listed(_LIVE)

    def past(self) -> Sequence[Preview]:
        return self._listed(_PAST)

    def held(self, team: str) -> Mapping[str, int]:
        return self._team(team)[1]

    def _team(self, team: str) -> tuple[int, dict[str, int]]:
        item = dynamo.get(self._item, _TEAM + team)
        return (0, {}) if item is None else (int(item.version), json.loads(item.document))

    def _unchanged(self, version: int) -> Any:
        return self._item.version == version if version else self._item.id.does_not_exist()

    def _listed(self, listing: str) -> list[Preview]:
        items = dynamo.each(self._item.by_listing, listing, at_once=_AT_ONCE)
        return [Preview.model_validate_json(item.document) for item in items]


def settled(held: Mapping[str, int], after: Preview, quota: Quota | None) -> dict[str, int]:
    """What a team has once a preview is what it is to be. Raises LimitExceededError beyond the quota."""
    now = {id: cost for id, cost in held.items() if id != after.id}
    if after.live:
        now[after.id] = after.cost
    more = len(now) > len(held)  # one that is there takes no other place, whatever the quota is by now
    if quota is not None and ((more and len(now) > quota.previews) or sum(now.values()) > quota.usd_micros):
        raise LimitExceededError(f"{after.team} has no room for {after.id}", code="limit.quota")
    return now


def _share(preview: Preview | None) -> int | None:
    """What its team has of it; None for nothing."""
    return preview.cost if preview is not None and preview.live else None

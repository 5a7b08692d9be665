"""ForgeLimits on DynamoDB: one item of the table `usage`, which every bot that acts may read and write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from writ.adapters import dynamo
from writ.contracts.errors import ConflictError

_KEY: Final = ("forge", "limit")
_KEPT: Final = timedelta(days=1)


class ForgeLimitItem(Model):
    """Epoch milliseconds until when the forge is left alone; forgotten at `ttl`, in epoch seconds."""

    class Meta:
        table_name = "usage"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    until = NumberAttribute()
    ttl = NumberAttribute()


class ForgeLimitTable:
    """See writ.ports.forge_limits.ForgeLimits."""

    def __init__(self, usage: str) -> None:
        self._item = dynamo.bind(ForgeLimitItem, usage)

    def waiting_until(self) -> datetime | None:
        item = dynamo.get(self._item, *_KEY)
        return None if item is None else datetime.fromtimestamp(int(item.until) / 1000, UTC)

    def wait(self, until: datetime) -> None:
        made = self._item(*_KEY, until=_ms(until), ttl=_ms(until + _KEPT) // 1000)
        try:
            dynamo.save(made, self._item.pk.does_not_exist() | (self._item.until < _ms(until)))
        except ConflictError:
            return  # as late a time is known


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)

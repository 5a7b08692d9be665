"""What the loop counts: rate counters by hour, and outcomes by bot and hour."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class UsageItem(Model):
    """Under `counter#<bot>#<action>` a counter `n`, to be forgotten at `ttl` (epoch seconds); under
    `stat#<bot>` outcomes and their milliseconds, which stay; and of those that succeeded or failed, how many
    in each five minutes of the hour, in attributes that only `slot_attribute` names.
    """

    class Meta:
        table_name = "usage"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    n = NumberAttribute(null=True)
    ttl = NumberAttribute(null=True)
    succeeded = NumberAttribute(null=True)
    failed = NumberAttribute(null=True)
    denied = NumberAttribute(null=True)
    expired = NumberAttribute(null=True)
    total_ms = NumberAttribute(null=True)


def slot_attribute(kind: str, minute: int) -> str:
    """The attribute that counts `good` or `bad` actions of the five minutes which a minute is in."""
    return f"{kind}_{minute // 5}"

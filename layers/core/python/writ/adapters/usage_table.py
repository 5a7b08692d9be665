"""What the loop counts: rate counters by hour, and outcomes by bot and hour."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


class UsageItem(Model):
    """Under `counter#<bot>#<action>` a counter `n`, to be forgotten at `ttl` (epoch seconds); under
    `stat#<bot>` outcomes and their milliseconds, which stay.
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

"""What the loop counted of a bot's actions, as the history that its objective is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from writ.adapters import aws, dynamo
from writ.adapters.usage_table import slot_attribute
from writ.slo.counts import HOUR, LONGEST_BY_SLOTS, PERIOD, SLOT, Count, History, number_of

_SLOTS: Final = tuple(range(0, 60, 5))


class OutcomeTable:
    """Reads table `usage`: up to 721 items a bot, so they are not made models of."""

    def __init__(self, usage: str) -> None:
        self._table = usage

    def history(self, bot: str, now: datetime, period: timedelta = PERIOD) -> History:
        """Actions that succeeded and failed, by hour over the period and by slot over the last hours."""
        from botocore.exceptions import BotoCoreError, ClientError

        hours: dict[int, Count] = {}
        slots: dict[int, Count] = {}
        recent = number_of(now - LONGEST_BY_SLOTS, HOUR)
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": {"S": f"stat#{bot}"},
                ":first": {"S": _slot(now - period)},
                ":last": {"S": _slot(now)},
            },
        }
        while True:
            try:
                client: Any = dynamo.connection().client
                answer = client.query(**asked)
            except (BotoCoreError, ClientError) as error:
                raise aws.failure(error, "reading outcomes") from error
            for item in answer["Items"]:
                start = datetime.strptime(item["sk"]["S"], "%Y%m%d%H").replace(tzinfo=UTC)
                hour = number_of(start, HOUR)
                hours[hour] = Count(_number(item, "succeeded"), _number(item, "failed"))
                if hour >= recent:
                    slots.update(_slots(item, start))
            if "LastEvaluatedKey" not in answer:
                return History(slots, hours)
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _slots(item: Mapping[str, Any], start: datetime) -> dict[int, Count]:
    first = number_of(start, SLOT)
    return {
        first + place: Count(
            _number(item, slot_attribute("good", minute)), _number(item, slot_attribute("bad", minute))
        )
        for place, minute in enumerate(_SLOTS)
    }


def _number(item: Mapping[str, Any], name: str) -> int:
    return int(item.get(name, {}).get("N", 0))


def _slot(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%d%H")

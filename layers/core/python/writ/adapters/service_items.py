"""Items of the services' own tables, in DynamoDB's own form: nothing is lost by reading and writing them.

Edits go together in transactions that also check the migration's epoch, and where it is asked for that the
service has no open rollout. A transaction costs twice the write units of its items; for that no worker that
hung can write an item after its migration was paused or turned back.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.adapters.migration_table import EPOCH
from writ.contracts.errors import ConflictError, ContendedError, PermanentError
from writ.migration.changes import Edit
from writ.migration.ports import Fence, Key, Page
from writ.migration.values import AttributeValue, Item

# Few enough that writes of the application seldom meet them; DynamoDB takes 100 actions.
TOGETHER: Final = 25
_ROUNDS: Final = 6
_REFUSED: Final = "ConditionalCheckFailed"
_CONTENDED: Final = "TransactionConflict"


class ServiceItems:
    """See Items. `migrations` and `rollouts` are the tables that the fence is in."""

    def __init__(self, migrations: str, rollouts: str) -> None:
        self._migrations = migrations
        self._rollouts = rollouts

    def key_of(self, table: str) -> tuple[str, ...] | None:
        try:
            found = aws.client("dynamodb").describe_table(TableName=table)["Table"]
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) in {"ResourceNotFoundException", "AccessDeniedException"}:
                return None
            raise aws.failure(error, "describing a table") from error
        parts = sorted(found["KeySchema"], key=lambda part: str(part["KeyType"]))
        return tuple(str(part["AttributeName"]) for part in parts)

    def scan(self, table: str, segment: int, segments: int, after: Key | None, limit: int) -> Page:
        asked: dict[str, Any] = {"TableName": table, "Limit": limit, "ConsistentRead": True}
        asked |= {"Segment": segment, "TotalSegments": segments}
        if after is not None:
            asked["ExclusiveStartKey"] = after
        try:
            answer = aws.client("dynamodb").scan(**asked)
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "scanning a table") from error
        return Page(answer["Items"], answer.get("LastEvaluatedKey") or None)

    def get(self, table: str, key: Key) -> Item | None:
        try:
            answer = aws.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "reading an item") from error
        found: Item | None = answer.get("Item")
        return found

    def edit(self, table: str, edits: Sequence[tuple[Key, Edit]], fence: Fence) -> Sequence[bool]:
        written: list[bool] = []
        for start in range(0, len(edits), TOGETHER):
            written += self._together(table, edits[start : start + TOGETHER], fence)
        return written

    def _together(self, table: str, edits: Sequence[tuple[Key, Edit]], fence: Fence) -> list[bool]:
        """One transaction; those items that have changed are left out of the next try."""
        checks, left = self._checks(fence), dict(enumerate(edits))
        for _ in range(_ROUNDS):
            if not left:
                break
            updates = [{"Update": _update(table, key, edit)} for key, edit in left.values()]
            refused = self._sent([*checks, *updates])
            if refused is None:
                return [place in left for place in range(len(edits))]
            if any(reason == _REFUSED for reason in refused[: len(checks)]):
                raise ConflictError("the migration has moved, or a rollout is open", code="migration.fenced")
            reasons = dict(zip(left, refused[len(checks) :], strict=True))
            left = {place: one for place, one in left.items() if reasons[place] != _REFUSED}
        if left:
            raise ContendedError("items are written by others all the time")
        return [False] * len(edits)

    def _sent(self, actions: Sequence[Mapping[str, Any]]) -> list[str] | None:
        """None when it was done; else why each action was refused, an empty string for one that was not."""
        try:
            aws.client("dynamodb").transact_write_items(TransactItems=list(actions))
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) == "TransactionCanceledException":
                return _reasons(error)
            if aws.error_code(error) == "ValidationException":
                message = "DynamoDB refuses the items: one is a key of an index, or too large"
                raise PermanentError(message, code="migration.refused") from error
            raise aws.failure(error, "writing items") from error
        return None

    def _checks(self, fence: Fence) -> list[dict[str, Any]]:
        epoch = {
            "TableName": self._migrations,
            "Key": {"pk": {"S": fence.migration}},
            "ConditionExpression": "#e = :e",
            "ExpressionAttributeNames": {"#e": EPOCH},
            "ExpressionAttributeValues": {":e": {"N": str(fence.epoch)}},
        }
        if fence.free is None:
            return [{"ConditionCheck": epoch}]
        row = {
            "TableName": self._rollouts,
            "Key": {"pk": {"S": fence.free}, "sk": {"S": "row"}},
            "ConditionExpression": "attribute_not_exists(pk) OR #l <> :open",
            "ExpressionAttributeNames": {"#l": "listing"},
            "ExpressionAttributeValues": {":open": {"S": "open"}},
        }
        return [{"ConditionCheck": epoch}, {"ConditionCheck": row}]


def _reasons(error: Exception) -> list[str]:
    response: Mapping[str, Any] = getattr(error, "response", {})
    codes = [str(reason.get("Code") or "") for reason in response.get("CancellationReasons", [])]
    reasons = ["" if code == "None" else code for code in codes]
    unknown = {*reasons} - {"", _REFUSED, _CONTENDED, "ProvisionedThroughputExceeded", "ThrottlingError"}
    if unknown or not reasons:
        message = f"DynamoDB refuses the items: {', '.join(sorted(unknown)) or 'no reason given'}"
        raise PermanentError(message, code="migration.refused") from error
    return reasons


def _update(table: str, key: Key, edit: Edit) -> dict[str, Any]:
    """An update of one item, which has to be there, and to have what was seen of it."""
    touched = sorted({*edit.sets, *edit.removes, *edit.seen, *key})
    names = {name: f"#n{place}" for place, name in enumerate(touched)}
    values: dict[str, AttributeValue] = {}
    conditions = [f"attribute_exists({names[name]})" for name in key]
    for place, (name, value) in enumerate(edit.seen.items()):
        if value is None:
            conditions.append(f"attribute_not_exists({names[name]})")
        else:
            values[f":s{place}"] = value
            conditions.append(f"{names[name]} = :s{place}")
    parts = []
    if edit.sets:
        placed = [(name, f":w{place}", value) for place, (name, value) in enumerate(edit.sets.items())]
        values |= {token: value for _, token, value in placed}
        parts.append("SET " + ", ".join(f"{names[name]} = {token}" for name, token, _ in placed))
    if edit.removes:
        parts.append("REMOVE " + ", ".join(names[name] for name in edit.removes))
    update: dict[str, Any] = {
        "TableName": table,
        "Key": key,
        "UpdateExpression": " ".join(parts),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {token: name for name, token in names.items()},
    }
    return {**update, "ExpressionAttributeValues": values} if values else update

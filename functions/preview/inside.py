"""What is inside of a preview: its tables, the functions that answer, and branches of databases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from functions.preview.stack import Branch
from writ.adapters import aws
from writ.adapters.call import call
from writ.contracts.errors import PermanentError, TransientError

_AT_ONCE: Final = 25
_ROUNDS: Final = 6


class PreviewTables:
    """See Databases."""

    def write(self, table: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Raises TransientError for what DynamoDB leaves over."""
        for start in range(0, len(items), _AT_ONCE):
            puts = [{"PutRequest": {"Item": attributes(item)}} for item in items[start : start + _AT_ONCE]]
            self._put(table, {table: puts})

    def _put(self, table: str, asked: Any) -> None:
        for _ in range(_ROUNDS):
            try:
                asked = aws.client("dynamodb").batch_write_item(RequestItems=asked).get("UnprocessedItems")
            except (BotoCoreError, ClientError) as error:
                if aws.error_code(error) in {"ResourceNotFoundException", "ValidationException"}:
                    message = f"{table} does not take the seed set: {aws.error_code(error)}"
                    raise PermanentError(message, code="seed.table", field="tables") from error
                raise aws.failure(error, "seeding") from error
            if not asked:
                return
        raise TransientError("seeding: items were left over")


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as DynamoDB wants it."""
    return {name: _attribute(value) for name, value in item.items()}


def _attribute(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float() | Decimal():
            return {"N": str(value)}
        case Mapping():
            return {"M": attributes(value)}
        case list() | tuple():
            return {"L": [_attribute(each) for each in value]}
        case _:
            raise PermanentError(f"DynamoDB has no {type(value).__name__}", code="seed.invalid", field="seed")


class FunctionProbes:
    """See Probes. A request as a function URL sends it, to the function itself.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    """

    def status(self, function: str, path: str) -> int:
        request = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {},
            "requestContext": {"http": {"method": "GET", "path": path}},
            "isBase64Encoded": False,
        }
        try:
            answer = aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(request).encode())
            body = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "asking a preview") from error
        except ValueError:
            return 0
        if answer.get("FunctionError") or not isinstance(body, dict):
            return 0
        status = body.get("statusCode", 200)
        return status if isinstance(status, int) else 0


class FunctionBranches:
    """See Branches: a function is asked `{"do": "ensure" | "drop", "branch": …}`."""

    def ensure(self, maker: str, name: str) -> Branch:
        answer = call(maker, {"do": "ensure", "branch": name}, "branch")
        parameters = answer.get("parameters", {})
        known = isinstance(parameters, Mapping) and all(isinstance(each, str) for each in parameters.values())
        if not isinstance(answer.get("ready"), bool) or not known:
            raise PermanentError(f"{maker} does not say whether its branch is ready", code="branch.invalid")
        return Branch(answer["ready"], {str(key): each for key, each in parameters.items()})

    def drop(self, maker: str, name: str) -> None:
        answer = call(maker, {"do": "drop", "branch": name}, "branch")
        if answer.get("dropped") is not True:
            raise TransientError(f"{maker} has not dropped the branch yet", code="branch.there")

"""Aliases on Lambda: weights by RoutingConfig, the revision as the condition, the token in the description.

https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html
"""

from __future__ import annotations

import re
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import ConflictError, NotFoundError
from writ.rollout.ports import Alias

_TOKEN: Final = re.compile(r"\bwrit-token=(\d{1,18})\b")
# Weights are decimal fractions; what differs only behind these digits is the same.
_DIGITS: Final = 6


class LambdaAliases:
    """See Aliases."""

    def read(self, function: str, alias: str) -> Alias:
        try:
            found: dict[str, Any] = aws.client("lambda").get_alias(FunctionName=function, Name=alias)
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) == "ResourceNotFoundException":
                message = f"{function} has no alias {alias}"
                raise NotFoundError(message, field="group.functions") from None
            raise aws.failure(error, "reading an alias") from error
        weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        token = _TOKEN.search(found.get("Description") or "")
        return Alias(
            version=str(found["FunctionVersion"]),
            weights={version: round(weight, _DIGITS) for version, weight in weights.items() if weight > 0},
            token=int(token[1]) if token else 0,
            revision=str(found.get("RevisionId") or ""),
        )

    def write(self, function: str, alias: str, wanted: Alias) -> None:
        weights = {version: round(weight, _DIGITS) for version, weight in wanted.weights.items()}
        try:
            aws.client("lambda").update_alias(
                FunctionName=function,
                Name=alias,
                FunctionVersion=wanted.version,
                RoutingConfig={"AdditionalVersionWeights": weights},
                Description=f"moved by Writ; writ-token={wanted.token}",
                RevisionId=wanted.revision,
            )
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) in {"PreconditionFailedException", "ResourceConflictException"}:
                raise ConflictError(f"the alias of {function} is not what it was") from None
            raise aws.failure(error, "moving an alias") from error

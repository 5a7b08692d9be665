"""Values that only exist once the plane is deployed, from SSM's parameter store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from writ.adapters import aws
from writ.contracts.errors import TransientError

# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
_ABSENT: Final = "ParameterNotFound"


class Parameters:
    """Values by logical name; `physical` are the names in AWS. They do not change while a process lives."""

    def __init__(self, physical: Mapping[str, str]) -> None:
        self._physical = physical
        self._known: dict[str, str] = {}

    def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """The values of parameters. Raises WritError, transient where one is not there yet."""
        for name in names:
            if name not in self._known:
                self._known[name] = self._fetch(name)
        return {name: self._known[name] for name in names}

    def _fetch(self, name: str) -> str:
        try:
            answer = aws.client("ssm").get_parameter(Name=self._physical[name])
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) == _ABSENT:
                message = f"there is no parameter {name} yet"
                raise TransientError(message, code="dependency.absent") from error
            raise aws.failure(error, "reading parameters") from error
        return str(answer["Parameter"]["Value"])

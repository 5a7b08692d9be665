"""What the forge knows the plane by: the key of a GitHub App, or a token, from Secrets Manager."""

import time
from collections.abc import Callable
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from writ.adapters import aws
from writ.contracts.errors import PermanentError
from writ.contracts.forge_site import ApiUrl

LIFETIME_S: Final = 60
_PEM: Final = "-----BEGIN "


class Credentials(BaseModel):
    """Either `app` (its client id or number) and its `private_key` in PEM, or `token`; and `api` perhaps.

    A token is printable and in one word: nothing of it can end up in another header.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)

    app: Annotated[str, Field(pattern=r"^[A-Za-z0-9.]{1,64}$")] | None = None
    private_key: Annotated[SecretStr, Field(min_length=64, max_length=8192)] | None = None
    token: Annotated[SecretStr, Field(min_length=16, max_length=512)] | None = None
    api: ApiUrl | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        by_app = self.app is not None and self.private_key is not None
        if by_app == (self.token is not None) or (self.app is None) != (self.private_key is None):
            raise ValueError("either app and private_key, or token")
        if self.token is not None and not _is_word(self.token.get_secret_value()):
            raise ValueError("not a token")
        if self.private_key is not None and not self.private_key.get_secret_value().startswith(_PEM):
            raise ValueError("not a private key in PEM")
        return self


class ForgeSecret:
    """A secret with credentials, read at most once a minute; errors name it as `field`."""

    def __init__(
        self, secret_id: str, *, field: str = "forge", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._secret_id = secret_id
        self._field = field
        self._clock = clock
        self._until = float("-inf")
        self._kept: Credentials | None = None

    def read(self) -> Credentials:
        """Raises PermanentError where nothing, or something else, is stored."""
        if self._kept is None or self._clock() >= self._until:
            self._kept = self._read()
            self._until = self._clock() + LIFETIME_S
        return self._kept

    def _read(self) -> Credentials:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = aws.client("secretsmanager").get_secret_value(SecretId=self._secret_id)
        except (BotoCoreError, ClientError) as error:
            if aws.error_code(error) != "ResourceNotFoundException":
                raise aws.failure(error, "reading the credentials for the forge") from error
            answer = {}
        text = answer.get("SecretString")
        if not text:  # the emulator has an empty one until somebody stores one
            raise PermanentError("no credentials are stored", code="secret.missing", field=self._field)
        try:
            return Credentials.model_validate_json(text)
        except ValidationError:
            # Without its cause: the cause quotes the secret.
            message = "the credentials for the forge are malformed"
            raise PermanentError(message, code="secret.invalid", field=self._field) from None


def _is_word(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token

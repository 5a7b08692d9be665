"""A token for the API: from the environment, from the cache, or from Cognito as the local operator."""

from __future__ import annotations

import json
import os
import time
from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.output import CommandError
from cli.plane import STATE, Plane, calling

TOKEN_VARIABLE: Final = "WRIT_TOKEN"  # noqa: S105 - the name of a variable, not a token
_MARGIN_S: Final = 60


@dataclass(frozen=True)
class Login:
    """Hands out a token that is valid for a minute at least."""

    cache: Path
    fetch: Callable[[], str]
    now: Callable[[], float] = time.time

    @classmethod
    def of(cls, plane: Plane) -> Login:
        return cls(STATE / "token.json", lambda: sign_in(plane))

    def token(self, *, fresh: bool = False) -> str:
        """The token to send; `fresh` skips the cache, for one that was refused.

        Raises CommandError when nobody can be logged in.
        """
        given = os.environ.get(TOKEN_VARIABLE)
        if given:
            return given
        cached = None if fresh else self._cached()
        if cached is not None:
            return cached
        token = self.fetch()
        self._keep(token)
        return token

    def _cached(self) -> str | None:
        try:
            token = json.loads(self.cache.read_text(encoding="utf-8"))["token"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not isinstance(token, str) or expiry(token) - _MARGIN_S <= self.now():
            return None
        return token

    def _keep(self, token: str) -> None:
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.cache, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"token": token}, file)


def expiry(token: str) -> float:
    """When a JWT ends, in epoch seconds; 0 for anything that is not one. The API checks, not we."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, Error, ValueError, KeyError, TypeError):
        return 0.0


def sign_in(plane: Plane) -> str:
    """An access token of the operator whom the deployment made; the password lies in a secret."""
    with calling("reading the operator's password"):
        secret = plane.aws("secretsmanager").get_secret_value(SecretId=plane.thing("operator"))
    operator = json.loads(secret["SecretString"])
    with calling("logging in"):
        answer: dict[str, Any] = plane.aws("cognito-idp").initiate_auth(
            ClientId=plane.file.user_pool_client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": operator["username"], "PASSWORD": operator["password"]},
        )
    result = answer.get("AuthenticationResult")
    if not result:
        raise CommandError(
            f"Cognito asks for {answer.get('ChallengeName', 'more than a password')}",
            code="login.challenged",
            hint=f"sign in elsewhere and set {TOKEN_VARIABLE}",
        )
    return str(result["AccessToken"])

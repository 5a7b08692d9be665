"""A token for the API: from the environment, from the cache, or from Cognito as the local operator."""

from __future__ import annotations

import json
import os
import secrets
import time
from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.output import CommandError
from cli.plane import BY_ADDRESS, STATE, Plane, calling

TOKEN_VARIABLE: Final = "WRIT_TOKEN"  # noqa: S105 - the name of a variable, not a token
LOCAL: Final = "local"
_MARGIN_S: Final = 60


@dataclass(frozen=True)
class Login:
    """Hands out a token that is valid for a minute at least."""

    cache: Path
    fetch: Callable[[], str]
    now: Callable[[], float] = time.time

    @classmethod
    def of(cls, plane: Plane) -> Login:
        """Raises CommandError for a plane that only takes a token which is given: no other's goes there."""
        if plane.file.env == BY_ADDRESS and not os.environ.get(TOKEN_VARIABLE):
            raise CommandError(
                "no token is given for the API",
                code="login.absent",
                field=TOKEN_VARIABLE,
                hint="set it; a job with the right id-token: write needs none",
            )
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


def claims(token: str) -> dict[str, Any]:
    """What a JWT says; nothing for anything that is not one. The API checks it, not we."""
    try:
        payload = token.split(".")[1]
        said = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, Error, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def expiry(token: str) -> float:
    """When a JWT ends, in epoch seconds; 0 for anything that is not one."""
    try:
        return float(claims(token)["exp"])
    except (ValueError, KeyError, TypeError):
        return 0.0


def sign_in(plane: Plane) -> str:
    """An access token of the operator whom the deployment made; the password lies in a secret."""
    with calling("reading the operator's password"):
        secret = plane.aws("secretsmanager").get_secret_value(SecretId=plane.thing("operator"))
    operator = json.loads(secret["SecretString"])
    return _signed_in(plane, operator["username"], operator["password"])


def sign_in_as(plane: Plane, name: str) -> str:
    """An access token of somebody else on the local plane, whose account is made if there is none.

    Nobody knows the password: it is another one each time. Raises CommandError on any other plane.
    """
    if plane.file.env != LOCAL:
        raise CommandError(
            f"people are made up on the local plane only, and this is {plane.file.env}",
            code="login.not_local",
            field="name",
            hint=f"have the person sign in, and set {TOKEN_VARIABLE}",
        )
    cognito, password = plane.aws("cognito-idp"), f"Aa1-{secrets.token_urlsafe(24)}"
    with calling("making an account"):
        pools = cognito.list_user_pools(MaxResults=60)["UserPools"]
        (pool,) = [found["Id"] for found in pools if found["Name"] == plane.thing("operators")]
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(
                UserPoolId=pool, Username=name, TemporaryPassword=password, MessageAction="SUPPRESS"
            )
        cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
    return _signed_in(plane, name, password)


def _signed_in(plane: Plane, name: str, password: str) -> str:
    with calling("logging in"):
        answer: dict[str, Any] = plane.aws("cognito-idp").initiate_auth(
            ClientId=plane.file.user_pool_client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
    result = answer.get("AuthenticationResult")
    if not result:
        raise CommandError(
            f"Cognito asks for {answer.get('ChallengeName', 'more than a password')}",
            code="login.challenged",
            hint=f"sign in elsewhere and set {TOKEN_VARIABLE}",
        )
    return str(result["AccessToken"])

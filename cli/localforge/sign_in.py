"""Who may ask the local forge what: an App by its key, and its installations by tokens that end."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

APP: Final = "Iv1.writlocal"
APP_SLUG: Final = "writ-local"
LIFETIME: Final = timedelta(hours=1)
_PERSONAL: Final = {"statuses": "write", "contents": "read"}


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Grant:
    """What an installation's token is good for."""

    until: datetime
    repositories: frozenset[str]
    permissions: Mapping[str, str]


@dataclass
class Gate:
    """The App of the local forge, and the tokens that were given out."""

    public_key: str
    grants: dict[str, Grant] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path) -> Gate:
        """With the key that lies in a folder."""
        key = serialization.load_pem_private_key(private_key(folder).encode(), None)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        lasting = Grant(datetime.max.replace(tzinfo=UTC), frozenset(), _PERSONAL)
        return cls(public.decode(), {personal_token(folder): lasting})

    def app(self, authorization: str) -> None:
        """Raises RefusedError unless the App itself asks, by a JSON Web Token that it signed."""
        token = authorization.removeprefix("Bearer ")
        try:
            jwt.decode(token, self.public_key, algorithms=["RS256"], issuer=APP, options={"require": ["exp"]})
        except jwt.InvalidTokenError:
            raise RefusedError(401, "A JSON web token could not be decoded") from None

    def issue(self, wanted: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """A token for the repositories and rights asked for."""
        token = "ghs_" + secrets.token_hex(18)
        grant = Grant(
            now + LIFETIME,
            frozenset(str(name).lower() for name in wanted.get("repositories", ())),
            dict(wanted.get("permissions", {})),
        )
        self.grants[token] = grant
        return {
            "token": token,
            "expires_at": grant.until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permissions": dict(grant.permissions),
        }

    def installation(
        self,
        authorization: str,
        repository: str,
        permission: str,
        *,
        write: bool,
        now: datetime,
        public: bool = False,
    ) -> None:
        """Raises RefusedError unless a token is good for this; what is public any valid one reads."""
        grant = self.grants.get(authorization.removeprefix("token ").removeprefix("Bearer "))
        if grant is None or grant.until <= now:
            raise RefusedError(401, "Bad credentials")
        if public and not write:
            return
        if grant.repositories and repository.lower().partition("/")[2] not in grant.repositories:
            raise RefusedError(404, "Not Found")
        if grant.permissions.get(permission) not in ({"write"} if write else {"read", "write"}):
            raise RefusedError(403, "Resource not accessible by integration")


def private_key(folder: Path) -> str:
    """The App's key in PEM, made once."""
    path = folder / "app.json"
    if not path.is_file():
        keep(path, json.dumps({"app": APP, "private_key": made_key()}))
    return str(json.loads(path.read_text(encoding="utf-8"))["private_key"])


def personal_token(folder: Path) -> str:
    """The token by which the plane's log is anchored: made once, good for statuses, and without an end."""
    path = folder / "token"
    if not path.is_file():
        keep(path, "ghp_" + secrets.token_hex(18))
    return path.read_text(encoding="utf-8")


def made_key() -> str:
    """A new key for signatures, in PEM."""
    made = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return made.decode()


def keep(path: Path, secret: str) -> None:
    """Write down what its owner alone may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret, encoding="utf-8")

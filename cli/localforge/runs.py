"""The issuer of tokens for runs of workflows: whoever asks gets that of the run he says he is.

It answers as GitHub's does, to the variables that a job has and to whoever verifies a token:
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from cli.localforge.sign_in import keep, made_key
from cli.output import CommandError
from cli.run_login import VARIABLES

LIFETIME: Final = timedelta(minutes=5)
AUTHORIZER: Final = "Workflows"  # as stacks/api.py calls it
RUN_TOKENS: Final = "/_writ/run-tokens"
_CONFIGURATION: Final = "/.well-known/openid-configuration"
_KEYS: Final = "/.well-known/jwks"


def vouch(client: Callable[[str], Any], api: str, issuer: str, audience: str) -> None:
    """Have an API believe a forge about runs, of tokens that are asked for with this audience.

    Its template cannot name a forge that only gets its address when it starts. Raises CommandError.
    """
    gateway = client("apigatewayv2")
    for found in gateway.get_apis()["Items"]:
        for authorizer in gateway.get_authorizers(ApiId=found["ApiId"])["Items"]:
            if (found["Name"], authorizer["Name"]) == (api, AUTHORIZER):
                gateway.update_authorizer(
                    ApiId=found["ApiId"],
                    AuthorizerId=authorizer["AuthorizerId"],
                    JwtConfiguration={"Issuer": issuer, "Audience": [audience]},
                )
                return
    raise CommandError(f"{api} takes no tokens of runs", code="forge.failed", field=AUTHORIZER)


def job_variables(forge: str, repository: str, run: int, sha: str) -> dict[str, str]:
    """What a job of a run has in its environment, by which it asks a forge for tokens."""
    query = urlencode({"repository": repository, "run_id": run, "sha": sha})
    url, bearer = VARIABLES
    return {url: f"{forge}{RUN_TOKENS}?{query}", bearer: "local"}


@dataclass(frozen=True)
class Runs:
    """Vouches for runs under the address of a forge."""

    issuer: str
    key: rsa.RSAPrivateKey

    @classmethod
    def at(cls, folder: Path, issuer: str) -> Runs:
        """With the key that lies in a folder, made once."""
        path = folder / "runs.pem"
        if not path.is_file():
            keep(path, made_key())
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path.name} is no RSA key")
        return cls(issuer, key)

    def answer(self, path: str, query: str, now: datetime) -> dict[str, Any] | None:
        """What is at a path; None for nothing. Raises KeyError for a run that is not said whole."""
        if path == _CONFIGURATION:
            return {
                "issuer": self.issuer,
                "jwks_uri": self.issuer + _KEYS,
                "subject_types_supported": ["public"],
                "response_types_supported": ["id_token"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        if path == _KEYS:
            return {"keys": [self._public()]}
        if path == RUN_TOKENS:
            return {"value": self._token(dict(parse_qsl(query)), now)}
        return None

    def _public(self) -> dict[str, Any]:
        jwk: dict[str, Any] = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        kid = hashlib.sha256(str(jwk["n"]).encode()).hexdigest()[:16]
        return {**jwk, "kid": kid, "use": "sig", "alg": "RS256"}

    def _token(self, run: dict[str, str], now: datetime) -> str:
        repository = run["repository"]
        claims = {
            "iss": self.issuer,
            "aud": run["audience"],
            "sub": f"repo:{repository}:ref:refs/heads/main",
            "repository": repository,
            "repository_owner": repository.partition("/")[0],
            "run_id": run["run_id"],
            "sha": run["sha"],
            "job_workflow_ref": f"{repository}/.github/workflows/checks.yml@refs/heads/main",
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self._public()["kid"]})

"""Signing in as the run of a workflow: by a token that the forge gives to this run, for one API alone.

A job with the right `id-token: write` has two variables, by which it asks for such tokens:
https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final, Self

import httpx

from cli.output import CommandError

VARIABLES: Final = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_TIMEOUT_S: Final = 30.0
_RETRIES: Final = 3


@dataclass
class RunLogin:
    """Hands out tokens of this run that are meant for `audience`, the address of an API.

    They end within minutes, so none is written down. `transport` stands in for the network in tests.
    """

    audience: str
    url: str
    bearer: str = field(repr=False)
    transport: httpx.BaseTransport | None = None
    _token: str | None = field(default=None, init=False, repr=False)

    @classmethod
    def here(cls, audience: str) -> Self | None:
        """The one of the run that this process is part of; None where it is of none, or may not ask."""
        url, bearer = (os.environ.get(name, "") for name in VARIABLES)
        return cls(audience, url, bearer) if url and bearer else None

    def token(self, *, fresh: bool = False) -> str:
        """The token to send; `fresh` for another than one that was refused.

        Raises CommandError when the forge gives none.
        """
        if self._token is None or fresh:
            self._token = self._asked()
        return self._token

    def _asked(self) -> str:
        transport = self.transport or httpx.HTTPTransport(retries=_RETRIES)
        try:
            with httpx.Client(transport=transport, timeout=_TIMEOUT_S) as client:
                url = httpx.URL(self.url).copy_merge_params({"audience": self.audience})
                answer = client.get(url, headers={"Authorization": f"bearer {self.bearer}"})
                token = answer.json().get("value") if answer.is_success else None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise _refused(f"does not answer ({type(error).__name__})") from None
        except (ValueError, AttributeError):
            raise _refused("did not answer with a token") from None
        if not isinstance(token, str) or not token:
            raise _refused(f"gave no token: {answer.status_code}")
        return token


def _refused(what: str) -> CommandError:
    return CommandError(
        f"the forge {what}", code="login.refused", field=VARIABLES[0], hint="run the job again"
    )

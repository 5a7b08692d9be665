"""The local environment on an emulator that was started by somebody else: LocalStack, by its endpoint."""

from __future__ import annotations

import os
from typing import Any, Final

import httpx

from cli.local.deploy import Deployment, Progress, deploy_to
from cli.local.emulator import REGION
from cli.output import CommandError

ENDPOINT_VARIABLE: Final = "WRIT_AWS_ENDPOINT"
TARGET: Final = "localstack"
_HEALTH: Final = "v1/health"
_TIMEOUT_S: Final = 60.0


def endpoint() -> str | None:
    """Where AWS answers, if that is not the embedded emulator."""
    return os.environ.get(ENDPOINT_VARIABLE, "").rstrip("/") or None


def up(there: str, progress: Progress, transport: httpx.BaseTransport | None = None) -> Deployment:
    """Deploy to an endpoint. Raises CommandError when nothing answers there, or no API does after all.

    `transport` stands in for the network in tests.
    """
    with httpx.Client(transport=transport, timeout=_TIMEOUT_S) as client:
        _reach(client, there)
        deployed = deploy_to(there, progress, target=TARGET)
        return Deployment(
            endpoint=there,
            api_url=api_url(client, there, deployed),
            region=REGION,
            client_id=deployed["client_id"],
            fresh=True,
        )


def api_url(client: httpx.Client, there: str, deployed: dict[str, Any]) -> str:
    """The first of the addresses emulators give an HTTP API at which ours says that it is well."""
    by_path = f"{there}/_aws/execute-api/{deployed['api_id']}"
    tried = (deployed["api_url"].rstrip("/"), by_path, f"{by_path}/$default")
    for url in tried:
        try:
            if client.get(f"{url}/{_HEALTH}").is_success:
                return url
        except httpx.TransportError:
            continue  # a host name that only some resolvers know
    raise CommandError(
        f"the API answers at none of {', '.join(tried)}", code="plane.down", hint="read the emulator's log"
    )


def _reach(client: httpx.Client, there: str) -> None:
    try:
        client.get(there)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise CommandError(
            f"nothing answers at {there} ({type(error).__name__})",
            code="plane.down",
            field=ENDPOINT_VARIABLE,
            hint=f"start it, or unset {ENDPOINT_VARIABLE} to use the embedded emulator",
        ) from None

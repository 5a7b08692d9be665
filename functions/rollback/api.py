"""The REST route of rollbacks."""

from __future__ import annotations

from writ.runtime.rest import Api, Request, Response

api = Api("rollback")
handler = api.handler


@api.post("/v1/rollbacks")
def roll_back(request: Request) -> Response:
    """Take a service back: out of its open rollout, or to an earlier release with good evidence."""
    from functions.rollback import commands

    return commands.roll_back(request)

"""The one route of a witness: https://c2sp.org/tlog-witness."""

from __future__ import annotations

from functions.witness.ports import connect
from writ.runtime import telemetry
from writ.runtime.rest import Api, Request, Response

api = Api("witness")
handler = api.handler


@api.post("/v1/witness/add-checkpoint", public=True)
def add_checkpoint(request: Request) -> Response:
    """Cosign a checkpoint of a log that is watched, or say why not."""
    ports = connect()
    answer = ports.witness.add_checkpoint(request.raw, ports.clock.now())
    refused = {409: "CheckpointsStale", 422: "CheckpointsInconsistent"}.get(answer.status)
    counts = {"CheckpointsCosigned": int(answer.status == 200), **({refused: 1} if refused else {})}
    telemetry.emit("witness", counts)
    return Response(answer.body.decode(), answer.status, content_type=answer.content_type)

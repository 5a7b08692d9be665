"""REST routes of evidence and of the log that proves it."""

from __future__ import annotations

import json
import re
from typing import Final

from functions.evidence import publication, search, views
from functions.evidence.ports import Ports, connect
from writ.contracts.errors import ContractError, NotFoundError, WritError
from writ.ledger.log import Log
from writ.ports.ledger import Erased, StoredEntry
from writ.runtime.rest import Api, Request, Response, problem

api = Api("evidence")
handler = api.handler

_FIRST: Final = search.Place(0, -1)
_LARGEST: Final = 2**53 - 1


@api.get("/v1/evidence")
def list_evidence(request: Request) -> Response:
    """Evidence of a subject, an actor or a type, in the order of the log, and how much of it is erased."""
    ports = connect()
    now = ports.clock.now()
    request.only(search.PARAMETERS)
    query, place = search.parse(request.query, now), _FIRST
    limit = request.integer("limit", 20, low=1, high=100)
    if (cursor := request.query.get("cursor")) is not None:
        query, place = search.resume(query, cursor)
    page = search.search(query, limit, place, now, ports.index)
    return Response(
        {
            "items": [views.line(entry) for entry in page.entries],
            "erased": sum(entry.erased for entry in page.entries),
            "next_cursor": None if page.rest is None else search.issue(query, page.rest),
        }
    )


@api.get("/v1/evidence/{id}")
def show_evidence(request: Request) -> Response:
    """One statement, its signature, its signer, and where it is in the log."""
    entry, index, ports = _find(request.path["id"])
    if entry.erased is not None:
        return _gone(entry, entry.erased, index, ports)
    return Response(views.evidence(entry, index, ports.certificates.get(entry.certificate)))


@api.get("/v1/evidence/{id}/bundle")
def show_evidence_bundle(request: Request) -> Response:
    """One statement with all that proves it, as a Sigstore bundle."""
    from functions.evidence.bundle import bundle_of  # only bundles need certificates
    from writ.ledger.bundle import MEDIA_TYPE

    entry, index, ports = _find(request.path["id"])
    if entry.erased is not None:
        return _gone(entry, entry.erased, index, ports)
    return Response(bundle_of(entry, index, ports).decode(), content_type=MEDIA_TYPE)


@api.get("/v1/log/trust-root")
def show_trust_root(request: Request) -> Response:
    """The log's keys and authorities: for Sigstore clients, or of the `form` that the `log` itself keeps."""
    request.only(("form",))
    form = request.query.get("form", "sigstore")
    if form == "log":
        return publication.trust_root(connect())
    if form != "sigstore":
        raise ContractError("form is sigstore or log", field="form")
    from functions.evidence.bundle import trust_root
    from writ.ledger.trusted_root import client_trust_config

    return Response(json.dumps(client_trust_config(trust_root(connect())), indent=2) + "\n")


@api.post("/v1/graph")
def query_graph(request: Request) -> Response:
    """Answer a GraphQL query about how evidence hangs together."""
    ports = connect()
    if not ports.flags.enabled("graph-queries", request.caller.id, default=True):
        raise WritError("graph queries are switched off", code="dependency.switched_off")
    # Whoever asks for other things does not wait for the library.
    from functions.evidence.queries import answer

    return answer(request, ports)


@api.get("/v1/log/checkpoint")
def show_checkpoint(_request: Request) -> Response:
    """The newest checkpoint, as the C2SP signed note that it is."""
    return Response(_log().head.note.decode(), content_type="text/plain; charset=utf-8")


@api.get("/v1/log/checkpoints")
def list_checkpoints(request: Request) -> Response:
    """Earlier checkpoints, from the bucket under Object Lock."""
    return publication.checkpoints(request, connect())


@api.get("/v1/log/certificates")
def list_certificates(request: Request) -> Response:
    """Every certificate that the authority issued."""
    return publication.certificates(request, connect())


@api.get("/v1/log/statements")
def list_statements(request: Request) -> Response:
    """The envelopes of an hour, byte for byte."""
    return publication.statements(request, connect())


@api.get("/v1/log/tile/{path+}")
def show_tile(request: Request) -> Response:
    """A file of the Merkle tree, as C2SP tlog-tiles names it under `/v1/log`."""
    return publication.tile(request, connect())


@api.get("/v1/log/witness-policy")
def show_witness_policy(_request: Request) -> Response:
    """The witnesses that the log asks for cosignatures."""
    return publication.witness_policy(connect())


@api.get("/v1/log/entries/{index}")
def show_leaf(request: Request) -> Response:
    """One leaf of the log."""
    index = _number(request.path["index"], "index")
    return Response(views.leaf(index, _log().leaf(index)))


@api.get("/v1/log/proof/{index}")
def show_proof(request: Request) -> Response:
    """Proof that a leaf is in the newest tree, or in that of `size` leaves."""
    log, index = _log(), _number(request.path["index"], "index")
    data = log.leaf(index)
    size = request.integer("size", log.head.size, low=index + 1, high=log.head.size)
    return Response(views.inclusion(index, data, size, log.inclusion(index, size), log.head))


@api.get("/v1/log/consistency")
def show_consistency(request: Request) -> Response:
    """Proof that the tree of `first` leaves begins the newest one, or that of `second` leaves."""
    log = _log()
    if "first" not in request.query:
        raise ContractError("first is the size of the earlier tree", field="first")
    second = request.integer("second", log.head.size, low=1, high=log.head.size)
    first = request.integer("first", 1, low=1, high=second)
    return Response(views.consistency(first, second, log.consistency(first, second), log.head))


def _find(id: str) -> tuple[StoredEntry, int | None, Ports]:
    """An entry, and its leaf index if it is in the log."""
    ports = connect()
    entry = None
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", id):
        entry = ports.entries.get_many([id]).get(id)
    if entry is None:
        raise NotFoundError("no such evidence", field="id")
    return entry, ports.index.find([(entry.stream, id)]).get(id), ports


def _gone(entry: StoredEntry, erased: Erased, index: int | None, ports: Ports) -> Response:
    """410: which leaf it still is, and the entry and leaf of the erasure that says so."""
    error = WritError(f"the payload of {entry.entry_id} was erased", code="evidence.erased", field="id")
    said = ports.index.find([(erased.by, erased.by)]).get(erased.by)
    place = {
        "entry": entry.entry_id,
        "index": index,
        "payload_sha256": erased.payload_sha256,
        "proof": None if index is None else f"/v1/log/proof/{index}",
        "erasure": {"entry": erased.by, "index": said},
    }
    return problem(error, place)


def _log() -> Log:
    return Log.open(connect().files)


def _number(text: str, field: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", text, re.ASCII) or int(text) > _LARGEST:
        raise ContractError(f"{field} is a number from 0", field=field)
    return int(text)

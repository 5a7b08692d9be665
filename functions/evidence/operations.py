"""What the routes of evidence and of the log take and answer, for the description of the API."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from functions.evidence.queries import MEDIA_TYPE as GRAPH
from writ.contracts.action import Sha256
from writ.ledger.bundle import MEDIA_TYPE as BUNDLE
from writ.openapi.operation import BINARY, JSON, TEXT, Operation, Operations, Page, ShortPaging, Shown

Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
_Index = Annotated[int, Field(ge=0, le=2**53 - 1)]
_LOG: Final = ("not_found", "not_found.*", "ledger.*")
_ERASED: Final = ("evidence.erased", "conflict.*", *_LOG)


class EvidenceFilter(ShortPaging):
    """Which evidence. Without a subject `since` is at most 31 days ago, and a day ago if absent."""

    subject: Annotated[Sha256 | None, Field(description="The SHA-256 of a subject")] = None
    actor: Annotated[str | None, Field(description="The name of a bot")] = None
    type: Annotated[str | None, Field(description="A predicate type", pattern=r"^https://[!-~]{1,200}$")] = (
        None
    )
    since: Annotated[AwareDatetime | None, Field(description="An instant with its offset")] = None


class EvidenceLine(Shown):
    """One entry of a search, and the leaf of the log that it is."""

    entry: str
    index: int
    actor: str
    type: str
    stream: str
    time: AwareDatetime
    subjects: list[Sha256]
    erased: bool


class EvidencePage(Page[EvidenceLine]):
    """Some evidence, in the order of the log, and how many of it are erased."""

    erased: int


class Signature(Shown):
    """A signature of an envelope."""

    sig: Base64
    keyid: str | None = None


class Envelope(BaseModel):
    """A DSSE envelope: https://github.com/secure-systems-lab/dsse"""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    payload: Base64
    payloadType: str
    signatures: list[Signature]


class EvidenceShown(Shown):
    """One statement as signed and as read; `index` is null until it is in the log."""

    entry: str
    index: int | None
    statement: dict[str, JsonValue]
    envelope: Envelope
    certificate: str | None
    proof: str | None


class Leaf(Shown):
    """One leaf, and what it hashes to (RFC 6962, section 2.1)."""

    index: int
    leaf: Base64
    leaf_hash: Base64


class InclusionProof(Shown):
    """A proof that a leaf is in a tree; `root` is given for the newest one, which the note signs."""

    index: int
    size: int
    leaf_hash: Base64
    hashes: list[Base64]
    root: Base64 | None
    checkpoint: str


class ConsistencyProof(Shown):
    """A proof that one tree begins another."""

    first: int
    second: int
    hashes: list[Base64]
    checkpoint: str


class TreeSize(Shown):
    """In which tree; the newest if absent."""

    size: Annotated[int | None, Field(ge=1)] = None


class TwoTrees(Shown):
    """Which two trees; `second` is the newest if absent."""

    first: Annotated[int, Field(ge=1)]
    second: Annotated[int | None, Field(ge=1)] = None


class TrustRootForm(Shown):
    """For whom: Sigstore clients, or as the log itself keeps it."""

    form: Annotated[str, Field(pattern="^(sigstore|log)$")] = "sigstore"


class Hour(Shown):
    """The envelopes of which hour, after which leaf."""

    hour: Annotated[
        str,
        Field(
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}$", description="UTC", examples=["2026-01-31T08"]
        ),
    ]
    after: Annotated[_Index | None, Field(description="`next` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class After(Shown):
    """Those after a name that the list returned."""

    after: Annotated[str | None, Field(description="`next` of the page before", max_length=128)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class AfterMany(After):
    """Those after a name that the list returned."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 500


class HourStatement(Shown):
    """One envelope, byte for byte; null where it is erased or cannot be read."""

    index: int
    entry: str
    erased: bool
    envelope: str | None


class HourStatements(Shown):
    """The envelopes of an hour in the order of the log; `next` is null at the end."""

    items: list[HourStatement]
    next: int | None


class Checkpoint(Shown):
    """A signed note under Object Lock."""

    name: str
    note: str


class Checkpoints(Shown):
    """Signed notes by name; `next` is null at the end."""

    items: list[Checkpoint]
    next: str | None


class IssuedCertificate(Shown):
    """A certificate that a bot was issued."""

    fingerprint: str
    pem: str


class IssuedCertificates(Shown):
    """Certificates by fingerprint; `next` is null at the end."""

    items: list[IssuedCertificate]
    next: str | None


class GraphQuery(Shown):
    """A GraphQL request."""

    query: Annotated[str, Field(min_length=1)]
    variables: dict[str, JsonValue] | None = None
    operationName: str | None = None
    extensions: dict[str, JsonValue] | None = None


class GraphAnswer(BaseModel):
    """A GraphQL response; each error has `code`, and `field` where one is at fault, in its extensions."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    data: dict[str, JsonValue] | None = None
    errors: list[dict[str, JsonValue]] | None = None
    extensions: dict[str, JsonValue] | None = None


OPERATIONS: Final[Operations] = {
    "GET /v1/evidence": Operation(EvidencePage, query=EvidenceFilter),
    "GET /v1/evidence/{id}": Operation(EvidenceShown, errors=_ERASED),
    "GET /v1/evidence/{id}/bundle": Operation(dict[str, Any], media=(BUNDLE,), errors=_ERASED),
    "GET /v1/log/trust-root": Operation(dict[str, Any], query=TrustRootForm, errors=_LOG),
    "POST /v1/graph": Operation(
        GraphAnswer,
        body=GraphQuery,
        media=(GRAPH, JSON),
        others={400: (GraphAnswer, (GRAPH,))},
        errors=("too_large", "dependency.*"),
    ),
    "GET /v1/log/checkpoint": Operation(str, media=(TEXT,), errors=_LOG),
    "GET /v1/log/checkpoints": Operation(Checkpoints, query=After, errors=_LOG),
    "GET /v1/log/certificates": Operation(IssuedCertificates, query=AfterMany, errors=_LOG),
    "GET /v1/log/statements": Operation(HourStatements, query=Hour, errors=_LOG),
    "GET /v1/log/tile/{path+}": Operation(bytes, media=(BINARY,), etag=True, if_none_match=True, errors=_LOG),
    "GET /v1/log/witness-policy": Operation(str, media=(TEXT,), errors=_LOG),
    "GET /v1/log/entries/{index}": Operation(Leaf, errors=_LOG),
    "GET /v1/log/proof/{index}": Operation(InclusionProof, query=TreeSize, errors=_LOG),
    "GET /v1/log/consistency": Operation(ConsistencyProof, query=TwoTrees, errors=_LOG),
}

"""Evidence packs: what somebody asked for, how far it is, and that it is there."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from writ.contracts.action import Sha256
from writ.contracts.event import EventData, event

PackId = Annotated[
    str, Field(pattern=r"^pack-[0-9a-f]{32}$", examples=["pack-0123456789abcdef0123456789abcdef"])
]
Person = Annotated[str, Field(min_length=1, max_length=128, examples=["operator"])]


@event("evidence")
class EvidencePackRequested(EventData):
    """Somebody wants the statements about a thing, or of a time, in one file.

    `subject` is a SHA-256, or `name` a thing's name; without either, all from `since` on and before `until`.
    """

    pack: PackId
    subject: Annotated[Sha256, Field(examples=["a" * 64])] | None = None
    name: Annotated[str, Field(min_length=1, max_length=560, examples=["release:1.2.0"])] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    by: Person


@event("evidence")
class EvidencePackAdvanced(EventData):
    """A pack has so many parts, 0 being its start; the next one is due, or after the last the seal."""

    pack: PackId
    part: Annotated[int, Field(ge=0, le=10_000, examples=[1])]
    last: bool


@event("evidence")
class EvidencePackExported(EventData):
    """A pack is there: `statements` of them in `bytes`, whose SHA-256 is `sha256`."""

    pack: PackId
    by: Person
    statements: Annotated[int, Field(ge=1, examples=[12])]
    bytes: Annotated[int, Field(ge=1, examples=[98304])]
    sha256: Annotated[Sha256, Field(examples=["b" * 64])]

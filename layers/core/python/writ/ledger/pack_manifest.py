"""What is read of a pack's manifest before it is believed: how much of what there is."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from writ.contracts.statement import EntryId
from writ.ledger.pack import MAX_CHECKPOINTS, MAX_ENTRIES


class _Part(BaseModel):
    """What is read of a manifest; the rest follows, and is compared."""

    model_config = ConfigDict(extra="ignore", strict=True, defer_build=True)


class Row(_Part):
    index: Annotated[int, Field(ge=0, le=2**53 - 1)]
    entry: EntryId
    kind: Literal["bundle", "proof", "erased"]
    bot: str = ""


class ErasureRow(Row):
    kind: Literal["bundle", "proof"]


class EarlierHead(_Part):
    note: Annotated[str, Field(max_length=200)]
    proof: Annotated[str, Field(max_length=200)]


class Manifest(_Part):
    question: dict[str, Any]
    entries: Annotated[list[Row], Field(min_length=1, max_length=MAX_ENTRIES)]
    erasures: Annotated[list[ErasureRow], Field(max_length=MAX_ENTRIES)]
    checkpoints: Annotated[list[EarlierHead], Field(max_length=MAX_CHECKPOINTS)]

"""Signing keys that were replaced, as an operator declares them: which, until when, and why."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

KeyKind: TypeAlias = Literal["ca", "ct", "log", "note"]


class Retirement(BaseModel):
    """One key that signs no more.

    Parameters
    ----------
    id
        As `writ ledger keys` shows it: SHA-256, in hex, of the key's SubjectPublicKeyInfo, and of the root
        certificate where the key is an authority's.
    end
        The last instant at which what it signed counts.
    compromised
        Whether others may have it: its end is then when that happened and lies in the past.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    end: AwareDatetime
    compromised: bool = False


# By kind, the oldest first: the key in use is the generation after the last of them.
Retirements: TypeAlias = Mapping[KeyKind, tuple[Retirement, ...]]


def generation(retired: Retirements, kind: KeyKind) -> int:
    """Which generation of a key is in use; the first is 1."""
    return len(retired.get(kind, ())) + 1

"""The proof of one leaf as a file of its own: the leaf, its audit path, and the envelope if there is one."""

import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.errors import ContractError, from_validation
from writ.ledger.canonical import b64decode_exact, canonical
from writ.ledger.dsse import Envelope, decode
from writ.ledger.errors import VerificationError

_CODE: Final = "ledger.proof"
_Hashes = Annotated[list[str], Field(max_length=64)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    index: Annotated[int, Field(ge=0, le=2**53 - 1)]
    leaf: str
    hashes: _Hashes
    envelope: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Leaf `index` with its RFC 6962 audit path, leaf to root. An erased statement has no envelope."""

    index: int
    leaf: bytes
    hashes: tuple[bytes, ...]
    envelope: Envelope | None

    def encode(self) -> bytes:
        """The proof in RFC 8785 form."""
        return canonical(
            {
                "index": self.index,
                "leaf": b64encode(self.leaf).decode(),
                "hashes": encoded_hashes(self.hashes),
                "envelope": None if self.envelope is None else json.loads(self.envelope.encode()),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what `encode` wrote.

        Raises
        ------
        VerificationError
            `ledger.proof` or `ledger.envelope`, with the field at fault: any other bytes.
        """
        try:
            file = _File.model_validate_json(data)
            envelope = None if file.envelope is None else decode(canonical(file.envelope))
            proof = cls(
                file.index,
                b64decode_exact(file.leaf.encode()),
                tuple(b64decode_exact(text.encode()) for text in file.hashes),
                envelope,
            )
        except ValidationError as error:
            problem = from_validation(error, "proof")
            raise VerificationError(problem.message, code=_CODE, field=problem.field) from None
        except (ValueError, ContractError):
            raise VerificationError("proof: not in canonical form", code=_CODE) from None
        if proof.encode() != data:
            raise VerificationError("proof: not in its one form", code=_CODE)
        return proof


def encoded_hashes(hashes: Iterable[bytes]) -> list[str]:
    """Hashes in base64."""
    return [b64encode(value).decode() for value in hashes]


class _Consistency(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    first: Annotated[int, Field(ge=1, le=2**53 - 1)]
    second: Annotated[int, Field(ge=1, le=2**53 - 1)]
    hashes: _Hashes


def encode_consistency(first: int, second: int, hashes: Iterable[bytes]) -> bytes:
    """A consistency proof from a tree of `first` leaves to one of `second`, in RFC 8785 form."""
    return canonical({"first": first, "second": second, "hashes": encoded_hashes(hashes)})


def decode_consistency(data: bytes) -> tuple[int, int, tuple[bytes, ...]]:
    """Read what `encode_consistency` wrote.

    Raises
    ------
    VerificationError
        `ledger.proof`, with the field at fault: any other bytes.
    """
    try:
        file = _Consistency.model_validate_json(data)
        hashes = tuple(b64decode_exact(text.encode()) for text in file.hashes)
    except ValidationError as error:
        problem = from_validation(error, "proof")
        raise VerificationError(problem.message, code=_CODE, field=problem.field) from None
    except ValueError:
        raise VerificationError("proof: not in canonical form", code=_CODE) from None
    if encode_consistency(file.first, file.second, hashes) != data:
        raise VerificationError("proof: not in its one form", code=_CODE)
    return file.first, file.second, hashes

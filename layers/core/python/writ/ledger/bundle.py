"""Sigstore bundles: one statement with all that proves it, as one JSON file for stock clients.

Media type `application/vnd.dev.sigstore.bundle.v0.3+json`
(https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto): the envelope, its
signer's certificate and exactly one log entry with promise and inclusion proof.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from writ.contracts.errors import from_validation
from writ.ledger.canonical import b64decode_exact, canonical
from writ.ledger.dsse import PAYLOAD_TYPE, Envelope
from writ.ledger.errors import VerificationError

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
MAX_BUNDLE: Final = 4 * 1024 * 1024
_CODE: Final = "ledger.bundle"


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """An RFC 6962 audit path, leaf to root, with the signed note of the tree it leads to."""

    index: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as read: nothing in it is verified yet.

    `certificate` is DER, `log_id` SHA-256 of the log key's SPKI, `leaf` the canonical body of the log
    entry, `promise` the log's signature over when it was integrated.
    """

    envelope: Envelope
    certificate: bytes
    leaf: bytes
    log_id: bytes
    index: int
    integrated_at: datetime
    promise: bytes
    proof: InclusionProof

    def encode(self) -> bytes:
        """The bundle as JSON; the same bundle always has the same bytes."""
        entry = {
            "logIndex": str(self.index),
            "logId": {"keyId": _text(self.log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(int(self.integrated_at.timestamp())),
            "inclusionPromise": {"signedEntryTimestamp": _text(self.promise)},
            "inclusionProof": {
                "logIndex": str(self.proof.index),
                "rootHash": _text(self.proof.root),
                "treeSize": str(self.proof.size),
                "hashes": [_text(value) for value in self.proof.hashes],
                "checkpoint": {"envelope": self.proof.checkpoint.decode()},
            },
            "canonicalizedBody": _text(self.leaf),
        }
        return canonical(
            {
                "mediaType": MEDIA_TYPE,
                "verificationMaterial": {
                    "certificate": {"rawBytes": _text(self.certificate)},
                    "tlogEntries": [entry],
                },
                "dsseEnvelope": {
                    "payload": _text(self.envelope.payload),
                    "payloadType": PAYLOAD_TYPE,
                    "signatures": [{"sig": _text(self.envelope.signature)}],
                },
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Bundle:
        """Read a bundle of the one form that `encode` writes; white space and order do not matter.

        Raises
        ------
        VerificationError
            `ledger.bundle`, with the field at fault: a member that is missing, unknown or there twice, a
            number that is not a string, base64 in another spelling, another kind of log entry.
        """
        if len(data) > MAX_BUNDLE:
            raise VerificationError(f"the bundle is over {MAX_BUNDLE} bytes", code=_CODE)
        try:
            file = _File.model_validate(json.loads(data, object_pairs_hook=_members))
        except ValidationError as error:
            problem = from_validation(error, "bundle")
            raise VerificationError(problem.message, code=_CODE, field=problem.field) from None
        except (ValueError, RecursionError):
            raise VerificationError("the bundle is not JSON", code=_CODE) from None
        return _read(file)


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Parsers disagree on which of two members of one name counts, so there may be only one."""
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise VerificationError("a member of the bundle is there twice", code=_CODE, field=twice[:64])
    return members


def _is_exact(text: str) -> str:
    b64decode_exact(text.encode())
    return text


_Text = Annotated[str, Field(min_length=4), AfterValidator(_is_exact)]
_Number = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,15})$", max_length=16)]
# Up to the year 9999, where `datetime` ends.
_Seconds = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,10}$", max_length=11)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel, defer_build=True)


class _RawBytes(_Part):
    raw_bytes: _Text


class _LogId(_Part):
    key_id: _Text


class _KindVersion(_Part):
    kind: Literal["dsse"]
    version: Literal["0.0.1"]


class _Promise(_Part):
    signed_entry_timestamp: _Text


class _Note(_Part):
    envelope: str


class _Proof(_Part):
    log_index: _Number
    root_hash: _Text
    tree_size: _Number
    hashes: Annotated[list[_Text], Field(max_length=64)]
    checkpoint: _Note


class _Entry(_Part):
    log_index: _Number
    log_id: _LogId
    kind_version: _KindVersion
    integrated_time: _Seconds
    inclusion_promise: _Promise
    inclusion_proof: _Proof
    canonicalized_body: _Text


class _Material(_Part):
    certificate: _RawBytes
    tlog_entries: Annotated[list[_Entry], Field(min_length=1, max_length=1)]


class _Signature(_Part):
    sig: _Text


class _Envelope(_Part):
    payload: _Text
    payload_type: Literal["application/vnd.in-toto+json"]
    signatures: Annotated[list[_Signature], Field(min_length=1, max_length=1)]


class _File(_Part):
    media_type: Literal["application/vnd.dev.sigstore.bundle.v0.3+json"]
    verification_material: _Material
    dsse_envelope: _Envelope


def _read(file: _File) -> Bundle:
    entry = file.verification_material.tlog_entries[0]
    proof = entry.inclusion_proof
    try:
        integrated_at = datetime.fromtimestamp(int(entry.integrated_time), UTC)
        checkpoint = proof.checkpoint.envelope.encode()
    except (ValueError, OverflowError):
        raise VerificationError("a time or a text is out of range", code=_CODE) from None
    return Bundle(
        envelope=Envelope(_bytes(file.dsse_envelope.payload), _bytes(file.dsse_envelope.signatures[0].sig)),
        certificate=_bytes(file.verification_material.certificate.raw_bytes),
        leaf=_bytes(entry.canonicalized_body),
        log_id=_bytes(entry.log_id.key_id),
        index=int(entry.log_index),
        integrated_at=integrated_at,
        promise=_bytes(entry.inclusion_promise.signed_entry_timestamp),
        proof=InclusionProof(
            int(proof.log_index),
            int(proof.tree_size),
            _bytes(proof.root_hash),
            tuple(map(_bytes, proof.hashes)),
            checkpoint,
        ),
    )


def _bytes(text: str) -> bytes:
    return b64decode_exact(text.encode())

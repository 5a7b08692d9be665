"""The trust root: everything a verifier must hold beforehand."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.utils import CryptographyDeprecationWarning
from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from writ.contracts.errors import from_validation
from writ.ledger.checkpoint import Checkpoint, key_id, open_checkpoint, spki
from writ.ledger.errors import VerificationError
from writ.ledger.note import KeyType, VerifierKey


class _Ended(BaseModel):
    """Something retired: the base64 of its DER form, and the last instant at which it counts."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    der: Base64Bytes
    end: AwareDatetime


class _EndedNoteKey(BaseModel):
    """The same for a key of the second line, in its own notation."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    vkey: str = Field(max_length=512)
    end: AwareDatetime


class _Retired(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    log_keys: list[_Ended] = []
    ct_keys: list[_Ended] = []
    authorities: list[_Ended] = []
    log_vkeys: list[_EndedNoteKey] | None = None


class _File(BaseModel):
    """`trust-root.json`: keys are base64 of DER SubjectPublicKeyInfo, certificates base64 of DER.

    `log_vkey` is the key of the log's second signature, as https://c2sp.org/signed-note writes it.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    version: Literal[1] = 1
    origin: str = Field(min_length=1, max_length=256)
    log_key: Base64Bytes
    log_vkey: str | None = Field(default=None, max_length=512)
    ct_key: Base64Bytes
    authorities: list[Base64Bytes] = Field(min_length=1)
    identity_base: str = Field(min_length=1)
    issuer: str = Field(min_length=1)
    retired: _Retired | None = None


@dataclass(frozen=True, slots=True)
class Retired:
    """Keys and authorities that sign no more, each with the last instant at which what it signed counts.

    One that was replaced ends when the last thing it signed was integrated, one that was compromised when
    that happened. `note_keys` made the second line of checkpoints: no verifier here needs them, and plain
    C2SP tools do, for checkpoints of that time.
    """

    log_keys: tuple[tuple[ec.EllipticCurvePublicKey, datetime], ...] = ()
    ct_keys: tuple[tuple[ec.EllipticCurvePublicKey, datetime], ...] = ()
    authorities: tuple[tuple[x509.Certificate, datetime], ...] = ()
    note_keys: tuple[tuple[VerifierKey, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """The log's origin and key, the certificate authorities, the timestamping key, and whom they name.

    A bot's identity is the URI `identity_base` followed by its name. Keys count from the beginning of the
    log on: a new log key also vouches for what was integrated before it, in checkpoints that it signs.
    `note_key` is the Ed25519 key of the second line on checkpoints, where the log has one.
    """

    origin: str
    log_key: ec.EllipticCurvePublicKey
    ct_key: ec.EllipticCurvePublicKey
    authorities: tuple[x509.Certificate, ...]
    identity_base: str
    issuer: str
    retired: Retired = Retired()
    note_key: VerifierKey | None = None

    @property
    def began(self) -> datetime:
        """When the first authority's certificate begins: nothing was certified or logged before."""
        return min(certificate.not_valid_before_utc for certificate, _ in self.every_authority())

    def every_authority(self) -> Iterator[tuple[x509.Certificate, datetime | None]]:
        """The authorities that certify and those that did, each with its end."""
        yield from ((certificate, None) for certificate in self.authorities)
        yield from self.retired.authorities

    def every_log_key(self) -> Iterator[tuple[ec.EllipticCurvePublicKey, datetime | None]]:
        """The log's key and those it had, each with its end."""
        yield self.log_key, None
        yield from self.retired.log_keys

    def every_ct_key(self) -> Iterator[tuple[ec.EllipticCurvePublicKey, datetime | None]]:
        """The timestamping key and those there were, each with its end."""
        yield self.ct_key, None
        yield from self.retired.ct_keys

    def log_key_at(self, log_id: bytes, at: datetime) -> ec.EllipticCurvePublicKey:
        """The log key with this id, if it counts at an instant.

        Raises
        ------
        VerificationError
            `ledger.log`: there is none, or it does not.
        """
        for key, end in self.every_log_key():
            if key_id(key) == log_id:
                if at < self.began or (end is not None and at > end):
                    raise VerificationError("the log's key does not count at that time", code="ledger.log")
                return key
        raise VerificationError("no log of the trust root has this key", code="ledger.log")

    def open_earlier(self, note: bytes) -> Checkpoint:
        """A checkpoint that the log signed with any key it ever had.

        Raises
        ------
        VerificationError
            `ledger.checkpoint`, as the log's key of today finds it.
        """
        try:
            return open_checkpoint(note, self.origin, self.log_key, self.note_key)
        except VerificationError as error:
            for key, _ in self.retired.log_keys:
                with suppress(VerificationError):
                    return open_checkpoint(note, self.origin, key, self.note_key)
            raise error from None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read `trust-root.json`.

        Raises
        ------
        VerificationError
            `ledger.trust_root`: malformed.
        """
        try:
            file = _File.model_validate_json(data)
        except ValidationError as error:
            problem = from_validation(error, "trust root")
            raise VerificationError(problem.message, code="ledger.trust_root", field=problem.field) from None
        return cls(
            file.origin,
            load_key(file.log_key),
            load_key(file.ct_key),
            tuple(load_authority(der) for der in file.authorities),
            file.identity_base,
            file.issuer,
            _retired(file.retired or _Retired(), file.origin),
            None if file.log_vkey is None else _load_note_key(file.log_vkey, file.origin),
        )

    def encode(self) -> bytes:
        """The trust root as `trust-root.json`."""
        file = _File.model_construct(
            version=1,
            origin=self.origin,
            log_key=spki(self.log_key),
            log_vkey=self.note_key.encode() if self.note_key else None,
            ct_key=spki(self.ct_key),
            authorities=[certificate.public_bytes(Encoding.DER) for certificate in self.authorities],
            identity_base=self.identity_base,
            issuer=self.issuer,
        )
        if self.retired != Retired():
            file.retired = _Retired.model_construct(
                log_keys=[_ended(spki(key), end) for key, end in self.retired.log_keys],
                ct_keys=[_ended(spki(key), end) for key, end in self.retired.ct_keys],
                authorities=[
                    _ended(certificate.public_bytes(Encoding.DER), end)
                    for certificate, end in self.retired.authorities
                ],
                log_vkeys=[
                    _EndedNoteKey.model_construct(vkey=key.encode(), end=end)
                    for key, end in self.retired.note_keys
                ]
                or None,
            )
        return file.model_dump_json(indent=2, exclude_none=True).encode() + b"\n"


def load_key(der: bytes) -> ec.EllipticCurvePublicKey:
    """A P-256 public key from its DER SubjectPublicKeyInfo.

    Raises
    ------
    VerificationError
        `ledger.key`: malformed, or of another kind.
    """
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise VerificationError("not a DER public key", code="ledger.key") from None
    return require_p256(key)


def require_p256(key: object) -> ec.EllipticCurvePublicKey:
    """The key, if it is a P-256 one: the only kind every Sigstore client accepts everywhere."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise VerificationError("not a P-256 key", code="ledger.key")
    return key


def _load_note_key(text: str, origin: str) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.type is not KeyType.ED25519 or key.name != origin:
        message = f"log_vkey is no Ed25519 key of {origin}"
        raise VerificationError(message, code="ledger.trust_root", field="log_vkey")
    return key


def _retired(file: _Retired, origin: str) -> Retired:
    return Retired(
        tuple((load_key(item.der), item.end) for item in file.log_keys),
        tuple((load_key(item.der), item.end) for item in file.ct_keys),
        tuple((load_authority(item.der), item.end) for item in file.authorities),
        tuple((_load_note_key(item.vkey, origin), item.end) for item in file.log_vkeys or ()),
    )


def _ended(der: bytes, end: datetime) -> _Ended:
    return _Ended.model_construct(der=der, end=end)


def load_authority(der: bytes) -> x509.Certificate:
    """An authority's certificate from its DER form. Raises VerificationError `ledger.trust_root`."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        require_p256(certificate.public_key())
    # Only a warning so far, and an error wherever warnings are: a serial number that is not positive.
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, CryptographyDeprecationWarning):
        raise VerificationError("not a certificate", code="ledger.trust_root", field="authorities") from None
    return certificate

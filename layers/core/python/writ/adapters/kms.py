"""Keys that never leave KMS: what signs a log, what signs certificates, what wraps data keys."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from writ.adapters import aws
from writ.contracts.errors import WritError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import utils

# https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
MAX_RAW: Final = 4096


class KmsSigner:
    """See LogSigner. `key_id` is the id, ARN or alias of an ECC_NIST_P256 key."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public_key

    def sign(self, data: bytes) -> bytes:
        return _sign(self._key_id, data, "ECDSA_SHA_256")

    @cached_property
    def _public_key(self) -> ec.EllipticCurvePublicKey:
        from writ.ledger.trust import load_key  # who only wraps or signs has no use for certificates

        return load_key(_public_key(self._key_id))


class KmsEd25519:
    """An Ed25519 key in KMS; `key_id` is the id, ARN or alias of an ECC_NIST_EDWARDS25519 key.

    KMS signs the bytes themselves (pure Ed25519, RFC 8032) only as ED25519_SHA_512 of a RAW message.
    """

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def material(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._material

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature of at most 4,096 bytes."""
        return _sign(self._key_id, data, "ED25519_SHA_512")

    @cached_property
    def _material(self) -> bytes:
        from writ.ledger.note import ed25519_material

        return ed25519_material(_public_key(self._key_id))


class KmsWrapping:
    """See Wrapping. `key_id` is the id, ARN or alias of a symmetric key.

    https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
    """

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def generate(self, ref: str) -> tuple[bytes, bytes]:
        try:
            made = aws.client("kms").generate_data_key(
                KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=wrapping_context(ref)
            )
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "making a data key") from error
        return made["Plaintext"], made["CiphertextBlob"]

    def unwrap(self, ref: str, wrapped: bytes) -> bytes:
        try:
            opened = aws.client("kms").decrypt(
                KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=wrapping_context(ref)
            )
        except (BotoCoreError, ClientError) as error:
            raise aws.failure(error, "unwrapping a data key") from error
        secret: bytes = opened["Plaintext"]
        return secret


def wrapping_context(ref: str) -> dict[str, str]:
    """What a wrapped data key is bound to: it opens for the subject it was made for only."""
    return {"writ:subject": ref}


class KmsPrivateKey(ec.EllipticCurvePrivateKey):
    """A P-256 private key of which only signing with ECDSA over SHA-256 is to be had.

    It fits `CertificateBuilder.sign`, which asks for nothing else.
    """

    def __init__(self, signer: KmsSigner) -> None:
        self._signer = signer

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._signer.public_key()

    @property
    def curve(self) -> ec.EllipticCurve:
        return ec.SECP256R1()

    @property
    def key_size(self) -> int:
        return self.curve.key_size

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm | None) -> bytes:
        algorithm: hashes.HashAlgorithm | utils.Prehashed | None = (
            signature_algorithm.algorithm if isinstance(signature_algorithm, ec.ECDSA) else None
        )
        if not isinstance(algorithm, hashes.SHA256):
            raise WritError("this key signs with ECDSA over SHA-256 only", code="ledger.algorithm")
        return self._signer.sign(bytes(data))

    def exchange(self, *_: Any, **__: Any) -> NoReturn:
        raise _kept()

    def private_numbers(self) -> NoReturn:
        raise _kept()

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        raise _kept()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def _kept() -> WritError:
    return WritError("the key does not leave KMS", code="ledger.key_kept")


def _sign(key_id: str, data: bytes, algorithm: str) -> bytes:
    if len(data) > MAX_RAW:
        raise WritError(f"KMS signs {MAX_RAW} bytes at most, not {len(data)}", code="ledger.too_long")
    try:
        answer = aws.client("kms").sign(
            KeyId=key_id, Message=data, MessageType="RAW", SigningAlgorithm=algorithm
        )
    except (BotoCoreError, ClientError) as error:
        raise aws.failure(error, "signing with KMS") from error
    signature: bytes = answer["Signature"]
    return signature


def _public_key(key_id: str) -> bytes:
    try:
        answer = aws.client("kms").get_public_key(KeyId=key_id)
    except (BotoCoreError, ClientError) as error:
        raise aws.failure(error, "reading a public key from KMS") from error
    der: bytes = answer["PublicKey"]
    return der

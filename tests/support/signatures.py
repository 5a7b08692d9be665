"""Signatures of statements that held, and need not be verified again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from writ.ledger import dsse


@contextmanager
def remembered() -> Iterator[None]:
    """Verify a signature once for each payload, signature and key; a bit more or less is another one.

    For tests that verify a log again after each edit: all but a few of its thousand signatures are as before.
    """
    verify = dsse.verify_parts
    held: set[tuple[bytes, bytes, bytes]] = set()

    def verify_once(payload: bytes, signature: bytes, key: ec.EllipticCurvePublicKey) -> None:
        asked = (payload, signature, key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))
        if asked not in held:
            verify(payload, signature, key)  # raises for one that does not hold
            held.add(asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dsse, "verify_parts", verify_once)
        yield

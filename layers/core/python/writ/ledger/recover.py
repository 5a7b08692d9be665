"""Finding out which statement damaged bytes once were."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from hashlib import sha256
from typing import Final

_SIGNATURE: Final = re.compile(rb'"sig":"([A-Za-z0-9+/]+={0,2})"')
_PAYLOAD: Final = re.compile(rb'"payload":"([A-Za-z0-9+/]+={0,2})"')


def traces(envelope: bytes) -> tuple[bytes | None, str | None]:
    """The signature and the payload's SHA-256, each if its part of a damaged envelope still reads.

    A single edit cannot reach both, so one of them still names the leaf.
    """
    signature = _decoded(_SIGNATURE.search(envelope))
    payload = _decoded(_PAYLOAD.search(envelope))
    return signature, None if payload is None else sha256(payload).hexdigest()


def _decoded(match: re.Match[bytes] | None) -> bytes | None:
    try:
        return b64decode(match[1], validate=True) if match else None
    except Error:
        return None

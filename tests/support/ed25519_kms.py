"""Ed25519 keys in a KMS that knows none: moto refuses the key spec, so these keys answer in its place.

What is sent goes through botocore, which holds it against the model of the service; what KMS would refuse,
a digest or another algorithm, is refused here as well.
https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from __future__ import annotations

import json
from base64 import b64decode
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from writ.adapters import aws


def add_ed25519_key(key_id: str, key: Ed25519PrivateKey | None = None) -> Ed25519PrivateKey:
    """Let the KMS of this process have one key more."""
    made = key or Ed25519PrivateKey.generate()
    events = aws.client("kms").meta.events

    def get_public_key(params: dict[str, Any], **_: Any) -> Any:
        if _asked(params)["KeyId"] != key_id:
            return None
        der = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return _answer({"PublicKey": der, "KeySpec": "ECC_NIST_EDWARDS25519"})

    def sign(params: dict[str, Any], **_: Any) -> Any:
        asked = _asked(params)
        if asked["KeyId"] != key_id:
            return None
        if (asked["SigningAlgorithm"], asked["MessageType"]) != ("ED25519_SHA_512", "RAW"):
            return _refusal("ValidationException")
        return _answer({"Signature": made.sign(b64decode(asked["Message"])), "KeyId": key_id})

    events.register("before-call.kms.GetPublicKey", get_public_key)
    events.register("before-call.kms.Sign", sign)
    return made


def _asked(params: dict[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = json.loads(params["body"])
    return asked


def _answer(body: dict[str, Any]) -> Any:
    return SimpleNamespace(status_code=200), {**body, "ResponseMetadata": {"HTTPStatusCode": 200}}


def _refusal(code: str) -> Any:
    error = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return SimpleNamespace(status_code=400), error

"""Asking the authority for a certificate, with a proof of which role asks.

The proof is a presigned `sts:GetCallerIdentity` that its holder never sends: the authority does, to its
own STS, and learns from the answer whose credentials signed it. Two signed headers bind it to this
authority and to one session key, so that a proof which leaks certifies nothing else.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from writ.adapters import aws
from writ.adapters.call import call, failed
from writ.contracts.errors import WritError

AUDIENCE_HEADER: Final = "x-writ-authority"
KEY_HEADER: Final = "x-writ-key"
QUESTION: Final = "Action=GetCallerIdentity&Version=2011-06-15"
PROOF_SECONDS: Final = 60


class LambdaAuthority:
    """See Authority. `function` is the authority's function name, which is also its audience."""

    def __init__(self, function: str) -> None:
        self._function = function

    def certify(self, public_key: bytes) -> bytes:
        request = {"public_key": b64encode(public_key).decode(), "proof": prove(self._function, public_key)}
        certificate = call(self._function, request, "authority").get("certificate")
        if not isinstance(certificate, str):
            raise failed("authority")
        return certificate.encode()

    def make_root(self) -> None:
        """Have the authority make its root certificate now, where it has none yet for its key."""
        call(self._function, {"root": True}, "authority")


def prove(audience: str, public_key: bytes) -> str:
    """The query string of a `GetCallerIdentity` signed by this process's credentials for `audience`."""
    credentials, region, endpoint = _signing()
    request = AWSRequest(
        method="GET", url=f"{endpoint}/?{QUESTION}", headers=bound_headers(audience, public_key)
    )
    SigV4QueryAuth(credentials, "sts", region, expires=PROOF_SECONDS).add_auth(request)
    return urlsplit(str(request.url)).query


def bound_headers(audience: str, public_key: bytes) -> dict[str, str]:
    """The signed headers of a proof."""
    return {AUDIENCE_HEADER: audience, KEY_HEADER: sha256(public_key).hexdigest()}


def _signing() -> tuple[Any, str, str]:
    client = aws.client("sts")
    credentials = aws.session().get_credentials()
    if credentials is None:
        raise WritError("this process has no AWS credentials", code="authority.no_credentials")
    return credentials, client.meta.region_name, client.meta.endpoint_url.rstrip("/")

"""The authority, connected to the environment it was deployed to."""

from __future__ import annotations

from functools import cache, partial
from typing import Final

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from functions.authority.certify import AuthorityPorts
from functions.authority.proof import RefusedError
from writ.adapters import aws
from writ.adapters.authority import bound_headers
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.kms import KmsPrivateKey, KmsSigner
from writ.adapters.log_bucket import LogBucket
from writ.adapters.system import SystemClock
from writ.contracts.errors import TransientError
from writ.contracts.retirement import generation
from writ.ledger.logcopy import TRUST_ROOT
from writ.runtime.environment import current

_OK: Final = 200
_ANSWER_BYTES: Final = 64 * 1024


@cache
def connect(audience: str) -> AuthorityPorts:
    """The ports of a deployed function of this name, once in an execution environment."""
    environment = current()
    retired, files = environment.retired, LogBucket(environment.bucket("log"))
    return AuthorityPorts(
        certificates=CertificateTable(environment.table("certificates")),
        ca_key=KmsPrivateKey(KmsSigner(environment.key("ca"))),
        ct_key=KmsPrivateKey(KmsSigner(environment.key("ct"))),
        ask_sts=partial(ask_sts, audience),
        clock=SystemClock(),
        identities=environment.identities,
        identity_base=environment.identity_base,
        issuer=environment.issuer,
        generation=generation(retired, "ca"),
        trust_root=partial(files.read, TRUST_ROOT) if {"ca", "ct"} & retired.keys() else lambda: None,
    )


def ask_sts(audience: str, proof: str, public_key: bytes) -> str:
    """Send a proof to our own STS; nothing of where it goes comes from the caller.

    Raises RefusedError where STS refuses, TransientError where it does not answer.
    """
    endpoint = aws.client("sts").meta.endpoint_url.rstrip("/")
    request = AWSRequest("GET", f"{endpoint}/?{proof}", headers=bound_headers(audience, public_key))
    try:
        answer = URLLib3Session(timeout=5).send(request.prepare())
    except BotoCoreError as error:
        raise TransientError("STS does not answer", code="authority.sts_away") from error
    if answer.status_code >= 500:
        raise TransientError("STS failed", code="authority.sts_away")
    if answer.status_code != _OK:
        raise RefusedError("STS does not accept the proof", field="proof")
    text: str = answer.content[:_ANSWER_BYTES].decode("utf-8", "replace")
    return text

"""An STS that knows who signed what: it accepts a proof only with the headers it was signed for."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from functions.authority.certify import AuthorityPorts
from functions.authority.proof import RefusedError
from tests.support.log_forge import BOTS, ISSUER, NOW
from tests.support.memory import ManualClock
from tests.support.memory_ledger import MemoryCertificates
from writ.adapters.authority import bound_headers
from writ.ledger.session import new_session_key, public_der

AUDIENCE = "writ-test-authority"
ACCOUNT = "123456789012"
ROLE = "writ-test-backlog"


@dataclass
class Sts:
    """Signs and accepts proofs. `answers` maps a signature to the headers it covers and the ARN behind it."""

    answers: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)

    def sign(
        self,
        key: bytes,
        *,
        role: str = ROLE,
        account: str = ACCOUNT,
        audience: str = AUDIENCE,
        at: datetime = NOW,
        arn: str | None = None,
        **changes: str,
    ) -> str:
        proof = urlencode(
            {
                "Action": "GetCallerIdentity",
                "Version": "2011-06-15",
                "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
                "X-Amz-Date": at.strftime("%Y%m%dT%H%M%SZ"),
                "X-Amz-Expires": "60",
                "X-Amz-SignedHeaders": "host;x-writ-authority;x-writ-key",
                "X-Amz-Signature": f"{len(self.answers):064x}",
                **changes,
            }
        )
        named = arn or f"arn:aws:sts::{account}:assumed-role/{role}/session"
        self.answers[proof] = (bound_headers(audience, key), named)
        return proof

    def ask(self, proof: str, key: bytes) -> str:
        headers, arn = self.answers.get(proof, ({}, ""))
        if headers != bound_headers(AUDIENCE, key):
            raise RefusedError("STS does not accept the proof", field="proof")
        return f"<GetCallerIdentityResult><Arn>{arn}</Arn></GetCallerIdentityResult>"


@dataclass
class World:
    """An authority with keys in memory, and the key of a function that wants a certificate."""

    sts: Sts = field(default_factory=Sts)
    certificates: MemoryCertificates = field(default_factory=MemoryCertificates)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def __post_init__(self) -> None:
        self.key = public_der(new_session_key())
        self.ports = AuthorityPorts(
            certificates=self.certificates,
            ca_key=new_session_key(),
            ct_key=new_session_key(),
            ask_sts=self.sts.ask,
            clock=self.clock,
            identities={ROLE: "backlog"},
            identity_base=BOTS,
            issuer=ISSUER,
        )

    def request(self, **how: Any) -> dict[str, Any]:
        return {"public_key": b64encode(self.key).decode(), "proof": self.sts.sign(self.key, **how)}

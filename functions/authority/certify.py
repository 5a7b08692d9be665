"""From a public key and a proof to a certificate."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from functions.authority.proof import bot_of, check_form, role_of
from writ.contracts.errors import ConflictError, ContractError, TransientError, WritError
from writ.ledger.errors import VerificationError
from writ.ledger.trust import TrustRoot, load_key
from writ.ledger.x509 import CertificateIssuer, create_root, issued_certificate
from writ.ports.clock import Clock
from writ.ports.ledger import CertificateStore

ROOT_NAME: Final = "Writ root"
_MAX_KEY: Final = 256


@dataclass(frozen=True, slots=True)
class AuthorityPorts:
    """What certifying needs.

    `ask_sts` sends a proof for a public key to STS and returns what it answers; it raises RefusedError
    when STS refuses. `identities` maps roles to bots, `identity_base` is what a bot's URI begins with.
    `generation` is that of `ca_key`; `trust_root` reads what the log publishes, once a key was replaced.
    """

    certificates: CertificateStore
    ca_key: ec.EllipticCurvePrivateKey
    ct_key: ec.EllipticCurvePrivateKey
    ask_sts: Callable[[str, bytes], str]
    clock: Clock
    identities: Mapping[str, str]
    identity_base: str
    issuer: str
    generation: int = 1
    trust_root: Callable[[], bytes | None] = lambda: None


def certify(request: Mapping[str, Any], account: str, ports: AuthorityPorts) -> bytes:
    """The PEM certificate for the key in a request, stored before it is returned.

    Raises
    ------
    ContractError
        The request is malformed; the field is named.
    RefusedError
        The proof proves nothing, or the role is no bot's.
    TransientError
        STS or a store is away, or the log does not vouch yet for the keys that replaced others.
    """
    key, proof = _public_key(request), request.get("proof")
    if not isinstance(proof, str):
        raise ContractError("proof is a query string", field="proof")
    check_form(proof, ports.clock.now())
    bot = bot_of(role_of(ports.ask_sts(proof, key)), account, ports.identities)
    now = ports.clock.now()
    root = root_certificate(ports)
    _check_published(root, ports)
    issuer = CertificateIssuer(root, ports.ca_key, ports.ct_key, ports.issuer)
    issued = issued_certificate(issuer.issue(load_key(key), ports.identity_base + bot, now), bot)
    ports.certificates.put(issued)
    return issued.pem


def _public_key(request: Mapping[str, Any]) -> bytes:
    given = request.get("public_key")
    try:
        der = b64decode(given, validate=True) if isinstance(given, str) else b""
        if 0 < len(der) <= _MAX_KEY:
            load_key(der)
            return der
    except (ValueError, VerificationError):
        pass
    raise ContractError("public_key is the Base64 of a P-256 key in DER", field="public_key")


def root_certificate(ports: AuthorityPorts) -> x509.Certificate:
    """The root certificate of the key in use; the first call makes it, and of two that do the earlier counts.

    Raises WritError `authority.other_key` where it is of another key than the settings say.
    """
    pem = ports.certificates.get_root(ports.generation)
    if pem is None:
        made = create_root(ports.ca_key, ROOT_NAME, ports.clock.now())
        try:
            ports.certificates.put_root(ports.generation, made.public_bytes(Encoding.PEM))
        except ConflictError:
            pem = ports.certificates.get_root(ports.generation)
        else:
            return made
    if pem is None:
        raise TransientError("the root certificate cannot be read", code="authority.no_root")
    root = x509.load_pem_x509_certificate(pem)
    if root.public_key() != ports.ca_key.public_key():
        raise WritError(f"root {ports.generation} is of another key", code="authority.other_key")
    return root


def _check_published(root: x509.Certificate, ports: AuthorityPorts) -> None:
    """What a key certifies before the log vouches for that key would be refused, and so be lost."""
    data = ports.trust_root()
    if data is None:
        return
    trust = TrustRoot.decode(data)
    if root not in trust.authorities or trust.ct_key != ports.ct_key.public_key():
        raise TransientError("the log does not vouch for the new keys yet", code="authority.not_published")

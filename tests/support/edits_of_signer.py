"""Edits of a statement and of who signed it, of what is trusted and asked for, and of the form."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.editing import (
    Make,
    entry_of,
    envelope_of,
    flipped,
    material_of,
    promised,
    rewritten,
    setting,
    signature_of,
)
from tests.support.forged_world import BOT, INTEGRATED, Case, Json, World, certified, statement
from tests.support.log_forge import BOTS, ISSUER, NOW, Entry, an_action, an_intent, stamp
from writ.ledger.dsse import sign
from writ.ledger.session import Session, Signed, new_session_key
from writ.ledger.trust import Retired
from writ.ledger.verify_bundle import IdentityPolicy

# The order of P-256 (SEC 2, section 2.4.2): (r, n - s) is a signature wherever (r, s) is one.
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _payload_with_its_hash(world: World) -> Case:
    payload, bundle = rewritten(world), world.bundle
    leaf = json.loads(bundle.leaf)
    leaf["spec"]["payloadHash"]["value"] = sha256(payload).hexdigest()
    envelope = replace(bundle.envelope, payload=payload)
    leaf["spec"]["envelopeHash"]["value"] = sha256(envelope.encode()).hexdigest()
    return world.case(
        replace(bundle, envelope=envelope, leaf=json.dumps(leaf, separators=(",", ":")).encode())
    )


def with_certificate(world: World, session: Session, document: Json | None = None, **changes: Any) -> Case:
    return world.logged(world.forge.entry(session, document or statement()), **changes)


def _names(*names: x509.GeneralName) -> list[tuple[x509.ExtensionType, bool]]:
    return [(x509.SubjectAlternativeName(names), True)]


def _other_certificate(world: World, session: Session) -> Case:
    certificate = x509.load_pem_x509_certificate(session.certificate_pem)
    return world.case(replace(world.bundle, certificate=certificate.public_bytes(Encoding.DER)))


def _no_statement(world: World) -> Case:
    key = new_session_key()
    session = Session(key, world.forge.issuer.issue(key.public_key(), BOTS + BOT, NOW))
    envelope = sign(b'{"hello":"world"}', key)
    signed = Signed(envelope, envelope.encode())
    return world.logged(Entry("x", signed, session.leaf(signed)))


def _malleated(text: str) -> str:
    r, s = utils.decode_dss_signature(b64decode(text))
    return b64encode(utils.encode_dss_signature(r, _P256_ORDER - s)).decode()


def _retired(world: World, kind: str) -> Case:
    """Everything genuine, but a key was retired the second before, and another took its place."""
    trust, new = world.forge.trust, world.stranger
    before = INTEGRATED - timedelta(seconds=1)
    stamped = NOW - timedelta(seconds=1)
    rotated = {
        "log": replace(
            trust,
            log_key=new.log_key.public_key(),
            retired=Retired(log_keys=((trust.log_key, before),)),
        ),
        "ct": replace(
            trust, ct_key=new.ct_key.public_key(), retired=Retired(ct_keys=((trust.ct_key, stamped),))
        ),
        "ca": replace(
            trust, authorities=(new.root,), retired=Retired(authorities=((world.forge.root, before),))
        ),
    }
    return world.case(world.bundle, trust=rotated[kind])


def _raw(edit: Callable[[bytes], bytes]) -> Make:
    return lambda world: Case(edit(world.bundle.encode()), world.forge.trust)


def _twice(data: bytes) -> bytes:
    """The payload twice, the true one last."""
    return data.replace(b'"dsseEnvelope":{', b'"dsseEnvelope":{"payload":"AAAA",')


def _respelled(text: str) -> str:
    """The same bytes in base64 whose unused bits are not zero."""
    assert text.endswith("=")
    body, letters = text.rstrip("="), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters[letters.index(body[-1]) | 1]
    return body[:-1] + last + "=" * (len(text) - len(body))


GROUPS: Final[dict[str, dict[str, Make]]] = {
    "payload": {
        "outcome rewritten": lambda w: w.case(
            replace(w.bundle, envelope=replace(w.bundle.envelope, payload=rewritten(w)))
        ),
        "one byte appended": lambda w: w.case(
            replace(w.bundle, envelope=replace(w.bundle.envelope, payload=w.bundle.envelope.payload + b" "))
        ),
        "rewritten, and the leaf's hashes with it": _payload_with_its_hash,
        "of another entry": lambda w: w.case(
            replace(
                w.bundle,
                envelope=replace(w.bundle.envelope, payload=w.entries[4].signed.envelope.payload),
            )
        ),
        "signed, logged, but no statement": _no_statement,
    },
    "type": {
        "payloadType changed": setting(envelope_of, "payloadType", "application/json"),
        "mediaType of an older bundle": setting(
            lambda d: d, "mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.1"
        ),
        "kind of entry changed": setting(lambda d: entry_of(d)["kindVersion"], "kind", "hashedrekord"),
        "version of entry changed": setting(lambda d: entry_of(d)["kindVersion"], "version", "0.0.2"),
    },
    "signature": {
        "one bit flipped": setting(signature_of, "sig", flipped),
        "of another entry": lambda w: w.case(
            replace(
                w.bundle,
                envelope=replace(w.bundle.envelope, signature=w.entries[4].signed.envelope.signature),
            )
        ),
        "by a stranger": lambda w: w.case(
            replace(w.bundle, envelope=sign(w.bundle.envelope.payload, new_session_key()))
        ),
        "its other ECDSA form": setting(signature_of, "sig", _malleated),
        "missing": setting(envelope_of, "signatures", []),
        "a second one beside it": setting(envelope_of, "signatures", lambda found: [*found, {"sig": "AAAA"}]),
    },
    "certificate": {
        "another bot's": lambda w: _other_certificate(w, w.forge.session("registry")),
        "the same bot's, of another session": lambda w: _other_certificate(w, w.forge.session(BOT)),
        "a stranger's, of the same name": lambda w: with_certificate(w, w.stranger.session(BOT)),
        "issued with a stranger's key": lambda w: with_certificate(w, certified(w, ca_key=w.stranger.ca_key)),
        "without timestamp": lambda w: with_certificate(w, certified(w, stamped=False)),
        "with a stranger's timestamp": lambda w: with_certificate(w, certified(w, ct_key=w.stranger.ct_key)),
        "with an unknown critical extension": lambda w: with_certificate(
            w,
            certified(
                w, add=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)]
            ),
        ),
        "that may issue others": lambda w: with_certificate(
            w, certified(w, add=[(x509.BasicConstraints(ca=True, path_length=None), True)])
        ),
        "for servers": lambda w: with_certificate(
            w,
            certified(w, add=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]),
        ),
        "of ten years": lambda w: with_certificate(w, certified(w, lasts=timedelta(days=3650))),
        "of another issuer": lambda w: with_certificate(
            w, certified(w, issuer="https://elsewhere.example/authority")
        ),
        "cut short": setting(
            lambda d: material_of(d)["certificate"],
            "rawBytes",
            lambda f: b64encode(b64decode(f)[:-1]).decode(),
        ),
    },
    "identity": {
        "a longer name of the same beginning": lambda w: with_certificate(
            w,
            certified(w, BOTS + "backlog-mirror"),
            an_intent(an_action(77), stamped=stamp("backlog-mirror", seed="77")),
        ),
        "the same name elsewhere": lambda w: with_certificate(
            w, certified(w, "https://elsewhere.example/?" + BOTS + BOT)
        ),
        "two names": lambda w: with_certificate(
            w,
            certified(
                w,
                add=_names(
                    x509.UniformResourceIdentifier(BOTS + BOT),
                    x509.UniformResourceIdentifier(BOTS + "registry"),
                ),
            ),
        ),
        "a host's name": lambda w: with_certificate(
            w, certified(w, add=_names(x509.DNSName("writ.example")))
        ),
        "one bot signs as another": lambda w: with_certificate(
            w, w.forge.session("registry"), policy=IdentityPolicy("registry", ISSUER)
        ),
    },
    "time": {
        "integration moved": setting(entry_of, "integratedTime", str(int(INTEGRATED.timestamp()) + 60)),
        "integrated after the certificate, and promised": lambda w: promised(
            w, at=NOW + timedelta(hours=1, seconds=1)
        ),
        "integrated before the certificate, and promised": lambda w: promised(
            w, at=NOW - timedelta(minutes=5, seconds=1)
        ),
        "stated before the certificate, and signed": lambda w: with_certificate(
            w, w.session, an_intent(an_action(77), stamped=stamp(time=NOW - timedelta(minutes=6)))
        ),
        "stated after integration, and signed": lambda w: with_certificate(
            w, w.session, an_intent(an_action(77), stamped=stamp(time=NOW + timedelta(minutes=30)))
        ),
        "integration a number": setting(entry_of, "integratedTime", int),
        "integration at zero": setting(entry_of, "integratedTime", "0"),
    },
    "trust root": {
        "a stranger's": lambda w: w.case(w.bundle, trust=w.stranger.trust),
        "a stranger's authority": lambda w: w.case(
            w.bundle, trust=replace(w.forge.trust, authorities=w.stranger.trust.authorities)
        ),
        "a stranger's log key": lambda w: w.case(
            w.bundle, trust=replace(w.forge.trust, log_key=w.stranger.trust.log_key)
        ),
        "a stranger's timestamping key": lambda w: w.case(
            w.bundle, trust=replace(w.forge.trust, ct_key=w.stranger.trust.ct_key)
        ),
        "log and timestamping key swapped": lambda w: w.case(
            w.bundle,
            trust=replace(w.forge.trust, log_key=w.forge.trust.ct_key, ct_key=w.forge.trust.log_key),
        ),
        "log key retired before": lambda w: _retired(w, "log"),
        "timestamping key retired before": lambda w: _retired(w, "ct"),
        "authority retired before": lambda w: _retired(w, "ca"),
        "a whole log of a stranger": lambda w: w.logged(
            w.stranger.entry(w.stranger.session(BOT), statement()), forge=w.stranger
        ),
    },
    "policy": {
        "another bot is asked for": lambda w: w.case(w.bundle, policy=IdentityPolicy("registry", ISSUER)),
        "another issuer is asked for": lambda w: w.case(
            w.bundle, policy=IdentityPolicy(BOT, "https://elsewhere.example/authority")
        ),
        "integrated too early": lambda w: w.case(
            w.bundle, policy=IdentityPolicy(BOT, ISSUER, INTEGRATED + timedelta(seconds=1))
        ),
    },
    "form": {
        "an unknown member": setting(lambda d: d, "note", "x"),
        "a member twice": _raw(_twice),
        "base64 with stray bits": setting(lambda d: entry_of(d)["logId"], "keyId", _respelled),
        "base64 broken into lines": setting(envelope_of, "payload", lambda f: f[:76] + "\n" + f[76:]),
        "two log entries": setting(material_of, "tlogEntries", lambda found: found * 2),
        "no log entry": setting(material_of, "tlogEntries", []),
        "a chain in place of the certificate": lambda w: w.edited(
            lambda d: material_of(d).update(
                x509CertificateChain={"certificates": [material_of(d).pop("certificate")]}
            )
        ),
        "cut short": _raw(lambda data: data[:-2]),
        "nothing": _raw(lambda _data: b""),
    },
}

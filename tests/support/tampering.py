"""Edits of a genuine bundle, and lies told with genuine keys: what verification must refuse, by name."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.log_forge import BOTS, ISSUER, NOW, ORIGIN, Entry, Forge, an_action, an_intent, stamp
from writ.ledger.bundle import Bundle
from writ.ledger.checkpoint import Checkpoint, key_id
from writ.ledger.dsse import ECDSA, sign
from writ.ledger.leaf import encode_leaf, verifier_of
from writ.ledger.session import Session, Signed, new_session_key
from writ.ledger.trust import Retired, TrustRoot
from writ.ledger.verify_bundle import IdentityPolicy
from writ.ledger.x509 import SCT_LIST

BOT: Final = "backlog"
INDEX: Final = 3
INTEGRATED: Final = NOW + timedelta(seconds=2)
# The order of P-256 (SEC 2, section 2.4.2): (r, n - s) is a signature wherever (r, s) is one.
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What a verifier is given: a bundle, a trust root, and whom and what it must be from."""

    data: bytes
    trust: TrustRoot
    policy: IdentityPolicy = field(default_factory=lambda: IdentityPolicy(BOT, ISSUER))


@dataclass(frozen=True)
class World:
    """A log of ten entries, and a stranger who has keys of his own for everything."""

    forge: Forge = field(default_factory=Forge)
    stranger: Forge = field(default_factory=Forge)
    session: Session = field(init=False)
    entries: Sequence[Entry] = field(init=False)
    bundle: Bundle = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "session", self.forge.session(BOT))
        object.__setattr__(self, "entries", self.forge.actions(5, self.session))
        object.__setattr__(self, "bundle", self.forge.bundle(self.entries, INDEX, INTEGRATED))

    def case(self, bundle: Bundle, **changes: Any) -> Case:
        return replace(Case(bundle.encode(), self.forge.trust), **changes)

    def logged(
        self, entry: Entry, *, at: datetime = INTEGRATED, forge: Forge | None = None, **changes: Any
    ) -> Case:
        """An entry that the real log (or another's) holds, promises and proves as if nothing were wrong."""
        log = forge or self.forge
        entries = [*self.entries[:INDEX], entry, *self.entries[INDEX + 1 :]]
        return self.case(log.bundle(entries, INDEX, at), **changes)

    def edited(self, edit: Callable[[Json], object]) -> Case:
        """The genuine bundle with its JSON edited."""
        document = json.loads(self.bundle.encode())
        edit(document)
        return Case(json.dumps(document).encode(), self.forge.trust)


Make = Callable[[World], Case]


@dataclass(frozen=True)
class Edit:
    """A named way to tamper; `group` is what is tampered with."""

    group: str
    name: str
    make: Make


def edits() -> Iterator[Edit]:
    """Every edit, group by group."""
    for group, makes in _GROUPS.items():
        for name, make in makes.items():
            yield Edit(group, name, make)


def entry_of(document: Json) -> Json:
    found: Json = document["verificationMaterial"]["tlogEntries"][0]
    return found


def proof_of(document: Json) -> Json:
    found: Json = entry_of(document)["inclusionProof"]
    return found


def flipped(text: str, position: int = 8) -> str:
    data = bytearray(b64decode(text))
    data[position] ^= 1
    return b64encode(data).decode()


def _set(place: Callable[[Json], Any], key: Any, change: Any) -> Make:
    """An edit of one member; `change` is its new value, or makes it of the old one."""

    def edit(document: Json) -> None:
        at = place(document)
        at[key] = change(at[key]) if callable(change) else change

    return lambda world: world.edited(edit)


def _envelope(document: Json) -> Json:
    found: Json = document["dsseEnvelope"]
    return found


def _signature(document: Json) -> Json:
    found: Json = document["dsseEnvelope"]["signatures"][0]
    return found


def _material(document: Json) -> Json:
    found: Json = document["verificationMaterial"]
    return found


def _rewritten(world: World) -> bytes:
    return world.bundle.envelope.payload.replace(b'"succeeded"', b'"failed"')


def _payload_with_its_hash(world: World) -> Case:
    payload, bundle = _rewritten(world), world.bundle
    leaf = json.loads(bundle.leaf)
    leaf["spec"]["payloadHash"]["value"] = sha256(payload).hexdigest()
    envelope = replace(bundle.envelope, payload=payload)
    leaf["spec"]["envelopeHash"]["value"] = sha256(envelope.encode()).hexdigest()
    return world.case(
        replace(bundle, envelope=envelope, leaf=json.dumps(leaf, separators=(",", ":")).encode())
    )


def _note(world: World, edit: Callable[[str], str]) -> Case:
    bundle = world.bundle
    note = edit(bundle.proof.checkpoint.decode()).encode()
    return world.case(replace(bundle, proof=replace(bundle.proof, checkpoint=note)))


def _signed_note(
    world: World, text: bytes, name: str = ORIGIN, key: ec.EllipticCurvePrivateKey | None = None
) -> Case:
    """A checkpoint with this text under a signature that holds."""
    signer = key or world.forge.log_key
    line = b64encode(key_id(signer.public_key())[:4] + signer.sign(text, ECDSA)).decode()
    bundle = world.bundle
    note = text + f"\n\u2014 {name} {line}\n".encode()
    return world.case(replace(bundle, proof=replace(bundle.proof, checkpoint=note)))


def _text(world: World, **changes: Any) -> bytes:
    proof = world.bundle.proof
    return replace(Checkpoint(ORIGIN, proof.size, proof.root), **changes).text()


def _promised(world: World, *, index: int = INDEX, at: datetime = INTEGRATED, top: int = INDEX) -> Case:
    """A promise that the log really signed, of another index or time."""
    bundle = world.bundle
    promise = world.forge.promise(bundle.leaf, index, at)
    return world.case(replace(bundle, index=top, integrated_at=at, promise=promise))


def statement(**changes: Any) -> Json:
    return {**an_intent(an_action(77), stamped=stamp(seed="77")), **changes}


def certified(
    world: World,
    identity: str = BOTS + BOT,
    *,
    drop: Sequence[x509.ObjectIdentifier] = (),
    add: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ca_key: ec.EllipticCurvePrivateKey | None = None,
    ct_key: ec.EllipticCurvePrivateKey | None = None,
    stamped: bool = True,
    issuer: str = ISSUER,
    lasts: timedelta | None = None,
    now: datetime = NOW,
) -> Session:
    """A session whose certificate the real authority issued, but should not have."""
    key, forge = new_session_key(), world.forge
    ca, ct = ca_key or forge.ca_key, ct_key or forge.ct_key
    issues = replace(forge.issuer, ca_key=ca, ct_key=ct, issuer=issuer)
    plain = issues.issue(key.public_key(), identity, now)
    replaced = {*drop, SCT_LIST, *(value.oid for value, _ in add)}
    builder = x509.CertificateBuilder(
        issuer_name=plain.issuer,
        subject_name=plain.subject,
        public_key=plain.public_key(),
        serial_number=plain.serial_number,
        not_valid_before=plain.not_valid_before_utc,
        not_valid_after=plain.not_valid_before_utc + lasts if lasts else plain.not_valid_after_utc,
    )
    for item in (item for item in plain.extensions if item.oid not in replaced):
        builder = builder.add_extension(item.value, item.critical)
    for value, critical in add:
        builder = builder.add_extension(value, critical)
    if stamped:
        bare = builder.sign(ca, hashes.SHA256()).tbs_certificate_bytes
        stamps = issues._timestamp_list(bare, int(now.timestamp() * 1000))
        builder = builder.add_extension(x509.UnrecognizedExtension(SCT_LIST, stamps), critical=False)
    return Session(key, builder.sign(ca, hashes.SHA256()))


def _with_certificate(world: World, session: Session, document: Json | None = None, **changes: Any) -> Case:
    return world.logged(world.forge.entry(session, document or statement()), **changes)


def _names(*names: x509.GeneralName) -> list[tuple[x509.ExtensionType, bool]]:
    return [(x509.SubjectAlternativeName(names), True)]


def _other_certificate(world: World, session: Session) -> Case:
    certificate = x509.load_pem_x509_certificate(session.certificate_pem)
    return world.case(replace(world.bundle, certificate=certificate.public_bytes(Encoding.DER)))


def _other_body(world: World) -> Case:
    other = world.forge.bundle(world.entries, 4, INTEGRATED)
    return world.case(replace(other, envelope=world.bundle.envelope))


def _envelope_hash(world: World) -> Case:
    """The log holds a leaf whose envelope hash is of nothing."""
    signed = world.session.sign(statement())
    leaf = encode_leaf(signed.envelope, b"another envelope", verifier_of(world.session.certificate_pem))
    return world.logged(Entry("x", signed, leaf))


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


_GROUPS: Final[dict[str, dict[str, Make]]] = {
    "payload": {
        "outcome rewritten": lambda w: w.case(
            replace(w.bundle, envelope=replace(w.bundle.envelope, payload=_rewritten(w)))
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
        "payloadType changed": _set(_envelope, "payloadType", "application/json"),
        "mediaType of an older bundle": _set(
            lambda d: d, "mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.1"
        ),
        "kind of entry changed": _set(lambda d: entry_of(d)["kindVersion"], "kind", "hashedrekord"),
        "version of entry changed": _set(lambda d: entry_of(d)["kindVersion"], "version", "0.0.2"),
    },
    "signature": {
        "one bit flipped": _set(_signature, "sig", flipped),
        "of another entry": lambda w: w.case(
            replace(
                w.bundle,
                envelope=replace(w.bundle.envelope, signature=w.entries[4].signed.envelope.signature),
            )
        ),
        "by a stranger": lambda w: w.case(
            replace(w.bundle, envelope=sign(w.bundle.envelope.payload, new_session_key()))
        ),
        "its other ECDSA form": _set(_signature, "sig", _malleated),
        "missing": _set(_envelope, "signatures", []),
        "a second one beside it": _set(_envelope, "signatures", lambda found: [*found, {"sig": "AAAA"}]),
    },
    "proof": {
        "one hash flipped": _set(lambda d: proof_of(d)["hashes"], 0, flipped),
        "one hash left out": _set(proof_of, "hashes", lambda found: found[:-1]),
        "one hash too many": _set(proof_of, "hashes", lambda found: [*found, found[0]]),
        "two hashes swapped": _set(proof_of, "hashes", lambda found: [found[1], found[0], *found[2:]]),
        "a hash of 31 bytes": _set(
            proof_of, "hashes", lambda f: [b64encode(b64decode(f[0])[:31]).decode(), *f[1:]]
        ),
        "its index changed": _set(proof_of, "logIndex", "2"),
        "its index beyond the tree": _set(proof_of, "logIndex", "10"),
        "its size changed": _set(proof_of, "treeSize", "9"),
        "its root changed": _set(proof_of, "rootHash", flipped),
    },
    "checkpoint": {
        "root changed": lambda w: _note(
            w,
            lambda note: note.replace(
                b64encode(w.bundle.proof.root).decode(), flipped(b64encode(w.bundle.proof.root).decode())
            ),
        ),
        "size changed": lambda w: _note(w, lambda note: note.replace("\n10\n", "\n11\n")),
        "origin changed": lambda w: _note(w, lambda note: note.replace(ORIGIN + "\n", "log.elsewhere\n", 1)),
        "signature flipped": lambda w: _note(
            w, lambda note: note.replace(note.split()[-1], flipped(note.split()[-1], 40))
        ),
        "signature missing": lambda w: _note(w, lambda note: note.partition("\n\n")[0] + "\n\n"),
        "signed by a stranger": lambda w: _signed_note(w, _text(w), key=w.stranger.log_key),
        "signer renamed": lambda w: _signed_note(w, _text(w), "log.elsewhere"),
        "a line added": lambda w: _note(w, lambda note: note.replace("\n\n", "\nextra\n\n", 1)),
        "a line added, and signed": lambda w: _signed_note(w, _text(w) + b"extra\n"),
        "of another log, and signed": lambda w: _signed_note(w, _text(w, origin="log.elsewhere")),
        "of another size, and signed": lambda w: _signed_note(w, _text(w, size=9999)),
        "of another root, and signed": lambda w: _signed_note(w, _text(w, root=bytes(32))),
        "missing": _set(proof_of, "checkpoint", {"envelope": ""}),
    },
    "certificate": {
        "another bot's": lambda w: _other_certificate(w, w.forge.session("registry")),
        "the same bot's, of another session": lambda w: _other_certificate(w, w.forge.session(BOT)),
        "a stranger's, of the same name": lambda w: _with_certificate(w, w.stranger.session(BOT)),
        "issued with a stranger's key": lambda w: _with_certificate(
            w, certified(w, ca_key=w.stranger.ca_key)
        ),
        "without timestamp": lambda w: _with_certificate(w, certified(w, stamped=False)),
        "with a stranger's timestamp": lambda w: _with_certificate(w, certified(w, ct_key=w.stranger.ct_key)),
        "with an unknown critical extension": lambda w: _with_certificate(
            w,
            certified(
                w, add=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)]
            ),
        ),
        "that may issue others": lambda w: _with_certificate(
            w, certified(w, add=[(x509.BasicConstraints(ca=True, path_length=None), True)])
        ),
        "for servers": lambda w: _with_certificate(
            w,
            certified(w, add=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]),
        ),
        "of ten years": lambda w: _with_certificate(w, certified(w, lasts=timedelta(days=3650))),
        "of another issuer": lambda w: _with_certificate(
            w, certified(w, issuer="https://elsewhere.example/authority")
        ),
        "cut short": _set(
            lambda d: _material(d)["certificate"],
            "rawBytes",
            lambda f: b64encode(b64decode(f)[:-1]).decode(),
        ),
    },
    "identity": {
        "a longer name of the same beginning": lambda w: _with_certificate(
            w,
            certified(w, BOTS + "backlog-mirror"),
            an_intent(an_action(77), stamped=stamp("backlog-mirror", seed="77")),
        ),
        "the same name elsewhere": lambda w: _with_certificate(
            w, certified(w, "https://elsewhere.example/?" + BOTS + BOT)
        ),
        "two names": lambda w: _with_certificate(
            w,
            certified(
                w,
                add=_names(
                    x509.UniformResourceIdentifier(BOTS + BOT),
                    x509.UniformResourceIdentifier(BOTS + "registry"),
                ),
            ),
        ),
        "a host's name": lambda w: _with_certificate(
            w, certified(w, add=_names(x509.DNSName("writ.example")))
        ),
        "one bot signs as another": lambda w: _with_certificate(
            w, w.forge.session("registry"), policy=IdentityPolicy("registry", ISSUER)
        ),
    },
    "time": {
        "integration moved": _set(entry_of, "integratedTime", str(int(INTEGRATED.timestamp()) + 60)),
        "integrated after the certificate, and promised": lambda w: _promised(
            w, at=NOW + timedelta(hours=1, seconds=1)
        ),
        "integrated before the certificate, and promised": lambda w: _promised(
            w, at=NOW - timedelta(minutes=5, seconds=1)
        ),
        "stated before the certificate, and signed": lambda w: _with_certificate(
            w, w.session, an_intent(an_action(77), stamped=stamp(time=NOW - timedelta(minutes=6)))
        ),
        "stated after integration, and signed": lambda w: _with_certificate(
            w, w.session, an_intent(an_action(77), stamped=stamp(time=NOW + timedelta(minutes=30)))
        ),
        "integration a number": _set(entry_of, "integratedTime", int),
        "integration at zero": _set(entry_of, "integratedTime", "0"),
    },
    "promise": {
        "one bit flipped": _set(
            lambda d: entry_of(d)["inclusionPromise"], "signedEntryTimestamp", lambda f: flipped(f, 12)
        ),
        "of another entry": lambda w: w.case(
            replace(w.bundle, promise=w.forge.promise(w.entries[4].leaf, 4, INTEGRATED))
        ),
        "by a stranger": lambda w: w.case(
            replace(w.bundle, promise=w.stranger.promise(w.bundle.leaf, INDEX, INTEGRATED))
        ),
        "missing": lambda w: w.edited(lambda d: entry_of(d).pop("inclusionPromise")),
    },
    "place": {
        "logIndex changed": _set(entry_of, "logIndex", "4"),
        "logIndex changed, and promised": lambda w: _promised(w, index=4, top=4),
        "logIndex spelled 03": _set(entry_of, "logIndex", "03"),
        "logIndex a number": _set(entry_of, "logIndex", int),
        "logId of a stranger": lambda w: w.case(
            replace(w.bundle, log_id=key_id(w.stranger.log_key.public_key()))
        ),
        "logId cut short": _set(
            lambda d: entry_of(d)["logId"], "keyId", lambda f: b64encode(b64decode(f)[:30]).decode()
        ),
    },
    "body": {
        "one bit flipped": _set(entry_of, "canonicalizedBody", lambda f: flipped(f, 120)),
        "of another entry": lambda w: w.case(replace(w.bundle, leaf=w.entries[4].leaf)),
        "of another entry, with all that proves it": _other_body,
        "of no such envelope, and logged": _envelope_hash,
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
        "an unknown member": _set(lambda d: d, "note", "x"),
        "a member twice": _raw(_twice),
        "base64 with stray bits": _set(lambda d: entry_of(d)["logId"], "keyId", _respelled),
        "base64 broken into lines": _set(_envelope, "payload", lambda f: f[:76] + "\n" + f[76:]),
        "two log entries": _set(_material, "tlogEntries", lambda found: found * 2),
        "no log entry": _set(_material, "tlogEntries", []),
        "a chain in place of the certificate": lambda w: w.edited(
            lambda d: _material(d).update(
                x509CertificateChain={"certificates": [_material(d).pop("certificate")]}
            )
        ),
        "cut short": _raw(lambda data: data[:-2]),
        "nothing": _raw(lambda _data: b""),
    },
}


def rotated(old: Forge, new: Forge, kind: str) -> tuple[Forge, TrustRoot]:
    """The log after one of its keys was replaced an hour later, and the trust root that says so."""
    end = INTEGRATED + timedelta(hours=1)
    keys = {
        name: getattr(new if name == f"{kind}_key" else old, name) for name in ("log_key", "ca_key", "ct_key")
    }
    after = Forge(**keys)
    after.root = new.root if kind == "ca" else old.root
    after.issuer = replace(after.issuer, root=after.root)
    retired = {
        "log": Retired(log_keys=((old.log_key.public_key(), end),)),
        "ct": Retired(ct_keys=((old.ct_key.public_key(), end),)),
        "ca": Retired(authorities=((old.root, end),)),
    }
    return after, replace(after.trust, retired=retired[kind])

"""Edits of what the log says in a bundle, and lies it tells with its own keys."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.editing import Make, entry_of, flipped, promised, proof_of, setting
from tests.support.forged_world import INDEX, INTEGRATED, Case, World, statement
from tests.support.log_forge import ORIGIN, Entry
from writ.ledger.checkpoint import Checkpoint, key_id
from writ.ledger.dsse import ECDSA
from writ.ledger.leaf import encode_leaf, verifier_of


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


def _other_body(world: World) -> Case:
    other = world.forge.bundle(world.entries, 4, INTEGRATED)
    return world.case(replace(other, envelope=world.bundle.envelope))


def _envelope_hash(world: World) -> Case:
    """The log holds a leaf whose envelope hash is of nothing."""
    signed = world.session.sign(statement())
    leaf = encode_leaf(signed.envelope, b"another envelope", verifier_of(world.session.certificate_pem))
    return world.logged(Entry("x", signed, leaf))


GROUPS: Final[dict[str, dict[str, Make]]] = {
    "proof": {
        "one hash flipped": setting(lambda d: proof_of(d)["hashes"], 0, flipped),
        "one hash left out": setting(proof_of, "hashes", lambda found: found[:-1]),
        "one hash too many": setting(proof_of, "hashes", lambda found: [*found, found[0]]),
        "two hashes swapped": setting(proof_of, "hashes", lambda found: [found[1], found[0], *found[2:]]),
        "a hash of 31 bytes": setting(
            proof_of, "hashes", lambda f: [b64encode(b64decode(f[0])[:31]).decode(), *f[1:]]
        ),
        "its index changed": setting(proof_of, "logIndex", "2"),
        "its index beyond the tree": setting(proof_of, "logIndex", "10"),
        "its size changed": setting(proof_of, "treeSize", "9"),
        "its root changed": setting(proof_of, "rootHash", flipped),
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
        "missing": setting(proof_of, "checkpoint", {"envelope": ""}),
    },
    "promise": {
        "one bit flipped": setting(
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
        "logIndex changed": setting(entry_of, "logIndex", "4"),
        "logIndex changed, and promised": lambda w: promised(w, index=4, top=4),
        "logIndex spelled 03": setting(entry_of, "logIndex", "03"),
        "logIndex a number": setting(entry_of, "logIndex", int),
        "logId of a stranger": lambda w: w.case(
            replace(w.bundle, log_id=key_id(w.stranger.log_key.public_key()))
        ),
        "logId cut short": setting(
            lambda d: entry_of(d)["logId"], "keyId", lambda f: b64encode(b64decode(f)[:30]).decode()
        ),
    },
    "body": {
        "one bit flipped": setting(entry_of, "canonicalizedBody", lambda f: flipped(f, 120)),
        "of another entry": lambda w: w.case(replace(w.bundle, leaf=w.entries[4].leaf)),
        "of another entry, with all that proves it": _other_body,
        "of no such envelope, and logged": _envelope_hash,
    },
}

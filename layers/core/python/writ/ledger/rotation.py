"""Replacing keys: the trust root that follows another, and the rule by which it may.

A key that was ever trusted stays in the trust root, in use or with an end, so that what it signed keeps
verifying for as long as it should. Nothing here reads a clock or a store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from writ.contracts.errors import WritError
from writ.contracts.retirement import KeyKind, Retirements
from writ.ledger.checkpoint import key_id, log_verifier
from writ.ledger.note import VerifierKey
from writ.ledger.trust import Retired, TrustRoot
from writ.ledger.x509 import LIFETIME, fingerprint

KINDS: Final[tuple[KeyKind, ...]] = get_args(KeyKind)
# By then every certificate of the old keys is over, and so is every session that was begun with one.
LEAST_OVERLAP: Final = LIFETIME
MOST_OVERLAP: Final = timedelta(days=7)


class RotationError(WritError):
    """A trust root does not follow the one before it; the field says which key is at fault."""

    code = "ledger.rotation"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One key of a trust root: its kind, its id, its end unless it is in use, and how notes name it.

    `verifier` is the key of a line on checkpoints; None for keys that sign no notes.
    """

    kind: KeyKind
    id: str
    end: datetime | None
    verifier: VerifierKey | None


def trusted_keys(root: TrustRoot) -> Iterator[TrustedKey]:
    """Every key that a trust root holds, those in use first, by kind."""
    for kind in KINDS:
        for id, key in _in_use(root)[kind].items():
            yield TrustedKey(kind, id, None, _verifier(root.origin, kind, key))
        for id, (key, end) in _retired(root)[kind].items():
            yield TrustedKey(kind, id, end, _verifier(root.origin, kind, key))


def _verifier(origin: str, kind: KeyKind, key: Any) -> VerifierKey | None:
    if kind == "log":
        return log_verifier(origin, key)
    return key if isinstance(key, VerifierKey) else None


def successor(before: TrustRoot, in_use: TrustRoot, retired: Retirements, now: datetime) -> TrustRoot:
    """The trust root that follows `before` now that the keys of `in_use` sign.

    Parameters
    ----------
    before
        As it was published last.
    in_use
        Log, identities and keys as deployed; it has no retired keys.
    retired
        What the operator declared of the others.

    Raises
    ------
    RotationError
        A key is declared that never was trusted or is still in use, or `check_extension` refuses the result.
    """
    keys: dict[KeyKind, tuple[tuple[Any, datetime], ...]] = {}
    used, known, gone = _in_use(in_use), _in_use(before), _retired(before)
    for kind in KINDS:
        ends = {item.id: item.end for item in retired.get(kind, ())}
        for id in ends:
            if id in used[kind]:
                raise _refused(kind, f"{id} is retired and still in use")
            if id not in known[kind] and id not in gone[kind]:
                raise _refused(kind, f"{id} was never trusted")
        former = [(key, ends[id]) for id, key in known[kind].items() if id in ends]
        keys[kind] = (*((key, ends.get(id, end)) for id, (key, end) in gone[kind].items()), *former)
    after = replace(
        in_use,
        retired=Retired(
            log_keys=keys["log"], ct_keys=keys["ct"], authorities=keys["ca"], note_keys=keys["note"]
        ),
    )
    compromised = frozenset(item.id for items in retired.values() for item in items if item.compromised)
    check_extension(before, after, compromised, now)
    return after


def check_extension(before: TrustRoot, after: TrustRoot, compromised: frozenset[str], now: datetime) -> None:
    """Refuse a trust root that would make old evidence fail, or widen what was settled.

    It is of the same log and issuer; every key that was trusted is still there; none that was retired is in
    use again or counts for longer than it did. A key that is retired in an orderly way counts for at least
    `LEAST_OVERLAP` and at most `MOST_OVERLAP` from now on, so that its end is not before the last thing it
    signed; one of `compromised` (ids) ends in the past, and only the end of such a one may be moved, to
    earlier.

    Raises
    ------
    RotationError
        With the kind of key, or the name of the log or the issuer, as its field.
    """
    for name in ("origin", "identity_base", "issuer"):
        if getattr(before, name) != getattr(after, name):
            raise RotationError(f"the trust root is of another {name}", field=name)
    for kind in KINDS:
        used, known = _in_use(after)[kind], _in_use(before)[kind]
        ended, gone = _retired(after)[kind], _retired(before)[kind]
        _check_used(kind, used, known, gone, ended)
        for id, (_, end) in gone.items():
            _check_kept(kind, id, end, ended, compromised)
        for id in ended.keys() - gone.keys():
            if id not in known:
                raise _refused(kind, f"{id} was never trusted")
            _check_end(kind, id, ended[id][1], compromised, now)


def _check_used(
    kind: KeyKind,
    used: Mapping[str, Any],
    known: Mapping[str, Any],
    gone: Mapping[str, Any],
    ended: Mapping[str, Any],
) -> None:
    if not used and (kind != "note" or known):
        raise _refused(kind, "is missing: none would be in use")
    for id in used:
        if id in gone:
            raise _refused(kind, f"{id} was retired and is in use again")
        if id in ended:
            raise _refused(kind, f"{id} is retired and still in use")
    for id in known:
        if id not in used and id not in ended:
            raise _refused(kind, f"{id} was trusted, and is neither in use nor retired")


def _check_kept(
    kind: KeyKind,
    id: str,
    end: datetime,
    ended: Mapping[str, tuple[Any, datetime]],
    compromised: frozenset[str],
) -> None:
    if id not in ended:
        raise _refused(kind, f"{id} was retired, and is gone")
    moved = ended[id][1]
    if moved > end:
        raise _refused(kind, f"{id} ended at {end.isoformat()}, which cannot become later")
    if moved < end and id not in compromised:
        raise _refused(kind, f"{id} ended at {end.isoformat()}, which only a compromise makes earlier")


def _check_end(kind: KeyKind, id: str, end: datetime, compromised: frozenset[str], now: datetime) -> None:
    if id in compromised:
        if end > now:
            raise _refused(kind, f"{id} is compromised, and would count for a time to come")
        return
    least, most = now + LEAST_OVERLAP, now + MOST_OVERLAP
    if not least <= end <= most:
        raise _refused(
            kind,
            f"{id} must end between {least.isoformat(timespec='seconds')} and "
            f"{most.isoformat(timespec='seconds')}, or have been compromised",
        )


def _in_use(root: TrustRoot) -> dict[KeyKind, dict[str, Any]]:
    return {
        "ca": {fingerprint(certificate): certificate for certificate in root.authorities},
        "ct": {key_id(root.ct_key).hex(): root.ct_key},
        "log": {key_id(root.log_key).hex(): root.log_key},
        "note": {} if root.note_key is None else {note_key_id(root.note_key): root.note_key},
    }


def _retired(root: TrustRoot) -> dict[KeyKind, dict[str, tuple[Any, datetime]]]:
    retired = root.retired
    return {
        "ca": {fingerprint(certificate): (certificate, end) for certificate, end in retired.authorities},
        "ct": {key_id(key).hex(): (key, end) for key, end in retired.ct_keys},
        "log": {key_id(key).hex(): (key, end) for key, end in retired.log_keys},
        "note": {note_key_id(key): (key, end) for key, end in retired.note_keys},
    }


def note_key_id(key: VerifierKey) -> str:
    """SHA-256, in hex, of an Ed25519 key's SubjectPublicKeyInfo."""
    public = Ed25519PublicKey.from_public_bytes(key.material)
    return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _refused(kind: KeyKind, message: str) -> RotationError:
    return RotationError(f"{kind} key {message}", field=f"retired.{kind}")

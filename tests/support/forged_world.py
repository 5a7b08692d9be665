"""A log with a stranger beside it, and the certificates that its authority should never have issued."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.log_forge import BOTS, ISSUER, NOW, Entry, Forge, an_action, an_intent, stamp
from writ.ledger.bundle import Bundle
from writ.ledger.session import Session, new_session_key
from writ.ledger.trust import Retired, TrustRoot
from writ.ledger.verify_bundle import IdentityPolicy
from writ.ledger.x509 import SCT_LIST

BOT: Final = "backlog"
INDEX: Final = 3
INTEGRATED: Final = NOW + timedelta(seconds=2)
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

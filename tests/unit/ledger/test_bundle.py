"""Bundles: a genuine one verifies, whatever keys were replaced since; every edit and every lie is refused."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests.support.forged_world import BOT, INDEX, INTEGRATED, World, rotated
from tests.support.log_forge import BOTS, ISSUER, NOW, an_action, an_intent, stamp
from tests.support.tampering import Edit, edits
from tests.support.witnesses import MemoryWitness, log_key
from writ.ledger.bundle import MAX_BUNDLE, Bundle
from writ.ledger.checkpoint import Checkpoint, open_checkpoint
from writ.ledger.cosignature import cosign
from writ.ledger.errors import VerificationError
from writ.ledger.note import Note
from writ.ledger.trust import TrustRoot
from writ.ledger.verify_bundle import IdentityPolicy, verify_bundle
from writ.ledger.witness_policy import Policy, WitnessQuorum

# Which checks may refuse an edit of each group.
REFUSED_BY = {
    "payload": {"ledger.leaf", "ledger.proof", "ledger.statement"},
    "type": {"ledger.bundle"},
    "signature": {"ledger.leaf", "ledger.bundle"},
    "proof": {"ledger.proof"},
    "checkpoint": {"ledger.checkpoint", "ledger.proof"},
    "certificate": {"ledger.certificate", "ledger.leaf"},
    "identity": {"ledger.certificate", "ledger.statement", "ledger.identity"},
    "time": {"ledger.promise", "ledger.time", "ledger.certificate", "ledger.bundle"},
    "promise": {"ledger.promise", "ledger.bundle"},
    "place": {"ledger.proof", "ledger.log", "ledger.bundle"},
    "body": {"ledger.proof", "ledger.leaf"},
    "trust root": {"ledger.log", "ledger.certificate"},
    "policy": {"ledger.identity", "ledger.time"},
    "form": {"ledger.bundle"},
}
EDITS = list(edits())
_WORLD = World()


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_genuine_bundle_proves_who_what_where_and_when(world: World) -> None:
    verified = verify_bundle(
        world.bundle.encode(), world.forge.trust, IdentityPolicy(BOT, ISSUER, INTEGRATED)
    )
    assert verified.identity == BOTS + BOT
    assert verified.statement.predicate.entry == world.entries[INDEX].id
    assert (verified.index, verified.checkpoint.size) == (INDEX, 10)
    assert verified.integrated_at == INTEGRATED


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
def test_bundle_of_every_leaf_of_a_small_log_verifies(world: World, size: int) -> None:
    for index in range(size):
        data = world.forge.bundle(world.entries[:size], index).encode()
        assert verify_bundle(data, world.forge.trust, IdentityPolicy(BOT)).index == index


def test_bundle_reads_back_whatever_its_white_space_and_order(world: World) -> None:
    data = world.bundle.encode()
    assert Bundle.decode(data) == world.bundle
    shuffled = json.dumps(dict(reversed(json.loads(data).items())), indent=3).encode()
    assert Bundle.decode(shuffled) == world.bundle


def test_there_are_forty_edits_and_each_has_a_name_of_its_own() -> None:
    names = {(edit.group, edit.name) for edit in EDITS}
    assert len(names) == len(EDITS) >= 40
    assert {edit.group for edit in EDITS} == REFUSED_BY.keys()


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: f"{edit.group}: {edit.name}")
def test_edited_bundle_is_refused_for_what_was_edited(world: World, edit: Edit) -> None:
    case = edit.make(world)
    with pytest.raises(VerificationError) as refused:
        verify_bundle(case.data, case.trust, case.policy)
    assert refused.value.code in REFUSED_BY[edit.group]


def test_bundle_is_refused_when_any_byte_changes(world: World) -> None:
    data, generator = world.bundle.encode(), random.Random(1)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << generator.randrange(8)
        with pytest.raises(VerificationError):
            verify_bundle(bytes(changed), world.forge.trust, IdentityPolicy(BOT))


def test_bundle_is_refused_when_its_certificate_has_a_negative_serial_number(world: World) -> None:
    certificate = bytearray(world.bundle.certificate)
    number = x509.load_der_x509_certificate(world.bundle.certificate).serial_number
    at = certificate.index(number.to_bytes((number.bit_length() + 8) // 8))
    certificate[at] |= 0x80
    changed = replace(world.bundle, certificate=bytes(certificate)).encode()
    with pytest.raises(VerificationError):
        verify_bundle(changed, world.forge.trust, IdentityPolicy(BOT))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.binary(max_size=400) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_raises_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"ledger\.bundle"):
        Bundle.decode(data)


@given(st.data())
def test_genuine_form_with_any_member_replaced_raises_one_kind_of_error(data: st.DataObject) -> None:
    document = json.loads(_WORLD.bundle.encode())
    place: Any = document
    path: list[tuple[Any, Any]] = []
    while isinstance(place, dict | list) and place and (not path or data.draw(st.booleans())):
        names = list(place) if isinstance(place, dict) else list(range(len(place)))
        path.append((place, data.draw(st.sampled_from(names))))
        place = path[-1][0][path[-1][1]]
    holder, name = path[-1]
    before, holder[name] = holder[name], data.draw(JSON)
    if holder[name] == before:
        return
    with pytest.raises(VerificationError):
        verify_bundle(json.dumps(document).encode(), _WORLD.forge.trust, IdentityPolicy(BOT))


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b"[" * MAX_BUNDLE + b"]", b'"\\ud800"', b"\xff", b"1" * 5000]
)
def test_hostile_json_raises_the_same_error(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"ledger\.bundle"):
        Bundle.decode(data)


@pytest.mark.parametrize("kind", ["log", "ct", "ca"])
def test_old_and_new_bundles_verify_after_a_key_was_replaced(world: World, kind: str) -> None:
    after, trust = rotated(world.forge, world.stranger, kind)
    later = NOW + timedelta(hours=2)
    entries = [*world.entries, *after.actions(1, after.session(BOT))]
    for data in (
        world.bundle.encode(),
        after.bundle(entries, 10).encode(),
        after.bundle(entries, INDEX, INTEGRATED).encode(),  # an old entry, asked for later
    ):
        assert verify_bundle(data, trust, IdentityPolicy(BOT)).identity == BOTS + BOT
        assert (
            verify_bundle(data, TrustRoot.decode(trust.encode()), IdentityPolicy(BOT)).identity == BOTS + BOT
        )
    stale = world.logged(
        world.forge.entry(
            world.forge.session(BOT, later), an_intent(an_action(78), stamped=stamp(time=later, seed="78"))
        ),
        at=later,
        trust=trust,
    )
    with pytest.raises(VerificationError, match=r"retired|does not count"):
        verify_bundle(stale.data, stale.trust, stale.policy)


def test_witnesses_decide_over_the_checkpoint_that_was_verified(world: World) -> None:
    seen: list[tuple[bytes, Checkpoint]] = []

    class Quorum:
        def check(self, note: bytes, checkpoint: Checkpoint) -> None:
            seen.append((note, checkpoint))
            if len(seen) > 1:
                raise VerificationError("nobody saw it", code="ledger.witnesses")

    quorum, bundle, trust = Quorum(), world.bundle, world.forge.trust
    verify_bundle(bundle.encode(), trust, IdentityPolicy(BOT, witnesses=quorum))
    opened = open_checkpoint(bundle.proof.checkpoint, trust.origin, trust.log_key)
    assert seen == [(bundle.proof.checkpoint, opened)]
    with pytest.raises(VerificationError, match="nobody saw it"):
        verify_bundle(bundle.encode(), trust, IdentityPolicy(BOT, witnesses=quorum))


def test_bundle_whose_checkpoint_a_quorum_cosigned_verifies_under_its_policy(world: World) -> None:
    witness, trust = MemoryWitness(), world.forge.trust
    wanted = Policy.parse(f"witness w {witness.verifier.encode()}\nquorum w\n".encode())
    quorum = WitnessQuorum(wanted, (log_key(world.forge),), NOW)
    policy = IdentityPolicy(BOT, witnesses=quorum)
    with pytest.raises(VerificationError, match=r"ledger\.quorum"):
        verify_bundle(world.bundle.encode(), trust, policy)
    note = Note.parse(world.bundle.proof.checkpoint)
    cosigned = note.signed_with([cosign(note.text, witness.verifier, NOW, witness.key.sign)])
    bundle = replace(world.bundle, proof=replace(world.bundle.proof, checkpoint=cosigned.encode()))
    assert verify_bundle(bundle.encode(), trust, policy).checkpoint.size == 10
    with pytest.raises(VerificationError, match="of another checkpoint"):
        quorum.check(cosigned.encode(), Checkpoint("other", 10, bytes(32)))

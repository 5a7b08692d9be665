"""No byte of a pack can change: a bit flipped at every position, each flip really verified.

`WRIT_PACK_FLIPS` sets how many bits of a byte are; `make test-ledger-bytes` flips all eight.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packs import PackWorld, unpack
from writ.ledger import archive, pack_verifier
from writ.ledger.errors import VerificationError
from writ.ledger.pack import MANIFEST
from writ.ledger.pack_copy import pack_of_copy
from writ.ledger.question import Question
from writ.ledger.trust import TrustRoot
from writ.ledger.verify_pack import verify_pack

# Bits flipped at every position, from another one at the next, and statements in the pack.
FLIPS = int(os.environ.get("WRIT_PACK_FLIPS", "1"))
STATEMENTS = int(os.environ.get("WRIT_PACK_STATEMENTS", "1"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> PackWorld:
    return PackWorld(tmp_path_factory.mktemp("log"), max(6, STATEMENTS))


@pytest.fixture(scope="module")
def mixed(world: PackWorld) -> bytes:
    """One pack for every example: a signature made anew may be a byte longer."""
    return world.mixed().encode()


def refused(data: bytes, trust: TrustRoot) -> bool:
    try:
        verify_pack(data, trust)
    except VerificationError:
        return True
    return False


def test_every_flipped_bit_of_a_pack_is_refused(world: PackWorld) -> None:
    trust = world.forge.trust
    logged = [world.logged(index) for index in range(STATEMENTS)]
    gone = [world.logged(index, erased=True) for index in (4, 5) if index >= STATEMENTS]
    pack = world.pack(*logged, *gone, erasures=[world.logged(world.erasure)] if gone else [])
    data = bytearray(pack.encode())
    assert not refused(bytes(data), trust)
    for position in range(len(data)):
        for number in range(position, position + FLIPS):
            flip = 1 << number % 8
            data[position] ^= flip
            assert refused(bytes(data), trust), (position, flip)
            data[position] ^= flip


@given(st.data())
def test_edit_of_any_file_is_refused_even_with_every_checksum_made_good(
    world: PackWorld, mixed: bytes, data: st.DataObject
) -> None:
    members = archive.decode(mixed)
    name = data.draw(st.sampled_from(sorted(members)))
    content = bytearray(members[name])
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= 1 << data.draw(st.integers(0, 7))
    assert refused(archive.encode({**members, name: bytes(content)}), world.forge.trust)


@given(data=st.data())
def test_stand_alone_verifier_refuses_an_edit_of_any_file(
    world: PackWorld, mixed: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """But for the manifest's own words that no statement bears out, which `writ ledger verify` compares."""
    members = archive.decode(mixed)
    name = data.draw(st.sampled_from(sorted(members.keys() - {MANIFEST})))
    content = bytearray(members[name])
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    folder = unpack(archive.encode({**members, name: bytes(content)}), tmp_path_factory.mktemp("pack"))
    checks = pack_verifier.Checks(folder, None)
    checks.run()
    assert checks.problems


@given(hidden=st.sets(st.integers(0, 5), min_size=1), stated=st.booleans())
def test_both_verifiers_take_a_leaf_for_erased_when_an_erasure_in_the_pack_names_it_and_only_then(
    world: PackWorld, hidden: set[int], stated: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    gone = [world.logged(index, erased=True) for index in hidden]
    needed = stated and not hidden.isdisjoint({4, 5})
    erasures = [world.logged(world.erasure)] if needed else []
    data = world.pack(*gone, erasures=erasures).encode()
    checks = pack_verifier.Checks(unpack(data, tmp_path_factory.mktemp("pack")), None)
    checks.run()
    accepted = needed and hidden <= {4, 5}
    assert (not refused(data, world.forge.trust), not checks.problems) == (accepted, accepted)


@given(st.binary(max_size=300), st.integers(0, 2**32))
def test_no_bytes_raise_anything_but_a_verification_error(
    world: PackWorld, mixed: bytes, noise: bytes, place: int
) -> None:
    data = mixed
    at = place % len(data)
    for forged in (noise, b"PK\x03\x04" + noise, data[:at] + noise + data[at + len(noise) :], data[:at]):
        assert forged == data or refused(forged, world.forge.trust)


@given(
    st.dictionaries(
        st.sampled_from(["manifest.json", "trust.json", "checkpoint", "index.html", "a"]),
        st.binary(max_size=60),
        min_size=1,
    )
)
def test_well_formed_archive_of_nonsense_is_refused(
    world: PackWorld, mixed: bytes, members: dict[str, bytes]
) -> None:
    genuine = archive.decode(mixed)
    assert refused(archive.encode(members), world.forge.trust)
    changed = {**genuine, **members}
    assert changed == genuine or refused(archive.encode(changed), world.forge.trust)


@given(st.lists(st.integers(0, 5), min_size=1, unique=True), st.booleans())
@settings(max_examples=30)
def test_same_question_has_the_same_bytes_in_whatever_order_things_are_found(
    world: PackWorld, tasks: list[int], promised: bool
) -> None:
    logged = [world.logged(index, promised=promised) for index in tasks]
    assert world.pack(*logged).encode() == world.pack(*reversed(logged)).encode()


@given(st.integers(0, 5))
@settings(max_examples=6)
def test_copy_answers_a_question_about_each_subject_with_what_verifies(world: PackWorld, task: int) -> None:
    data = pack_of_copy(world.copy, world.forge.trust, Question.of(name=f"task:task-{task}")).encode()
    assert {item.index for item in verify_pack(data, world.forge.trust).items} == {2 * task, 2 * task + 1}

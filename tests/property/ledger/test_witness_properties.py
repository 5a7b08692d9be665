"""A witness and its log in any order of requests; and any bytes at all."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.log_forge import NOW, ORIGIN, Forge
from tests.support.witnesses import MemoryWitness, MemoryWitnesses, Tree, log_key
from writ.contracts.errors import ConflictError
from writ.ledger.cosigning import CosignatureClient
from writ.ledger.errors import VerificationError
from writ.ledger.note import Note, VerifierKey
from writ.ledger.witness import AddCheckpoint
from writ.ledger.witness_policy import Policy, verify_quorum

SIZES = st.integers(0, 40)
HISTORIES = (Tree(40), Tree(40, salt="other"))


@cache
def forge() -> Forge:
    return Forge()


@given(st.lists(st.tuples(st.sampled_from(HISTORIES), SIZES, SIZES, st.booleans()), max_size=12))
def test_whatever_is_asked_all_that_is_cosigned_is_one_growing_history(
    requests: list[tuple[Tree, int, int, bool]],
) -> None:
    """I5, kept by somebody else: no split view and no rollback, whoever asks for what with which proof."""
    witness = MemoryWitness().watch(log_key(forge()))
    for tree, old, new, honest in requests:
        seen = witness.logs.logs[ORIGIN].seen
        first = (seen.size if seen else 0) if honest else old
        request = AddCheckpoint(first, tuple(tree.proof(first, new)), tree.note(forge(), new).encode())
        answer = witness.server().add_checkpoint(request.encode(), NOW)
        assert answer.status in {200, 400, 409, 422}
        assert (answer.status == 200) == (witness.logs.logs[ORIGIN].seen is not seen)
    heads = [head for _, head in witness.logs.advanced]
    assert [head.size for head in heads] == sorted(head.size for head in heads)
    assert any(all(tree.head(head.size).root == head.root for head in heads) for tree in HISTORIES)


@given(st.lists(SIZES.filter(bool), min_size=1, max_size=10))
def test_any_number_of_clients_of_an_honest_log_end_with_its_largest_head(
    sizes: list[int],
) -> None:
    tree, witness = HISTORIES[0], MemoryWitness().watch(log_key(forge()))
    clients = [CosignatureClient(witness.known(), MemoryWitnesses([witness])) for _ in range(3)]
    for number, size in enumerate(sizes):
        ahead = size < max(sizes[:number], default=0)
        with pytest.raises(ConflictError, match=r"witness\.ahead") if ahead else nullcontext():
            clients[number % 3].obtain(tree.note(forge(), size), tree.head(size), tree.proof)
    seen = witness.logs.logs[ORIGIN].seen
    assert seen is not None
    assert seen.size == max(sizes)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_of_a_witness(body: bytes) -> None:
    witness = MemoryWitness().watch(log_key(forge()))
    assert witness.server().add_checkpoint(body, NOW).status == 400


@cache
def request() -> bytes:
    return AddCheckpoint(0, (), HISTORIES[0].note(forge(), 7).encode()).encode()


@given(st.data())
def test_a_changed_byte_of_a_request_is_never_cosigned(data: st.DataObject) -> None:
    witness = MemoryWitness().watch(log_key(forge()))
    changed = bytearray(request())
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    assert witness.server().add_checkpoint(bytes(changed), NOW).status in {400, 403, 404, 409}


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_refused_with_the_one_error(data: bytes) -> None:
    for read in (
        Note.parse,
        Policy.parse,
        AddCheckpoint.decode,
        lambda raw: VerifierKey.parse(raw.decode("latin-1")),
    ):
        try:
            read(data)
        except VerificationError:
            continue
    with pytest.raises(VerificationError):
        verify_quorum(data, Policy("none"), now=NOW, logs=[log_key(forge())])

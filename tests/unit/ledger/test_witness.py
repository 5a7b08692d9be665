"""A witness: it cosigns what continues what it saw, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.log_forge import NOW, ORIGIN, Forge
from tests.support.witnesses import MemoryWitness, Tree, log_key, note_key
from writ.contracts.errors import TransientError
from writ.ledger.cosignature import cosign, cosigned_at, cosigned_message, verify_cosignature
from writ.ledger.errors import VerificationError
from writ.ledger.merkle import EMPTY_ROOT
from writ.ledger.note import Note, Signature, parse_signatures
from writ.ledger.witness import MAX_PROOF, MAX_REQUEST, SIZE_TYPE, AddCheckpoint, Answer, Witness
from writ.ports.witness import SeenHead, WatchedLog

TREE = Tree(70)
OTHER = Tree(70, salt="another history")
HASH = b64encode(bytes(32)).decode()


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


@pytest.fixture
def witness(forge: Forge) -> MemoryWitness:
    return MemoryWitness().watch(log_key(forge))


def ask(
    witness: MemoryWitness,
    forge: Forge,
    old: int,
    new: int,
    tree: Tree = TREE,
    *,
    proof: tuple[bytes, ...] | None = None,
    now: datetime = NOW,
) -> Answer:
    hashes = tuple(tree.proof(old, new)) if proof is None else proof
    request = AddCheckpoint(old, hashes, tree.note(forge, new).encode())
    return witness.server().add_checkpoint(request.encode(), now)


def seen(witness: MemoryWitness) -> SeenHead | None:
    return witness.logs.logs[ORIGIN].seen


def test_first_checkpoint_is_cosigned_without_a_proof(witness: MemoryWitness, forge: Forge) -> None:
    answer = ask(witness, forge, 0, 5)
    assert answer.status == 200
    [line] = parse_signatures(answer.body.decode())
    assert (line.name, line.key_id) == (witness.name, witness.verifier.key_id)
    assert verify_cosignature(line, TREE.head(5).text(), witness.verifier) == NOW
    assert seen(witness) == SeenHead(5, TREE.head(5).root)


def test_every_step_of_a_growing_log_is_cosigned(witness: MemoryWitness, forge: Forge) -> None:
    sizes = [0, 1, 2, 3, 8, 8, 9, 63, 64, 70]
    for old, new in pairwise(sizes):
        assert ask(witness, forge, old, new).status == 200, (old, new)
    assert seen(witness) == SeenHead(70, TREE.head(70).root)


def test_cosigned_message_is_the_one_of_the_specification() -> None:
    text = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosigned_message(text, 1679315147) == b"cosignature/v1\ntime 1679315147\n" + text


def test_cosignature_line_is_key_id_time_and_signature(witness: MemoryWitness) -> None:
    line = cosign(b"text\n", witness.verifier, datetime.fromtimestamp(1679315147, UTC), witness.key.sign)
    assert line.data[:8] == (1679315147).to_bytes(8, "big")
    assert len(line.data) == 72
    witness.key.public_key().verify(line.data[8:], b"cosignature/v1\ntime 1679315147\ntext\n")


def test_split_view_is_refused(witness: MemoryWitness, forge: Forge) -> None:
    """I5: whatever proof comes with it, the other history of one log is not cosigned."""
    assert ask(witness, forge, 0, 40).status == 200
    for proof in (None, tuple(TREE.proof(40, 50)), ()):
        assert ask(witness, forge, 40, 50, OTHER, proof=proof).status == 422
    refused = ask(witness, forge, 40, 40, OTHER, proof=())
    assert (refused.status, refused.body) == (409, b"40\n")
    assert seen(witness) == SeenHead(40, TREE.head(40).root)


def test_rollback_is_refused_with_the_size_that_was_seen(witness: MemoryWitness, forge: Forge) -> None:
    assert ask(witness, forge, 0, 40).status == 200
    for old, new in ((0, 39), (39, 39), (20, 30), (0, 70), (39, 70)):
        answer = ask(witness, forge, old, new)
        assert (answer.status, answer.body, answer.content_type) == (409, b"40\n", SIZE_TYPE)
    assert ask(witness, forge, 40, 39, proof=()).status == 400
    assert seen(witness) == SeenHead(40, TREE.head(40).root)


def test_unchanged_head_is_cosigned_again_at_its_new_time(witness: MemoryWitness, forge: Forge) -> None:
    later = NOW + timedelta(minutes=10)
    assert ask(witness, forge, 0, 40).status == 200
    again = ask(witness, forge, 40, 40, now=later)
    [line] = parse_signatures(again.body.decode())
    assert verify_cosignature(line, TREE.head(40).text(), witness.verifier) == later


def test_proof_that_does_not_hold_is_refused(witness: MemoryWitness, forge: Forge) -> None:
    assert ask(witness, forge, 0, 40).status == 200
    good = tuple(TREE.proof(40, 70))
    for bad in ((), good[:-1], (*good, good[0]), good[::-1], (bytes(32), *good[1:])):
        assert ask(witness, forge, 40, 70, proof=bad).status == 422
    assert ask(witness, forge, 40, 40, proof=good).status == 422
    assert seen(witness) == SeenHead(40, TREE.head(40).root)


def test_proof_from_an_empty_tree_is_refused(witness: MemoryWitness, forge: Forge) -> None:
    assert ask(witness, forge, 0, 5, proof=(bytes(32),)).status == 422
    assert seen(witness) is None


def test_empty_tree_has_one_root(witness: MemoryWitness, forge: Forge) -> None:
    def empty(root: bytes) -> int:
        request = AddCheckpoint(0, (), forge.note(0, root))
        return witness.server().add_checkpoint(request.encode(), NOW).status

    assert empty(bytes(32)) == 422
    assert empty(EMPTY_ROOT) == 200
    assert seen(witness) == SeenHead(0, EMPTY_ROOT)
    assert ask(witness, forge, 0, 5).status == 200


def test_log_that_is_not_watched_is_not_found(forge: Forge) -> None:
    assert ask(MemoryWitness(), forge, 0, 5).status == 404


def test_key_that_is_not_the_logs_is_forbidden(forge: Forge) -> None:
    stranger = MemoryWitness().watch(log_key(Forge()))
    assert ask(stranger, forge, 0, 5).status == 403
    assert seen(stranger) is None


def test_a_bad_line_of_a_known_key_is_forbidden_beside_a_good_one(forge: Forge) -> None:
    second = Ed25519PrivateKey.generate()
    witness = MemoryWitness().watch(log_key(forge), note_key(second))
    lie = Signature(ORIGIN, note_key(second).key_id, second.sign(b"another text"))
    note = TREE.note(forge, 5)
    spoilt = AddCheckpoint(0, (), note.signed_with([lie]).encode())
    assert witness.server().add_checkpoint(spoilt.encode(), NOW).status == 403
    truth = Signature(ORIGIN, note_key(second).key_id, second.sign(note.text))
    good = AddCheckpoint(0, (), note.signed_with([truth]).encode())
    assert witness.server().add_checkpoint(good.encode(), NOW).status == 200


def test_one_of_several_keys_of_a_log_is_enough(forge: Forge) -> None:
    assert ask(MemoryWitness().watch(log_key(Forge()), log_key(forge)), forge, 0, 5).status == 200


def test_extension_lines_are_cosigned_with_the_rest(forge: Forge) -> None:
    second = Ed25519PrivateKey.generate()
    witness = MemoryWitness().watch(note_key(second))
    text = TREE.head(5).text() + b"extension\n"
    note = Note(text, (Signature(ORIGIN, note_key(second).key_id, second.sign(text)),))
    answer = witness.server().add_checkpoint(AddCheckpoint(0, (), note.encode()).encode(), NOW)
    [line] = parse_signatures(answer.body.decode())
    assert verify_cosignature(line, text, witness.verifier) == NOW


def test_a_signed_text_that_is_no_checkpoint_is_a_bad_request(forge: Forge) -> None:
    second = Ed25519PrivateKey.generate()
    witness = MemoryWitness().watch(note_key(second))
    for body in (b"x\n", b"01\n", b"5\nAAAA\n", b"9223372036854775808\n" + HASH.encode() + b"\n"):
        text = ORIGIN.encode() + b"\n" + body
        note = Note(text, (Signature(ORIGIN, note_key(second).key_id, second.sign(text)),))
        request = AddCheckpoint(0, (), note.encode())
        assert witness.server().add_checkpoint(request.encode(), NOW).status == 400


@pytest.mark.parametrize(
    "head",
    [
        "", "old", "old ", "old  1", "old 01", "old -1", "old +1", "old 1 ", "OLD 1", " old 1", "old 1\r",
        "old 0x1", "old ١", "old 99999999999999999999", "old 1\nAAAA", f"old 1\n{HASH} ", f"old 1\n {HASH}",
        f"old 1\n{HASH[:-1]}", f"old 1\n{HASH[:-2]}B=", f"old 1\n{HASH}\r", "old 1\nold 1",
        "old 1" + f"\n{HASH}" * (MAX_PROOF + 1),
    ],
)  # fmt: skip
def test_malformed_request_is_a_bad_one(witness: MemoryWitness, forge: Forge, head: str) -> None:
    body = head.encode() + b"\n\n" + TREE.note(forge, 5).encode()
    assert witness.server().add_checkpoint(body, NOW).status == 400
    with pytest.raises(VerificationError, match=r"witness\.request"):
        AddCheckpoint.decode(body)


def test_request_without_a_whole_checkpoint_is_a_bad_one(witness: MemoryWitness, forge: Forge) -> None:
    note = TREE.note(forge, 5).encode()
    for body in (b"", b"old 0\n", b"old 0\n\n", b"old 0\n" + note, b"old 0\n\n" + note[:-1], b"\xff\n\n"):
        assert witness.server().add_checkpoint(body, NOW).status == 400
    assert witness.server().add_checkpoint(b"x" * (MAX_REQUEST + 1), NOW).status == 400


def test_request_reads_back_as_it_was_written(forge: Forge) -> None:
    request = AddCheckpoint(40, tuple(TREE.proof(40, 70)), TREE.note(forge, 70).encode())
    assert AddCheckpoint.decode(request.encode()) == request
    assert request.encode().startswith(b"old 40\n")


def test_two_requests_at_once_cannot_roll_the_witness_back(witness: MemoryWitness, forge: Forge) -> None:
    """The race of the specification: while one is considered, a larger one is cosigned."""
    assert ask(witness, forge, 0, 10).status == 200

    def overtake() -> None:
        witness.logs.before_advance = lambda: None
        assert ask(witness, forge, 10, 60).status == 200

    witness.logs.before_advance = overtake
    refused = ask(witness, forge, 10, 20)
    assert (refused.status, refused.body) == (409, b"60\n")
    assert seen(witness) == SeenHead(60, TREE.head(60).root)


def test_an_unchanged_head_is_not_cosigned_once_a_larger_one_is(witness: MemoryWitness, forge: Forge) -> None:
    assert ask(witness, forge, 0, 10).status == 200

    def overtake() -> None:
        witness.logs.before_advance = lambda: None
        assert ask(witness, forge, 10, 60).status == 200

    witness.logs.before_advance = overtake
    assert ask(witness, forge, 10, 10, now=NOW + timedelta(minutes=1)).status == 409


def test_nothing_is_cosigned_that_is_not_remembered(forge: Forge) -> None:
    class Forgetful:
        def read(self, origin: str) -> WatchedLog:
            return WatchedLog((log_key(forge).encode(),))

        def advance(self, origin: str, before: SeenHead | None, after: SeenHead) -> None:
            raise TransientError("the table does not answer")

    signed: list[bytes] = []

    def sign(message: bytes) -> bytes:
        signed.append(message)
        return bytes(64)

    server = Witness(MemoryWitness().verifier, Forgetful(), sign)
    with pytest.raises(TransientError):
        server.add_checkpoint(AddCheckpoint(0, (), TREE.note(forge, 5).encode()).encode(), NOW)
    assert signed == []


def test_a_witness_whose_key_failed_cosigns_when_it_is_asked_again(
    witness: MemoryWitness, forge: Forge
) -> None:
    def fail(_: bytes) -> bytes:
        raise TransientError("KMS does not answer")

    request = AddCheckpoint(0, (), TREE.note(forge, 5).encode()).encode()
    with pytest.raises(TransientError):
        Witness(witness.verifier, witness.logs, fail).add_checkpoint(request, NOW)
    assert witness.server().add_checkpoint(request, NOW).body == b"5\n"
    assert ask(witness, forge, 5, 5).status == 200


@pytest.mark.parametrize(
    "data",
    [b"", bytes(71), bytes(73), bytes(72), b"\xff" * 72, (2**40).to_bytes(8, "big") + bytes(64)],
)
def test_cosignature_is_refused_when_it_is_malformed_or_not_the_keys(
    witness: MemoryWitness, data: bytes
) -> None:
    line = Signature(witness.name, witness.verifier.key_id, data)
    with pytest.raises(VerificationError, match=r"ledger\.cosignature"):
        verify_cosignature(line, b"text\n", witness.verifier)


def test_every_flipped_bit_of_a_cosignature_is_seen(witness: MemoryWitness) -> None:
    good = cosign(b"text\n", witness.verifier, NOW, witness.key.sign)
    for position in range(len(good.data)):
        for bit in (1, 0x80):
            data = bytearray(good.data)
            data[position] ^= bit
            with pytest.raises(VerificationError):
                verify_cosignature(
                    Signature(good.name, good.key_id, bytes(data)), b"text\n", witness.verifier
                )


def test_newest_of_several_cosignatures_counts_and_strangers_do_not(
    witness: MemoryWitness, forge: Forge
) -> None:
    note = TREE.note(forge, 5)
    assert cosigned_at(note, witness.verifier) is None
    lines = [cosign(note.text, witness.verifier, NOW + timedelta(hours=h), witness.key.sign) for h in (2, 1)]
    stranger = Signature(witness.name, b"\0\0\0\0", bytes(72))
    both = Note(note.text, (*note.signatures, *lines, stranger))
    assert cosigned_at(both, witness.verifier) == NOW + timedelta(hours=2)

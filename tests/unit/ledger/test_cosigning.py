"""Asking witnesses: whatever they answer, the log gets a cosignature that holds or a reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.support.log_forge import NOW, Forge
from tests.support.witnesses import MemoryWitness, MemoryWitnesses, Tree, log_key
from writ.contracts.errors import ConflictError, TransientError, WritError
from writ.ledger.cosignature import cosign
from writ.ledger.cosigning import CosignatureClient, Cosigned
from writ.ports.witness import Reply

TREE = Tree(70)


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


@pytest.fixture
def witness(forge: Forge) -> MemoryWitness:
    return MemoryWitness().watch(log_key(forge))


@dataclass
class Scripted:
    """Answers what it was told to, whatever it is asked."""

    replies: list[Reply]
    asked: list[bytes] = field(default_factory=list)

    def post(self, prefix: str, body: bytes) -> Reply:
        self.asked.append(body)
        return self.replies.pop(0)


def obtain(client: CosignatureClient, forge: Forge, size: int, tree: Tree = TREE) -> Cosigned:
    return client.obtain(tree.note(forge, size), tree.head(size), tree.proof)


def test_log_is_cosigned_step_by_step_with_one_request_each(witness: MemoryWitness, forge: Forge) -> None:
    server = MemoryWitnesses([witness])
    client = CosignatureClient(witness.known(), server)
    for size in (5, 5, 6, 40, 70):
        assert obtain(client, forge, size).at == NOW
    assert [body.split(b"\n")[0] for _, body in server.asked] == [
        b"old 0",
        b"old 5",
        b"old 5",
        b"old 6",
        b"old 40",
    ]


def test_client_that_knows_nothing_asks_for_the_size(witness: MemoryWitness, forge: Forge) -> None:
    server = MemoryWitnesses([witness])
    obtain(CosignatureClient(witness.known(), server), forge, 40)
    obtain(CosignatureClient(witness.known(), server), forge, 70)
    assert [body.split(b"\n")[0] for _, body in server.asked] == [b"old 0", b"old 0", b"old 40"]


def test_other_history_is_told_apart_from_a_busy_witness(witness: MemoryWitness, forge: Forge) -> None:
    server = MemoryWitnesses([witness])
    obtain(CosignatureClient(witness.known(), server), forge, 40)
    other = Tree(70, salt="another history")
    for size in (40, 50):
        with pytest.raises(WritError) as refused:
            obtain(CosignatureClient(witness.known(), server), forge, size, other)
        assert refused.value.code == "witness.inconsistent"


def test_witness_that_saw_more_is_ahead(witness: MemoryWitness, forge: Forge) -> None:
    client = CosignatureClient(witness.known(), MemoryWitnesses([witness]))
    obtain(client, forge, 40)
    for asking in (client, CosignatureClient(witness.known(), MemoryWitnesses([witness]))):
        with pytest.raises(ConflictError) as ahead:
            obtain(asking, forge, 30)
        assert ahead.value.code == "witness.ahead"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(400, b""), "witness.refused"),
        (Reply(403, b"no"), "witness.refused"),
        (Reply(404, b"no"), "witness.refused"),
        (Reply(302, b""), "witness.refused"),
        (Reply(422, b""), "witness.inconsistent"),
        (Reply(429, b""), "witness.busy"),
        (Reply(503, b""), "witness.busy"),
        (Reply(409, b""), "witness.answer"),
        (Reply(409, b"4 0\n"), "witness.answer"),
        (Reply(409, b"\xff\n"), "witness.answer"),
        (Reply(409, b"0\n"), "witness.inconsistent"),
        (Reply(409, b"41\n"), "witness.ahead"),
        (Reply(200, b""), "witness.answer"),
        (Reply(200, b"\xff"), "witness.answer"),
        (Reply(200, "\u2014 witness.example/w1 AAAAAAA=\n".encode()), "witness.answer"),
        (Reply(200, b"<html>"), "witness.answer"),
    ],
)
def test_answer_that_is_no_cosignature_has_its_reason(
    witness: MemoryWitness, forge: Forge, reply: Reply, code: str
) -> None:
    with pytest.raises(WritError) as refused:
        obtain(CosignatureClient(witness.known(), Scripted([reply])), forge, 40)
    assert refused.value.code == code
    assert refused.value.retryable is (code == "witness.busy")


def test_cosignature_of_another_text_is_not_taken(witness: MemoryWitness, forge: Forge) -> None:
    line = cosign(TREE.head(39).text(), witness.verifier, NOW, witness.key.sign)
    with pytest.raises(WritError, match=r"witness\.answer"):
        obtain(CosignatureClient(witness.known(), Scripted([Reply(200, line.encode())])), forge, 40)


def test_lines_of_other_keys_in_an_answer_mean_nothing(witness: MemoryWitness, forge: Forge) -> None:
    text = TREE.head(40).text()
    ours = cosign(text, witness.verifier, NOW, witness.key.sign)
    other = MemoryWitness("other.example/w9")
    theirs = cosign(text, other.verifier, NOW, other.key.sign)
    reply = Reply(200, theirs.encode() + ours.encode())
    assert obtain(CosignatureClient(witness.known(), Scripted([reply])), forge, 40).signature == ours


def test_size_that_keeps_changing_ends_as_busy(witness: MemoryWitness, forge: Forge) -> None:
    server = Scripted([Reply(409, f"{size}\n".encode()) for size in (1, 2, 3, 4)])
    with pytest.raises(TransientError, match=r"witness\.busy"):
        obtain(CosignatureClient(witness.known(), server), forge, 40)
    assert len(server.asked) == 3


def test_witness_that_is_down_is_a_passing_trouble(witness: MemoryWitness, forge: Forge) -> None:
    server = MemoryWitnesses([witness], down={witness.name})
    with pytest.raises(TransientError):
        obtain(CosignatureClient(witness.known(), server), forge, 40)

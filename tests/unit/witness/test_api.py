"""The route of a witness, as an HTTP API calls it."""

from __future__ import annotations

import pytest

from functions.witness import api as routes
from functions.witness.api import api
from functions.witness.ports import Ports
from tests.support.http import Answer, call
from tests.support.log_forge import NOW, Forge
from tests.support.memory import ManualClock
from tests.support.witnesses import MemoryWitness, Tree, log_key
from writ.contracts.errors import TransientError
from writ.ledger.cosignature import verify_cosignature
from writ.ledger.note import parse_signatures
from writ.ledger.witness import AddCheckpoint, Witness
from writ.ports.witness import SeenHead, WatchedLog

TREE = Tree(20)


@pytest.fixture
def forge() -> Forge:
    return Forge()


@pytest.fixture
def witness(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> MemoryWitness:
    made = MemoryWitness().watch(log_key(forge))
    monkeypatch.setattr(routes, "connect", lambda: Ports(made.server(), ManualClock(NOW)))
    return made


def post(forge: Forge, old: int, new: int) -> Answer:
    request = AddCheckpoint(old, tuple(TREE.proof(old, new)), TREE.note(forge, new).encode())
    return call(api, "POST", "/v1/witness/add-checkpoint", request.encode().decode(), sub=None)


def test_cosignature_comes_back_without_a_token(witness: MemoryWitness, forge: Forge) -> None:
    answer = post(forge, 0, 7)
    assert answer.status == 200
    [line] = parse_signatures(answer.body)
    assert verify_cosignature(line, TREE.head(7).text(), witness.verifier) == NOW


def test_size_comes_back_as_the_protocol_says(witness: MemoryWitness, forge: Forge) -> None:
    post(forge, 0, 7)
    answer = post(forge, 0, 9)
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (409, "7\n", "text/x.tlog.size")


def test_garbage_is_a_bad_request(witness: MemoryWitness) -> None:
    for body in ("", "{}", "old 0\n\nnonsense", "\u2014"):
        assert call(api, "POST", "/v1/witness/add-checkpoint", body, sub=None).status == 400


def test_trouble_inside_is_told_as_such_and_no_more(
    witness: MemoryWitness, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def read(self, origin: str) -> WatchedLog | None:
            raise TransientError("the table of the witness does not answer")

        def advance(self, origin: str, before: SeenHead | None, after: SeenHead) -> None:
            raise AssertionError

    broken = Witness(witness.verifier, Broken(), witness.key.sign)
    monkeypatch.setattr(routes, "connect", lambda: Ports(broken, ManualClock(NOW)))
    answer = post(forge, 0, 7)
    assert (answer.status, answer.body["detail"]) == (503, "Temporarily unavailable")

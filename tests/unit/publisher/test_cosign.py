"""The publisher: cosignatures come onto the checkpoint, and nothing that happens to it harms the log."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from functions.publisher.cosign import REFRESH_AFTER, REST, Cosigning, Publisher
from tests.support.log_forge import NOW, ORIGIN
from tests.support.witnesses import MemoryWitness, MemoryWitnesses, Tree, log_key
from tests.unit.evidence.conftest import Log
from writ.contracts.errors import WritError
from writ.ledger.checkpoint import open_checkpoint
from writ.ledger.cosignature import cosigned_at
from writ.ledger.errors import VerificationError
from writ.ledger.logcopy import TRUST_ROOT, WITNESS_POLICY
from writ.ledger.note import KeyType, Note, Signature
from writ.ledger.witness_policy import Policy, verify_quorum
from writ.ports.witness import Reply


@dataclass
class Place:
    """A log, two witnesses and a publisher."""

    log: Log = field(default_factory=Log)
    first: MemoryWitness = field(default_factory=MemoryWitness)
    second: MemoryWitness = field(default_factory=lambda: MemoryWitness("witness.example/w2"))

    def __post_init__(self) -> None:
        for witness in (self.first, self.second):
            witness.watch(log_key(self.log.forge))
        self.server = MemoryWitnesses([self.first, self.second])
        self.log.files.files[WITNESS_POLICY] = self.policy_bytes
        self.publisher = Publisher(self.log.files, self.server, self.log.clock)

    @property
    def policy_bytes(self) -> bytes:
        lines = [f"log {log_key(self.log.forge).encode()}"]
        for name, witness in (("one", self.first), ("two", self.second)):
            lines.append(f"witness {name} {witness.verifier.encode()} {witness.url}")
        return "".join(f"{line}\n" for line in [*lines, "group both all one two", "quorum both"]).encode()

    def grow(self, *numbers: int) -> None:
        for number in numbers:
            self.log.append(number)
        self.log.clock.instant = self.server.now = NOW

    def publish(self) -> Cosigning:
        self.server.now = self.log.clock.now()
        return self.publisher.publish()

    @property
    def note(self) -> Note:
        found = self.log.files.read_checkpoint()
        assert found is not None
        return Note.parse(found[0])

    def quorum(self) -> int:
        wanted = Policy.parse(self.policy_bytes)
        return verify_quorum(self.note.encode(), wanted, now=self.log.clock.now()).checkpoint.size


@pytest.fixture
def place() -> Place:
    return Place()


def test_every_checkpoint_comes_to_carry_both_cosignatures(place: Place) -> None:
    for number in range(9):
        place.grow(number)
        assert set(place.publish().cosigned) == {"one", "two"}
        assert place.quorum() == number + 1
        head = open_checkpoint(place.note.encode(), ORIGIN, place.log.forge.log_key.public_key())
        assert head.size == number + 1


def test_the_logs_own_line_stays_first(place: Place) -> None:
    place.grow(0)
    before = place.note
    place.publish()
    assert place.note.text == before.text
    assert place.note.signatures[: len(before.signatures)] == before.signatures


def test_what_is_cosigned_already_is_not_asked_for_again(place: Place) -> None:
    place.grow(0)
    place.publish()
    asked = len(place.server.asked)
    assert place.publish() == Cosigning(size=1)
    assert len(place.server.asked) == asked


def test_cosignatures_are_renewed_when_they_are_old(place: Place) -> None:
    place.grow(0)
    place.publish()
    place.log.clock.forward(minutes=REFRESH_AFTER.total_seconds() / 60)
    renewed = place.publish().cosigned
    assert set(renewed.values()) == {NOW + REFRESH_AFTER}
    assert len(place.note.signatures) == 3
    assert cosigned_at(place.note, place.first.verifier) == NOW + REFRESH_AFTER


def test_a_dead_witness_holds_up_neither_the_log_nor_the_other_witness(place: Place) -> None:
    place.server.down = {place.second.name}
    place.grow(0)
    done = place.publish()
    assert (set(done.cosigned), set(done.away), done.refusing) == ({"one"}, {"two"}, {})
    with pytest.raises(VerificationError, match=r"ledger\.quorum"):
        place.quorum()
    place.grow(1)
    assert set(place.publish().cosigned) == {"one"}


def test_a_dead_witness_is_left_alone_for_a_while_and_catches_up_afterwards(place: Place) -> None:
    place.server.down = {place.second.name}
    place.grow(0)
    place.publish()
    asked = len(place.server.asked)
    place.publish()
    assert len(place.server.asked) == asked
    place.server.down = set()
    place.grow(1, 2)
    place.log.clock.instant = NOW + REST
    assert set(place.publish().cosigned) == {"one", "two"}
    assert place.quorum() == 3


def test_a_checkpoint_that_was_replaced_meanwhile_is_left_and_the_new_one_cosigned(place: Place) -> None:
    place.grow(0)
    posted = place.server.post

    def overtaken(prefix: str, body: bytes) -> Reply:
        place.server.post = posted  # type: ignore[method-assign]
        place.log.append(1)
        return posted(prefix, body)

    place.server.post = overtaken  # type: ignore[method-assign]
    done = place.publish()
    assert (done.size, set(done.cosigned)) == (2, {"one", "two"})
    assert place.quorum() == 2


def test_a_head_published_again_keeps_its_cosignatures(place: Place) -> None:
    place.grow(0)
    place.publish()
    place.log.clock.forward(minutes=60 * 24)
    place.log.sequencer.sweep(timedelta(seconds=60))
    assert place.quorum() == 1
    assert len(place.note.signatures) == 3


def test_a_new_head_has_none_of_the_old_cosignatures(place: Place) -> None:
    place.grow(0)
    place.publish()
    place.grow(1)
    assert [line.name for line in place.note.signatures] == [ORIGIN]


def test_a_witness_that_knows_another_history_is_reported_and_the_other_one_cosigns(place: Place) -> None:
    other = Tree(5, salt="another history")
    lie = other.note(place.log.forge, 1)
    answer = place.first.server().add_checkpoint(b"old 0\n\n" + lie.encode(), NOW)
    assert answer.status == 200
    place.grow(0, 1)
    done = place.publish()
    assert {name: error.code for name, error in done.refusing.items()} == {"one": "witness.inconsistent"}
    assert set(done.cosigned) == {"two"}


def test_a_witness_that_saw_more_than_the_log_has_is_reported(place: Place) -> None:
    ahead = Tree(5).note(place.log.forge, 5)
    place.first.server().add_checkpoint(b"old 0\n\n" + ahead.encode(), NOW)
    place.grow(0)
    done = place.publish()
    assert {name: error.code for name, error in done.refusing.items()} == {"one": "witness.ahead"}


def test_a_witness_that_does_not_watch_the_log_is_reported(place: Place) -> None:
    place.second.logs.logs.clear()
    place.grow(0)
    assert {n: e.code for n, e in place.publish().refusing.items()} == {"two": "witness.refused"}


def test_a_line_that_does_not_hold_is_replaced_by_one_that_does(place: Place) -> None:
    place.grow(0)
    found = place.log.files.read_checkpoint()
    assert found is not None
    lie = Signature(place.first.name, place.first.verifier.key_id, bytes(72))
    place.log.files.replace_checkpoint(place.note.signed_with([lie]).encode(), found[1])
    place.publish()
    assert place.quorum() == 1


def test_a_checkpoint_the_log_did_not_sign_is_sent_to_nobody(place: Place) -> None:
    place.grow(0)
    found = place.log.files.read_checkpoint()
    assert found is not None
    place.log.files.replace_checkpoint(Tree(3).note(Place().log.forge, 3).encode(), found[1])
    with pytest.raises(VerificationError, match=r"ledger\.checkpoint"):
        place.publish()
    assert place.server.asked == []


def test_nothing_is_asked_before_there_is_a_checkpoint_or_a_policy(place: Place) -> None:
    assert place.publish() == Cosigning()
    place.grow(0)
    del place.log.files.files[WITNESS_POLICY]
    assert place.publish() == Cosigning()
    place.log.files.files[WITNESS_POLICY] = b"quorum none\n"
    assert place.publish() == Cosigning(size=1)
    del place.log.files.files[TRUST_ROOT]
    assert place.publish() == Cosigning()
    assert place.server.asked == []


def test_a_witness_without_a_url_is_one_for_verifiers_only(place: Place) -> None:
    place.log.files.files[WITNESS_POLICY] = f"witness w {place.first.verifier.encode()}\nquorum w\n".encode()
    place.grow(0)
    assert place.publish() == Cosigning(size=1)


def test_a_policy_that_does_not_read_is_an_error_that_names_the_line(place: Place) -> None:
    place.grow(0)
    place.log.files.files[WITNESS_POLICY] = b"quorum w\n"
    with pytest.raises(VerificationError) as refused:
        place.publish()
    assert (refused.value.code, refused.value.field) == ("ledger.policy", "line 1")


def test_a_tile_that_is_gone_is_an_error_of_the_log_and_not_of_the_witness(place: Place) -> None:
    place.grow(0)
    place.publish()
    place.grow(1, 2)
    for path in [path for path in place.log.files.files if path.startswith("tile/0/")]:
        del place.log.files.files[path]
    done = place.publish()
    assert {error.code for error in done.refusing.values()} == {"ledger.corrupt"}
    assert isinstance(next(iter(done.refusing.values())), WritError)


def test_two_publishers_at_once_lose_nothing(place: Place) -> None:
    place.grow(0)
    other = Publisher(place.log.files, place.server, place.log.clock)
    posted = place.server.post

    def both(prefix: str, body: bytes) -> Reply:
        place.server.post = posted  # type: ignore[method-assign]
        other.publish()
        return posted(prefix, body)

    place.server.post = both  # type: ignore[method-assign]
    place.publish()
    assert place.quorum() == 1


def test_second_key_of_the_log_is_verified_before_anything_is_sent(place: Place) -> None:
    place.grow(0)
    trust = replace(
        place.log.forge.trust, note_key=replace(place.first.verifier, name=ORIGIN, type=KeyType.ED25519)
    )
    key = trust.note_key
    assert key is not None
    lie = Signature(ORIGIN, key.key_id, bytes(64))
    found = place.log.files.read_checkpoint()
    assert found is not None
    place.log.files.files[TRUST_ROOT] = trust.encode()
    place.log.files.replace_checkpoint(place.note.signed_with([lie]).encode(), found[1])
    with pytest.raises(VerificationError, match="signature is bad"):
        place.publish()

"""Policies: read strictly, and met by a quorum or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from tests.support.log_forge import NOW, Forge
from tests.support.witnesses import MemoryWitness, Tree, log_key
from writ.ledger.cosignature import cosign
from writ.ledger.errors import VerificationError
from writ.ledger.note import Signature
from writ.ledger.witness_policy import Policy, verify_quorum

TREE = Tree(9)
FORGE = Forge()
LOG = log_key(FORGE).encode()
WITNESSES = [MemoryWitness(f"witness.example/w{number}") for number in range(6)]
V = [witness.verifier.encode() for witness in WITNESSES]


def policy(*lines: str) -> Policy:
    return Policy.parse("".join(f"{line}\n" for line in lines).encode())


THREE = [f"witness w{number} {V[number]}" for number in range(3)]


def cosigned(signers: Sequence[MemoryWitness], at: datetime = NOW, forge: Forge = FORGE) -> bytes:
    note = TREE.note(forge, 9)
    return note.signed_with([cosign(note.text, w.verifier, at, w.key.sign) for w in signers]).encode()


def refusal(note: bytes, wanted: Policy) -> str | None:
    try:
        verify_quorum(note, wanted, now=NOW, logs=[log_key(FORGE)])
    except VerificationError as error:
        return error.code
    return None


def test_example_of_the_specification_is_read() -> None:
    x, y = ([f"witness {kind}{n} {V[n + shift]}" for n in range(3)] for kind, shift in (("X", 0), ("Y", 3)))
    read = policy(
        "# two organisations", f"log {LOG} https://log.example", "", *x, "group X-witnesses 2 X0 X1 X2",
        " \t", *y, "  group Y-witnesses\tany Y0 Y1 Y2  ", "group X-and-Y all X-witnesses Y-witnesses",
        "quorum X-and-Y",
    )  # fmt: skip
    assert [key.encode() for key in read.logs] == [LOG]
    assert read.groups["X-witnesses"].threshold == 2
    assert read.is_met_by({"X0", "X2", "Y1"})
    assert not read.is_met_by({"X0", "X1", "X2"})
    assert not read.is_met_by({"X0", "Y0", "Y1", "Y2"})


@pytest.mark.parametrize(
    ("lines", "met", "unmet"),
    [
        (["quorum none"], [set()], []),
        ([*THREE, "quorum w1"], [{"w1"}, {"w0", "w1"}], [set(), {"w0", "w2"}]),
        ([*THREE, "group g all w0 w1 w2", "quorum g"], [{"w0", "w1", "w2"}], [{"w0", "w1"}]),
        ([*THREE, "group g any w0 w1", "quorum g"], [{"w0"}, {"w1"}], [{"w2"}, {"g"}]),
        ([*THREE, "group g 2 w0 w1 w2", "quorum g"], [{"w0", "w2"}], [{"w0"}, {"w0", "stranger"}]),
    ],
)
def test_quorum_is_met_by_those_it_names(
    lines: list[str], met: list[set[str]], unmet: list[set[str]]
) -> None:
    read = policy(*lines)
    assert all(read.is_met_by(names) for names in met)
    assert not any(read.is_met_by(names) for names in unmet)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "there is no quorum line"),
        (THREE, "there is no quorum line"),
        (["quorum none", "quorum none"], "line 2: there is a quorum line already"),
        (["quorum w0"], "line 1: there is no w0 above"),
        (["quorum w0", *THREE], "line 1: there is no w0 above"),
        (["quorum"], "line 1: quorum takes one name"),
        (["quorum none none"], "line 1: quorum takes one name"),
        (["Quorum none"], "line 1: Quorum is none of log, witness, group, quorum"),
        ([*THREE, "group g 0 w0", "quorum g"], "line 4: 0 is not all, any or a number from 1 to 1"),
        ([*THREE, "group g 2 w0", "quorum g"], "line 4: 2 is not"),
        ([*THREE, "group g 01 w0", "quorum g"], "line 4: 01 is not"),
        ([*THREE, "group g most w0 w1", "quorum g"], "line 4: most is not"),
        ([*THREE, "group g any", "quorum g"], "line 4: group takes"),
        ([*THREE, "group g any w0 w0", "quorum g"], "line 4: w0 is a member already"),
        ([*THREE, "group g any w0", "group h any g w0", "quorum h"], "line 5: w0 is a member already"),
        ([*THREE, "group g any g", "quorum g"], "line 4: there is no g above"),
        ([*THREE, "group g any none", "quorum g"], "line 4: there is no none above"),
        ([*THREE, "group none any w0", "quorum none"], "line 4: the name none is taken"),
        ([*THREE, "group w0 any w1", "quorum w0"], "line 4: the name w0 is taken"),
        ([*THREE, f"witness w0 {V[3]}", "quorum w0"], "line 4: the name w0 is taken"),
        ([*THREE, f"witness w3 {V[0]}", "quorum w0"], "line 4: the same witness twice"),
        ([f"log {LOG}", f"log {LOG}", "quorum none"], "line 2: the same log twice"),
        ([f"log {V[0]}", "quorum none"], "line 1: a witness' key is no log's"),
        ([f"witness w {LOG}", "quorum w"], "line 1: a log's key is no witness'"),
        (["witness w", "quorum w"], "line 1: witness takes"),
        ([f"witness w {V[0]} https://w.example more", "quorum w"], "line 1: witness takes"),
        (["log", "quorum none"], "line 1: log takes"),
        (["log nonsense", "quorum none"], "line 1: not a verifier key"),
        ([f"witness w {V[0][:-4]}", "quorum w"], "line 1: verifier key of"),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused_at_its_line(lines: list[str], said: str) -> None:
    with pytest.raises(VerificationError) as refused:
        policy(*lines)
    assert refused.value.code == "ledger.policy"
    assert refused.value.message.startswith(said)
    assert refused.value.field == ("quorum" if not said.startswith("line") else said.partition(":")[0])


@pytest.mark.parametrize(
    "data",
    [b"quorum none", b"quorum none\r\n", b"quorum\x00none\n", b"\x7f\nquorum none\n", b"# " + b"x" * 300_000],
)
def test_bytes_that_no_policy_has_are_refused(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"ledger\.policy"):
        Policy.parse(data)


def test_names_are_bytes_and_nothing_else() -> None:
    kelvin = f"witness K {V[0]}\nwitness \u212a {V[1]}\nquorum \u212a\n".encode()
    assert Policy.parse(kelvin).is_met_by({"\u212a"})
    assert not Policy.parse(kelvin).is_met_by({"K"})
    latin = b"witness \xe9 " + V[0].encode() + b"\nquorum \xe9\n"
    [name] = Policy.parse(latin).witnesses
    assert Policy.parse(latin).is_met_by({name})
    with pytest.raises(VerificationError, match=r"there is no \\xe8 above"):
        Policy.parse(latin.replace(b"quorum \xe9", b"quorum \xe8"))


def test_quorum_of_a_note_is_counted_from_signatures_that_hold() -> None:
    wanted = policy(f"log {LOG}", *THREE, "group g 2 w0 w1 w2", "quorum g")
    found = verify_quorum(cosigned(WITNESSES[:2]), wanted, now=NOW)
    assert found.checkpoint == TREE.head(9)
    assert found.cosigned == {"w0": NOW, "w1": NOW}
    for few in ([], WITNESSES[:1], [WITNESSES[0], WITNESSES[5]]):
        with pytest.raises(VerificationError) as refused:
            verify_quorum(cosigned(few), wanted, now=NOW)
        assert refused.value.code == "ledger.quorum"
        assert "is asked for" in refused.value.message


def test_one_witness_twice_counts_once() -> None:
    note = TREE.note(FORGE, 9)
    lines = [
        cosign(note.text, WITNESSES[0].verifier, NOW + timedelta(seconds=s), WITNESSES[0].key.sign)
        for s in (0, 1)
    ]
    twice = note.encode() + b"".join(line.encode() for line in lines)
    assert refusal(twice, policy(*THREE, "group g 2 w0 w1 w2", "quorum g")) == "ledger.quorum"


def test_cosignatures_of_the_future_do_not_count() -> None:
    wanted = policy(*THREE, "quorum w0")
    assert not refusal(cosigned(WITNESSES[:1], NOW + timedelta(minutes=4)), wanted)
    assert refusal(cosigned(WITNESSES[:1], NOW + timedelta(minutes=6)), wanted) == "ledger.quorum"


def test_a_bad_line_of_a_known_witness_spoils_the_note() -> None:
    wanted = policy(*THREE, "group g any w0 w1", "quorum g")
    lie = Signature(WITNESSES[1].name, WITNESSES[1].verifier.key_id, bytes(72))
    spoilt = cosigned(WITNESSES[:1]) + lie.encode()
    with pytest.raises(VerificationError, match=r"ledger\.cosignature"):
        verify_quorum(spoilt, wanted, now=NOW, logs=[log_key(FORGE)])


def test_log_that_is_not_believed_needs_no_witnesses_to_be_refused() -> None:
    other = Forge()
    wanted = policy(f"log {log_key(other).encode()}", *THREE, "quorum w0")
    with pytest.raises(VerificationError, match=r"ledger\.checkpoint"):
        verify_quorum(cosigned(WITNESSES), wanted, now=NOW)
    with pytest.raises(VerificationError, match=r"ledger\.checkpoint"):
        verify_quorum(cosigned(WITNESSES, forge=other), wanted, now=NOW, logs=[log_key(FORGE)])


def test_a_policy_without_logs_needs_one_from_elsewhere() -> None:
    wanted = policy(*THREE, "quorum w0")
    with pytest.raises(VerificationError, match="the policy names no log"):
        verify_quorum(cosigned(WITNESSES), wanted, now=NOW)
    assert not refusal(cosigned(WITNESSES), wanted)


def test_key_under_another_name_is_no_log_of_that_name() -> None:
    """A log whose key is believed cannot speak for another one."""
    renamed = LOG.replace("log.writ.example+", "log.other.example+")
    with pytest.raises(VerificationError, match=r"ledger\.checkpoint"):
        verify_quorum(cosigned(WITNESSES), policy(f"log {renamed}", "quorum none"), now=NOW)

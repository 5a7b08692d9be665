"""A stolen sequencer role shows by signatures that nothing published carries."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from tests.support.cloudtrail import KEY, delivered, looked_up, record
from tests.support.log_forge import NOW, ORIGIN, Forge
from tests.support.witnesses import MemoryWitness
from writ.ledger.checkpoint import log_verifier
from writ.ledger.cosignature import cosign
from writ.ledger.errors import VerificationError
from writ.ledger.note import Note, Signature
from writ.ledger.tally import (
    PATIENCE,
    SKEW,
    Kind,
    SignCall,
    Tally,
    calls_on,
    distinct,
    read_signatures,
    tally,
)

ROLES = {"sequencer": Kind.CHECKPOINT, "notary": Kind.PROMISE}
SECOND = timedelta(seconds=1)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def calls(*seconds: float, role: str = "sequencer", start: int = 0) -> list[SignCall]:
    made = [record(start + n, NOW + timedelta(seconds=second), role) for n, second in enumerate(seconds)]
    return calls_on(KEY, read_signatures(delivered(*made)))


def published(*seconds: float) -> list[datetime]:
    return [NOW + timedelta(seconds=second) for second in seconds]


def over(counted: Tally) -> list[int]:
    """Which calls nothing accounts for, by their seconds."""
    return [int((each.call.at - NOW).total_seconds()) for each in counted.unmatched]


def test_every_signature_that_was_published_is_accounted_for() -> None:
    counted = tally(calls(0, 10, 20), published(1, 11, 21), 0, ROLES)
    assert (counted.ok, counted.calls, counted.checkpoints, counted.unrecorded) == (True, 3, 3, 0)


def test_forged_head_beside_real_ones_is_one_signature_too_many() -> None:
    counted = tally(calls(0, 10, 11, 500, 1000), published(1, 11, 1001), 0, ROLES)
    assert not counted.ok
    assert len(counted.unmatched) == 2
    assert 500 in over(counted)


def test_checkpoints_of_another_time_excuse_nothing() -> None:
    """A log has millions of checkpoints, and none of them accounts for a signature of another hour."""
    counted = tally(calls(0), published(-3600, -60, PATIENCE.total_seconds() + 1), 0, ROLES)
    assert over(counted) == [0]


@pytest.mark.parametrize("delay", [-SKEW, timedelta(), PATIENCE])
def test_clocks_may_differ_a_little_and_publishing_may_take_a_while(delay: timedelta) -> None:
    assert tally(calls(0), [NOW + delay], 0, ROLES).ok
    beyond = delay + SECOND if delay > timedelta() else -SKEW - SECOND
    assert not tally(calls(0), [NOW + beyond], 0, ROLES).ok


def test_checkpoints_without_a_record_show_that_logs_are_missing() -> None:
    counted = tally(calls(0, 1000), published(1, 300, 600, 1001), 0, ROLES)
    assert (counted.ok, counted.unrecorded) == (True, 2)


def test_records_that_begin_in_the_middle_are_not_held_against_what_came_before_them() -> None:
    """Three heads stood just before the first record; to take those would leave later ones unrecorded."""
    heads = published(-3, -2, -1, 1, 3, 5)
    assert tally(calls(0, 2, 4, 90), heads, 0, ROLES).unrecorded == 0
    assert over(tally(calls(0, 2, 4, 90, 91), heads, 0, ROLES)) == [90, 91]


def test_promises_account_for_the_notary_and_for_nobody_else() -> None:
    notary = calls(0, 1, 2, role="notary", start=100)
    assert tally(notary, [], 3, ROLES).ok
    assert over(tally(notary, published(0, 1, 2), 2, ROLES)) == [2]
    assert over(tally(calls(5), [], 3, ROLES)) == [5]


@pytest.mark.parametrize(
    "identity",
    [
        {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/Alice", "userName": "Alice"},
        {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/other/sequencer"},
        {"type": "Root", "arn": "arn:aws:iam::111122223333:root"},
        {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"},
        {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/sequencer"},
        None,
    ],
)
def test_signature_for_anybody_else_is_one_too_many_whatever_was_published(identity: Any) -> None:
    (call,) = calls_on(KEY, read_signatures(delivered(record(1, NOW, userIdentity=identity))))
    (found,) = tally([call], published(0, 1), 5, ROLES).unmatched
    assert "nothing to sign" in found.why


def test_call_that_was_recorded_twice_counts_once() -> None:
    twice = [*calls(0), *calls(0)]
    assert tally(twice, published(1), 0, ROLES).calls == 1


def test_only_signatures_by_this_key_count() -> None:
    data = delivered(
        record(1, NOW),
        record(2, NOW, key=KEY.replace("0987", "1987")),
        record(3, NOW, eventName="GetPublicKey"),
        record(4, NOW, eventSource="s3.amazonaws.com"),
        record(5, NOW, errorCode="AccessDenied"),
        record(6, NOW, resources=None),
        record(7, NOW, resources=["x", {}]),
        {"eventName": "ConsoleLogin"},
    )
    assert [call.id for call in calls_on(KEY, read_signatures(data))] == [record(1, NOW)["eventID"]]


def test_answer_of_lookup_events_says_the_same() -> None:
    records = [record(n, NOW + n * SECOND) for n in range(3)]
    assert calls_on(KEY, read_signatures(looked_up(*records))) == calls_on(
        KEY, read_signatures(delivered(*records))
    )


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b'{"Records": {}}', b'{"Records": [1]}', b'{"Events": [{}]}', b"[" * 100_000,
        b'{"Events": [{"CloudTrailEvent": "{"}]}', b'{"Events": [{"CloudTrailEvent": "1"}]}', b"\xff\xfe",
        delivered(record(1, NOW, eventTime="yesterday")), delivered(record(1, NOW, eventTime=7)),
        delivered(record(1, NOW, eventTime="2026-03-01T12:00:00")), delivered(record(1, NOW, eventID=None)),
        delivered({name: value for name, value in record(1, NOW).items() if name != "eventTime"}),
    ],
)  # fmt: skip
def test_what_is_no_log_of_cloudtrail_is_refused_and_never_counted_as_nothing(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"cloudtrail\.malformed"):
        calls_on(KEY, read_signatures(data))


def test_pairing_leaves_over_as_few_calls_as_any_other_could() -> None:
    chance = random.Random(7)
    for _ in range(300):
        span = chance.choice([10, 200, 400])
        at = sorted(chance.sample(range(span), 4))
        shown = sorted(chance.sample(range(-10, span + 130), 4))
        counted = tally(calls(*at), published(*shown), 0, ROLES)
        assert len(counted.unmatched) == 4 - best(at, shown), (at, shown)


def best(at: list[int], shown: list[int]) -> int:
    """How many calls any pairing accounts for, by trying them all."""
    low, high = -SKEW.total_seconds(), PATIENCE.total_seconds()
    return max(
        sum(low <= s - a <= high for a, s in zip(at, order, strict=True)) for order in permutations(shown)
    )


def test_note_with_more_lines_of_witnesses_or_a_twin_of_its_signature_is_no_second_signature() -> None:
    forge, witness = Forge(), MemoryWitness("witness.example/w1")
    key = log_verifier(ORIGIN, forge.log_key.public_key())
    plain = forge.note(5, b"\x05" * 32)
    parsed = Note.parse(plain)
    cosigned = parsed.signed_with([cosign(parsed.text, witness.verifier, NOW, witness.key.sign)]).encode()
    r, s = decode_dss_signature(parsed.signatures[0].data)
    first = parsed.signatures[0]
    twin = Note(
        parsed.text, (Signature(first.name, first.key_id, encode_dss_signature(r, ORDER - s)),)
    ).encode()
    again = forge.note(5, b"\x05" * 32)
    later = NOW + timedelta(minutes=1)
    shown = [(later, cosigned), (NOW, plain), (later, twin), (later, again)]
    assert distinct(shown, key) == [NOW, later]


def test_versions_that_the_log_did_not_sign_account_for_nothing() -> None:
    forge = Forge()
    key = log_verifier(ORIGIN, forge.log_key.public_key())
    good = forge.note(5, b"\x05" * 32)
    bad = [b"", b"x", Forge().note(5, b"\x05" * 32), good.replace(b"\n5\n", b"\n6\n"), good + good]
    assert distinct([(NOW, note) for note in bad], key) == []
    assert distinct([(NOW, note) for note in (*bad, good)], key) == [NOW]

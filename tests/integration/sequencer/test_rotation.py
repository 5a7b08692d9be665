"""Keys replaced on a running plane, in KMS, S3 and DynamoDB: what was signed before keeps verifying."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.authority.certify import root_certificate
from tests.support.forged_world import Case
from tests.support.log_forge import NOW, ORIGIN
from tests.support.moto_aws import moto_aws
from tests.support.rotating_plane import BOT, LOG, TABLES, RotatingPlane
from tests.support.stock import python_verdict
from writ.adapters import aws
from writ.adapters.log_bucket import LogBucket
from writ.contracts.errors import TransientError
from writ.contracts.retirement import KeyKind, Retirement
from writ.ledger.bundle import Bundle
from writ.ledger.checkpoint import key_id, log_verifier, open_checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.log import Log
from writ.ledger.logcopy import TRUST_ROOT
from writ.ledger.note import Note
from writ.ledger.rotation import RotationError, trusted_keys
from writ.ledger.trust import TrustRoot
from writ.ledger.verify_bundle import IdentityPolicy, verify_bundle

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KINDS: tuple[KeyKind, ...] = ("log", "ct", "ca", "note")


@pytest.fixture
def plane() -> Iterator[RotatingPlane]:
    with moto_aws(*TABLES):
        yield RotatingPlane()


def verified(data: bytes, trust: TrustRoot) -> int:
    """The leaf that our verifier and the stock client both accept a bundle of."""
    assert python_verdict(Case(data, trust, IdentityPolicy(BOT))) is None
    return verify_bundle(data, trust, IdentityPolicy(BOT)).index


def ended(plane: RotatingPlane, kind: KeyKind) -> int:
    return sum(key.kind == kind and key.end is not None for key in trusted_keys(plane.trust))


@pytest.mark.parametrize("kind", KINDS)
def test_key_is_replaced_between_two_entries_and_both_bundles_verify_old_and_new(
    plane: RotatingPlane, kind: KeyKind
) -> None:
    first = plane.logged(1)
    kept, old_trust = plane.bundle(first), plane.trust
    plane.clock.instant += HOUR
    plane.rotate(kind, plane.clock.now() + DAY)
    second = plane.logged(2)
    trust = plane.trust
    assert (trust != old_trust, ended(plane, kind)) == (True, 1)
    bundles = [kept, plane.bundle(first), plane.bundle(second)]
    assert [verified(data, trust) for data in bundles] == [0, 0, 1]
    # Who kept the trust root of before still verifies what he downloaded with it.
    assert verified(kept, old_trust) == 0
    log_ids = [Bundle.decode(data).log_id for data in bundles]
    assert (log_ids[0] != log_ids[1]) == (kind == "log")
    assert log_ids[1:] == [key_id(trust.log_key)] * 2


def test_every_key_is_replaced_twice_and_nothing_that_was_trusted_is_lost(plane: RotatingPlane) -> None:
    bundles, known = [plane.bundle(plane.logged(0))], {key.id for key in trusted_keys(plane.trust)}
    for number in (1, 2):
        for kind in KINDS:
            plane.clock.instant += HOUR
            plane.rotate(kind, plane.clock.now() + DAY)
            known |= {key.id for key in trusted_keys(plane.trust)}
        bundles.append(plane.bundle(plane.logged(number)))
    assert {key.id for key in trusted_keys(plane.trust)} == known
    assert len(known) == 12
    assert [verified(data, plane.trust) for data in bundles] == [0, 1, 2]


def test_no_reader_is_left_without_a_checkpoint_it_can_open(
    plane: RotatingPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the moment the trust root is replaced, the checkpoint verifies by the old one and by the new one."""
    plane.logged(1)
    before, seen = plane.trust, []
    put = LogBucket.replace

    def looking(files: LogBucket, path: str, data: bytes, tag: str) -> None:
        for trust in (before, TrustRoot.decode(data)):
            seen.append(open_checkpoint(plane.note, ORIGIN, trust.log_key, trust.note_key).size)
        put(files, path, data, tag)

    monkeypatch.setattr(LogBucket, "replace", looking)
    plane.rotate("log", NOW + DAY)
    assert seen == [1, 1]
    assert Log.open(plane.files).head.size == 1
    first_line = Note.parse(plane.note).signatures[0]
    assert first_line.key_id == log_verifier(ORIGIN, plane.trust.log_key).key_id


def test_sequencer_that_died_between_checkpoint_and_trust_root_goes_on(
    plane: RotatingPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = plane.logged(1)

    def dies(*_: Any) -> None:
        raise TransientError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(LogBucket, "replace", dies)
        with pytest.raises(TransientError):
            plane.rotate("log", NOW + DAY)
    assert ended(plane, "log") == 0
    assert Log.open(plane.files).head.size == 1
    plane.deploy_sequencer()
    plane.sweep()
    plane.deploy_notary()
    assert ended(plane, "log") == 1
    assert verified(plane.bundle(first), plane.trust) == 0


def test_trust_root_that_changed_since_it_was_read_is_not_replaced(
    plane: RotatingPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane.logged(1)
    read = LogBucket.read_tagged

    def raced(files: LogBucket, path: str) -> tuple[bytes, str] | None:
        found = read(files, path)
        assert found is not None
        aws.client("s3").put_object(Bucket=LOG, Key=path, Body=found[0] + b"\n")
        return found

    monkeypatch.setattr(LogBucket, "read_tagged", raced)
    with pytest.raises(TransientError, match=r"ledger\.racing"):
        plane.rotate("ct", NOW + DAY)
    assert ended(plane, "ct") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_key_that_changed_undeclared_signs_nothing(plane: RotatingPlane, kind: KeyKind) -> None:
    plane.logged(1)
    before, note, waiting = plane.files.read(TRUST_ROOT), plane.note, plane.append(2)
    plane.retire(kind, NOW + DAY)
    plane.retired.clear()
    if kind == "ca":  # whose root certificate somebody would have had to replace
        aws.client("dynamodb").delete_item(TableName="certificates", Key={"fingerprint": {"S": "root"}})
        plane.deploy_authority()
        root_certificate(plane.authority.ports)
    plane.deploy_sequencer()
    with pytest.raises(RotationError) as refused:
        plane.integrate(waiting)
    assert refused.value.field == f"retired.{kind}"
    assert (plane.files.read(TRUST_ROOT), plane.note) == (before, note)


def test_authority_certifies_by_a_new_key_only_once_the_log_vouches_for_it(plane: RotatingPlane) -> None:
    """In whatever order functions are deployed, no statement is refused for a certificate not known yet."""
    plane.logged(1)
    plane.retire("ca", NOW + DAY)
    plane.deploy_authority()
    with pytest.raises(TransientError, match=r"authority\.not_published"):
        plane.append(2)
    plane.deploy_sequencer()
    plane.sweep()
    plane.logged(2)


def test_sequencer_of_before_refuses_no_statement_under_the_new_authority(plane: RotatingPlane) -> None:
    plane.logged(1)
    former, old_trust = plane.sequencer, plane.sequencer_trust
    plane.rotate("ca", NOW + DAY)
    waiting = plane.append(2)
    with pytest.raises(TransientError, match=r"ledger\.racing"):
        former.integrate([waiting])
    with pytest.raises(RotationError):
        old_trust.settle(former.renew)
    assert plane.integrate(waiting).integrated == 1


def test_checkpoint_that_a_sequencer_of_before_published_last_is_signed_again(plane: RotatingPlane) -> None:
    plane.logged(1)
    former = plane.sequencer
    plane.rotate("log", NOW + DAY)
    former.integrate([plane.append(2)])
    with pytest.raises(VerificationError):
        Log.open(plane.files)
    plane.sequencer.sweep(timedelta(minutes=1))
    assert Log.open(plane.files).head.size == 2


def test_notary_with_the_other_key_says_to_try_again(plane: RotatingPlane) -> None:
    first = plane.logged(1)
    plane.retire("log", NOW + DAY)
    plane.deploy_sequencer()
    plane.sweep()
    with pytest.raises(TransientError, match=r"dependency\.rotating"):
        plane.bundle(first)
    plane.deploy_notary()
    assert verified(plane.bundle(first), plane.trust) == 0


def test_statements_under_a_compromised_authority_count_up_to_its_end_and_no_longer(
    plane: RotatingPlane,
) -> None:
    honest = plane.logged(1)
    kept = plane.bundle(honest)
    plane.clock.instant += timedelta(minutes=10)
    stolen_at = plane.clock.now() - timedelta(minutes=5)
    forged = plane.logged(2)
    taken = plane.bundle(forged)
    late = plane.append(3)
    plane.rotate("ca", stolen_at, compromised=True)
    assert verified(kept, plane.trust) == 0
    assert verified(plane.bundle(honest), plane.trust) == 0
    with pytest.raises(VerificationError, match=r"ledger\.certificate"):
        verify_bundle(taken, plane.trust, IdentityPolicy(BOT))
    assert list(plane.integrate(late).refused) == [late]
    plane.logged(4)


def test_compromised_log_key_vouches_for_nothing_after_its_end(plane: RotatingPlane) -> None:
    honest = plane.logged(1)
    kept = plane.bundle(honest)
    plane.clock.instant += timedelta(minutes=10)
    stolen_at = plane.clock.now() - timedelta(minutes=5)
    second = plane.logged(2)
    taken = plane.bundle(second)
    plane.rotate("log", stolen_at, compromised=True)
    assert verified(kept, plane.trust) == 0
    with pytest.raises(VerificationError, match=r"ledger\.log"):
        verify_bundle(taken, plane.trust, IdentityPolicy(BOT))
    # The statement itself was honest: the new key promises it, and its bundle verifies again.
    assert verified(plane.bundle(second), plane.trust) == 1


def test_key_that_was_retired_in_order_may_turn_out_to_be_compromised(plane: RotatingPlane) -> None:
    plane.logged(1)
    plane.clock.instant += HOUR
    plane.rotate("log", plane.clock.now() + DAY)
    (item,) = plane.retired["log"]
    earlier = Retirement(id=item.id, end=NOW + timedelta(minutes=1), compromised=True)
    plane.retired["log"] = (earlier,)
    plane.deploy_sequencer()
    plane.sweep()
    assert [key.end for key in trusted_keys(plane.trust) if key.kind == "log"] == [None, earlier.end]


def test_new_log_begins_without_keys_of_before(plane: RotatingPlane) -> None:
    plane.retired["log"] = (Retirement(id="a" * 64, end=NOW),)
    plane.deploy_sequencer()
    with pytest.raises(RotationError) as refused:
        plane.integrate(plane.append(1))
    assert refused.value.field == "retired.log"
    assert plane.files.read_checkpoint() is None

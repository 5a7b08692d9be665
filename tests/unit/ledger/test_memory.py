"""What a verifier remembers of logs: a head that shrinks, changes or stands still is found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.log_forge import NOW, Forge
from writ.ledger.checkpoint import Checkpoint
from writ.ledger.errors import VerificationError
from writ.ledger.logcopy import LogCopy
from writ.ledger.memory import Memory
from writ.ledger.verify import verify_log

FORGE = Forge()
ENTRIES = FORGE.actions(5)


def head(folder: Path) -> Checkpoint:
    memory = Memory().with_head((folder / "checkpoint").read_bytes(), FORGE.trust, NOW)
    found = memory.head(FORGE.trust)
    assert found is not None
    return found


def test_head_is_remembered_through_its_encoding() -> None:
    memory = Memory().with_head(FORGE.note(3, bytes(32)), FORGE.trust, NOW)
    again = Memory.decode(memory.encode())
    assert again == memory
    assert again.head(FORGE.trust) == Checkpoint(FORGE.trust.origin, 3, bytes(32))


def test_newer_head_takes_the_place_of_the_one_before() -> None:
    memory = Memory().with_head(FORGE.note(3, bytes(32)), FORGE.trust, NOW)
    memory = memory.with_head(FORGE.note(4, bytes(32)), FORGE.trust, NOW)
    assert len(memory.sights) == 1
    found = memory.head(FORGE.trust)
    assert found is not None
    assert found.size == 4


def test_log_of_the_same_origin_under_another_key_is_another_log() -> None:
    other = Forge()
    memory = Memory().with_head(FORGE.note(9, bytes(32)), FORGE.trust, NOW)
    assert memory.head(other.trust) is None
    both = memory.with_head(other.note(1, bytes(32)), other.trust, NOW)
    assert [both.head(forge.trust).size for forge in (FORGE, other)] == [9, 1]  # type: ignore[union-attr]


def test_note_the_log_did_not_sign_is_not_remembered() -> None:
    with pytest.raises(VerificationError):
        Memory().with_head(Forge().note(1, bytes(32)), FORGE.trust, NOW)


def test_longest_unseen_log_is_forgotten_first() -> None:
    memory = Memory()
    forges = [Forge() for _ in range(3)]
    for number, forge in enumerate(forges):
        memory = memory.with_head(forge.note(1, bytes(32)), forge.trust, NOW + timedelta(days=number))
    sights = [memory.sights[0]] + [memory.sights[1]] * 98 + [memory.sights[2]]
    full = memory.model_copy(update={"sights": sights})
    full = full.with_head(FORGE.note(1, bytes(32)), FORGE.trust, NOW)
    assert len(full.sights) == 100
    assert full.head(forges[0].trust) is None
    assert full.head(forges[2].trust) is not None


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"version":2}', b'{"version":1,"sights":[{"note":"x"}]}', b"\xff"]
)
def test_what_is_no_memory_is_one_typed_error(data: bytes) -> None:
    with pytest.raises(VerificationError) as raised:
        Memory.decode(data)
    assert raised.value.code == "ledger.memory"


def test_log_that_grew_from_what_was_seen_passes(tmp_path: Path) -> None:
    before = head(FORGE.write_copy(tmp_path / "before", ENTRIES[:4]))
    grown = FORGE.write_copy(tmp_path / "grown", ENTRIES)
    report = verify_log(LogCopy(grown), FORGE.trust, seen=[before])
    assert report.ok
    assert report.heads_hold


def test_log_that_shrank_is_found_with_both_heads(tmp_path: Path) -> None:
    before = head(FORGE.write_copy(tmp_path / "before", ENTRIES))
    now = FORGE.write_copy(tmp_path / "now", ENTRIES[:4])
    report = verify_log(LogCopy(now), FORGE.trust, seen=[before])
    [finding] = report.findings
    assert finding.code == "checkpoint.behind"
    assert all(each.root.hex() in finding.message for each in (before, report.checkpoint))
    assert not report.heads_hold


@pytest.mark.parametrize("kept", [10, 12])
def test_log_that_was_rewritten_is_found_with_both_heads(tmp_path: Path, kept: int) -> None:
    entries = FORGE.actions(6)
    before = head(FORGE.write_copy(tmp_path / "before", entries[:10]))
    rewritten = FORGE.write_copy(tmp_path / "now", [*entries[2:kept], *entries[:2]])
    report = verify_log(LogCopy(rewritten), FORGE.trust, seen=[before])
    assert [finding.code for finding in report.findings] == ["checkpoint.inconsistent"]
    assert all(each.root.hex() in str(report.findings[0]) for each in (before, report.checkpoint))
    assert not report.heads_hold


def test_empty_log_that_was_seen_begins_every_log(tmp_path: Path) -> None:
    before = head(FORGE.write_copy(tmp_path / "before", []))
    assert verify_log(LogCopy(FORGE.write_copy(tmp_path / "now", ENTRIES)), FORGE.trust, seen=[before]).ok


@pytest.mark.parametrize(("minutes", "stale"), [(0, False), (10, False), (15, False), (16, True)])
def test_same_note_is_stale_after_a_quarter_of_an_hour(minutes: int, stale: bool) -> None:
    note = FORGE.note(3, bytes(32))
    memory = (
        Memory().with_head(note, FORGE.trust, NOW).with_head(note, FORGE.trust, NOW + timedelta(minutes=9))
    )
    found = memory.staleness(note, FORGE.trust, NOW + timedelta(minutes=minutes))
    assert (found is not None) is stale
    if found is not None:
        assert found.code == "checkpoint.stale"
        assert "16 minutes" in found.message


def test_head_signed_anew_is_not_stale() -> None:
    first, again = FORGE.note(3, bytes(32)), FORGE.note(3, bytes(32))
    assert first != again
    memory = Memory().with_head(first, FORGE.trust, NOW)
    assert memory.staleness(again, FORGE.trust, NOW + timedelta(hours=5)) is None
    renewed = memory.with_head(again, FORGE.trust, NOW + timedelta(hours=5))
    assert renewed.staleness(again, FORGE.trust, NOW + timedelta(hours=5, minutes=1)) is None

"""Whole-log verification: a good log passes; every edit is found and named."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.log_forge import NOW, Entry, Forge, an_action, an_intent, an_outcome, put, stamp
from writ.contracts.action import Verdict
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Finding, Report, Severity
from writ.ledger.logcopy import LogCopy
from writ.ledger.tiles import decode_bundle, encode_bundle
from writ.ledger.trust import Retired
from writ.ledger.verify import verify_log

pytestmark = pytest.mark.usefixtures("signatures_remembered")


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


@pytest.fixture(scope="module")
def entries(forge: Forge) -> list[Entry]:
    return forge.actions(150)


@pytest.fixture(scope="module")
def pristine(forge: Forge, entries: list[Entry], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forge.write_copy(tmp_path_factory.mktemp("log"), entries)


@pytest.fixture
def copy(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "copy")


def verified(forge: Forge, folder: Path) -> Report:
    return verify_log(LogCopy(folder), forge.trust)


def places(report: Report) -> set[tuple[str, int | None, str | None]]:
    """Where the faults are; what is merely open is left out."""
    faults = [finding for finding in report.findings if finding.severity is Severity.FAULT]
    return {(finding.code, finding.index, finding.entry) for finding in faults}


def test_good_log_passes(forge: Forge, pristine: Path, entries: list[Entry]) -> None:
    seen: list[tuple[int, int]] = []
    report = verify_log(LogCopy(pristine), forge.trust, lambda done, total: seen.append((done, total)))
    assert report.findings == []
    assert (report.ok, report.statements, report.checkpoint.size) == (True, 300, 300)
    assert seen == [(256, 300), (300, 300)]


def test_empty_log_passes(forge: Forge, tmp_path: Path) -> None:
    report = verified(forge, forge.write_copy(tmp_path, []))
    assert (report.ok, report.checkpoint.size) == (True, 0)


@pytest.mark.parametrize("index", [0, 255, 256, 299])
def test_edited_statement_is_named(forge: Forge, copy: Path, entries: list[Entry], index: int) -> None:
    entry = entries[index]
    path = copy / "statements" / f"{entry.id}.json"
    data = path.read_bytes()
    for position in range(0, len(data), 97):
        path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        assert places(verified(forge, copy)) == {("statement.altered", index, entry.id)}
        if position > 500:
            break
    path.write_bytes(b"")
    assert places(verified(forge, copy)) == {("statement.altered", index, entry.id)}
    path.unlink()
    assert places(verified(forge, copy)) == {("statement.missing", index, None)}


def test_two_edited_statements_are_told_apart(forge: Forge, copy: Path, entries: list[Entry]) -> None:
    for index in (10, 200):
        path = copy / "statements" / f"{entries[index].id}.json"
        data = path.read_bytes()
        path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    expected = {("statement.altered", index, entries[index].id) for index in (10, 200)}
    assert places(verified(forge, copy)) == expected


@pytest.mark.parametrize("index", [3, 255, 256])
def test_edited_leaf_is_named(forge: Forge, copy: Path, entries: list[Entry], index: int) -> None:
    path = copy / ("tile/entries/000" if index < 256 else "tile/entries/001.p/44")
    leaves = list(decode_bundle(path.read_bytes()))
    generator = random.Random(index)
    within_payload_hash = leaves[index % 256].index(b'"payloadHash"') + 50
    for position in (within_payload_hash, *(generator.randrange(len(leaves[0]) - 8) for _ in range(5))):
        edited = list(leaves)
        leaf = edited[index % 256]
        edited[index % 256] = leaf[:position] + bytes([leaf[position] ^ 1]) + leaf[position + 1 :]
        path.write_bytes(encode_bundle(edited))
        found = places(verified(forge, copy))
        assert ("leaf.mismatch", index, None) in found
        assert {place[1] for place in found} <= {index, None}
        assert {place[2] for place in found} <= {entries[index].id, None}


def test_broken_framing_is_named_at_its_leaf(forge: Forge, copy: Path) -> None:
    path = copy / "tile/entries/000"
    data = bytearray(path.read_bytes())
    lengths = [len(leaf) + 2 for leaf in decode_bundle(bytes(data))]
    data[sum(lengths[:17])] ^= 0x40
    path.write_bytes(data)
    found = [finding for finding in verified(forge, copy).findings if finding.code == "bundle.malformed"]
    assert [finding.index for finding in found] == [17]


def test_edited_tile_is_named(forge: Forge, copy: Path) -> None:
    for name, index in (("tile/0/000", 9), ("tile/0/001.p/44", 256 + 9), ("tile/1/000.p/1", 0)):
        path = copy / name
        data = bytearray(path.read_bytes())
        data[(index % 256) * 32 + 3] ^= 1
        path.write_bytes(data)
        found = verified(forge, copy).findings
        assert {finding.index for finding in found} == {index}
        data[(index % 256) * 32 + 3] ^= 1
        path.write_bytes(data)
    (copy / "tile/0/000").write_bytes(b"short")
    assert ("tile.malformed", 0, None) in places(verified(forge, copy))
    (copy / "tile/0/000").unlink()
    assert ("tile.missing", 0, None) in places(verified(forge, copy))


def test_missing_bundle_is_found(forge: Forge, copy: Path) -> None:
    (copy / "tile/entries/001.p/44").unlink()
    assert ("bundle.malformed", 256, None) in places(verified(forge, copy))


def test_statement_that_was_never_logged_is_found(forge: Forge, copy: Path) -> None:
    stray = forge.actions(151)[-1]
    put(copy / "statements" / f"{stray.id}.json", stray.signed.encoded)
    assert places(verified(forge, copy)) == {("statement.unlogged", None, stray.id)}


def test_renamed_statement_is_found(forge: Forge, copy: Path, entries: list[Entry]) -> None:
    (copy / "statements" / f"{entries[5].id}.json").rename(copy / "statements" / "other.json")
    assert places(verified(forge, copy)) == {("ledger.statement", 5, "other")}
    put(copy / "statements" / "no entry.txt", b"")
    assert "ledger.copy" in {finding.code for finding in verified(forge, copy).findings}


def test_lost_tail_is_found_by_an_earlier_checkpoint(
    forge: Forge, copy: Path, entries: list[Entry], tmp_path: Path
) -> None:
    shorter = forge.write_copy(tmp_path / "shorter", entries[:100])
    put(shorter / "checkpoints" / "000300", (copy / "checkpoint").read_bytes())
    assert places(verified(forge, shorter)) == {("checkpoint.ahead", 100, None)}
    put(copy / "checkpoints" / "000100", (shorter / "checkpoint").read_bytes())
    assert verified(forge, copy).ok
    put(copy / "checkpoints" / "000090", forge.note(90, bytes(32)))
    put(copy / "checkpoints" / "junk", b"\xff")
    assert {code for code, _, _ in places(verified(forge, copy))} == {"root.mismatch", "ledger.checkpoint"}


def test_log_verifies_after_its_keys_were_replaced(tmp_path: Path) -> None:
    old, new = Forge(), Forge()
    entries = old.actions(3)
    notes = old.write_copy(tmp_path / "before", entries)
    end = NOW + timedelta(hours=1)
    retired = Retired(((old.trust.log_key, end),), ((old.trust.ct_key, end),), ((old.root, end),))
    copy = new.write_copy(tmp_path / "after", entries)
    put(copy / "checkpoints" / "before", (notes / "checkpoint").read_bytes())
    assert verify_log(LogCopy(copy), replace(new.trust, retired=retired)).ok
    assert not verify_log(LogCopy(copy), new.trust).ok


def test_rewritten_log_is_found_against_its_old_head(
    forge: Forge, copy: Path, entries: list[Entry], tmp_path: Path
) -> None:
    rewritten = forge.write_copy(tmp_path / "rewritten", entries[:20] + entries[22:])
    put(rewritten / "checkpoint", (copy / "checkpoint").read_bytes())
    report = verified(forge, rewritten)
    assert not report.ok
    assert "root.mismatch" in {finding.code for finding in report.findings}


def built(forge: Forge, folder: Path, *documents: dict[str, object]) -> Report:
    session = forge.session()
    return verified(
        forge, forge.write_copy(folder, [forge.entry(session, document) for document in documents])
    )


def test_entry_signed_twice_leaves_a_leaf_without_statement(forge: Forge, tmp_path: Path) -> None:
    pair = forge.actions(1)
    again = forge.entry(forge.session(), an_intent(an_action(), stamped=stamp(seed="again")))
    report = verified(forge, forge.write_copy(tmp_path, [*pair, again]))
    assert places(report) == {("statement.missing", 0, None)}


def test_same_leaf_twice_is_found(forge: Forge, tmp_path: Path) -> None:
    pair = forge.actions(1)
    assert ("entry.duplicate", 2, pair[1].id) in places(
        verified(forge, forge.write_copy(tmp_path, [*pair, pair[1]]))
    )


def test_broken_forked_and_foreign_chains_are_found(forge: Forge, tmp_path: Path) -> None:
    first, second = forge.actions(2)[::2]
    session = forge.session()
    dangling = first.link.model_copy(update={"sha256": "d" * 64})
    cases: list[tuple[str, list[Entry]]] = [
        ("chain.broken", [first, forge.entry(session, an_outcome(an_action(0), dangling))]),
        ("chain.foreign", [first, second, forge.entry(session, an_outcome(an_action(0), second.link))]),
        ("chain.broken", [forge.entry(session, an_outcome(an_action(0), first.link)), first]),
    ]
    for number, (code, log) in enumerate(cases):
        report = verified(forge, forge.write_copy(tmp_path / str(number), log))
        assert code in {finding.code for finding in report.findings}


def test_outcome_without_intent_is_a_fault(forge: Forge, tmp_path: Path) -> None:
    intent, outcome = forge.actions(1)
    found = places(verified(forge, forge.write_copy(tmp_path, [outcome])))
    assert ("outcome.unannounced", 0, outcome.id) in found
    assert intent.id != outcome.id


@pytest.mark.parametrize(
    ("verdict", "age", "severity"),
    [
        (Verdict.ALLOW, timedelta(minutes=1), Severity.OPEN),
        (Verdict.ALLOW, timedelta(minutes=20), Severity.FAULT),
        (Verdict.REVIEW, timedelta(minutes=20), Severity.OPEN),
    ],
)
def test_intent_without_outcome_is_open_until_it_should_have_ended(
    forge: Forge, tmp_path: Path, verdict: Verdict, age: timedelta, severity: Severity
) -> None:
    early, late = an_action(1), an_action(2)
    report = built(
        forge,
        tmp_path,
        an_intent(early, verdict),
        an_intent(late, stamped=stamp(time=NOW + age, seed="late")),
    )
    found = {finding.entry: finding.severity for finding in report.findings}
    assert found[f"{early.id}.intent"] is severity
    assert report.ok is (severity is Severity.OPEN)


def test_statement_of_another_bot_is_a_fault(forge: Forge, tmp_path: Path) -> None:
    session = forge.session("registry")
    entry = forge.entry(session, an_intent(an_action()))
    assert ("ledger.statement", 0, entry.id) in places(verified(forge, forge.write_copy(tmp_path, [entry])))


def test_statement_from_outside_the_certificates_hour_is_a_fault(forge: Forge, tmp_path: Path) -> None:
    entry = forge.entry(forge.session(), an_intent(an_action(), stamped=stamp(time=NOW + timedelta(hours=2))))
    assert ("ledger.certificate", 0, entry.id) in places(verified(forge, forge.write_copy(tmp_path, [entry])))


def test_log_without_a_signed_head_raises(forge: Forge, copy: Path) -> None:
    with pytest.raises(VerificationError):
        verify_log(LogCopy(copy), Forge().trust)
    (copy / "checkpoint").unlink()
    with pytest.raises(VerificationError, match="checkpoint"):
        verified(forge, copy)


def damages() -> list[Callable[[bytes, random.Random], bytes]]:
    return [
        lambda data, rng: data[: rng.randrange(len(data) + 1)],
        lambda data, rng: data + rng.randbytes(rng.randrange(1, 50)),
        lambda data, rng: rng.randbytes(len(data)),
        lambda data, rng: bytes(byte ^ (rng.random() < 0.01) for byte in data),
        lambda data, rng: b"",
    ]


@pytest.mark.parametrize("damage", damages())
def test_any_damage_is_found_and_raises_nothing_else(
    forge: Forge, pristine: Path, tmp_path: Path, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    generator = random.Random(1)
    small = forge.write_copy(tmp_path / "small", forge.actions(2))
    files = [path for path in small.rglob("*") if path.is_file() and path.name != "trust-root.json"]
    for path in files:
        data = path.read_bytes()
        changed = damage(data, generator)
        if changed == data:
            continue
        path.write_bytes(changed)
        try:
            assert not verified(forge, small).ok, path
        except VerificationError:
            assert path.name == "checkpoint"
        path.write_bytes(data)


def test_report_keeps_the_first_thousand_findings_and_counts_all(forge: Forge, pristine: Path) -> None:
    report = Report(verified(forge, pristine).checkpoint)
    report.add(Finding("leaf.mismatch", "x", number) for number in range(1500))
    assert (len(report.findings), report.faults) == (1000, 1500)

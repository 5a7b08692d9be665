"""Audits of large copies: envelopes in packs, stops and resumes, erasures, certificates."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.bench.large_log import write_log
from tests.support.log_forge import ISSUER, Entry, Forge, an_action, an_intent, an_outcome, put, stamp
from writ.contracts.errors import ConflictError
from writ.contracts.statement import ERASER, ERASURE, STATEMENT_TYPE
from writ.ledger.audit import Run, audit_log
from writ.ledger.examine import Examined, Examiner, Task, fingerprint_of
from writ.ledger.findings import Certificates, Report, Severity
from writ.ledger.logcopy import LogCopy
from writ.ledger.packed import decode_pack, encode_pack
from writ.ledger.tiles import decode_bundle, encode_bundle
from writ.ledger.trust import TrustRoot

SIZE = 844

pytestmark = pytest.mark.usefixtures("signatures_remembered")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    write_log(folder, SIZE)
    return folder


@pytest.fixture
def copy(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "copy")


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


def audited(folder: Path, **options: Any) -> Report:
    copy = LogCopy(folder)
    return audit_log(copy, TrustRoot.decode(copy.trust_root()), **options)


def places(report: Report) -> set[tuple[str, int | None, str | None]]:
    faults = [finding for finding in report.findings if finding.severity is Severity.FAULT]
    return {(finding.code, finding.index, finding.entry) for finding in faults}


def codes(report: Report) -> set[str]:
    return {code for code, _, _ in places(report)}


def envelopes(folder: Path, bundle: int) -> tuple[Path, list[bytes | None]]:
    [path] = folder.glob(f"envelopes/{bundle:03d}*") if bundle < SIZE // 256 else folder.glob("envelopes/*/*")
    return path, decode_pack(path.read_bytes(), 256 if bundle < SIZE // 256 else SIZE % 256)


def test_the_same_log_is_made_again(pristine: Path, tmp_path: Path) -> None:
    write_log(tmp_path, SIZE)
    for path in sorted(pristine.rglob("*")):
        if path.is_file():
            assert (tmp_path / path.relative_to(pristine)).read_bytes() == path.read_bytes()


def test_good_packed_log_passes(pristine: Path) -> None:
    report = audited(pristine)
    assert (report.faults, report.checkpoint.size, report.signatures) == (0, SIZE, True)
    assert report.erased > 0
    assert report.statements + report.erased == SIZE
    assert report.certificates == Certificates(65, 65, 0)
    assert {finding.code for finding in report.findings} == {"intent.open"}


@pytest.mark.parametrize("index", [0, 255, 256, SIZE - 2])
def test_edited_envelope_is_named_by_leaf_and_entry(copy: Path, index: int) -> None:
    path, held = envelopes(copy, index // 256)
    envelope = held[index % 256]
    assert envelope is not None
    for position in (0, len(envelope) // 2, len(envelope) - 1):
        forged = bytes([*envelope[:position], envelope[position] ^ 1, *envelope[position + 1 :]])
        held[index % 256] = forged
        path.write_bytes(encode_pack(held))
        found = places(audited(copy))
        assert {(code, leaf) for code, leaf, _ in found if code != "intent.open"} == {
            ("statement.altered", index)
        }


def test_envelope_that_is_gone_is_named(copy: Path) -> None:
    path, held = envelopes(copy, 2)
    held[7] = None
    path.write_bytes(encode_pack(held))
    assert ("statement.missing", 2 * 256 + 7, None) in places(audited(copy))


def test_swapped_envelopes_are_both_named(copy: Path) -> None:
    path, held = envelopes(copy, 1)
    held[3], held[4] = held[4], held[3]
    path.write_bytes(encode_pack(held))
    found = {(code, index) for code, index, _ in places(audited(copy))}
    assert {("statement.altered", 256 + 3), ("statement.altered", 256 + 4)} <= found


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data + b"x", lambda _data: b""])
def test_pack_of_another_form_is_named(copy: Path, damage: Callable[[bytes], bytes]) -> None:
    path, _ = envelopes(copy, 1)
    path.write_bytes(damage(path.read_bytes()))
    assert ("pack.malformed", 256, None) in places(audited(copy))


def test_edited_leaf_is_named(copy: Path) -> None:
    path = copy / "tile/entries/001"
    leaves = list(decode_bundle(path.read_bytes()))
    leaves[9] = leaves[9].replace(b'"sha256","value":"', b'"sha256","value":"0', 1)
    path.write_bytes(encode_bundle(leaves))
    assert {("leaf.mismatch", 256 + 9, None), ("root.mismatch", None, None)} <= places(audited(copy))


def test_statement_signed_by_nobody_is_named_only_where_signatures_are_checked(
    forge: Forge, tmp_path: Path
) -> None:
    intent, outcome = forge.actions(1, forge.session())
    stranger = forge.session()
    own = forge.session()
    forged = stranger.sign(an_outcome(an_action(), intent.link))
    liar = Entry(outcome.id, forged, own.leaf(forged))
    folder = forge.write_copy(tmp_path, [intent, liar])
    assert ("ledger.signature", 1, outcome.id) in places(audited(folder))
    report = audited(folder, signatures=False)
    assert report.ok
    assert not report.signatures


class Stopped(Exception):
    """What a killed audit sees, as far as a process can tell."""


def stopping(after: int) -> Callable[[Path], Run]:
    def made(folder: Path) -> Run:
        copy = LogCopy(folder)
        examiner = Examiner(copy, TrustRoot.decode(copy.trust_root()))

        def run(tasks: Iterable[Task]) -> Iterator[Examined]:
            for number, task in enumerate(tasks):
                if number == after:
                    raise Stopped
                yield examiner(task)

        return run

    return made


def damaged(folder: Path) -> Path:
    """Faults of every kind that must survive a stop: in a leaf, a pack, a tile, and between leaves."""
    path, held = envelopes(folder, 0)
    held[3], held[200] = None, b"{}"
    path.write_bytes(encode_pack(held))
    bundle = folder / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes()[:-100])
    tile = folder / "tile/0/002"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    put(folder / "checkpoints" / "junk", b"\xff")
    put(folder / "statements" / "stray.json", b"{}")
    return folder


@pytest.mark.parametrize("window", [1, 2])
@pytest.mark.parametrize("after", [0, 1, 2, SIZE // 256])
def test_stopped_audit_goes_on_and_reports_the_same(
    copy: Path, tmp_path: Path, after: int, window: int
) -> None:
    damaged(copy)
    whole = audited(copy)
    state = tmp_path / "state" / "audit.db"
    with pytest.raises(Stopped):
        audited(copy, state=state, window=window, run=stopping(after)(copy))
    seen: list[int] = []
    resumed = audited(copy, state=state, window=window, progress=lambda done, _size: seen.append(done))
    assert asdict(resumed) == asdict(whole)
    assert resumed.faults > 5
    assert min(seen) == max(256 * (after // window) * window, 256)
    assert not state.exists()


def _audit_and_die(folder: Path, state: Path) -> None:
    def progress(done: int, _size: int) -> None:
        if done > SIZE // 2:
            os.kill(os.getpid(), signal.SIGKILL)

    audited(folder, state=state, window=1, progress=progress)


def test_killed_process_leaves_a_state_to_go_on_from(pristine: Path, tmp_path: Path) -> None:
    state = tmp_path / "audit.db"
    process = multiprocessing.get_context("spawn").Process(target=_audit_and_die, args=(pristine, state))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    seen: list[int] = []
    report = audited(pristine, state=state, progress=lambda done, _size: seen.append(done))
    assert asdict(report) == asdict(audited(pristine))
    assert seen[0] >= SIZE // 2


def test_state_of_another_audit_is_not_gone_on_from(copy: Path, tmp_path: Path) -> None:
    state = tmp_path / "audit.db"
    for change in (dict[str, Any](signatures=False), {"signatures": True}):
        with pytest.raises(Stopped):
            audited(copy, state=state, window=1, run=stopping(SIZE // 256)(copy), **change)
    seen: list[int] = []
    audited(copy, state=state, signatures=False, progress=lambda done, _size: seen.append(done))
    assert seen[0] == 256


@pytest.mark.parametrize("junk", [b"", b"not a database" * 100])
def test_state_that_is_no_state_is_begun_anew(pristine: Path, tmp_path: Path, junk: bytes) -> None:
    state = tmp_path / "audit.db"
    state.write_bytes(junk)
    assert audited(pristine, state=state).ok


def test_state_with_a_broken_table_is_begun_anew(pristine: Path, tmp_path: Path) -> None:
    state = tmp_path / "audit.db"
    database = sqlite3.connect(state)
    database.execute("CREATE TABLE other (x)")
    database.close()
    assert audited(pristine, state=state).ok


def test_state_belongs_to_one_audit_at_a_time(pristine: Path, tmp_path: Path) -> None:
    state = tmp_path / "audit.db"
    refused: list[ConflictError] = []

    def progress(done: int, _size: int) -> None:
        if done == 256:
            with pytest.raises(ConflictError) as raised:
                audited(pristine, state=state)
            refused.append(raised.value)

    assert audited(pristine, state=state, progress=progress).ok
    assert [(error.code, error.field) for error in refused] == [("ledger.audit_running", "state")]


def named_leaf(index: int, entry: Entry) -> dict[str, Any]:
    return {"leaf": index, "entry": entry.id, "payload": entry.signed.payload_sha256}


def erasure(*erased: dict[str, Any], extra: Any = None, entry: str = "erasure-1") -> dict[str, Any]:
    made = stamp(ERASER, seed="erasure")
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"digest": {"sha256": "e" * 64}}],
        "predicateType": ERASURE,
        "predicate": {
            "entry": entry,
            "stream": entry,
            "prev": None,
            "actor": made.actor.model_dump(),
            "time": "2026-03-01T12:00:00.000Z",
            "salt": made.salt,
            "erased": list(erased) if extra is None else extra,
        },
    }


@pytest.mark.parametrize("gone", [("intent",), ("outcome",), ("intent", "outcome")])
def test_payload_an_erasure_names_may_be_gone(forge: Forge, tmp_path: Path, gone: tuple[str, ...]) -> None:
    pair = forge.actions(1)
    named = [named_leaf(number, entry) for number, entry in enumerate(pair)]
    folder = forge.write_copy(tmp_path, [*pair, forge.entry(forge.session(ERASER), erasure(*named))])
    assert audited(folder).findings == []
    for entry in pair:
        if entry.id.endswith(gone):
            (folder / "statements" / f"{entry.id}.json").unlink()
    report = audited(folder)
    assert (report.findings, report.erased, report.statements) == ([], len(gone), 3 - len(gone))


def test_payload_that_is_altered_is_not_excused_by_an_erasure(forge: Forge, tmp_path: Path) -> None:
    pair = forge.actions(1)
    named = named_leaf(0, pair[0])
    folder = forge.write_copy(tmp_path, [*pair, forge.entry(forge.session(ERASER), erasure(named))])
    path = folder / "statements" / f"{pair[0].id}.json"
    data = path.read_bytes()
    path.write_bytes(data[:60] + bytes([data[60] ^ 1]) + data[61:])
    assert places(audited(folder)) == {("statement.altered", 0, pair[0].id)}


def test_erasure_that_names_another_payload_stands_in_the_way_of_none(forge: Forge, tmp_path: Path) -> None:
    pair, session = forge.actions(1), forge.session(ERASER)
    wrong = forge.entry(session, erasure({**named_leaf(0, pair[0]), "payload": "0" * 64}))
    right = forge.entry(session, erasure(named_leaf(0, pair[0]), entry="erasure-2"))
    for entries, excused in (([*pair, wrong], False), ([*pair, wrong, right], True)):
        folder = forge.write_copy(tmp_path / str(excused), entries)
        (folder / "statements" / f"{pair[0].id}.json").unlink()
        assert (audited(folder).ok, audited(folder).erased) == (excused, int(excused))


def test_erasure_excuses_only_what_the_log_held_before_it(forge: Forge, tmp_path: Path) -> None:
    pair = forge.actions(1)
    early = forge.entry(forge.session(ERASER), erasure(named_leaf(1, pair[0])))
    folder = forge.write_copy(tmp_path, [early, *pair])
    (folder / "statements" / f"{pair[0].id}.json").unlink()
    assert ("statement.missing", 1, None) in places(audited(folder))


@pytest.mark.parametrize(
    "listed", ["all of them", [{"leaf": -1, "entry": "a"}], [{"leaf": "0", "entry": "a"}], [{"leaf": 0}], {}]
)
def test_erasure_with_a_malformed_list_is_a_fault(forge: Forge, tmp_path: Path, listed: Any) -> None:
    folder = forge.write_copy(tmp_path, [forge.entry(forge.session(ERASER), erasure(extra=listed))])
    assert places(audited(folder)) == {("ledger.statement", 0, "erasure-1")}


def issue(folder: Path, *pems: bytes) -> None:
    for pem in pems:
        put(folder / "certificates" / f"{fingerprint_of(pem)}.pem", pem)


def test_certificates_are_counted_against_those_issued(forge: Forge, tmp_path: Path) -> None:
    used, idle = forge.session(), forge.session()
    folder = forge.write_copy(tmp_path, forge.actions(2, used))
    assert audited(folder).certificates == Certificates(1)
    issue(folder, used.certificate_pem, idle.certificate_pem)
    assert audited(folder).certificates == Certificates(1, 2, 1)


def test_certificate_that_was_never_issued_is_named_with_its_first_leaf(forge: Forge, tmp_path: Path) -> None:
    known, rogue = forge.session(), forge.session()
    entries = [*forge.actions(1, known), forge.entry(rogue, an_intent(an_action(7)))]
    folder = forge.write_copy(tmp_path, entries)
    issue(folder, known.certificate_pem)
    report = audited(folder)
    assert places(report) == {("certificate.unissued", 2, None)}
    assert fingerprint_of(rogue.certificate_pem) in str(
        [finding for finding in report.findings if finding.code == "certificate.unissued"]
    )


def test_issued_certificate_of_another_authority_is_named(forge: Forge, tmp_path: Path) -> None:
    session = forge.session()
    folder = forge.write_copy(tmp_path, forge.actions(1, session))
    issue(folder, session.certificate_pem, Forge().session().certificate_pem)
    assert codes(audited(folder)) == {"ledger.certificate"}
    assert ISSUER.startswith("https://")


def test_memory_does_not_grow_with_the_log(pristine: Path) -> None:
    """What an audit holds between two commits is the window's rows, and nothing of earlier windows."""
    from writ.ledger.book import Book

    held: list[int] = []
    commit = Book.commit

    def counting(book: Book, place: Any) -> None:
        held.append(len(book._rows))
        commit(book, place)
        assert book._rows == []

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Book, "commit", counting)
        audited(pristine, window=1)
    assert max(held) <= 256

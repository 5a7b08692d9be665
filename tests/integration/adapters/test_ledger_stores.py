"""One contract for what the ledger keeps outside, held by the ports in memory and by AWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.log_forge import NOW, Forge, an_action, an_intent
from tests.support.memory_ledger import (
    MemoryAnchors,
    MemoryCertificates,
    MemoryEntries,
    MemoryFiles,
    MemoryHeads,
    MemoryIndex,
    MemoryPromises,
)
from writ.adapters import aws
from writ.adapters.certificate_table import CertificateTable
from writ.adapters.entry_table import EntryTable
from writ.adapters.head_table import HeadTable
from writ.adapters.index_table import GROUP, IndexTable
from writ.adapters.log_bucket import AnchorBucket, LogBucket
from writ.adapters.promise_table import PromiseTable
from writ.contracts.errors import ConflictError, WritError
from writ.ledger.edges import actor_edge, hour_edge, node_edge, subject_edge, type_edge
from writ.ledger.x509 import issued_certificate
from writ.ports.ledger import (
    Anchors,
    CertificateStore,
    EntryStore,
    Head,
    HeadStore,
    IndexedEntry,
    KeptPromise,
    LogFiles,
    LogIndex,
    PromiseStore,
    StoredEntry,
)

FORGE = Forge()
SESSION = FORGE.session()
LOG, LOCKED = "writ-test-log", "writ-test-anchors"
TYPE = "https://writ.example/action/v1"
MINUTE = NOW.replace(second=0, microsecond=0)
ROOT = b"\x07" * 32
KINDS = ["memory", "aws"]


def is_memory(request: pytest.FixtureRequest) -> bool:
    if request.param == "aws":
        request.getfixturevalue("account")
    return bool(request.param == "memory")


def stored(number: int, at: datetime = NOW) -> StoredEntry:
    action = an_action(number)
    return StoredEntry(
        entry_id=f"{action.id}.intent",
        envelope=SESSION.sign(an_intent(action)).encoded,
        certificate=SESSION.fingerprint,
        actor="backlog",
        type=TYPE,
        stream=action.id,
        previous=None,
        subjects=(action.target.subject_digest(),),
        time=NOW,
        appended_at=at,
    )


class TestEntries:
    @pytest.fixture(params=KINDS)
    def entries(self, request: pytest.FixtureRequest) -> EntryStore:
        return MemoryEntries() if is_memory(request) else EntryTable("entries")

    def test_entry_comes_back_byte_for_byte(self, entries: EntryStore) -> None:
        """I4"""
        first = replace(stored(1), subjects=(), time=NOW.astimezone(timezone(timedelta(hours=2))))
        second = replace(stored(2), previous=first.entry_id, subjects=("a" * 64, "b" * 64))
        for entry in (first, second):
            entries.append(entry)
        assert entries.get_many([first.entry_id]) == {first.entry_id: first}
        wanted = [second.entry_id, "absent", first.entry_id, second.entry_id]
        assert entries.get_many(wanted) == {entry.entry_id: entry for entry in (first, second)}
        assert entries.get_many(["absent"]) == entries.get_many([]) == {}

    def test_first_entry_under_an_id_stands(self, entries: EntryStore) -> None:
        """I4"""
        first = stored(1)
        entries.append(first)
        for other in (first, replace(stored(2), entry_id=first.entry_id)):
            with pytest.raises(ConflictError):
                entries.append(other)
        assert entries.get_many([first.entry_id]) == {first.entry_id: first}

    def test_more_entries_are_read_than_one_request_may_hold(self, entries: EntryStore) -> None:
        many = [stored(number) for number in range(120)]
        for entry in many:
            entries.append(entry)
        assert entries.get_many([entry.entry_id for entry in many]) == {e.entry_id: e for e in many}

    def test_minute_lists_what_was_appended_in_it(self, entries: EntryStore) -> None:
        moments = [MINUTE + timedelta(seconds=second) for second in (-1, 0, 1, 30, 59, 60)]
        for number, moment in enumerate(moments):
            entries.append(stored(number, moment))
        inside = {stored(number).entry_id for number in (1, 2, 3, 4)}
        assert sorted(entries.appended_in(MINUTE)) == sorted(inside)
        assert list(entries.appended_in(MINUTE + timedelta(hours=1))) == []


class TestHead:
    @pytest.fixture(params=KINDS)
    def heads(self, request: pytest.FixtureRequest) -> HeadStore:
        return MemoryHeads() if is_memory(request) else HeadTable("log")

    def test_head_moves_only_from_the_version_it_is_at(self, heads: HeadStore) -> None:
        """I5"""
        empty = heads.read()
        assert empty == Head()
        first = Head(size=3, root=ROOT, base=0, applied=False, published_at=None, version=1)
        heads.swap(empty, first)
        assert heads.read() == first
        rival = replace(first, size=4, root=b"\x08" * 32)
        with pytest.raises(ConflictError):
            heads.swap(empty, rival)
        applied = replace(first, applied=True, published_at=NOW, version=2)
        heads.swap(first, applied)
        with pytest.raises(ConflictError):
            heads.swap(first, replace(rival, version=2))
        assert heads.read() == applied

    def test_sweep_mark_is_apart_from_the_head(self, heads: HeadStore) -> None:
        assert heads.read_swept() is None
        heads.write_swept(MINUTE)
        heads.write_swept(MINUTE + timedelta(minutes=1))
        assert heads.read_swept() == MINUTE + timedelta(minutes=1)
        assert heads.read() == Head()


class TestFiles:
    @pytest.fixture(params=KINDS)
    def files(self, request: pytest.FixtureRequest) -> LogFiles:
        if is_memory(request):
            return MemoryFiles()
        aws.client("s3").create_bucket(Bucket=LOG)
        return LogBucket(LOG)

    def test_file_never_changes(self, files: LogFiles) -> None:
        """I5"""
        assert files.read("tile/0/000") is None
        for _ in range(2):
            files.create("tile/0/000", b"\x00\xff" * 99)
        with pytest.raises(ConflictError) as forked:
            files.create("tile/0/000", b"other")
        assert forked.value.code == "ledger.forked"
        assert files.read("tile/0/000") == b"\x00\xff" * 99

    def test_checkpoint_is_replaced_only_at_the_tag_that_was_read(self, files: LogFiles) -> None:
        assert files.read_checkpoint() is None
        files.replace_checkpoint(b"one", None)
        with pytest.raises(ConflictError):
            files.replace_checkpoint(b"rival", None)
        found = files.read_checkpoint()
        assert found is not None
        note, tag = found
        assert note == b"one"
        files.replace_checkpoint(b"two", tag)
        with pytest.raises(ConflictError):
            files.replace_checkpoint(b"three", tag)
        found = files.read_checkpoint()
        assert found is not None
        assert found[0] == b"two"

    def test_tag_of_a_checkpoint_that_is_not_there_is_a_conflict(self, files: LogFiles) -> None:
        with pytest.raises(ConflictError):
            files.replace_checkpoint(b"one", '"0123456789abcdef0123456789abcdef"')
        assert files.read_checkpoint() is None


class TestAnchors:
    @pytest.fixture(params=KINDS)
    def anchors(self, request: pytest.FixtureRequest) -> Anchors:
        if is_memory(request):
            return MemoryAnchors()
        aws.client("s3").create_bucket(Bucket=LOCKED, ObjectLockEnabledForBucket=True)
        return AnchorBucket(LOCKED)

    def test_copies_are_listed_from_a_size_on_the_smallest_first(self, anchors: Anchors) -> None:
        assert list(anchors.from_size(0)) == []
        for size in (300, 5, 70, 1000, 70):
            anchors.create(size, size.to_bytes(32, "big"), f"note {size}".encode())
        expected = [(size, size.to_bytes(32, "big")) for size in (5, 70, 300, 1000)]
        for start, count in ((0, 4), (5, 4), (6, 3), (70, 3), (301, 1), (1001, 0)):
            assert list(anchors.from_size(start)) == expected[4 - count :]

    def test_two_roots_of_one_size_both_stay(self, anchors: Anchors) -> None:
        anchors.create(7, b"\x02" * 32, b"two")
        anchors.create(7, b"\x01" * 32, b"one")
        assert list(anchors.from_size(7)) == [(7, b"\x01" * 32), (7, b"\x02" * 32)]

    def test_note_that_first_covered_a_leaf_is_read(self, anchors: MemoryAnchors | AnchorBucket) -> None:
        assert anchors.first_covering(0) is None
        for size in (5, 70):
            anchors.create(size, ROOT, f"note {size}".encode())
        found = [anchors.first_covering(index) for index in (0, 4, 5, 69, 70)]
        assert found == [b"note 5", b"note 5", b"note 70", b"note 70", None]

    def test_leaf_is_covered_since_its_first_checkpoint(self, anchors: MemoryAnchors | AnchorBucket) -> None:
        assert anchors.covered_at(0) is None
        before = datetime.now(UTC).replace(microsecond=0)
        for size in (5, 70):
            anchors.create(size, ROOT, b"note")
        first = anchors.covered_at(0)
        assert first is not None
        assert before <= first <= datetime.now(UTC)
        assert anchors.covered_at(4) == first
        assert anchors.covered_at(5) == anchors.covered_at(69) is not None
        assert anchors.covered_at(70) is None
        anchors.create(5, ROOT, b"again")
        assert anchors.covered_at(4) == first


class TestPromises:
    @pytest.fixture(params=KINDS)
    def promises(self, request: pytest.FixtureRequest) -> PromiseStore:
        return MemoryPromises() if is_memory(request) else PromiseTable("promises")

    def test_first_promise_of_a_leaf_by_a_key_stands(self, promises: PromiseStore) -> None:
        first, other = KeptPromise(NOW, b"\x30one"), KeptPromise(NOW + timedelta(seconds=1), b"\x30two")
        assert promises.get(ROOT, 7) is None
        promises.put(ROOT, 7, first)
        with pytest.raises(ConflictError):
            promises.put(ROOT, 7, other)
        promises.put(ROOT, 8, other)
        promises.put(b"\x08" * 32, 7, other)
        assert [promises.get(ROOT, 7), promises.get(ROOT, 8)] == [first, other]
        assert promises.get(b"\x08" * 32, 7) == other


def indexed(index: int, **changes: object) -> IndexedEntry:
    entry = IndexedEntry(
        entry_id=f"act-{index:03d}.intent",
        index=index,
        actor="backlog",
        type=TYPE,
        stream=f"act-{index // 2:03d}",
        time=NOW,
        subjects=(f"{index % 3:064d}",),
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


class TestIndex:
    @pytest.fixture(params=KINDS)
    def index(self, request: pytest.FixtureRequest) -> LogIndex:
        return MemoryIndex() if is_memory(request) else IndexTable("index")

    def test_leaf_is_found_by_stream_and_entry(self, index: LogIndex) -> None:
        entries = [indexed(number) for number in range(130)]
        index.write(entries)
        asked = [(entry.stream, entry.entry_id) for entry in entries]
        assert index.find([*asked, *asked[:2], ("act-x", "absent")]) == {e.entry_id: e.index for e in entries}
        assert index.find([("act-x", "absent")]) == {}

    @pytest.mark.parametrize("limit", [1, 7, 100])
    def test_pages_of_every_edge_hold_its_entries_once_in_order(self, index: LogIndex, limit: int) -> None:
        entries = [
            indexed(number, actor=("backlog", "canary")[number % 2], time=NOW + timedelta(hours=number // 9))
            for number in range(20)
        ]
        for start, end in ((0, 1), (1, 8), (8, 20), (8, 20)):  # a commit may be written again
            index.write(entries[start:end])
        first_hour = entries[:9]
        for edge, expected in (
            (hour_edge(NOW), first_hour),
            (type_edge(TYPE, NOW), first_hour),
            (actor_edge("canary", NOW), first_hour[1::2]),
            (subject_edge(f"{2:064d}"), entries[2::3]),
            (actor_edge("nobody", NOW), []),
        ):
            found: list[IndexedEntry] = []
            while page := index.page(edge, found[-1].index if found else -1, limit):
                assert len(page) <= limit
                found += page
            assert found == expected
            assert list(index.page(edge, -1, 100, consistent=True)) == expected

    @pytest.mark.parametrize("limit", [1, 4, 100])
    @pytest.mark.parametrize("before", [None, 0, 1, 5, 8, 12, 20, 99])
    def test_latest_entries_come_newest_first_from_anywhere(
        self, index: LogIndex, before: int | None, limit: int
    ) -> None:
        entries = [indexed(number) for number in range(20)]
        for start, end in ((0, 1), (1, 8), (8, 20)):
            index.write(entries[start:end])
        found: list[IndexedEntry] = []
        while page := index.latest(hour_edge(NOW), found[-1].index if found else before, limit):
            assert len(page) <= limit
            found += page
        assert found == entries[:before][::-1]

    def test_entry_is_listed_under_the_nodes_it_names(self, index: LogIndex) -> None:
        entry = indexed(4, nodes=("a" * 64, "b" * 64))
        index.write([entry])
        assert list(index.latest(node_edge("b" * 64), None, 10)) == [entry]
        assert list(index.latest(subject_edge("b" * 64), None, 10)) == []

    def test_entry_about_several_things_is_listed_under_each_once(self, index: LogIndex) -> None:
        entry = indexed(4, subjects=("a" * 64, "b" * 64, "a" * 64))
        index.write([entry])
        for subject in ("a" * 64, "b" * 64):
            assert list(index.page(subject_edge(subject), -1, 10)) == [entry]

    def test_commit_beyond_one_item_is_listed_whole(self, index: LogIndex) -> None:
        entries = [indexed(number) for number in range(GROUP + 5)]
        index.write(entries)
        assert list(index.page(hour_edge(NOW), -1, 2 * GROUP)) == entries
        assert list(index.page(hour_edge(NOW), GROUP - 2, 4)) == entries[GROUP - 1 : GROUP + 3]


class TestCertificates:
    @pytest.fixture(params=KINDS)
    def certificates(self, request: pytest.FixtureRequest) -> CertificateStore:
        return MemoryCertificates() if is_memory(request) else CertificateTable("certificates")

    def test_certificate_is_found_by_its_fingerprint_once_it_is_there(
        self, certificates: CertificateStore
    ) -> None:
        issued = issued_certificate(FORGE.root, "backlog")
        assert certificates.get(issued.fingerprint) is None
        certificates.put(issued)
        certificates.put(issued)
        assert certificates.get(issued.fingerprint) == issued.pem

    def test_first_root_stands(self, certificates: CertificateStore) -> None:
        assert certificates.get_root(1) is None
        certificates.put_root(1, b"first")
        with pytest.raises(ConflictError):
            certificates.put_root(1, b"second")
        assert certificates.get_root(1) == b"first"

    def test_each_generation_has_a_root_of_its_own(self, certificates: CertificateStore) -> None:
        certificates.put_root(1, b"first")
        assert certificates.get_root(2) is None
        certificates.put_root(2, b"second")
        assert (certificates.get_root(1), certificates.get_root(2)) == (b"first", b"second")


def test_ordinary_intent_takes_at_most_two_write_units(account: None) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    EntryTable("entries").append(stored(1))
    [item] = aws.client("dynamodb").scan(TableName="entries")["Items"]
    assert sum(len(name) + size_of(value) for name, value in item.items()) <= 2048


def size_of(value: dict[str, Any]) -> int:
    [(kind, content)] = value.items()
    if kind == "L":
        return 3 + sum(1 + size_of(element) for element in content)
    return len(content if kind == "B" else content.encode())


def test_missing_buckets_are_refused_in_our_terms(account: None) -> None:
    files, anchors = LogBucket("writ-test-none"), AnchorBucket("writ-test-none")
    for call in (
        lambda: files.read("x"),
        lambda: files.create("x", b""),
        lambda: files.replace_checkpoint(b"", None),
        files.read_checkpoint,
        lambda: anchors.create(1, ROOT, b""),
        lambda: anchors.from_size(0),
    ):
        with pytest.raises(WritError) as refused:
            call()
        assert refused.value.code == "dependency.refused"


def test_files_are_stored_with_their_checksum_and_the_checkpoint_uncached(account: None) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=LOG)
    LogBucket(LOG).create("tile/0/000", b"data")
    LogBucket(LOG).replace_checkpoint(b"note", None)
    found = s3.head_object(Bucket=LOG, Key="tile/0/000", ChecksumMode="ENABLED")
    assert found["ChecksumSHA256"] == "Om6weQ85rIfJTzhWst0sXREOaBFgImGpqSPTuyOtyLc="
    assert s3.head_object(Bucket=LOG, Key="checkpoint")["CacheControl"] == "no-cache"


def test_stored_times_keep_their_instant(account: None) -> None:
    EntryTable("entries").append(stored(1))
    [found] = EntryTable("entries").get_many([stored(1).entry_id]).values()
    assert found.appended_at.astimezone(UTC) == NOW

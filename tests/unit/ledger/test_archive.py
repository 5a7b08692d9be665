"""The one form of an archive: anything else that a zip can be is refused before it is looked at."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable

import pytest

from writ.contracts.errors import ContractError
from writ.ledger import archive
from writ.ledger.errors import VerificationError

MEMBERS = {"b/two.json": b"{}", "a.txt": b"one\n", "empty": b""}


def refusal(data: bytes) -> VerificationError:
    with pytest.raises(VerificationError) as caught:
        archive.decode(data)
    assert caught.value.code == "ledger.archive"
    return caught.value


def zipped(build: Callable[[zipfile.ZipFile], object]) -> bytes:
    """An archive as the standard library writes it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        build(file)
    return target.getvalue()


def both(file: zipfile.ZipFile, *members: tuple[str, bytes]) -> None:
    for name, data in members:
        file.writestr(info(name), data)


def info(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.external_attr = mode << 16
    made.create_system = 3
    return made


def test_archive_reads_back_and_any_order_of_members_has_the_same_bytes() -> None:
    data = archive.encode(MEMBERS)
    assert archive.decode(data) == MEMBERS
    assert archive.encode(dict(reversed(MEMBERS.items()))) == data


def test_other_tools_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(archive.encode(MEMBERS))) as file:
        assert file.testzip() is None
        assert file.namelist() == ["a.txt", "b/two.json", "empty"]
        assert {name: file.read(name) for name in file.namelist()} == MEMBERS
        assert {one.external_attr >> 16 for one in file.infolist()} == {stat.S_IFREG | 0o644}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda file: file.writestr(info("a"), b"0" * 10**6, zipfile.ZIP_DEFLATED), "packed"),
        (lambda file: file.writestr(info("../a"), b"x"), "name"),
        (lambda file: file.writestr(info("/etc/passwd"), b"x"), "name"),
        (lambda file: file.writestr(info("a/../../b"), b"x"), "name"),
        (lambda file: file.writestr(info("c:a"), b"x"), "name"),
        (lambda file: file.writestr(info("a\\b"), b"x"), "name"),
        (lambda file: file.writestr(info("A"), b"x"), "name"),
        (lambda file: file.writestr(info("é"), b"x"), "name"),
        (lambda file: file.writestr(info("a" * 201), b"x"), "name"),
        (lambda file: file.writestr(info("a/"), b""), "name"),
        (lambda file: file.writestr(info("a", 0o120777), b"/etc/passwd"), "one form"),
        (lambda file: file.writestr(info("a", 0o100755), b"x"), "one form"),
        (lambda file: both(file, ("b", b"x"), ("a", b"x")), "one form"),
        (lambda file: file.writestr(zipfile.ZipInfo("a", (1999, 1, 1, 0, 0, 0)), b"x"), "one form"),
    ],
)
def test_what_else_a_zip_can_hold_is_refused(
    build: Callable[[zipfile.ZipFile], object], message: str
) -> None:
    assert message in refusal(zipped(build)).message


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_member_that_is_there_twice_is_refused_by_name() -> None:
    error = refusal(zipped(lambda file: both(file, ("a", b"x"), ("a", b"y"))))
    assert (error.message, error.field) == ("a member is there twice", "a")


def test_wrong_checksum_is_refused_by_name() -> None:
    data = archive.encode({"a": b"one", "b": b"two"})
    for old, new in ((b"two", b"tow"), (zlib.crc32(b"two").to_bytes(4, "little"), b"\0\0\0\0")):
        error = refusal(data.replace(old, new))
        assert (error.message, error.field) == ("a member's checksum is wrong", "b")


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data + b"\0",
        lambda data: b"\0" + data,
        lambda data: data[:-1],
        lambda data: data[:40],
        lambda data: b"",
        lambda data: data[-22:],
        lambda data: data + data,
        lambda data: data[:-2] + b"\x01\x00x",
        lambda data: data[:-14] + b"\xff\xff\xff\xff" + data[-10:],
    ],
)
def test_what_is_before_behind_or_missing_is_refused(edit: Callable[[bytes], bytes]) -> None:
    refusal(edit(archive.encode(MEMBERS)))


def test_member_that_claims_to_be_larger_than_the_archive_is_refused() -> None:
    data = bytearray(archive.encode({"a": b"one"}))
    for size in (200, 10**6, 2**32 - 1):
        data[18:26] = size.to_bytes(4, "little") * 2
        assert "larger" in refusal(bytes(data)).message


def test_too_much_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive.encode(MEMBERS)
    monkeypatch.setattr(archive, "MAX_ARCHIVE", len(data) - 1)
    assert "over" in refusal(data).message
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    assert "3 members" in refusal(data).message
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_MEMBER", 3)
    assert "larger" in refusal(data).message


@pytest.mark.parametrize("members", [{}, {"../a": b""}, {"": b""}, {"a": b"", "A": b""}, {"a..b/.c": b""}])
def test_what_would_not_read_back_is_not_written(members: dict[str, bytes]) -> None:
    with pytest.raises(ContractError) as caught:
        archive.encode(members)
    assert caught.value.code == "ledger.archive"

"""Zip archives in one form only: the same members always have the same bytes, and no other bytes are read.

The form (APPNOTE 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT): members by name,
stored and not deflated, for compressors differ between versions; dated 1980-01-01; plain files that their
owner may write; no comment, no extra field, nothing between or behind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from struct import Struct
from typing import Final
from zlib import crc32

from writ.contracts.errors import ContractError
from writ.ledger.errors import VerificationError

MAX_ARCHIVE: Final = 256 * 1024 * 1024
MAX_MEMBER: Final = 32 * 1024 * 1024
MAX_MEMBERS: Final = 20_000
_CODE: Final = "ledger.archive"
# A name begins with no dot and ends with none, so that it stays inside and means the same everywhere.
_PART: Final = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
_NAME: Final = re.compile(rf"{_PART}(?:/{_PART}){{0,3}}")
_MAX_NAME: Final = 200

_LOCAL: Final = Struct("<4sHHHHHIIIHH")
_CENTRAL: Final = Struct("<4sHHHHHHIIIHHHHHII")
_END: Final = Struct("<4sHHHHIIH")
_LOCAL_SIGNATURE: Final = b"PK\x03\x04"
_CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
_END_SIGNATURE: Final = b"PK\x05\x06"
_STORED: Final = 0
_NEEDS: Final = 10  # version 1.0: a stored file
_MADE_BY: Final = (3 << 8) | 20  # Unix, whose permissions the upper half of the attributes holds
_PLAIN_FILE: Final = 0o100644 << 16
_DATE: Final = (1 << 5) | 1  # 1980-01-01, the first that a zip knows


def is_archive(data: bytes) -> bool:
    """Whether the bytes begin as an archive with a member does."""
    return data.startswith(_LOCAL_SIGNATURE)


def encode(members: Mapping[str, bytes]) -> bytes:
    """The archive of these members.

    Raises
    ------
    ContractError
        `ledger.archive`: a name or a size that `decode` would refuse, or no members.
    """
    local, central = [], []
    offset = 0
    for name in sorted(members):
        data, path = members[name], name.encode()
        if not _is_name(name) or len(data) > MAX_MEMBER:
            raise ContractError("a member has a name or a size that no archive of ours has", code=_CODE)
        common = (_NEEDS, 0, _STORED, 0, _DATE, crc32(data), len(data), len(data), len(path), 0)
        header = _LOCAL.pack(_LOCAL_SIGNATURE, *common)
        local += [header, path, data]
        central += [
            _CENTRAL.pack(_CENTRAL_SIGNATURE, _MADE_BY, *common, 0, 0, 0, _PLAIN_FILE, offset),
            path,
        ]
        offset += len(header) + len(path) + len(data)
    directory = b"".join(central)
    count = len(members)
    if not 0 < count <= MAX_MEMBERS or offset + len(directory) + _END.size > MAX_ARCHIVE:
        raise ContractError("too much for one archive, or nothing", code=_CODE)
    end = _END.pack(_END_SIGNATURE, 0, 0, count, count, len(directory), offset, 0)
    return b"".join([*local, directory, end])


def decode(data: bytes) -> dict[str, bytes]:
    """The members of an archive that `encode` wrote.

    Nothing is inflated and nothing is written anywhere: a member is a part of `data`, of the size it has
    there.

    Raises
    ------
    VerificationError
        `ledger.archive`, with the member at fault where one is: any other bytes.
    """
    if len(data) > MAX_ARCHIVE:
        raise _refused(f"the archive is over {MAX_ARCHIVE} bytes")
    if len(data) < _END.size or not is_archive(data):
        raise _refused("not an archive")
    signature, _, _, count, _, _, _, comment = _END.unpack_from(data, len(data) - _END.size)
    if signature != _END_SIGNATURE or comment:
        raise _refused("the archive does not end where its directory does")
    if not 0 < count <= MAX_MEMBERS:
        raise _refused(f"the archive has {count} members")
    members: dict[str, bytes] = {}
    position = 0
    for _ in range(count):
        name, content, position = _member(data, position)
        if name in members:
            raise _refused("a member is there twice", name)
        members[name] = content
    if encode(members) != data:
        raise _refused("the archive is not in the one form that it may have")
    return members


def _member(data: bytes, start: int) -> tuple[str, bytes, int]:
    """Name and content of the member whose header starts here, and where the next one does."""
    if start + _LOCAL.size > len(data):
        raise _refused("the archive ends inside a member")
    signature, _, flags, method, _, _, checksum, stored, size, name_size, _ = _LOCAL.unpack_from(data, start)
    if signature != _LOCAL_SIGNATURE:
        raise _refused("a member is not where it must be")
    at = start + _LOCAL.size
    name = data[at : at + min(name_size, _MAX_NAME + 1)].decode("ascii", "replace")
    if not _is_name(name):
        raise _refused("a member's name leads elsewhere, or is none of ours", ascii(name)[:64])
    if flags or method != _STORED or stored != size:
        raise _refused("a member is packed or hidden", name)
    end = at + name_size + size
    if size > MAX_MEMBER or end > len(data):
        raise _refused("a member is larger than it may be", name)
    content = data[at + name_size : end]
    if crc32(content) != checksum:
        raise _refused("a member's checksum is wrong", name)
    return name, content, end


def _is_name(name: str) -> bool:
    return len(name) <= _MAX_NAME and _NAME.fullmatch(name) is not None


def _refused(message: str, member: str | None = None) -> VerificationError:
    return VerificationError(message, code=_CODE, field=member)

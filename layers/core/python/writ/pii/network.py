"""Addresses of machines, which stand for those who use them: IPv4, IPv6 and MAC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from writ.pii.finding import Confidence
from writ.pii.sheet import Sheet, every

_LONGEST_IPV6: Final = 45
_EDGE_OF_MAC: Final = 17
_PAIR: Final = 2
_MACS: Final = ((b"hh:hh:hh:hh:hh:hh", 17), (b"hh-hh-hh-hh-hh-hh", 17), (b"hhhh.hhhh.hhhh", 14))
# This host, loopback, tests of networks (RFC 2544), multicast and what is reserved (RFC 1112, RFC 6890).
_NEVER_SOMEBODYS: Final = ("0.", "127.", "198.18.", "198.19.", *(f"{part}." for part in range(224, 256)))


@cache
def _middle() -> re.Pattern[bytes]:
    return re.compile(rb"\.[0-9]{1,3}\.[0-9]{1,3}\.")


@cache
def _version() -> re.Pattern[bytes]:
    named = rb"version|release|firmware|section|chapter|build|revision|(?<![a-z])(?:ver\.?|v)"
    return re.compile(rb"(?:(?:" + named + rb")\w{0,8}[\"']?[ =:>\"'(]{0,4}|[<>=~!^]=[ \"']{0,2}|[~^])$")


@cache
def _colons() -> re.Pattern[bytes]:
    return re.compile(rb":(?::|h{1,4}:h{1,4}:)")


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Addresses that may be somebody's; not loopback, multicast, versions or times."""
    yield from _ipv4(sheet)
    yield from _macs(sheet)
    yield from _ipv6(sheet)


def _ipv4(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    raw = sheet.raw
    for middle in _middle().finditer(raw):
        start, end = middle.span()
        while start > 0 and middle.start() - start < 3 and raw[start - 1 : start].isdigit():
            start -= 1
        while end < len(raw) and end - middle.end() < 3 and raw[end : end + 1].isdigit():
            end += 1
        parts = raw[start:end].split(b".")
        if len(parts) != 4 or not all(
            part and int(part) < 256 and str(int(part)) == part.decode() for part in parts
        ):
            continue
        if _continues(raw, start, end) or raw[start:end].decode().startswith(_NEVER_SOMEBODYS):
            continue
        versioned = _version().search(sheet.lower, max(0, start - 24), start)
        yield start, end, "ip_address", Confidence.LOW if versioned else Confidence.MEDIUM


def _continues(raw: bytes, start: int, end: int) -> bool:
    """Whether more of a number or a name stands around it, as in an OID or a host name."""
    before = raw[start - 2 : start] if start > 1 else b" " + raw[:start]
    after = raw[end : end + 2]
    if (
        before[-1:].isalnum()
        or before[-1:] in (b"_", b"-")
        or after[:1].isalnum()
        or after[:1] in (b"_", b"-")
    ):
        return True
    return (before[-1:] == b"." and before[:1].isdigit()) or (after[:1] == b"." and after[1:].isalnum())


def _macs(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    hexes = sheet.hexes
    for literal, length in _MACS:
        for start in every(hexes, literal):
            end = start + length
            if _word_at(sheet.raw, start - 1) or _word_at(sheet.raw, end):
                continue
            digits = {byte for byte in sheet.lower[start:end] if byte not in b":-."}
            if len(digits) > 1:  # neither all zeros nor the broadcast address
                yield (
                    start,
                    end,
                    "mac_address",
                    Confidence.HIGH if length == _EDGE_OF_MAC else Confidence.MEDIUM,
                )


def _word_at(raw: bytes, place: int) -> bool:
    character = raw[place : place + 1] if place >= 0 else b""
    return character.isalnum() or (character != b"" and character in b"_:-")


def _ipv6(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    hexes = sheet.hexes
    done = 0
    for hint in _colons().finditer(hexes):
        if hint.start() < done:
            continue
        start = hint.start()
        while start > done and hint.start() - start < _LONGEST_IPV6 and hexes[start - 1] in b"h:":
            start -= 1
        end = hint.end()
        while end < len(hexes) and end - start <= _LONGEST_IPV6 and hexes[end] in b"h:.":
            end += 1
        done = end
        end -= sheet.text[start:end].endswith((".", ":")) and not sheet.text[start:end].endswith("::")
        if (
            not _word_at(sheet.raw, start - 1)
            and not _word_at(sheet.raw, end)
            and _is_ipv6(sheet.text[start:end])
        ):
            yield start, end, "ip_address", Confidence.HIGH


def _is_ipv6(text: str) -> bool:
    """RFC 4291, section 2.2, and two groups at least: `::1` and `a::b` are more often something else."""
    head, gap, tail = text.partition("::")
    if "::" in tail or len(text) > _LONGEST_IPV6:
        return False
    groups = [*head.split(":"), *tail.split(":")] if gap else head.split(":")
    named = [group for group in groups if group]
    if len(named) != len(groups) - (gap != "") * ((head == "") + (tail == "")):
        return False
    if not all(1 <= len(group) <= 4 and "." not in group for group in named):
        return False
    if not gap:
        # Eight pairs are a MAC-64: https://standards.ieee.org/products-programs/regauth/tutorials
        return len(named) == 8 and any(len(group) != _PAIR for group in named)
    return 3 <= len(named) < 8

"""Mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from writ.pii.finding import Confidence
from writ.pii.sheet import Sheet, every

_LONGEST_LOCAL: Final = 64
_LONGEST_USER: Final = 260
# Names of services where a person's would stand: scp-like addresses of repositories.
_SERVICES: Final = frozenset({"git", "hg", "svn", "ssh"})


@cache
def _local_backwards() -> re.Pattern[str]:
    """A local part as RFC 5322 spells an atom, with dots."""
    return re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}+")


@cache
def _domain() -> re.Pattern[str]:
    return re.compile(r"@(?:[\w-]{1,63}\.){1,126}[^\W\d_]{2,63}")


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Every mail address whose domain ends in letters, with all that may belong to it."""
    text = sheet.given
    done = 0
    for at in every(sheet.raw, b"@"):
        domain = _domain().match(text, at) if at > done else None
        local = _local_backwards().match(text[max(done, at - _LONGEST_LOCAL) : at][::-1]) if domain else None
        if domain and local:
            done = domain.end()
            start = at - local.end()
            unlikely = local[0][::-1].lower() in _SERVICES or _in_userinfo(text, start)
            yield start, done, "mail", Confidence.LOW if unlikely else Confidence.HIGH


def _in_userinfo(text: str, start: int) -> bool:
    """Whether what stands before the sign is a password, as in `scheme://user:password@host.name`."""
    if text[start - 1 : start] != ":":
        return False
    scheme = text.rfind("://", max(0, start - _LONGEST_USER), start)
    return scheme >= 0 and not any(mark in text[scheme + 3 : start] for mark in " /\n\t")

"""Values that are secret by the name they are given to, or by where they stand in an address."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

from writ.pii.finding import Confidence
from writ.pii.sheet import Sheet, every

# What a name that holds a secret has in it; lower case.
_NAMES: Final = (
    b"pass",
    b"pwd",
    b"wachtwoord",
    b"contrase",
    b"secret",
    b"token",
    b"key",
    b"credential",
    b"authorization",
)
_PASSWORDS: Final = (b"pass", b"pwd", b"wachtwoord", b"contrase")
_FEW_BITS: Final = 2.5
_MANY_BITS: Final = 3.0
_BITS_OF_HEX: Final = 4.0
_LONG: Final = 12
_REACH: Final = 64
_IS: Final = " is "
_REDACTED: Final = "[redacted]"


@cache
def _harmless() -> re.Pattern[str]:
    """`token_count` or `secret_name` describe a secret without being one."""
    return re.compile(
        r"(?:arn|at|count|file|id|ids|kind|length|limit|name|path|size|state|status|type|uri|url)$"
    )


@cache
def _name() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?:passwor[dt]|passwd|passphrase|(?P<short>(?<=[_-])pass(?![\w-]))|(?<=mot de )passe|pwd"
        r"|wachtwoord|contrase[ñn]a|secret|token|(?:api|access|account|private|secret"
        r"|signing|encryption"
        r"|auth|shared|client|master|storage|subscription)[_-]?key|credentials?|authorization)"
        r"(?P<tail>s?(?:[_-][\w-]{0,32}+)?)(?:[ \\\"'\])]{0,8}|[\"'\])]{0,3}\s{0,4})(?P<by>=>|:=|==?"
        r"|:|>| is (?=\S)| (?=\S))(?: {0,8}|\s{0,4})(?:bearer\s{1,4}|basic\s{1,4}|token\s{1,4})?"
        r"(?P<quote>\\?[\"'`]?)"
    )


@cache
def _value() -> re.Pattern[str]:
    return re.compile(r"[^\s\"',;&]{6,4096}+")


@cache
def _element() -> re.Pattern[str]:
    """What is between an element's beginning and its end."""
    return re.compile(r"[^\s<]{6,4096}+(?=</)")


@cache
def _aws_secret() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z0-9/+]{40}")


@cache
def _userinfo() -> re.Pattern[str]:
    return re.compile(r"(?P<userinfo>[^/\s:@]{0,256}+:[^/\s@]{1,256}+)@")


@cache
def _bearer() -> re.Pattern[str]:
    return re.compile(r"(?i)(?<![\w])bearer\s{1,4}(?P<value>[\w.~+/=-]{16,4096}+)")


@cache
def _reference() -> re.Pattern[str]:
    """What stands where a secret would and is none: a placeholder, a variable, a call, a type."""
    return re.compile(
        r"(?i)required\b|\$|<[^>]*>|\{|%\(|%s|\*{3}|x{5}|\.{3}|your|change|example|placeholder|redacted|dummy"
        r"|sample|fake|test"
        r"|none$|null$|true$|false$|undefined$"
        r"|[a-z_][\w.]*\(|[a-z_]\w*(?:\.[a-z_]\w*)+\)?$|[a-z_]\w*\[|os\.|env\.|process\."
    )


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Passwords and secrets that are assigned, passwords inside addresses, and bearer tokens."""
    yield from _named(sheet)
    yield from _addresses(sheet)
    for place in sheet.places(b"bearer"):
        if found := _bearer().match(sheet.text, place):
            value = found["value"]
            sure = Confidence.MEDIUM if is_random(value) else Confidence.LOW
            yield found.start("value"), found.end("value"), "bearer_token", sure


def _named(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    text = sheet.text
    for literal in _NAMES:
        done = 0
        for place in every(sheet.lower, literal):
            # `key` is the end of a name, the others are its beginning.
            start = _start_of_key(sheet, place) if literal == b"key" else place
            name = _name().match(text, start) if start >= done else None
            if name is None or (name["tail"] and _harmless().search(name["tail"].lower())):
                continue
            if not _is_given(text, start, literal, name["by"]):
                continue
            # As it is given: what is escaped in a value is part of it.
            value = (_element() if name["by"] == ">" else _value()).match(sheet.given, name.end())
            if value and not value[0].startswith(_REDACTED):
                done = value.end()
                kind, sure = _judged(literal, value[0], quoted=name["quote"] != "")
                if _is_weak(name) and (sure < Confidence.MEDIUM or _described().fullmatch(value[0])):
                    continue
                if kind == "assigned_secret" and sure > Confidence.LOW and _is_aws(sheet, start, value[0]):
                    kind, sure = "aws_secret_key", Confidence.HIGH
                yield value.start(), done, kind, sure


def _is_weak(name: re.Match[str]) -> bool:
    """Whether a name or what follows it is often about passwords: `pass`, a sentence, an option."""
    return name["short"] is not None or name["by"] in (_IS, " ")


@cache
def _described() -> re.Pattern[str]:
    """What a sentence says instead of a value, `base64-encoded` or `8characters` say."""
    return re.compile(r"[a-z]*[0-9]+[a-z]*(?:-[a-z]+)+[.,]?|[0-9]+[a-z]+[.,]?", re.IGNORECASE)


def _is_given(text: str, start: int, literal: bytes, by: str) -> bool:
    """Whether what stands between a name and a text gives it that.

    A `>` does where an element begins, a blank after an option, and a word for passwords alone.
    """
    if by == ">":
        return text[start - 1 : start] in ("<", ":")
    if by == _IS:
        return literal in _PASSWORDS
    return by != " " or text[start - 2 : start] == "--"


def _start_of_key(sheet: Sheet, place: int) -> int:
    if sheet.lower[place - 1 : place] not in _ENDS:
        return -1
    for stem in _STEMS:
        before = sheet.lower[max(0, place - len(stem) - 1) : place]
        if before.rstrip(b"_-").endswith(stem):
            return place - (len(before) - len(before.rstrip(b"_-"))) - len(stem)
    return -1


_STEMS: Final = (
    b"api",
    b"access",
    b"account",
    b"private",
    b"secret",
    b"signing",
    b"encryption",
    b"auth",
    b"shared",
    b"client",
    b"master",
    b"storage",
    b"subscription",
)
_ENDS: Final = frozenset({b"-", b"_", *(stem[-1:] for stem in _STEMS)})


def _judged(literal: bytes, value: str, *, quoted: bool) -> tuple[str, Confidence]:
    kind = "password" if literal in _PASSWORDS else "assigned_secret"
    if _reference().match(value) or value.count("/") > value.count("+") + 3 or len(set(value)) < 4:
        return kind, Confidence.LOW
    if kind == "password":
        return kind, Confidence.MEDIUM if quoted or _mixed(value) else Confidence.LOW
    random = len(value) >= _LONG and is_random(value) and _mixed(value)
    return kind, Confidence.MEDIUM if random else Confidence.LOW


def _is_aws(sheet: Sheet, place: int, value: str) -> bool:
    """Forty characters of base64 that are no hexadecimal digest, where AWS is spoken of."""
    named = sheet.lower.find(b"aws", max(0, place - _REACH), place + _REACH) >= 0
    return named and _aws_secret().fullmatch(value) is not None and entropy(value) > _BITS_OF_HEX


def _mixed(value: str) -> bool:
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _addresses(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    done = 0
    for place in every(sheet.raw, b"://"):
        found = _userinfo().match(sheet.given, place + 3) if place >= done else None
        if found:
            done = found.end()
            password = found["userinfo"].partition(":")[2]
            sure = (
                Confidence.LOW
                if _reference().match(password) or not password.strip("*x")
                else Confidence.HIGH
            )
            yield found.start("userinfo"), found.end("userinfo"), "connection_string", sure


def entropy(value: str) -> float:
    """Shannon's entropy of the characters of a text, in bits a character."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())


def is_random(value: str) -> bool:
    """Whether characters are spread as those of a random key: near what so many could carry at most."""
    return entropy(value) >= (_MANY_BITS if len(value) >= _LONG else _FEW_BITS)

"""What tells at little cost that a text has nothing for a detector, so that most texts are spared them all.

A hint is in every text in which its detector finds something that is masked; that it is there proves nothing.
No detector is loaded to look for it, so that a process whose texts are harmless never loads one.
"""

from __future__ import annotations

import re
import string
from functools import cache
from typing import Final

SHORTEST_TOKEN: Final = 15
_SHORTEST_NUMBER: Final = 9
_SHORTEST_CARD: Final = 13
_LONGEST_CARD: Final = 19

_ALNUM: Final = (string.ascii_letters + string.digits).encode()
_ALL: Final = bytes(range(256))
_BEYOND_ASCII: Final = bytes(range(0xC0, 0x100))  # letters of Latin-1


def classed(*parts: tuple[bytes, bytes], rest: bytes = b" ") -> bytes:
    """A table for `bytes.translate`: each of these characters becomes that one, and what is left `rest`."""
    table = bytearray(rest * len(_ALL))
    for members, name in parts:
        for member in members:
            table[member] = name[0]
    return bytes(table)


CLASSES: Final = classed(
    (string.ascii_letters.encode(), b"a"),
    (string.digits.encode(), b"0"),
    (b"-_", b"-"),
    (_BEYOND_ASCII, b"e"),
)
"""`a` letters, `0` digits, `-` hyphens and underscores, `e` other letters."""
RUNS: Final = classed((_ALNUM + b"-_", b"w"))
"""`w` what credentials are made of."""
_RUN: Final = b"w" * SHORTEST_TOKEN
_BETWEEN_DIGITS: Final = b" ./()-"
_DIGITS: Final = b"0" * _SHORTEST_NUMBER
# Behind a number's first character: that it is neither inside a word nor the year of a moment with its hour.
_START: Final = r"(?<![A-Za-z0-9_-][0-9+(])(?!(?<=2)0[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:)"

# What credentials in one run begin with.
_BEGINNINGS: Final = tuple(
    word
    for line in (
        "AKIA ASIA ABIA ACCA gho_ ghp_ ghs_ ghu_ ghr_ github_pat_ glpat- gldt- glrt- glcbt- glptt-",
        "glft- glimt- glsoat- glagent- gloas- glffct- xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- xapp-",
        "rk_live_ rk_test_ sk_live_ sk_test_ whsec_ AIza GOCSPX- npm_ pypi- SK sk- hf_ api_org_ doo_v1_",
        "dop_v1_ dor_v1_ dckr_ shpat_ shpca_ shppa_ shpss_ lin_api_ ntn_ PMAK- glsa_ NRAK- dapi",
        "rubygems_ pscale_ sbp_ sntrys_ sq0 AGE-SECRET-KEY-1 EAAA PRIV_API_ xkeysib- xoxc- xoxd- GR1348941",
        "rk_org_ sk_org_ AA ATATT3 ATCTT3 ATBB gsk_ xai- pplx- r8_ nvapi- lsv2_ figd_ pul- sqa_ sqp_",
        "squ_ AKCp oy2 tskey- nfp_ fo1_ glc_ sntryu_ sb_secret_ CCIPAT_ rzp_live_ HRKU- LTAI key- re_",
        "pat-na1- pat-eu1-",
    )
    for word in line.split()
)
FIRST: Final = "".join(sorted({beginning[0] for beginning in _BEGINNINGS}))
"""The first characters of what `may_begin` knows."""
_FIRST_TWO: Final = frozenset(beginning[:2] for beginning in _BEGINNINGS)

# `api_key`, `access-key`, `clientkey`: a hyphen, an underscore, or the end of one of the words before it.
_BEFORE_KEY: Final = frozenset("-_istegnhdr")

# Country and length of its account numbers: https://www.swift.com/standards/data-standards/iban
_ACCOUNTS: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24"
    " FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28"
    " LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29"
    " RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
ACCOUNT_LENGTHS: Final = {entry[:2]: int(entry[2:]) for entry in _ACCOUNTS.split()}

# What words for a number of nine to twelve digits begin with, and for numbers that end in a letter.
STEMS: Final = (
    "ssn", "social", "itin", "taxpayer", "nhs", "patient", "steuer", "idnr", "tax", "tin", "identifikation",
    "pesel", "bsn", "burgerservice", "sofi", "person", "pnr", "swedish", "dselsn", "fnr", "cpr", "rijks",
    "registre", "national", "cpf", "aad", "uidai", "sin", "tfn", "nif", "contribuinte", "rodn",
    "birth", "oib", "tckn", "kimlik", "t.c.", "isikukood", "asmens", "amka", "svnr", "sv-n", "vsnr",
    "versicherung", "my num", "my_num", "my-num", "individual", "kojin",
)  # fmt: skip
LETTERED_STEMS: Final = ("ni", "national", "documento", "identidad", "hetu", "henkil", "person")


# What stands for a character between words, in strings of programs (RFC 8259) and in addresses (RFC 3986).
_ESCAPED: Final = {
    **dict.fromkeys((r"\n", r"\r", r"\t", "%0a", "%0d", "%09", "%20", r"\u0020", r"\u000a"), " "),
    **{form: mark for mark in "\"'=&:,;<>" for form in (f"%{ord(mark):02x}", f"\\u00{ord(mark):02x}")},
}


@cache
def _escapes(mark: str) -> re.Pattern[str]:
    """Those that begin so, with the mark first: a pattern of all would look at every character."""
    if mark == "%":
        return re.compile(r"%(?i:0[9ad]|2[0267c]|3[a-e])")
    # A backslash that another one escapes is one: `D:\\new` in JSON.
    return re.compile(r"\\(?<!\\\\)(?:[nrt]|u00(?i:0a|2[0267c]|3[a-e]))")


def unescaped(text: str) -> str:
    """The text with what is escaped between its words as it reads, behind blanks that keep every place."""
    for mark in ("\\", "%"):
        if mark in text:
            text = _escapes(mark).sub(lambda found: _ESCAPED[found[0].lower()].rjust(len(found[0])), text)
    return text


@cache
def _digits() -> re.Pattern[str]:
    """A stretch as `numbers` knows it, of nine digits or more."""
    return re.compile(rf"[0-9+(]{_START}(?:[ ./()-]{{0,2}}[0-9]){{8,}}+")


def tokens(text: str, spread: str, raw: bytes) -> bool:
    """Whether something begins as a credential does, and may be long enough for one.

    `spread` is the text between two spaces, so that the edges of its first and last word are seen; `raw` is
    that in Latin-1.
    """
    if (
        "eyJ" in text
        or "-----BEGIN" in text
        or "Key=" in text
        or "SG." in text
        or "ya29." in text
        or "hvs." in text
        or "hvb." in text
        or "hvr." in text
        or "hooks.slack.com/" in text
        or "Q~" in text
        or "dp." in text
        or ".atlasv1." in text
        or "whsec_" in text
        or "/api/webhooks/" in text
        or "dt0c01." in text
        or "sha256~" in text
    ):
        return True
    runs = raw.translate(RUNS)
    start = runs.find(_RUN)
    while start >= 0:
        end = runs.find(b" ", start)
        if may_begin(spread, start, end - SHORTEST_TOKEN):
            return True
        start = runs.find(_RUN, end)
    return False


def may_begin(spread: str, place: int, last: int) -> bool:
    """Whether a credential begins where this run does, or after a hyphen in it."""
    while spread[place : place + 2] not in _FIRST_TWO or not spread.startswith(_BEGINNINGS, place):
        place = spread.find("-", place, last) + 1
        if not place:
            return False
    return True


def assigned(text: str, lower: str) -> bool:
    """Whether there may be a secret that a name is given to, a password in an address, or a bearer token."""
    if "=" in text or ":" in text or ">" in text or " is " in lower or "--" in text:
        return (
            ("key" in lower and _names_key(lower))
            or "token" in lower
            or "secret" in lower
            or "pwd" in lower
            or "pass" in lower
            or "wachtwoord" in lower
            or "contrase" in lower
            or "credential" in lower
            or "authorization" in lower
            or "bearer" in lower
            or ("@" in text and "://" in text)
        )
    return "bearer" in lower


def _names_key(lower: str) -> bool:
    """Whether a word that ends as those do which make a key secret stands before `key`."""
    place = lower.find("key")
    while place >= 0:
        if lower[place - 1 : place] in _BEFORE_KEY:
            return True
        place = lower.find("key", place + 3)
    return False


def identities(text: str, lower: str, raw: bytes) -> bool:
    """Whether there may be a card, or a national number of digits that is sure enough."""
    if raw.translate(CLASSES, _BETWEEN_DIGITS).find(_DIGITS) < 0:
        return False
    named: bool | None = None
    for found in _digits().finditer(text):
        written = found[0].lstrip("+(")
        if not written.isdigit() or _SHORTEST_CARD <= len(written) <= _LONGEST_CARD:
            return True
        if named is None:
            named = any(stem in lower for stem in STEMS)
        if named:
            return True
    return False


def codes(spread: str, lower: str, classes: str) -> bool:
    """Whether there may be an account, or a national number with letters that is sure enough."""
    place = classes.find(" aa00")
    while place >= 0:
        if spread[place + 1 : place + 3].upper() in ACCOUNT_LENGTHS:
            return True
        place = classes.find(" aa00", place + 1)
    if "a00a000a " in classes or " aaaa000000aaaaaa" in classes:
        return True
    if "000000a" in classes or " 00 00 00 a " in classes or "0-a " in classes or " 000000-000" in classes:
        return any(stem in lower for stem in LETTERED_STEMS)
    return False

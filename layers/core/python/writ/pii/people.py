"""Persons and postal addresses by words that go with them: what a model would find more of.

Rules and word lists only, so that nothing heavy is loaded: a name without a title, a greeting or a common
first name is not found, nor an address without a word for a street. The guide says how much that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from writ.pii.finding import Confidence
from writ.pii.names import FIRST_NAMES
from writ.pii.sheet import Sheet

_TITLES: Final = frozenset(
    word
    for line in (
        "Mr Mrs Ms Miss Mx Dr Prof Professor Sir Lady Dame Herr Frau Madame Mme Mlle Monsieur Señor"
        " Señora Sr",
        "Sra Signor Signora Sig Dhr Mevr Hr",
    )
    for word in line.split()
)
# What stands right before a name, and how sure it makes one word with a capital.
_CUES: Final = (
    (b"name is ", Confidence.MEDIUM),
    (b"name's ", Confidence.MEDIUM),
    (b"name: ", Confidence.MEDIUM),
    (b"named ", Confidence.MEDIUM),
    (b"regards", Confidence.MEDIUM),
    (b"sincerely", Confidence.MEDIUM),
    (b"dear ", Confidence.MEDIUM),
    (b"attn", Confidence.MEDIUM),
    (b"signed by ", Confidence.MEDIUM),
    (b"i am ", Confidence.LOW),
    (b"i'm ", Confidence.LOW),
    (b"this is ", Confidence.LOW),
    (b"hello ", Confidence.LOW),
)
_NOT_NAMES: Final = frozenset(
    word
    for line in (
        "The A An I We You He She It They This That These Those My Your Our Their His Her And Or But If When",
        "Where How What Who Why Please Thanks Thank Hi Hello Dear Regards Sincerely Best Yes No Not To From",
        "In On At For With Of By As Is Are Was Were Be Do Does Did Can Could Will Would Should May"
        " Might Must",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April June July",
        "August September October November December Team Sir Madam All Everyone Customer Support Street Road",
        "Avenue Company Inc Ltd LLC Corp",
    )
    for word in line.split()
)
_STREETS: Final = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq"
    "|terrace|highway|hwy"
    "|parkway|pkwy|close|crescent|circle|cir|trail|way|row|mews|gardens|grove|alley"
)
_KNOWN: Final = FIRST_NAMES | _TITLES
# Words that stand before the name of a street, and endings that stand after it in one word.
_BEFORE: Final = (
    r"rua|avenida|av\.|travessa|calle|c/|camino|camiño|carrera|plaza|paseo|via|viale|piazza|corso"
    r"|strada|rue|avenue"
    r"|boulevard|chemin|impasse|allée|place|quai|ul\.|ulica|aleja|al\."
)
_ENDINGS: Final = (
    r"stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|(?<!st)(?<![eiou])ring|damm|ufer|straat|laan|plein|plaats|steenweg"
    r"|gracht|kade|dreef"
    r"|gatan|vägen|gränd|gata|vegur|vej|gade|allé|veien|vegen|katu|tie|kuja|utca|út|tér|ulica|ului"
)


@cache
def _capitals() -> re.Pattern[str]:
    """Words that begin with capitals, one after the other, with particles between."""
    word = r"[A-Z\u00c0-\u00de\u0100-\u017f\u0400-\u042f](?:[^\W\d_]|['’-](?=[^\W\d_]))*+"
    particle = r"(?:van|von|de|del|della|der|den|di|da|dos|du|la|le|el|al|bin|ter|ten|zu)"
    return re.compile(rf"{word}\.?(?:[ ](?:{particle}[ ]){{0,2}}{word}){{0,3}}")


@cache
def _first() -> re.Pattern[str]:
    """One word with a capital; a character first, which is found fastest."""
    return re.compile(r"[A-Z\u00c0-\u00de](?<![\w@/.-].)[^\W\d_]++(?![\w(])")


@cache
def _after_cue() -> re.Pattern[str]:
    return re.compile(r"[\s,:]{0,3}")


@cache
def _house() -> re.Pattern[str]:
    """A number of a house, with what may belong to it; a digit first, which is found fastest."""
    return re.compile(r"[0-9](?<![\w.,:/$€£#=-][0-9])[0-9]{0,4}+[A-Za-z]?(?![\w:=/%]|[.,][0-9])")


@cache
def _after_house() -> re.Pattern[str]:
    word = r"[\w.'’-]{1,24}"
    return re.compile(rf"(?i),?[ ](?:{word}[ ]){{1,4}}?(?:{_STREETS})\b\.?")


@cache
def _street_after_house() -> re.Pattern[str]:
    """As in `92 Rua Joaquim 1615` or `19 pierre delannoyplaats 211`."""
    word = r"[^\W\d_][\w.'’-]{0,24}"
    return re.compile(
        rf"(?i)[ ](?:(?:{_BEFORE})(?:[ ]{word}){{1,4}}|(?:{word}[ ]){{0,2}}[^\W\d_]{{2,24}}(?:{_ENDINGS})\b)"
    )


@cache
def _before_house() -> re.Pattern[str]:
    word = r"[^\W\d_][\w.'’-]{0,24}"
    return re.compile(
        rf"(?i)(?<!\w)(?:(?:{_BEFORE})(?:[ ]{word}){{1,5}}|(?:{word}["
        rf" ]){{0,2}}[^\W\d_]{{2,24}}(?:{_ENDINGS}))[ ,]{{1,2}}\Z"
    )


@cache
def _hint() -> re.Pattern[bytes]:
    return re.compile(
        rb"rua |av[e.]|travessa|calle|c/|cam|carrera|pla[czt]|paseo|via|piazza|corso|strada|rue|boul"
        rb"|chem|impasse|all"
        rb"|quai|ul|al[e.]|stra|str\.|gasse|weg|ring|damm|ufer|laan|plein|gracht|kade|dreef|gat"
        rb"|v.gen|gr.nd|vegur|vej"
        rb"|gade|vei|kat|tie|kuja|utca|.t |t.r |allee"
    )


@cache
def _box() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?<!\w)(?:p\.?[ ]?o\.?[ ]?box|postfach|apartado|postbus|bo[iî]te postale)[ ]#?[0-9]{1,6}"
    )


@cache
def _state_and_code() -> re.Pattern[str]:
    return re.compile(r"[ \n,]{1,3}[A-Z]{2}[ ,]{0,2}\s{0,2}[0-9]{5}(?:-[0-9]{4})?(?![\w-])")


@cache
def _flat() -> re.Pattern[str]:
    return re.compile(r"(?i)[,\s]{1,3}(?:suite|apt\.?|apartment|unit|flat|room|floor)[ ]#?[0-9A-Z-]{1,6}\b")


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Persons and postal addresses, as far as words tell."""
    yield from _persons(sheet)
    yield from _postal(sheet)


def _persons(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    text = sheet.text
    done = 0
    for word in _first().finditer(text):
        if word[0] not in _KNOWN or word.start() < done:
            continue
        if found := _capitals().match(text, word.start()):
            done = found.end()
            yield from _named(found)
    for cue, sure in _CUES:
        for place in sheet.places(cue):
            space = _after_cue().match(text, place + len(cue))
            found = _capitals().match(text, space.end()) if space else None
            if found and len(found[0]) > 1 and found[0].split(" ")[0] not in _NOT_NAMES | _TITLES:
                yield found.start(), found.end(), "person", sure


def _named(found: re.Match[str]) -> Iterator[tuple[int, int, str, Confidence]]:
    """What begins with a title or with a common first name."""
    first, _, rest = found[0].partition(" ")
    start, end = found.span()
    if first.rstrip(".") in _TITLES:
        if rest:
            yield start + len(first) + 1, end, "person", Confidence.MEDIUM
    elif rest and rest.split(" ")[0] not in _NOT_NAMES:
        yield start, end, "person", Confidence.MEDIUM
    else:
        yield start, start + len(first), "person", Confidence.LOW


def _may_follow(sheet: Sheet, start: int) -> bool:
    """Whether a letter and a space stand before a number, and something of a street before these."""
    text = sheet.text
    if start < 3 or text[start - 1] not in " ," or not (text[start - 2].isalpha() or text[start - 2] == ","):
        return False
    return _hint().search(sheet.lower, max(0, start - 64), start) is not None


def _postal(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    text = sheet.text
    done = 0
    for house in _house().finditer(text):
        if house.start() < done:
            continue
        start, end = house.span()
        if (found := _after_house().match(text, end)) or (found := _street_after_house().match(text, end)):
            end = found.end()
        elif _may_follow(sheet, start) and (
            found := _before_house().search(text, max(done, start - 64), start)
        ):
            start = found.start()
        else:
            continue
        for more in (_flat(), _state_and_code()):
            if following := more.match(text, end):
                end = following.end()
        done = end
        yield start, end, "postal_address", Confidence.MEDIUM
    for literal in (b"box ", b"postfach", b"apartado", b"postbus"):
        for place in sheet.places(literal):
            if box := _box().search(text, max(0, place - 6), place + len(literal) + 8):
                yield box.start(), box.end(), "postal_address", Confidence.MEDIUM

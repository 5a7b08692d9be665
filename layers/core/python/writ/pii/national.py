"""National numbers of digits: how each is written, what its digits satisfy, and what it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from writ.pii import checksums
from writ.pii.dates import is_day
from writ.pii.finding import Confidence

_Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Number:
    """A kind of number: how it is written, what its digits satisfy, and what it is called in a text.

    `alone` is the confidence without such a word beside it; None where too many other numbers look the same.
    """

    kind: str
    keys: tuple[str, ...]
    check: _Check
    called: tuple[str, ...]
    alone: dict[str, Confidence]
    named: Confidence = Confidence.HIGH


def _ssn(digits: str) -> bool:
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and digits[0] != "9" and group != "00" and serial != "0000"


def _itin(digits: str) -> bool:
    group = int(digits[3:5])
    return digits[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 99) and group != 93


def _pesel(digits: str) -> bool:
    month = int(digits[2:4]) % 20
    return is_day(month, int(digits[4:6])) and checksums.pesel(digits)


def _personnummer(digits: str) -> bool:
    short = digits[-10:]
    day = int(short[4:6])
    return is_day(int(short[2:4]), day - 60 if day > 60 else day) and checksums.luhn(short)


def _fodselsnummer(digits: str) -> bool:
    day = int(digits[:2])
    return is_day(int(digits[2:4]), day - 40 if day > 40 else day) and checksums.norwegian_number(digits)


def _cpr(digits: str) -> bool:
    return is_day(int(digits[2:4]), int(digits[:2]))


def _nir(digits: str) -> bool:
    month = int(digits[3:5])
    return digits[0] in "12" and (1 <= month <= 12 or month >= 20) and checksums.french_nir(digits)


def _belgian(digits: str) -> bool:
    return int(digits[2:4]) <= 12 and int(digits[4:6]) <= 31 and checksums.belgian_number(digits)


def _aadhaar(digits: str) -> bool:
    return digits[0] not in "01" and checksums.verhoeff(digits)


def _chinese(number: str) -> bool:
    return (
        number[6:8] in ("18", "19", "20")
        and is_day(int(number[10:12]), int(number[12:14]))
        and checksums.chinese_id(number)
    )


def _ahv(digits: str) -> bool:
    return digits.startswith("756") and checksums.swiss_ahv(digits)


def _sin(digits: str) -> bool:
    return digits[0] not in "08" and checksums.luhn(digits)


def _nif(digits: str) -> bool:
    return digits[0] in "1235689" and checksums.portuguese_nif(digits)


def _rodne_cislo(digits: str) -> bool:
    """Women's months are 50 more, since 2004 either's 20; nine digits, of before 1954, check nothing."""
    month = int(digits[2:4]) % 50
    dated = is_day(month - 20 if month > 20 else month, int(digits[4:6]))
    return dated and (len(digits) == 9 or checksums.czech_number(digits))


def _cnp(digits: str) -> bool:
    return digits[0] != "0" and is_day(int(digits[3:5]), int(digits[5:7])) and checksums.romanian_cnp(digits)


def _baltic(digits: str) -> bool:
    dated = is_day(int(digits[3:5]), int(digits[5:7]))
    return digits[0] in "12345678" and dated and checksums.baltic_code(digits)


def _amka(digits: str) -> bool:
    return is_day(int(digits[2:4]), int(digits[:2])) and checksums.luhn(digits)


_LOW, _MEDIUM, _HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH
NUMBERS: Final = (
    Number(
        "us_ssn",
        ("3-2-4", "3 2 4", "9"),
        _ssn,
        ("ssn", "social security", "social-security"),
        {"3-2-4": _MEDIUM},
    ),
    Number("us_itin", ("3-2-4", "3 2 4", "9"), _itin, ("itin", "taxpayer"), {"3-2-4": _MEDIUM}),
    Number("uk_nhs", ("3 3 4", "3-3-4", "10"), checksums.nhs, ("nhs", "patient"), {"3 3 4": _LOW}),
    Number(
        "de_tax_id",
        ("2 3 3 3", "11"),
        checksums.german_tax_id,
        ("steuer", "idnr", "tax id", "tin ", "identifikationsnummer"),
        {"2 3 3 3": _MEDIUM, "11": _LOW},
    ),
    Number(
        "fr_nir",
        ("15", "1 2 2 2 3 3 2", "13 2"),
        _nir,
        ("nir ", "insee", "s\xe9curit\xe9 sociale", "securite sociale", "num\xe9ro de s"),
        {"15": _MEDIUM, "1 2 2 2 3 3 2": _HIGH},
    ),
    Number("pl_pesel", ("11",), _pesel, ("pesel",), {"11": _LOW}),
    Number("nl_bsn", ("9", "4.2.3", "4 2 3"), checksums.bsn, ("bsn", "burgerservice", "sofi"), {}),
    Number(
        "se_personnummer",
        ("6-4", "8-4", "10", "12"),
        _personnummer,
        ("personnummer", "pnr ", "personnr", "swedish"),
        {"6-4": _MEDIUM, "8-4": _HIGH},
    ),
    Number(
        "no_fodselsnummer",
        ("11", "6 5"),
        _fodselsnummer,
        ("f\xf8dselsn", "fodselsn", "personnummer", "fnr "),
        {"11": _LOW, "6 5": _MEDIUM},
    ),
    Number("dk_cpr", ("6-4", "10"), _cpr, ("cpr", "personnummer"), {}, _MEDIUM),
    Number(
        "be_national_number",
        ("2.2.2-3.2", "11"),
        _belgian,
        ("rijksregister", "registre national", "national number"),
        {"2.2.2-3.2": _HIGH},
    ),
    Number(
        "ch_ahv",
        ("3.4.4.2", "13"),
        _ahv,
        ("ahv", "avs ", "navs", "sozialversicherung"),
        {"3.4.4.2": _HIGH, "13": _MEDIUM},
    ),
    Number("br_cpf", ("3.3.3-2", "11"), checksums.cpf, ("cpf",), {"3.3.3-2": _HIGH}),
    Number("in_aadhaar", ("4 4 4", "4-4-4", "12"), _aadhaar, ("aadhaar", "aadhar", "uidai"), {"4 4 4": _LOW}),
    Number(
        "cn_resident_id",
        ("18",),
        _chinese,
        ("resident id", "identity card", "id card", "id number"),
        {"18": _MEDIUM},
    ),
    Number(
        "ca_sin", ("3-3-3", "3 3 3", "9"), _sin, ("sin ", "social insurance"), {"3-3-3": _LOW, "3 3 3": _LOW}
    ),
    Number("au_tfn", ("3 3 3", "9"), checksums.australian_tfn, ("tfn", "tax file"), {}),
    Number("pt_nif", ("9", "3 3 3"), _nif, ("nif ", "contribuinte"), {}),
    Number(
        "cz_rodne_cislo",
        ("6/4", "6/3", "10"),
        _rodne_cislo,
        ("rodn\xe9", "rodne", "birth number"),
        {"6/4": _MEDIUM, "6/3": _LOW},
    ),
    Number("ro_cnp", ("13",), _cnp, ("cnp ", "cod numeric"), {}),
    Number("hr_oib", ("11",), checksums.mod_11_10, ("oib ",), {}),
    Number("tr_tckn", ("11",), checksums.turkish_id, ("tckn", "kimlik", "t.c. no"), {}),
    Number("ee_isikukood", ("11",), _baltic, ("isikukood", "asmens kodas", "personal code"), {}),
    Number("gr_amka", ("11",), _amka, ("amka ",), {}),
    Number(
        "at_svnr",
        ("10", "4 6"),
        checksums.austrian_number,
        ("svnr", "sv-nr", "sv-nummer", "vsnr", "versicherungsnummer", "sozialversicherungsnummer"),
        {},
    ),
    Number(
        "jp_my_number",
        ("12", "4 4 4", "4-4-4"),
        checksums.japanese_number,
        ("my number", "individual number", "kojin bango"),
        {},
    ),
)

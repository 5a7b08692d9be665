"""Check digits: what tells a number that stands for somebody from any other of the same length.

Each function takes the characters without separators and says whether they check; none raises on text that
its caller's pattern let through.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Final

_ZERO: Final = ord("0")
_DOUBLED: Final = bytes.maketrans(b"0123456789", b"0246813579")
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# The dihedral group D5 and a permutation of order eight: J. Verhoeff, Error Detecting Decimal Codes, 1969.
_ROWS: Final = (
    "0123456789 1234067895 2340178956 3401289567 4012395678"
    " 5987604321 6598710432 7659821043 8765932104 9876543210"
)
_DIHEDRAL: Final = tuple(tuple(int(digit) for digit in row) for row in _ROWS.split())
_ORDERS: Final = (
    "0123456789 1576283094 5803796142 8916043527 9453126870 4286573901 2793806415 7046913258"  # powers of it
)
_PERMUTED: Final = tuple(tuple(int(digit) for digit in order) for order in _ORDERS.split())
# Of a letter by its place in the alphabet; a digit counts as the letter of its place.
_CODICE_ODD: Final = (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
)  # fmt: skip
_DNI_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    codes = digits.encode()
    total = sum(codes[-1::-2]) + sum(codes[-2::-2].translate(_DOUBLED))
    return (total - _ZERO * len(codes)) % 10 == 0


def mod97(account: str) -> bool:
    """ISO 13616 (ISO/IEC 7064 MOD 97-10): of the rearranged account number the remainder is 1."""
    return int("".join(str(int(digit, 36)) for digit in account[4:] + account[:4])) % 97 == 1


def verhoeff(digits: str) -> bool:
    """Verhoeff's code, as India's Aadhaar uses it."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _DIHEDRAL[check][_PERMUTED[place % 8][int(digit)]]
    return check == 0


def weighted(digits: str, weights: Iterable[int]) -> int:
    """The sum of digits, each times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def nhs(digits: str) -> bool:
    """NHS number: weights 10 to 2, modulo 11."""
    check = 11 - weighted(digits, range(10, 1, -1)) % 11
    return check != 10 and check % 11 == int(digits[9])


def german_tax_id(digits: str) -> bool:
    """Steueridentifikationsnummer: MOD 11,10; one digit of the first ten is there twice or thrice."""
    first = digits[:10]
    counts = sorted(first.count(digit) for digit in set(first))
    if digits[0] == "0" or counts[-1] not in (2, 3) or counts[-2] > 1:
        return False
    return mod_11_10(digits)


def mod_11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10, as of Croatia's OIB."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(digits[-1])


def french_nir(digits: str) -> bool:
    """NIR: 97 less the first thirteen modulo 97; not those from Corsica, which have a letter."""
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def spanish_id(number: str) -> bool:
    """DNI and NIE: the letter is the number modulo 23."""
    upper = number.upper()
    digits = {"X": "0", "Y": "1", "Z": "2"}.get(upper[0], upper[0]) + upper[1:-1]
    return _DNI_LETTERS[int(digits) % 23] == upper[-1]


def codice_fiscale(code: str) -> bool:
    """Italy's code: odd places by a table, even ones by their value, modulo 26."""
    upper = code.upper()
    total = 0
    for place, character in enumerate(upper[:15]):
        value = int(character, 36) - (0 if character.isdigit() else 10)
        total += value if place % 2 else _CODICE_ODD[value]
    return chr(ord("A") + total % 26) == upper[15]


def pesel(digits: str) -> bool:
    """PESEL: weights 1, 3, 7, 9 repeated, modulo 10."""
    return (10 - weighted(digits[:10], (1, 3, 7, 9) * 3) % 10) % 10 == int(digits[10])


def bsn(digits: str) -> bool:
    """Burgerservicenummer, the eleven test: weights 9 to 2 and -1."""
    return int(digits) > 0 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def cpf(digits: str) -> bool:
    """Brazil's CPF: two digits, modulo 11; a number of one digit repeated is none."""
    if len(set(digits)) == 1:
        return False
    return all(
        weighted(digits[:length], range(length + 1, 1, -1)) * 10 % 11 % 10 == int(digits[length])
        for length in (9, 10)
    )


def chinese_id(number: str) -> bool:
    """GB 11643: ISO/IEC 7064 MOD 11-2 over eighteen places."""
    weights: Sequence[int] = [pow(2, 17 - place, 11) for place in range(17)]
    return "10X98765432"[weighted(number[:17], weights) % 11] == number[17].upper()


def australian_tfn(digits: str) -> bool:
    """Tax file number of nine digits: modulo 11."""
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def belgian_number(digits: str) -> bool:
    """Rijksregisternummer: 97 less the first nine modulo 97; born from 2000 a 2 stands before them."""
    return any(97 - int(century + digits[:9]) % 97 == int(digits[9:]) for century in ("", "2"))


def finnish_code(number: str) -> bool:
    """Henkilötunnus: date and number modulo 31 by a table."""
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(number[:6] + number[7:10]) % 31] == number[10].upper()


def norwegian_number(digits: str) -> bool:
    """Fødselsnummer: two digits modulo 11."""
    first = (11 - weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11) % 11
    second = (11 - weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    return first == int(digits[9]) and second == int(digits[10])


def swiss_ahv(digits: str) -> bool:
    """AHV number: an EAN-13 that begins with 756."""
    return (10 - weighted(digits[:12], (1, 3) * 6) % 10) % 10 == int(digits[12])


def portuguese_nif(digits: str) -> bool:
    """NIF: weights 9 to 2, modulo 11."""
    rest = weighted(digits, range(9, 1, -1)) % 11
    return (0 if rest < 2 else 11 - rest) == int(digits[8])


def czech_number(digits: str) -> bool:
    """Rodné číslo of ten digits: the rest of nine modulo 11; in some of before 1986 a 10 is written as 0."""
    rest = int(digits[:9]) % 11
    return rest % 10 == int(digits[9])


def romanian_cnp(digits: str) -> bool:
    """CNP: weights 2 7 9 1 4 6 3 5 8 2 7 9, modulo 11; a rest of 10 is a 1."""
    rest = weighted(digits, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if rest == 10 else rest) == int(digits[12])


def turkish_id(digits: str) -> bool:
    """T.C. kimlik numarası: two digits modulo 10 over those before."""
    values = [int(digit) for digit in digits]
    tenth = (7 * sum(values[0:9:2]) - sum(values[1:8:2])) % 10
    return values[0] > 0 and tenth == values[9] and sum(values[:10]) % 10 == values[10]


def baltic_code(digits: str) -> bool:
    """Isikukood and asmens kodas (EVS 585): modulo 11 by weights, by others where that is 10."""
    for weights in ((1, 2, 3, 4, 5, 6, 7, 8, 9, 1), (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)):
        if (rest := weighted(digits, weights) % 11) < 10:
            return rest == int(digits[10])
    return digits[10] == "0"


def austrian_number(digits: str) -> bool:
    """Sozialversicherungsnummer: the fourth digit checks those around it, modulo 11."""
    return digits[0] != "0" and weighted(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(digits[3])


def japanese_number(digits: str) -> bool:
    """Individual Number: weights 6 to 2 and 7 to 2, modulo 11."""
    rest = weighted(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest < 2 else 11 - rest) == int(digits[11])


def mexican_curp(code: str) -> bool:
    """CURP: the values of seventeen letters and digits times 18 to 2, modulo 10."""
    values = ["0123456789ABCDEFGHIJKLMN\xd1OPQRSTUVWXYZ".index(character) for character in code.upper()]
    total = sum(value * weight for value, weight in zip(values[:17], range(18, 1, -1), strict=True))
    return -total % 10 == values[17]


def crc32_base62(token: str) -> bool:
    """GitHub's and npm's tokens: they end in the CRC-32 of what follows the prefix, in base 62."""
    body = token[token.index("_") + 1 : -6]
    check = zlib.crc32(body.encode("ascii"))
    spelled = ""
    while check:
        check, digit = divmod(check, 62)
        spelled = _BASE62[digit] + spelled
    return spelled.rjust(6, "0") == token[-6:]

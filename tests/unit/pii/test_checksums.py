"""Check digits, on the numbers that those who issue them publish as examples."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.pii_made import broken
from writ.pii import checksums

PUBLISHED: list[tuple[Callable[[str], bool], str]] = [
    (checksums.luhn, "4111111111111111"),
    (checksums.mod97, "GB82WEST12345698765432"),
    (checksums.verhoeff, "234123412346"),
    (checksums.nhs, "9434765919"),
    (checksums.german_tax_id, "86095742719"),
    (checksums.german_tax_id, "65929970489"),
    (checksums.french_nir, "255081416802538"),
    (checksums.spanish_id, "12345678Z"),
    (checksums.spanish_id, "X1234567L"),
    (checksums.codice_fiscale, "RSSMRA79B11C566R"),
    (checksums.pesel, "44051401359"),
    (checksums.bsn, "111222333"),
    (checksums.cpf, "52998224725"),
    (checksums.chinese_id, "11010519491231002X"),
    (checksums.belgian_number, "85073003328"),
    (checksums.finnish_code, "131052-308T"),
    (checksums.norwegian_number, "01010750160"),
    (checksums.swiss_ahv, "7569217076985"),
    (checksums.portuguese_nif, "123456789"),
    (checksums.australian_tfn, "123456782"),
    (checksums.mod_11_10, "69435151530"),
    (checksums.turkish_id, "10000000146"),
    (checksums.japanese_number, "123456789018"),
    (checksums.baltic_code, "37605030299"),
    (checksums.baltic_code, "33309240064"),
    (checksums.romanian_cnp, "1800101221144"),
    (checksums.czech_number, "7103192745"),
    (checksums.mexican_curp, "BOXW310820HNERXN09"),
    (checksums.crc32_base62, "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"),
]


@pytest.mark.parametrize(("check", "number"), PUBLISHED, ids=lambda value: getattr(value, "__name__", value))
def test_published_example_checks_and_not_with_another_last_character(
    check: Callable[[str], bool], number: str
) -> None:
    assert check(number)
    assert not check(broken(number))


def test_austrian_number_has_its_check_inside() -> None:
    assert checksums.austrian_number("1237010180")
    assert not any(checksums.austrian_number(f"123{digit}010180") for digit in "012345689")

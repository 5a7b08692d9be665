"""Forms in which values stand in texts: each is found as it is written, and what only looks alike is not."""

from __future__ import annotations

import pytest

from writ.contracts.redaction import MASK, redact_text
from writ.pii.allowed import NOTHING
from writ.pii.finding import Confidence
from writ.pii.scan import scan

TOKEN = "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"
CARD = "4539148803436467"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        # An address of the network after what is not a version's mark.
        ("ip=81.2.69.142", "ip_address", "81.2.69.142"),
        ("<ip>81.2.69.142</ip>", "ip_address", "81.2.69.142"),
        ("?ip=81.2.69.142&x=1", "ip_address", "81.2.69.142"),
        # Telephones in brackets, with a point after the country, and in other languages.
        ("(+49 30 23125678)", "phone", "+49 30 23125678"),
        ("Registrant Phone: +1.7035550678", "phone", "+1.7035550678"),
        ("tlf 22 41 60 39", "phone", "22 41 60 39"),
        ("call 4915112345671 ext. 12", "phone", "4915112345671 ext. 12"),
        ("llama al 612 345 678", "phone", "612 345 678"),
        # Behind an escape, in strings of programs and in addresses.
        (rf"a\n{TOKEN}", "github_token", TOKEN),
        (rf"a\u0022{TOKEN}\u0022", "github_token", TOKEN),
        (f"q=a%20{TOKEN}", "github_token", TOKEN),
        (f"q%3D{TOKEN}%26x", "github_token", TOKEN),
        (rf"card\t{CARD}", "card", CARD),
        (r"iban\nDE02120300000000202051", "iban", "DE02120300000000202051"),
        ("password%3Dhunter2xyz9", "password", "hunter2xyz9"),
        ("postgres://u:p%3Dass%20wd@db.host/x", "connection_string", "u:p%3Dass%20wd"),
        # Cards by the groups of their networks, also behind a bracket and a hyphen.
        ("4539 1488 0343 6467 008", "card", "4539 1488 0343 6467 008"),
        ("3056 930902 5904", "card", "3056 930902 5904"),
        ("2200000000000004", "card", "2200000000000004"),
        ("(-4539 1488 0343 6467)", "card", "4539 1488 0343 6467"),
        # Finns of two centuries.
        ("hetu 131052-308T", "fi_hetu", "131052-308T"),
        ("hetu 131005A308N", "fi_hetu", "131005A308N"),
        # Names of fields instead of words.
        ("social_security_number=536-22-1234", "us_ssn", "536-22-1234"),
        ("tax_file_number: 100000001", "au_tfn", "100000001"),
        # Births and documents in other languages.
        ("Date de naissance : 3 août 1971", "date_of_birth", "3 août 1971"),
        ("né le 12 avril 1980", "date_of_birth", "12 avril 1980"),
        ("Nacida el 15 de junio de 1969", "date_of_birth", "15 de junio de 1969"),
        ("nato il 3 maggio 1970", "date_of_birth", "3 maggio 1970"),
        ("född 1980-03-12", "date_of_birth", "1980-03-12"),
        ("født 3. april 1999", "date_of_birth", "3. april 1999"),
        ("narozena 3. 8. 1971", "date_of_birth", "3. 8. 1971"),
        ("syntynyt 3. huhtikuuta 1980", "date_of_birth", "3. huhtikuuta 1980"),
        ("urodzony 5 stycznia 1980", "date_of_birth", "5 stycznia 1980"),
        ("Reisepass Nr. C01X00T47", "passport", "C01X00T47"),
        ("passeport 12AB34567", "passport", "12AB34567"),
        ("driving licence MORGA753116SM9IJ", "driver_licence", "MORGA753116SM9IJ"),
        ("Führerschein B072RRE2I55", "driver_licence", "B072RRE2I55"),
        # Passwords in elements, options, sentences, and under other names.
        ("<password>hunter2xyz</password>", "password", "hunter2xyz"),
        ("<a:apiKey>q7Xk29LmPz03RtYwVb81NcHd</a:apiKey>", "assigned_secret", "q7Xk29LmPz03RtYwVb81NcHd"),
        ("run --password hunter2xyz now", "password", "hunter2xyz"),
        ("the password is hunter2xyz", "password", "hunter2xyz"),
        ("smtp_pass=hunter2xyz", "password", "hunter2xyz"),
        ("Passwort: hunter2xyz", "password", "hunter2xyz"),
        ("contraseña: hunter2xyz", "password", "hunter2xyz"),
        ("mot de passe : hunter2xyz", "password", "hunter2xyz"),
        ("wachtwoord: hunter2xyz", "password", "hunter2xyz"),
        # Tokens of more vendors.
        (
            "bot 123456789:AAx9Y8z7W6v5U4t3S2r1Q0p9O8n7M6l5K4j",
            "saas_token",
            "AAx9Y8z7W6v5U4t3S2r1Q0p9O8n7M6l5K4j",
        ),
        (
            f"discord.com/api/webhooks/123456789012345678/{'aB3' * 23}",
            "saas_token",
            f"/api/webhooks/123456789012345678/{'aB3' * 23}",
        ),
        *(
            (f"use {token} here", kind, token)
            for kind, token in (
                ("saas_token", "gsk_" + "aB3d" * 13),
                ("saas_token", "key-" + "0a1b" * 8),
                ("saas_token", "sq" + "p_" + "0a1b2" * 8),
                ("saas_token", "sk-or-v1-" + "0a1b" * 16),
                ("saas_token", "ATBB" + "aB3d" * 8),
                ("saas_token", "sha256~" + "aB3d5fG" * 6 + "x"),
                ("saas_token", "dt0c01." + "A1B2" * 6 + "." + "C3D4" * 16),
                ("saas_token", "LTAI" + "aB3d" * 5),
                ("saas_token", "tskey-auth-" + "aB3d" * 7),
                ("saas_token", "figd_" + "aB3d" * 10),
                ("slack_token", "xoxc-1234567890-" + "aB3d" * 8),
                ("gitlab_token", "GR1348941" + "aB3d" * 5),
                ("stripe_key", "sk_" + "org_live_" + "aB3d" * 6),
            )
        ),
        # Two of a kind at one place, and one inside another.
        (f"llAgcx8Jodafdp.atlasv1.{'a1B2' * 16}", "saas_token", f"llAgcx8Jodafdp.atlasv1.{'a1B2' * 16}"),
    ],
)
def test_value_is_found_in_the_form_in_which_it_stands(text: str, kind: str, value: str) -> None:
    found = [(f.kind, text[f.start : f.end]) for f in scan(text, allowed=NOTHING)]
    assert (kind, value) in found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('"version": "1.0.2.2"', "ip_address"),
        ("firmware 1.3.1.80", "ip_address"),
        ("left==1.2.3.4", "ip_address"),
        ('__version__ = "3.5.0.1"', "ip_address"),
        ("passport-jwt 12345678", "passport"),
        ("see section 9.1.9.3", "ip_address"),
        ("198.18.0.1 and 240.0.0.4", "ip_address"),
        ("50:06:01:60:3b:20:11:22", "ip_address"),
        ("+4915125460969", "card"),
        ("0a 11 06 12 34 56 78 99", "phone"),
        ("round(1.2345678901)", "phone"),
        ("call 4915112345671 exactly", "phone"),
        ("telephone log of 2026-11-25 22:10:11", "phone"),
        ("driver version 1234567", "driver_licence"),
        ("pypi-jsonschema-specifications", "pypi_token"),
        ("131005-308W", "fi_hetu"),
        ("password: 'required|min:8|confirmed'", "password"),
        ("the password is required", "password"),
        ("a token is something-else1234", "assigned_secret"),
        ("if (token > 5000000)", "assigned_secret"),
        ("bypass: something1", "password"),
        ("0 if buffering is on", "postal_address"),
        ("8601 string of it", "postal_address"),
    ],
)
def test_what_looks_like_one_is_none(text: str, kind: str) -> None:
    assert kind not in {found.kind for found in scan(text, least=Confidence.MEDIUM, allowed=NOTHING)}


@pytest.mark.parametrize(
    "text",
    [
        r"C:\npm_abcdefghij1234567890",
        r'{"path":"D:\\creds\\rk_' + "live_" + r'aB3daB3daB3daB3daB3daB3d"}',
        r"D:\x\ntn_" + "aB3d5fG7" * 6,
        r"{\"password\":\"hunter22x\"}",
        "%22password%22%3A%22hunter22x%22",
        "birth_number: 7801233540",
        "my-number: 123456789018",
        "T.C._No: 10000000146",
    ],
)
def test_what_was_masked_is_masked_in_every_form(text: str) -> None:
    assert MASK in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "if token:\n        return foo",
        "secret:\n      secretName: tls",
        "n_pass = compute()",
        "first-pass: something",
        "--pass-through filename",
        "--password PASSWORD",
        "--credentials default",
        "the password is base64-encoded",
        "password is 8characters.",
        "id 834567890123456789",
        "ring buffer 1234567",
        "portable build 1234567",
        "llama-3 12345678 params",
    ],
)
def test_logs_and_code_that_mean_nobody_stay_as_they_are(text: str) -> None:
    assert redact_text(text) == text
    assert not scan(text)


def test_a_secret_that_begins_inside_another_is_masked_whole() -> None:
    tail = "x9Y8z7W6" * 6
    text = f"hvb.{'aB3xY9' * 6}-dp.pt.{tail}"
    assert redact_text(text) == MASK


def test_a_sentence_about_passwords_is_left_as_it_is() -> None:
    assert (
        redact_text("the password is required, and 8 letters long")
        == "the password is required, and 8 letters long"
    )


@pytest.mark.parametrize("text", [rf"a\n{TOKEN}", f"q=%20{TOKEN}", rf"x\t{CARD}", "hetu 131005A308N"])
def test_what_is_behind_an_escape_is_masked_in_its_place(text: str) -> None:
    masked = redact_text(text)
    assert masked.endswith(MASK)
    assert text.startswith(masked.removesuffix(MASK))

"""Labelled texts made from the formats: values that check, the same with a broken check, and lookalikes."""

from __future__ import annotations

import random
import string
import uuid
import zlib
from collections.abc import Callable
from typing import Final

from writ.pii import checksums

ALNUM: Final = string.ascii_letters + string.digits
_HEX: Final = "0123456789abcdef"
_BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
Maker = Callable[[random.Random], str]


def some(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def filled(rng: random.Random, form: str) -> str:
    """The form with a digit for every `#`."""
    return "".join(rng.choice(string.digits) if character == "#" else character for character in form)


def _bare(value: str) -> str:
    return "".join(character for character in value if character.isalnum())


def checked(form: str, check: Callable[[str], bool]) -> Maker:
    def make(rng: random.Random) -> str:
        while True:
            value = filled(rng, form)
            if check(_bare(value)):
                return value

    return make


def dated(form: str, check: Callable[[str], bool]) -> Maker:
    """`YY`, `MM` and `DD` of the form are a day."""

    def make(rng: random.Random) -> str:
        while True:
            day = form.replace("YY", f"{rng.randrange(40, 99)}").replace("MM", f"{rng.randrange(1, 13):02d}")
            value = filled(rng, day.replace("DD", f"{rng.randrange(1, 29):02d}"))
            if check(_bare(value)):
                return value

    return make


def _iban(rng: random.Random) -> str:
    country, length = rng.choice([("GB", 22), ("DE", 22), ("NO", 15), ("FR", 27), ("NL", 18), ("ES", 24)])
    rest = some(rng, string.digits, length - 4)
    spelled = "".join(str(int(digit, 36)) for digit in f"{rest}{country}00")
    return f"{country}{98 - int(spelled) % 97:02d}{rest}"


def _with_crc(prefix: str) -> Maker:
    def make(rng: random.Random) -> str:
        body = some(rng, ALNUM, 30)
        check, spelled = zlib.crc32(body.encode()), ""
        while check:
            check, digit = divmod(check, 62)
            spelled = _BASE62[digit] + spelled
        return prefix + body + spelled.rjust(6, "0")

    return make


def _letter(form: str, check: Callable[[str], bool], letters: str = string.ascii_uppercase) -> Maker:
    """The last character is the letter that checks."""

    def make(rng: random.Random) -> str:
        body = filled(rng, form)
        for letter in letters:
            if check(_bare(body + letter)):
                return body + letter
        return make(rng)

    return make


def _token(prefix: str, length: int, alphabet: str = ALNUM) -> Maker:
    return lambda rng: prefix + some(rng, alphabet, length)


def _ssn(value: str) -> bool:
    return value[:3] not in ("000", "666") and value[0] != "9" and value[3:5] != "00" and value[5:] != "0000"


def _codice(rng: random.Random) -> str:
    consonants = "BCDFGLMNPRSTV"
    head = (
        some(rng, consonants, 6)
        + filled(rng, "##")
        + rng.choice("ABCDEHLMPRST")
        + f"{rng.randrange(1, 29):02d}"
    )
    body = head + rng.choice("ABCDEFGH") + filled(rng, "###")
    return next(body + letter for letter in string.ascii_uppercase if checksums.codice_fiscale(body + letter))


def _curp(rng: random.Random) -> str:
    born = f"{rng.randrange(40, 99)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
    body = f"{some(rng, 'BCDFG', 4)}{born}{rng.choice('HM')}{some(rng, 'BCDFG', 5)}0"
    return next(f"{body}{digit}" for digit in range(10) if checksums.mexican_curp(f"{body}{digit}"))


def _jwt(rng: random.Random) -> str:
    return f"eyJhbGciOiJIUzI1NiJ9.eyJ{some(rng, ALNUM, 40)}.{some(rng, ALNUM, 43)}"


def _key(rng: random.Random) -> str:
    body = "\n".join(some(rng, ALNUM + "+/", 64) for _ in range(8))
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"


def _hetu(value: str) -> bool:
    return checksums.finnish_code(f"{value[:6]}-{value[6:]}")


_PHONES: Final = ("+49 30 #######", "(212) 5##-####", "+33 6 ## ## ## ##", "07### ######", "+4479########")
# A text around the value, in which a reader would know what it is; then how it is made.
VALID: Final[dict[str, tuple[str, Maker]]] = {
    "mail": ("write to {} soon", lambda rng: f"{some(rng, string.ascii_lowercase, 7)}@corp.io"),
    "phone": ("call me at {} today", lambda rng: filled(rng, rng.choice(_PHONES))),
    "date_of_birth": ("she was born on {}.", dated("19YY-MM-DD", lambda _: True)),
    "card": ("paid with {} yesterday", checked("4###############", checksums.luhn)),
    "iban": ("to the account {} please", _iban),
    "us_ssn": ("his SSN is {}", checked("###-##-####", _ssn)),
    "ca_sin": ("the SIN {} is hers", checked("4## ### ###", checksums.luhn)),
    "uk_nhs": ("NHS number {}", checked("4## ### ####", checksums.nhs)),
    "uk_nino": ("national insurance number {}", lambda rng: filled(rng, "AB ## ## ## ") + rng.choice("ABCD")),
    "de_tax_id": ("Steuer-ID {}", checked("8##########", checksums.german_tax_id)),
    "fr_nir": ("sécurité sociale {}", dated("1YYMM##########", checksums.french_nir)),
    "es_dni": ("DNI {}", _letter("########", checksums.spanish_id)),
    "it_codice_fiscale": ("codice fiscale {}", _codice),
    "pl_pesel": ("PESEL {}", dated("YYMMDD#####", checksums.pesel)),
    "nl_bsn": ("BSN {}", checked("#########", checksums.bsn)),
    "be_national_number": ("rijksregister {}", dated("YY.MM.DD-###.##", checksums.belgian_number)),
    "pt_nif": ("NIF {}", checked("2########", checksums.portuguese_nif)),
    "ch_ahv": ("AHV {}", checked("756.####.####.##", checksums.swiss_ahv)),
    "se_personnummer": ("personnr {}", dated("YYMMDD-####", checksums.luhn)),
    "no_fodselsnummer": ("fødselsnummer {}", dated("DDMMYY#####", checksums.norwegian_number)),
    "dk_cpr": ("CPR {}", dated("DDMMYY-####", lambda _: True)),
    "fi_hetu": ("hetu {}", _letter("010180-###", _hetu, "0123456789ABCDEFHJKLMNPRSTUVWXY")),
    "br_cpf": ("CPF {}", checked("###.###.###-##", checksums.cpf)),
    "in_aadhaar": ("Aadhaar {}", checked("4### #### ####", checksums.verhoeff)),
    "cn_resident_id": ("resident id {}", dated("11010519YYMMDD####", checksums.chinese_id)),
    "au_tfn": ("TFN {}", checked("### ### ###", checksums.australian_tfn)),
    "cz_rodne_cislo": ("rodné číslo {}", dated("YYMMDD/####", checksums.czech_number)),
    "ro_cnp": ("CNP {}", dated("1YYMMDD######", checksums.romanian_cnp)),
    "hr_oib": ("OIB {}", checked("###########", checksums.mod_11_10)),
    "tr_tckn": ("TCKN {}", checked("###########", checksums.turkish_id)),
    "ee_isikukood": ("isikukood {}", dated("3YYMMDD####", checksums.baltic_code)),
    "gr_amka": ("AMKA {}", dated("DDMMYY#####", checksums.luhn)),
    "at_svnr": ("SVNR {}", dated("####DDMMYY", checksums.austrian_number)),
    "jp_my_number": ("My Number {}", checked("#### #### ####", checksums.japanese_number)),
    "mx_curp": ("CURP {}", _curp),
    "ip_address": ("login from {} failed", lambda rng: f"81.{rng.randrange(256)}.7.{rng.randrange(1, 255)}"),
    "mac_address": ("station {} joined", lambda rng: ":".join(some(rng, _HEX, 2) for _ in range(6))),
    "jwt": ("header {} sent", _jwt),
    "private_key": ("{}", _key),
    "connection_string": ("use {}@db.internal/x", lambda rng: f"postgres://app:{some(rng, ALNUM, 12)}"),
    "password": ("password = '{}'", lambda rng: some(rng, ALNUM, 9) + "7!"),
    "assigned_secret": ("client_secret: \"{}\"", lambda rng: "q7" + some(rng, ALNUM, 30)),
    "aws_access_key": ("key {} leaked", _token("AKIA", 16, string.ascii_uppercase + "234567")),
    "aws_secret_key": ("aws_secret_access_key = {}", lambda rng: "q7/" + some(rng, ALNUM + "+", 37)),
    "github_token": ("found {} in it", _with_crc("ghp_")),
    "gitlab_token": ("found {} in it", _token("glpat-", 20)),
    "slack_token": ("found {} in it", lambda rng: filled(rng, "xoxb-##########-") + some(rng, ALNUM, 24)),
    "stripe_key": ("found {} in it", _token("sk_live_", 24)),
    "google_key": ("found {} in it", _token("AIza", 35)),
    "azure_key": ("found AccountKey={}", lambda rng: some(rng, ALNUM + "+/", 86) + "=="),
    "npm_token": ("found {} in it", _with_crc("npm_")),
    "pypi_token": ("found {} in it", _token("pypi-AgEIcHlwaS5vcmc", 90)),
    "sendgrid_key": ("found {} in it", lambda rng: f"SG.{some(rng, ALNUM, 22)}.{some(rng, ALNUM, 43)}"),
    "twilio_key": ("found {} in it", _token("SK", 32, _HEX)),
    "openai_key": ("found {} in it", lambda rng: f"sk-{some(rng, ALNUM, 20)}T3BlbkFJ{some(rng, ALNUM, 20)}"),
    "anthropic_key": ("found {} in it", _token("sk-ant-api03-", 95)),
    "huggingface_token": ("found {} in it", _token("hf_", 34)),
    "vault_token": ("found {} in it", _token("hvs.", 90)),
    "saas_token": ("found {} in it", _token("dop_v1_", 64, _HEX)),
}  # fmt: skip
# Kinds whose last digit or letter is a check of all before it.
CHECKED: Final = (
    "card",
    "iban",
    "ca_sin",
    "uk_nhs",
    "de_tax_id",
    "fr_nir",
    "es_dni",
    "it_codice_fiscale",
    "pl_pesel",
    "nl_bsn",
    "be_national_number",
    "pt_nif",
    "ch_ahv",
    "se_personnummer",
    "no_fodselsnummer",
    "fi_hetu",
    "br_cpf",
    "in_aadhaar",
    "cn_resident_id",
    "au_tfn",
    "cz_rodne_cislo",
    "ro_cnp",
    "hr_oib",
    "tr_tckn",
    "ee_isikukood",
    "gr_amka",
    "jp_my_number",
    "mx_curp",
)


def broken(value: str) -> str:
    """The same with another last character, so that it does not check."""
    last = value[-1]
    if last.isdigit():
        return value[:-1] + str((int(last) + 1) % 10)
    return value[:-1] + ("B" if last == "A" else "A")


def lookalike(rng: random.Random) -> str:
    """What logs and code are full of, and what nobody is known by."""
    made: list[Maker] = [
        lambda r: f"sha256:{some(r, _HEX, 64)}",
        lambda r: f"commit {some(r, _HEX, 40)}",
        lambda r: f"request {uuid.UUID(int=r.getrandbits(128))}",
        lambda r: f"release v{r.randrange(9)}.{r.randrange(40)}.{r.randrange(40)}",
        lambda r: f"at 20{r.randrange(10, 40)}-0{r.randrange(1, 10)}-11T12:22:33.{r.randrange(10**6):06d}Z",
        lambda r: f"took {r.random() * 100}ms",
        lambda r: f"epoch {1_700_000_000_000 + r.randrange(10**11)}",
        lambda r: f"arn:aws:sqs:eu-west-1:{r.randrange(10**11, 10**12)}:queue",
        lambda r: f"order {r.randrange(10**9, 10**10)} shipped",
        lambda r: f"trace 00-{some(r, _HEX, 32)}-{some(r, _HEX, 16)}-01",
        lambda r: f"line {r.randrange(5000)}, column {r.randrange(200)}",
        lambda r: f"std::vector<int>::size() == {r.randrange(10**6)}",
        lambda r: f"actions/checkout@{some(r, _HEX, 40)}",
        lambda r: "token = os.environ['TOKEN']",
        lambda r: "password: str = Field(min_length=12)",
        lambda r: "secret: ${{ secrets.DEPLOY }}",
    ]  # fmt: skip
    return rng.choice(made)(rng)

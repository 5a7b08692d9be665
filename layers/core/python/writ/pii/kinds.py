"""What detectors find: every kind, what it is, and where its format is written down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Group(StrEnum):
    """What a kind is a matter of."""

    PERSONAL = "personal"
    FINANCIAL = "financial"
    NATIONAL = "national number"
    NETWORK = "network"
    SECRET = "secret"  # noqa: S105 (a word)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding; `proof` is verified beyond the form, `source` is where the form is published."""

    id: str
    name: str
    group: Group
    proof: str
    source: str


_P, _F, _N, _M, _S = Group.PERSONAL, Group.FINANCIAL, Group.NATIONAL, Group.NETWORK, Group.SECRET
KINDS: Final = (
    Kind("mail", "mail address", _P, "RFC 5322 atom, domain that ends in letters", "RFC 5321, RFC 5322"),
    Kind(
        "phone",
        "telephone number",
        _P,
        "length by country, national forms, words",
        "ITU-T E.164, E.123, E.129",
    ),
    Kind("person", "person", _P, "titles, cues, common first names", "registers of births"),
    Kind("postal_address", "postal address", _P, "house number beside a word for a street", "UPU S42"),
    Kind("date_of_birth", "date of birth", _P, "a real date after a word for birth", "ISO 8601, CLDR"),
    Kind("card", "payment card", _F, "Luhn, prefix and length by network", "ISO/IEC 7812"),
    Kind("iban", "bank account", _F, "MOD 97-10, length by country", "ISO 13616, SWIFT registry"),
    Kind("us_ssn", "US social security number", _N, "areas and groups that exist", "SSA, POMS RM 10201"),
    Kind("us_itin", "US taxpayer number", _N, "groups that exist", "IRS Pub. 1915"),
    Kind("ca_sin", "Canadian social insurance number", _N, "Luhn, words", "Service Canada"),
    Kind("uk_nhs", "NHS number", _N, "modulo 11, words", "NHS Data Dictionary"),
    Kind("uk_nino", "UK national insurance number", _N, "prefixes that are issued", "HMRC NIM39110"),
    Kind("de_tax_id", "German tax number", _N, "MOD 11,10 and repeated digits", "BZSt, § 139b AO"),
    Kind("fr_nir", "French NIR", _N, "modulo 97", "INSEE"),
    Kind("es_dni", "Spanish DNI or NIE", _N, "modulo 23", "RD 1553/2005"),
    Kind("it_codice_fiscale", "Italian tax code", _N, "modulo 26", "DM 23/12/1976"),
    Kind("pl_pesel", "Polish PESEL", _N, "date, modulo 10", "Dz.U. 2010 nr 217"),
    Kind("nl_bsn", "Dutch BSN", _N, "eleven test, words", "RvIG"),
    Kind("be_national_number", "Belgian national number", _N, "date, modulo 97", "KB 3 April 1984"),
    Kind("pt_nif", "Portuguese NIF", _N, "modulo 11, words", "DL 14/2013"),
    Kind("ch_ahv", "Swiss AHV number", _N, "EAN-13 from 756", "ZAS"),
    Kind("se_personnummer", "Swedish personal number", _N, "date, Luhn", "SKV 704"),
    Kind("no_fodselsnummer", "Norwegian national number", _N, "date, modulo 11 twice", "Skatteetaten"),
    Kind("dk_cpr", "Danish CPR number", _N, "date, words (no check digit since 2007)", "CPR-kontoret"),
    Kind("fi_hetu", "Finnish personal code", _N, "date, modulo 31", "DVV"),
    Kind("br_cpf", "Brazilian CPF", _N, "modulo 11 twice", "Receita Federal"),
    Kind("in_aadhaar", "Indian Aadhaar", _N, "Verhoeff", "UIDAI"),
    Kind("cn_resident_id", "Chinese resident number", _N, "date, MOD 11-2", "GB 11643"),
    Kind("au_tfn", "Australian tax file number", _N, "modulo 11, words", "ATO"),
    Kind("cz_rodne_cislo", "Czech or Slovak birth number", _N, "date, modulo 11", "133/2000 Sb."),
    Kind("ro_cnp", "Romanian CNP", _N, "date, modulo 11, words", "OUG 97/2005"),
    Kind("hr_oib", "Croatian OIB", _N, "MOD 11,10, words", "NN 60/08"),
    Kind("tr_tckn", "Turkish identity number", _N, "modulo 10 twice, words", "NVI"),
    Kind("ee_isikukood", "Estonian or Lithuanian code", _N, "date, modulo 11, words", "EVS 585"),
    Kind("gr_amka", "Greek AMKA", _N, "date, Luhn, words", "Law 3655/2008"),
    Kind("at_svnr", "Austrian insurance number", _N, "modulo 11, words", "ASVG § 31"),
    Kind("jp_my_number", "Japanese Individual Number", _N, "modulo 11, words", "MIC Order 85/2014"),
    Kind("mx_curp", "Mexican CURP", _N, "date, modulo 10", "RENAPO"),
    Kind("passport", "passport", _N, "words", "ICAO 9303"),
    Kind("driver_licence", "driving licence", _N, "words", "AAMVA, national issuers"),
    Kind("ip_address", "IP address", _M, "ranges, not loopback or a version", "RFC 791, RFC 4291"),
    Kind("mac_address", "MAC address", _M, "form, more than one digit", "IEEE 802"),
    Kind("jwt", "JSON web token", _S, "its header is JSON that names an algorithm", "RFC 7519"),
    Kind("private_key", "private key", _S, "PEM armour", "RFC 7468, RFC 9580"),
    Kind("connection_string", "password in an address", _S, "userinfo that is no placeholder", "RFC 3986"),
    Kind("password", "assigned password", _S, "name, no placeholder", "-"),
    Kind("assigned_secret", "assigned secret", _S, "name, entropy, no placeholder", "-"),
    Kind("bearer_token", "bearer token", _S, "entropy", "RFC 6750"),
    Kind("aws_access_key", "AWS access key", _S, "prefix, length", "IAM User Guide, unique identifiers"),
    Kind("aws_secret_key", "AWS secret key", _S, "40 characters beside words, entropy", "IAM User Guide"),
    Kind("github_token", "GitHub token", _S, "prefix, CRC-32", "GitHub Docs, token formats"),
    Kind("gitlab_token", "GitLab token", _S, "prefix, length", "GitLab Docs, token overview"),
    Kind("slack_token", "Slack token or webhook", _S, "prefix, length", "Slack API, token types"),
    Kind("stripe_key", "Stripe key", _S, "prefix, length", "Stripe Docs, API keys"),
    Kind("google_key", "Google key or token", _S, "prefix, length", "Google Cloud, API keys"),
    Kind("azure_key", "Azure key", _S, "name, length", "Azure Storage, connection strings"),
    Kind("npm_token", "npm token", _S, "prefix, CRC-32", "npm Docs, access tokens"),
    Kind("pypi_token", "PyPI token", _S, "prefix, length", "PyPI, API tokens"),
    Kind("sendgrid_key", "SendGrid key", _S, "prefix, lengths", "Twilio SendGrid Docs"),
    Kind("twilio_key", "Twilio key", _S, "prefix, length", "Twilio Docs, SIDs"),
    Kind("openai_key", "OpenAI key", _S, "prefix, marker", "OpenAI Docs"),
    Kind("anthropic_key", "Anthropic key", _S, "prefix, length", "Anthropic Docs"),
    Kind("huggingface_token", "Hugging Face token", _S, "prefix, length", "Hugging Face Docs"),
    Kind("vault_token", "HashiCorp Vault token", _S, "prefix, length", "Vault Docs, tokens"),
    Kind("saas_token", "token of another service", _S, "prefix, length", "each vendor's documentation"),
)
BY_ID: Final = {kind.id: kind for kind in KINDS}

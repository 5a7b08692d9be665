"""Credentials that their vendors gave a format: a prefix, an alphabet and a length.

Each pattern is what the vendor's documentation says, or looser where the vendor reserves the right to change
the length; a check value is verified where the format has one. Sources are in `kinds`.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from functools import cache
from typing import Final

from writ.pii.checksums import crc32_base62
from writ.pii.finding import Confidence
from writ.pii.hints import FIRST, SHORTEST_TOKEN, may_begin
from writ.pii.sheet import Sheet, spelled

LONGEST: Final = 32_768
"""No credential is longer: the longest RSA key in use, armoured, is half of it."""
_KEY_ENDS: Final = "PRIVATE KEY-----"
# Headers (RFC 1421, RFC 9580) and line breaks, also escaped ones, then the first characters of a key.
_KEY_BODY: Final = r"(?:[A-Z][\w-]{0,32}: ?[^\n\\]{0,80}|\\[nr]|[\s\"'+,>|#*/-]){0,64}+[A-Za-z0-9+/=]{16}"

# A pattern a kind; each begins with a literal, and all of it but a short prefix is one run of the sheet.
_RUNS: Final = (
    ("aws_access_key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9_])"),
    ("github_token", r"gh[opsur]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{22,255}"),
    ("gitlab_token", r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|agent|oas|ffct)-[\w-]{20,255}|GR1348941[\w-]{20}"),
    ("slack_token", r"xox[a-eprs]-[\w-]{10,255}|xapp-[0-9]-[\w-]{20,255}"),
    ("stripe_key", r"[rs]k_(?:org_)?(?:live|test)_[A-Za-z0-9]{16,255}|whsec_[A-Za-z0-9]{16,255}"),
    ("google_key", r"AIza[\w-]{35}|GOCSPX-[\w-]{28}"),
    ("npm_token", r"npm_[\w-]{16,255}"),
    ("pypi_token", r"pypi-AgE[\w-]{16,255}"),
    ("twilio_key", r"SK[0-9a-f]{32}(?![A-Za-z0-9_])"),
    ("anthropic_key", r"sk-ant-[\w-]{20,255}"),
    (
        "openai_key",
        r"sk-(?:(?:proj|svcacct|admin|None)-[\w-]{20,255}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})",
    ),
    ("huggingface_token", r"(?:hf|api_org)_[A-Za-z0-9]{34}(?![A-Za-z0-9_])"),
    (
        "saas_token",
        r"do[opr]_v1_[0-9a-f]{64}|dckr_[po]at_[\w-]{27,40}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"
        r"|lin_api_[A-Za-z0-9]{40}|ntn_[A-Za-z0-9]{40,60}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}"
        r"|glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|NRAK-[A-Z0-9]{27}|dapi[0-9a-f]{32}(?![A-Za-z0-9_])"
        r"|rubygems_[0-9a-f]{48}|pscale_(?:tkn|pw|oauth)_[\w-]{32,64}|sbp_[0-9a-f]{40}|sntrys_[\w-]{40,255}"
        r"|sq0(?:atp|csp|idp)-[\w-]{22,43}|AGE-SECRET-KEY-1[0-9A-Z]{58}|EAAA[\w-]{60}(?![\w-])"
        r"|PRIV_API_[A-Za-z0-9]{32,64}|xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"
        r"|AT(?:ATT|CTT)3[\w-]{60,255}|ATBB[A-Za-z0-9]{32}(?![A-Za-z0-9_])|gsk_[A-Za-z0-9]{52}"
        r"|sk-or-v1-[0-9a-f]{64}|xai-[A-Za-z0-9]{80}|pplx-[A-Za-z0-9]{48,56}|r8_[A-Za-z0-9]{37}"
        r"|nvapi-[\w-]{60,70}|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|figd_[\w-]{38,43}|pul-[0-9a-f]{40}"
        r"|sq[apu]_[0-9a-f]{40}|AKCp[A-Za-z0-9]{69}|oy2[a-z0-9]{43}(?![A-Za-z0-9_])"
        r"|tskey-(?:api|auth|client|scim|webhook)-[\w-]{20,64}|nfp_[A-Za-z0-9]{36,40}|fo1_[\w-]{43}"
        r"|glc_eyJ[A-Za-z0-9+/]{32,400}|sntryu_[0-9a-f]{64}|sb_secret_[\w-]{31}"
        r"|CCIPAT_[A-Za-z0-9]{16,32}_[0-9a-f]{40}|rzp_live_[A-Za-z0-9]{14}|HRKU-AA[\w-]{58}"
        r"|LTAI[A-Za-z0-9]{16,22}(?![A-Za-z0-9_])|key-[0-9a-f]{32}(?![A-Za-z0-9_])"
        # Telegram's bots have their number before it, which is no secret.
        r"|(?<=[0-9]:)AA[\w-]{33}(?![\w-])|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}|pat-(?:na|eu)1(?:-[0-9a-f]{4,12}){5}",
    ),
)
# These have a mark early: a literal that has it, how far before that they begin, a pattern.
_MARKED: Final = {
    ".": (
        # First, for what is before it may end as another begins.
        ("saas_token", ".atlasv1.", 14, r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,72}"),
        ("sendgrid_key", "SG.", 0, r"\bSG\.[\w-]{16,32}\.[\w-]{16,64}"),
        ("google_key", "ya29.", 0, r"\bya29\.[\w-]{20,1024}"),
        ("vault_token", "hvs.", 0, r"\bhvs\.[\w-]{24,512}"),
        ("vault_token", "hvb.", 0, r"\bhvb\.[\w-]{24,512}"),
        ("vault_token", "hvr.", 0, r"\bhvr\.[\w-]{24,512}"),
        (
            "slack_token",
            "hooks.slack.com/",
            0,
            r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{20,128}",
        ),
        ("saas_token", "dt0c01.", 0, r"\bdt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),  # Dynatrace
        ("saas_token", "dp.", 0, r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,64}"),
    ),
    "eyJ": (("jwt", "eyJ", 0, r"(?<![\w-])eyJ[\w-]{5,4096}\.[\w-]{5,16384}\.[\w-]{0,4096}"),),
    "Key=": (
        ("azure_key", "AccountKey=", 0, r"AccountKey=[A-Za-z0-9+/]{43,86}={1,2}"),
        ("azure_key", "AccessKey=", 0, r"AccessKey=[A-Za-z0-9+/]{43}="),
    ),
    "~": (
        ("azure_key", "Q~", 4, r"(?<![\w.~-])[\w.~-]{3}[0-9]Q~[\w.~-]{31,34}(?![\w~-])"),
        ("saas_token", "sha256~", 0, r"\bsha256~[\w-]{43}(?![\w-])"),  # OpenShift
    ),
    "/api/webhooks/": (
        ("saas_token", "/api/webhooks/", 0, r"(?<=\.com)/api/webhooks/[0-9]{16,20}/[\w-]{60,80}"),  # Discord
    ),
    "whsec_": (("stripe_key", "whsec_", 0, r"\bwhsec_[A-Za-z0-9+/]{24,128}={0,2}"),),
}

_PREFIX: Final = r"[A-Za-z]{0,8}[0-9]{0,2}(?:[_.=-](?:pat_|live_|test_|ant-|proj-|v1_)?)?"


@cache
def _in_runs() -> re.Pattern[str]:
    parts = "|".join(f"(?P<k{number}>{pattern})" for number, (_, pattern) in enumerate(_RUNS))
    return re.compile(rf"(?=[{FIRST}])(?<![A-Za-z0-9_])(?:{parts})")


@cache
def _hints(mark: str) -> re.Pattern[bytes]:
    return spelled(mark, *(literal for _, literal, _, _ in _MARKED[mark]))


@cache
def _at(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def find(sheet: Sheet) -> Iterator[tuple[int, int, str, Confidence]]:
    """Every credential of a known format, also where an escape would have taken its first letter."""
    text = sheet.text
    search = _in_runs().search
    hexes = sheet.hexes
    for start, end in sheet.runs(SHORTEST_TOKEN):
        if not hexes[start:end].strip(b"h-") or not may_begin(text, start, end - SHORTEST_TOKEN):
            continue  # a digest, a UUID or a name
        found = search(text, start, end)
        while found:
            yield _of_run(found)
            found = search(text, found.end(), end)
    yield from _behind_backslashes(sheet.given)
    yield from _private_keys(text)
    raw = sheet.raw
    for mark, marked in _MARKED.items():
        if mark.encode() not in raw:
            continue
        done = [0] * len(marked)
        for hint in _hints(mark).finditer(raw):
            number = (hint.lastindex or 1) - 1
            kind, literal, before, pattern = marked[number]
            start = hint.end() - len(literal) - before
            if start >= done[number] and (found := _at(pattern).match(text, start)):
                done[number] = found.end()
                yield found.start(), found.end(), kind, _confidence(kind, found[0])


def _behind_backslashes(given: str) -> Iterator[tuple[int, int, str, Confidence]]:
    """Where a backslash is none of an escape, as in paths: the letter behind it is the credential's first."""
    if "\\" not in given:
        return
    for backslash in _at(r"\\(?=[nrt])").finditer(given):
        if found := _in_runs().match(given, backslash.end()):
            yield _of_run(found)


def _of_run(found: re.Match[str]) -> tuple[int, int, str, Confidence]:
    kind = _RUNS[int((found.lastgroup or "k0")[1:])][0]
    return found.start(), found.end(), kind, _confidence(kind, found[0])


def _private_keys(text: str) -> Iterator[tuple[int, int, str, Confidence]]:
    place = text.find("-----BEGIN ")
    while place >= 0:
        begins = _at(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----").match(text, place)
        if begins is None:
            place = text.find("-----BEGIN ", place + 1)
            continue
        ends = _at(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----").search(text, begins.end())
        end = ends.end() if ends else len(text)
        sure = Confidence.HIGH if _at(_KEY_BODY).match(text, begins.end()) else Confidence.LOW
        yield place, end, "private_key", sure
        place = text.find("-----BEGIN ", end)


def _confidence(kind: str, value: str) -> Confidence:
    if kind == "jwt":
        return Confidence.HIGH if _has_header(value) else Confidence.LOW
    if kind in ("github_token", "npm_token") and len(value) == 40:
        return Confidence.HIGH if crc32_base62(value) else Confidence.MEDIUM
    return Confidence.HIGH if len(set(value)) > 9 else Confidence.MEDIUM


def _has_header(token: str) -> bool:
    """RFC 7519: what stands before the first dot is a JSON object, in base64url, that names an algorithm."""
    head = token.partition(".")[0]
    try:
        decoded = urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except ValueError:
        return False
    return decoded.startswith(b"{") and (b'"alg"' in decoded or b'"enc"' in decoded)


def sample(value: str) -> str:
    """The public part of a credential's format, and nothing of what makes it secret."""
    if value.startswith("-----BEGIN"):
        return value[: value.index(_KEY_ENDS) + len(_KEY_ENDS)] + "…" if _KEY_ENDS in value[:80] else "…"
    found = _at(_PREFIX).match(value)
    prefix = (
        found[0]
        if found and found[0][-1:] in ("_", "-", ".", "=")
        else value[:4]
        if value[:4] in _OPEN
        else ""
    )
    return prefix + "********"


_OPEN: Final = frozenset({"AKIA", "ASIA", "ABIA", "ACCA", "AIza"})

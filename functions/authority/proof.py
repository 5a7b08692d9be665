"""Who asks: the proof is sent to STS, whose answer names the role that signed it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from writ.adapters.authority import AUDIENCE_HEADER, KEY_HEADER, PROOF_SECONDS, QUESTION
from writ.contracts.errors import WritError

MAX_PROOF: Final = 8192
_CLOCK_SKEW: Final = timedelta(minutes=1)
_SIGNED: Final = frozenset({"host", AUDIENCE_HEADER, KEY_HEADER})
_PARAMETERS: Final = frozenset(
    {
        "Action",
        "Version",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    }
)
_ROLE: Final = re.compile(r"arn:[a-z-]+:sts::([0-9]{12}):assumed-role/([\w+=,.@-]{1,64})/[^/]+")


class RefusedError(WritError):
    """The caller does not prove to be a bot of this control plane."""

    code = "authority.refused"


@dataclass(frozen=True, slots=True)
class Role:
    """A role that signed a proof."""

    account: str
    name: str


def check_form(proof: str, now: datetime) -> None:
    """Refuse a proof that asks STS for anything else, leaves the bound headers unsigned, or is old.

    STS checks the signature and its expiry; what it does not know is what the signature must cover, and
    that a minute is all a proof may live. Raises RefusedError that names the parameter.
    """
    if len(proof) > MAX_PROOF or not proof.isascii():
        raise RefusedError("the proof is no query string", field="proof")
    pairs = parse_qsl(proof, keep_blank_values=True)
    given = dict(pairs)
    if len(given) != len(pairs) or not given.keys() <= _PARAMETERS:
        raise RefusedError("the proof has parameters of its own", field="proof")
    if f"Action={given.get('Action')}&Version={given.get('Version')}" != QUESTION:
        raise RefusedError("the proof asks for something else", field="proof.Action")
    if not set(given.get("X-Amz-SignedHeaders", "").split(";")) >= _SIGNED:
        raise RefusedError("the proof is not bound to a key", field="proof.X-Amz-SignedHeaders")
    if given.get("X-Amz-Expires") != str(PROOF_SECONDS):
        raise RefusedError(f"the proof does not expire in {PROOF_SECONDS} s", field="proof.X-Amz-Expires")
    _check_age(given, now)


def role_of(answer: str) -> Role:
    """The role that STS names in its answer. Raises RefusedError for anything but a role's session."""
    match = re.search(r"<Arn>\s*([^<\s]+)\s*</Arn>", answer)
    role = _ROLE.fullmatch(match[1]) if match else None
    if role is None:
        raise RefusedError("the proof is not a role's", field="proof")
    return Role(role[1], role[2])


def bot_of(role: Role, account: str, identities: Mapping[str, str]) -> str:
    """The bot whose function runs under a role. Raises RefusedError for a role that is nobody's here."""
    bot = identities.get(role.name) if role.account == account else None
    if bot is None:
        raise RefusedError("the role belongs to no bot", field="proof")
    return bot


def _check_age(given: Mapping[str, str], now: datetime) -> None:
    try:
        signed_at = datetime.strptime(given.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise RefusedError("the proof has no date", field="proof.X-Amz-Date") from None
    if not -_CLOCK_SKEW <= now - signed_at <= timedelta(seconds=PROOF_SECONDS):
        raise RefusedError("the proof is too old or not valid yet", field="proof.X-Amz-Date")

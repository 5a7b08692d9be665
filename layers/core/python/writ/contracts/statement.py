"""Evidence: in-toto statements (https://in-toto.io/Statement/v1) about what bots and people did.

Builders return plain JSON values ready for canonical form; `Statement` reads them back, tolerantly.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from writ.contracts.action import Action, Approval, Decision, Name, Outcome, Sha256
from writ.contracts.errors import ContractError

PREDICATE_BASE: Final = "https://writ.example"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
ACTION: Final = f"{PREDICATE_BASE}/action/v1"
APPROVAL: Final = f"{PREDICATE_BASE}/approval/v1"
ERASURE: Final = f"{PREDICATE_BASE}/erasure/v1"
ERASER: Final = "erasures"  # the one bot whose word an erasure is
# The functions that take people's answers, and so may state them; from anybody else an approval is a forgery.
APPROVERS: Final = frozenset({"approvals", "reconciler"})

EntryId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Json = dict[str, Any]

_SALT: Final = re.compile(r"[0-9a-f]{64}")


class Phase(StrEnum):
    INTENT = "intent"
    APPROVAL = "approval"
    OUTCOME = "outcome"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Actor(_Value):
    """Who states it: the bot, its version, and the SHA-256 of the code it runs."""

    bot: Name
    version: Annotated[str, Field(min_length=1, max_length=64)]
    code: Sha256


class Link(_Value):
    """The statement before this one in its stream: its entry id and the SHA-256 of its payload."""

    entry: EntryId
    sha256: Sha256


class Cause(_Value):
    """The event that led to an action, and the person behind it where there is one."""

    id: Annotated[str, Field(min_length=1, max_length=128)]
    type: Annotated[str, Field(min_length=1, max_length=128)]
    by: Annotated[str, Field(min_length=1, max_length=128)] | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who states something and when, with 256 random bits in hex.

    The salt keeps the digest in the log from confirming a guess of the statement.
    """

    actor: Actor
    time: datetime
    salt: str

    def __post_init__(self) -> None:
        if not _SALT.fullmatch(self.salt):
            raise ContractError("salt is not 256 bits in lower case hex", field="predicate.salt")


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)


class Digest(_Read):
    sha256: Sha256


class Subject(_Read):
    """A thing the statement is about."""

    name: str | None = None
    digest: Digest


class Predicate(_Read):
    """What every predicate of ours carries, whatever its type; the rest is kept as extra fields."""

    entry: EntryId
    actor: Actor
    stream: Annotated[str, Field(min_length=1, max_length=128)]
    prev: Link | None
    time: AwareDatetime
    salt: Sha256
    phase: Phase | None = None
    decision: Decision | None = None
    outcome: Outcome | None = None


class Statement(_Read):
    """An in-toto statement as read back from a payload."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: Annotated[list[Subject], Field(min_length=1)]
    predicate_type: str = Field(alias="predicateType")
    predicate: Predicate


def entry_id(action_id: str, phase: Phase) -> str:
    """Where the statement of a phase of an action is kept: `<action>.<phase>`."""
    return f"{action_id}.{phase.value}"


def intent(action: Action, decision: Decision, cause: Cause, stamp: Stamp) -> Json:
    """What a bot is about to do and why it may: the first statement of the action's stream."""
    body: Json = {
        "action": {
            **_naming(action),
            "parameters": action.parameters,
            "reason": action.reason,
            "blast_radius": action.blast_radius,
        },
        "event": cause.model_dump(exclude_none=True),
        "decision": decision.model_dump(mode="json"),
    }
    return _statement(Phase.INTENT, action, body, None, stamp)


def outcome(action: Action, result: Outcome, previous: Link, stamp: Stamp) -> Json:
    """What came of an action; `previous` is its intent or, if a person was asked, the approval."""
    body: Json = {"action": _naming(action), "outcome": result.model_dump(mode="json")}
    return _statement(Phase.OUTCOME, action, body, previous, stamp)


def approval(action: Action, answer: Approval, previous: Link, stamp: Stamp) -> Json:
    """A person's answer to a reviewed action; `previous` is the action's intent."""
    body: Json = {"action": _naming(action), "approval": answer.model_dump(mode="json")}
    return _statement(Phase.APPROVAL, action, body, previous, stamp)


def erasure_id(of: str, part: int = 1) -> str:
    """Where the statement of an erasure is kept: `<of>.erasure`, its further parts with their number."""
    return f"{of}.erasure" if part == 1 else f"{of}.erasure.{part}"


@dataclass(frozen=True, slots=True)
class ErasedLeaf:
    """A leaf whose payload is gone: its index, its entry, and the SHA-256 that it has of the payload."""

    leaf: int
    entry: str
    payload: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """Payloads that were erased: what they were erased for (`of`), why, by which action, and their leaves.

    A long list is in several statements of one stream: this is part `part` of `parts`.
    """

    of: str
    cause: Literal["request", "retention"]
    action: str
    leaves: Sequence[ErasedLeaf]
    part: int = 1
    parts: int = 1


def erasure(erased: Erasure, previous: Link | None, stamp: Stamp) -> Json:
    """Which payloads are gone; `previous` is the part before. The stream is the first part's entry id."""
    actor, of = stamp.actor, f"erased:{erased.of}"
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": of, "digest": {"sha256": sha256(of.encode()).hexdigest()}}],
        "predicateType": ERASURE,
        "predicate": {
            "entry": erasure_id(erased.of, erased.part),
            "actor": {"bot": actor.bot, "version": actor.version, "code": actor.code},
            "stream": erasure_id(erased.of),
            "prev": None if previous is None else {"entry": previous.entry, "sha256": previous.sha256},
            "time": rfc3339(stamp.time),
            "salt": stamp.salt,
            "erasure": {
                "of": erased.of,
                "cause": erased.cause,
                "action": erased.action,
                "part": erased.part,
                "parts": erased.parts,
            },
            "erased": [asdict(leaf) for leaf in erased.leaves],
        },
    }


def rfc3339(time: datetime) -> str:
    """UTC with milliseconds, e.g. `2026-01-31T08:15:30.125Z`."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _naming(action: Action) -> Json:
    target = action.target
    place = {"kind": target.kind, "id": target.id}
    return {
        "id": action.id,
        "bot": action.bot,
        "name": action.name,
        "target": {**place, "digest": target.digest} if target.digest else place,
        "effect_key": action.effect_key,
    }


def _statement(phase: Phase, action: Action, body: Json, previous: Link | None, stamp: Stamp) -> Json:
    actor, target = stamp.actor, action.target
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": f"{target.kind}:{target.id}", "digest": {"sha256": target.subject_digest()}}],
        "predicateType": APPROVAL if phase is Phase.APPROVAL else ACTION,
        "predicate": {
            "entry": entry_id(action.id, phase),
            "phase": phase.value,
            "actor": {"bot": actor.bot, "version": actor.version, "code": actor.code},
            "stream": action.id,
            "prev": None if previous is None else {"entry": previous.entry, "sha256": previous.sha256},
            "time": rfc3339(stamp.time),
            "salt": stamp.salt,
            **body,
        },
    }

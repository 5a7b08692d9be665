"""Which logs and witnesses to believe, and how many of them together: https://c2sp.org/tlog-policy.

log <vkey> [<url>]
witness <name> <vkey> [<url>]
group <name> all|any|<k> <name>...
quorum <name>|none
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

from writ.ledger.checkpoint import Checkpoint, read_head
from writ.ledger.cosignature import cosigned_at
from writ.ledger.errors import VerificationError
from writ.ledger.note import KeyType, Note, VerifierKey, signers

NONE: Final = "none"
MAX_POLICY: Final = 256 * 1024
CLOCK_SKEW: Final = timedelta(minutes=5)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD: Final = re.compile(r"[1-9][0-9]{0,3}")
_LOG_TYPES: Final = (KeyType.ED25519, KeyType.ECDSA)


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness of a policy: what the policy calls it, its key, and where requests go, if that is said."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Members, witnesses or groups, of which `threshold` must have cosigned."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file, read. Without logs it leaves it to its user which logs he means."""

    quorum: str
    logs: tuple[VerifierKey, ...] = ()
    witnesses: Mapping[str, KnownWitness] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a policy file.

        Raises
        ------
        VerificationError
            `ledger.policy`, with the line at fault: malformed in any way.
        """
        reader = _Reader()
        for number, line in enumerate(_lines(data), 1):
            words = [word.decode("utf-8", "surrogateescape") for word in re.split(rb"[ \t]+", line) if word]
            if words and not words[0].startswith("#"):
                try:
                    reader.read(words)
                except VerificationError as error:
                    raise _wrong(f"line {number}: {error.message}", f"line {number}") from None
        if reader.quorum is None:
            raise _wrong("there is no quorum line", "quorum")
        return cls(reader.quorum, tuple(reader.logs), reader.witnesses, reader.groups)

    def is_met_by(self, cosigners: Collection[str]) -> bool:
        """Whether the witnesses of these names, together, are a quorum."""
        met = set(cosigners) & set(self.witnesses)
        for name, group in self.groups.items():  # in order: members come before their group
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(name)
        return self.quorum == NONE or self.quorum in met


@dataclass(frozen=True, slots=True)
class Quorum:
    """A checkpoint that met a policy, and when each witness cosigned it, by the policy's names."""

    checkpoint: Checkpoint
    cosigned: Mapping[str, datetime]


def verify_quorum(note: bytes, policy: Policy, *, now: datetime, logs: Sequence[VerifierKey] = ()) -> Quorum:
    """The checkpoint of a note that a log signed and that a quorum of witnesses cosigned.

    Parameters
    ----------
    note
        The signed note.
    policy
        Whom to believe.
    now
        Cosignatures from more than five minutes after it do not count.
    logs
        Keys of which one must have signed, beside one of the policy's where that names any.

    Raises
    ------
    VerificationError
        `ledger.checkpoint`: malformed, or not signed by a log that is believed. `ledger.cosignature`: a line
        of a known witness does not hold. `ledger.quorum`: too few witnesses. `ledger.policy`: neither the
        policy nor `logs` names a log.
    """
    parsed = Note.parse(note)
    believed = [keys for keys in (policy.logs, logs) if keys]
    if not believed:
        raise _wrong("the policy names no log", "log")
    for keys in believed:
        if not signers(parsed, keys):
            raise VerificationError("no log that is believed signed the checkpoint", code="ledger.checkpoint")
    checkpoint, _ = read_head(parsed.text)
    found = {name: cosigned_at(parsed, witness.key) for name, witness in policy.witnesses.items()}
    cosigned = {name: at for name, at in found.items() if at is not None and at <= now + CLOCK_SKEW}
    if not policy.is_met_by(cosigned):
        message = f"the checkpoint of {checkpoint.size} leaves has no quorum: {_missing(policy, cosigned)}"
        raise VerificationError(message, code="ledger.quorum")
    return Quorum(checkpoint, cosigned)


@dataclass(frozen=True, slots=True)
class WitnessQuorum:
    """A policy that checkpoints of logs, which are believed already, must meet at a time."""

    policy: Policy
    logs: tuple[VerifierKey, ...]
    now: datetime

    def check(self, note: bytes, checkpoint: Checkpoint) -> None:
        """Raises what `verify_quorum` raises, and VerificationError for a note of another checkpoint."""
        if verify_quorum(note, self.policy, now=self.now, logs=self.logs).checkpoint != checkpoint:
            raise VerificationError("the note is of another checkpoint", code="ledger.checkpoint")


def _missing(policy: Policy, cosigned: Iterable[str]) -> str:
    signed = ", ".join(sorted(map(_shown, cosigned))) or "nobody"
    return f"{signed} cosigned it, {_shown(policy.quorum)} is asked for"


class _Reader:
    """Collects the lines of a policy file; each may only use names of lines before it."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, KnownWitness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def read(self, words: Sequence[str]) -> None:
        readers = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}
        keyword, *items = words
        if keyword not in readers:
            raise _wrong(f"{_shown(keyword)} is none of {', '.join(readers)}")
        readers[keyword](items)

    def _log(self, items: Sequence[str]) -> None:
        if len(items) not in (1, 2):
            raise _wrong("log takes a key and perhaps a URL")
        key = VerifierKey.parse(items[0])
        if key.type not in _LOG_TYPES:
            raise _wrong("a witness' key is no log's")
        if key.material in {other.material for other in self.logs}:
            raise _wrong("the same log twice")
        self.logs.append(key)

    def _witness(self, items: Sequence[str]) -> None:
        if len(items) not in (2, 3):
            raise _wrong("witness takes a name, a key and perhaps a URL")
        self._new(items[0])
        key = VerifierKey.parse(items[1])
        if key.type is not KeyType.COSIGNATURE:
            raise _wrong("a log's key is no witness'")
        if key.material in {other.key.material for other in self.witnesses.values()}:
            raise _wrong("the same witness twice")
        self.witnesses[items[0]] = KnownWitness(items[0], key, items[2] if len(items) > 2 else None)

    def _group(self, items: Sequence[str]) -> None:
        if len(items) < 3:
            raise _wrong("group takes a name, all, any or a number, and members")
        name, threshold, *members = items
        self._new(name)
        for member in members:
            self._known(member)
            if member in self._members:
                raise _wrong(f"{_shown(member)} is a member already")
            self._members.add(member)
        self.groups[name] = Group(_threshold(threshold, len(members)), tuple(members))

    def _quorum(self, items: Sequence[str]) -> None:
        if len(items) != 1:
            raise _wrong("quorum takes one name")
        if self.quorum is not None:
            raise _wrong("there is a quorum line already")
        if items[0] != NONE:
            self._known(items[0])
        self.quorum = items[0]

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise _wrong(f"the name {_shown(name)} is taken")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise _wrong(f"there is no {_shown(name)} above")


def _threshold(text: str, members: int) -> int:
    if text in ("all", "any"):
        return members if text == "all" else 1
    if not _THRESHOLD.fullmatch(text) or int(text) > members:
        raise _wrong(f"{_shown(text)} is not all, any or a number from 1 to {members}")
    return int(text)


def _lines(data: bytes) -> list[bytes]:
    if len(data) > MAX_POLICY:
        raise _wrong("the file is longer than 256 KiB")
    if _CONTROL.search(data):
        raise _wrong("a control character that is neither tab nor newline")
    *lines, rest = data.split(b"\n")
    if rest:
        raise _wrong(f"line {len(lines) + 1}: it does not end in a newline", f"line {len(lines) + 1}")
    return lines


def _shown(name: str) -> str:
    """A name, which may be any bytes, for a message."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _wrong(message: str, field: str | None = None) -> VerificationError:
    return VerificationError(message, code="ledger.policy", field=field)

"""Counts what the log's key signed, by CloudTrail, against what is known to be signed. Pure.

KMS does not tell what it signed, only that it did, when, and for whom. Every signature of the log is on a
published checkpoint or in a kept promise; one that is in neither was made for a thief.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from writ.ledger.errors import VerificationError
from writ.ledger.note import Note, VerifierKey

# A sequencer publishes what was signed within its own timeout; S3 and CloudTrail have clocks of their own.
PATIENCE: Final = timedelta(minutes=2)
SKEW: Final = timedelta(seconds=5)
# https://csrc.nist.gov/pubs/sp/800/186/final, P-256
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Kind(StrEnum):
    """What a function has the log's key sign."""

    CHECKPOINT = "checkpoint"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class SignCall:
    """One call of kms:Sign that succeeded: CloudTrail's id of it, when, for whom, and from where."""

    id: str
    at: datetime
    principal: str
    source: str

    @property
    def role(self) -> str:
        """The role whose session called, or an empty string for anybody else."""
        parts = self.principal.rpartition(":")[2].split("/")
        return parts[1] if parts[0] == "assumed-role" and len(parts) > 1 else ""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A signature that nothing is known to carry, and why it is taken for one."""

    call: SignCall
    why: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What was signed, against what carries a signature.

    `checkpoints` and `promises` are the calls that one of these accounts for. `unrecorded` are checkpoints
    published between the first call and the last that no call accounts for: then records are missing, and
    the count is of no use.
    """

    calls: int
    checkpoints: int
    promises: int
    unrecorded: int
    unmatched: Sequence[Unmatched]

    @property
    def ok(self) -> bool:
        return not self.unmatched


def read_signatures(data: bytes) -> list[Mapping[str, Any]]:
    """The records of successful kms:Sign calls in a CloudTrail log file, or in what `lookup-events` answers.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html

    Raises
    ------
    VerificationError
        `cloudtrail.malformed`: it is neither.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise _malformed("not JSON") from None
    return [record for record in _records(document) if _is_signature(record)]


def calls_on(key: str, records: Iterable[Mapping[str, Any]]) -> list[SignCall]:
    """Those of the calls that were on a key, which is given by its ARN.

    https://docs.aws.amazon.com/kms/latest/developerguide/ct-sign.html

    Raises
    ------
    VerificationError
        `cloudtrail.malformed`: a call on the key does not read.
    """
    return [_call(record) for record in records if key in _keys(record)]


def distinct(
    versions: Iterable[tuple[datetime, bytes]], key: VerifierKey, second: VerifierKey | None = None
) -> list[datetime]:
    """When each signature of the log was first published, of notes in any order.

    A note that comes back with witnesses' lines added carries no new signature, nor does one whose signature
    was replaced by its twin, which anybody can compute. Notes that the key did not sign do not count.

    With `second`, notes that this key did not sign as well do not count either. Ed25519 signs the same text
    the same way each time (RFC 8032), so that its signatures are told apart by the ones beside them.
    """
    first: dict[tuple[int, int], datetime] = {}
    for at, data in versions:
        for signature in _signatures(data, key, second):
            first[signature] = min(at, first.get(signature, at))
    return sorted(first.values())


def tally(
    calls: Iterable[SignCall], published: Sequence[datetime], promises: int, roles: Mapping[str, Kind]
) -> Tally:
    """Account for every call.

    Parameters
    ----------
    calls
        In any order; a call that was recorded twice counts once.
    published
        When each signature on a checkpoint was published, in order: each accounts for one call of the
        sequencer shortly before.
    promises
        How many promises are kept. When they were made is not known, so they account for any calls of the
        notary, the earliest first.
    roles
        What each role has signed; a call of any other accounts for nothing.
    """
    once = sorted({call.id: call for call in calls}.values(), key=lambda call: (call.at, call.id))
    of_kind: dict[Kind | None, list[SignCall]] = {kind: [] for kind in (None, *Kind)}
    for call in once:
        of_kind[roles.get(call.role)].append(call)
    signed, unrecorded = _pair(of_kind[Kind.CHECKPOINT], published)
    unmatched = [Unmatched(call, "no checkpoint was published after it") for call in signed]
    promised = of_kind[Kind.PROMISE][promises:]
    unmatched += [Unmatched(call, f"only {promises} promises are kept") for call in promised]
    unmatched += [Unmatched(call, "this caller has nothing to sign") for call in of_kind[None]]
    unmatched.sort(key=lambda each: (each.call.at, each.call.id))
    on_checkpoints = len(of_kind[Kind.CHECKPOINT]) - len(signed)
    on_promises = len(of_kind[Kind.PROMISE]) - len(promised)
    return Tally(len(once), on_checkpoints, on_promises, unrecorded, unmatched)


def _pair(calls: Sequence[SignCall], published: Sequence[datetime]) -> tuple[list[SignCall], int]:
    """Calls without a checkpoint, and checkpoints between the first call and the last without a call.

    What was published just before the first call is of a clock that is behind, or of a call before these
    records: it is taken where that leaves fewer over.
    """
    began = [at for at in published if calls and at >= calls[0].at]
    return min((_paired(calls, found) for found in (began, published)), key=_left_over)


def _left_over(paired: tuple[list[SignCall], int]) -> tuple[int, int]:
    left, unrecorded = paired
    return len(left), unrecorded


def _paired(calls: Sequence[SignCall], published: Sequence[datetime]) -> tuple[list[SignCall], int]:
    """The same for these checkpoints, in order.

    Each call takes the earliest one left that it can have led to; as all wait equally long, no other choice
    leaves fewer calls over.
    """
    left: list[SignCall] = []
    place, unrecorded = 0, 0
    for call in calls:
        while place < len(published) and published[place] < call.at - SKEW:
            unrecorded += published[place] >= calls[0].at
            place += 1
        if place < len(published) and published[place] <= call.at + PATIENCE:
            place += 1
        else:
            left.append(call)
    return left, unrecorded


def _signatures(data: bytes, key: VerifierKey, second: VerifierKey | None) -> Iterator[tuple[int, int]]:
    try:
        note = Note.parse(data)
        if key.has_signed(note) and (second is None or second.has_signed(note)):
            for line in key.lines_in(note):
                r, s = decode_dss_signature(line.data)
                yield r, min(s, _ORDER - s)
    except (VerificationError, ValueError):
        return


def _records(document: Any) -> Iterator[dict[str, Any]]:
    held = document if isinstance(document, dict) else {}
    listed = held.get("Records", held.get("Events"))
    if not isinstance(listed, list):
        raise _malformed("neither Records nor Events are in it")
    for item in listed:
        try:
            record = json.loads(item["CloudTrailEvent"]) if "Records" not in held else item
        except (ValueError, TypeError, KeyError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise _malformed("a record is not an object")
        yield record


def _is_signature(record: Mapping[str, Any]) -> bool:
    called = (record.get("eventSource"), record.get("eventName"))
    return called == ("kms.amazonaws.com", "Sign") and "errorCode" not in record


def _keys(record: Mapping[str, Any]) -> Iterator[str]:
    """The ARNs of the keys that a record is about, whatever name of the key the caller used."""
    resources = record.get("resources")
    for resource in resources if isinstance(resources, list) else ():
        if isinstance(resource, dict):
            yield str(resource.get("ARN"))


def _call(record: Mapping[str, Any]) -> SignCall:
    who = record.get("userIdentity")
    try:
        at = datetime.fromisoformat(record["eventTime"])
        if at.tzinfo is None or not isinstance(record["eventID"], str):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise _malformed("a call of kms:Sign has no eventID and eventTime") from None
    principal = who.get("arn") or who.get("invokedBy") if isinstance(who, dict) else None
    return SignCall(
        record["eventID"], at, str(principal or "unknown"), str(record.get("sourceIPAddress", ""))
    )


def _malformed(message: str) -> VerificationError:
    return VerificationError(f"no CloudTrail log: {message}", code="cloudtrail.malformed")

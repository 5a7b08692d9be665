"""Repairs what a bot could not handle, and sends it to that bot again."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.output import UsageError
from cli.plane import Plane, calling
from writ.contracts.errors import ContractError
from writ.contracts.event import parse_event

_BATCH: Final = 10
_HELD_S: Final = 60


@dataclass(frozen=True, slots=True)
class Repair:
    """`--set a.b=value`: a place below `detail`, and the JSON value to put there (else the text itself)."""

    path: tuple[str, ...]
    value: Any

    @classmethod
    def parse(cls, text: str) -> Repair:
        """Raises UsageError for anything that is not `a.b=value`."""
        path, separator, value = text.partition("=")
        parts = tuple(path.strip().removeprefix("detail.").split("."))
        if not separator or not all(parts):
            raise UsageError(
                f"{text!r} is not of the form a.b=value", field="--set", hint="e.g. --set data.label=toil"
            )
        try:
            return cls(parts, json.loads(value))
        except ValueError:
            return cls(parts, value)

    def apply(self, detail: Any) -> None:
        """Set the value; objects on the way are made. Raises ContractError where the way is barred."""
        *way, last = self.path
        here = detail
        for step in way:
            here = here.setdefault(step, {}) if isinstance(here, dict) else here
        if not isinstance(here, dict):
            raise ContractError("a part of the path is not an object", field=".".join(self.path))
        here[last] = self.value


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message of a dead-letter queue, with the reason beside it."""

    id: str
    handle: str
    body: str
    code: str
    field: str | None
    reason: str

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> DeadLetter:
        given = {
            name: value.get("StringValue") for name, value in message.get("MessageAttributes", {}).items()
        }
        return cls(
            id=message["MessageId"],
            handle=message["ReceiptHandle"],
            body=message["Body"],
            code=given.get("code") or "unknown",
            field=given.get("field") or None,
            reason=given.get("reason") or "it was received too often",
        )


@dataclass(frozen=True, slots=True)
class Resent:
    """What became of a dead letter: sent again, or what is still wrong with it."""

    letter: DeadLetter
    type: str | None
    event_id: str | None
    sent: bool
    code: str | None = None
    field: str | None = None
    message: str | None = None

    def document(self) -> dict[str, Any]:
        document = {
            "message_id": self.letter.id,
            "event_type": self.type,
            "event_id": self.event_id,
            "sent": self.sent,
            "was": {"code": self.letter.code, "field": self.letter.field, "reason": self.letter.reason},
        }
        problem = {"code": self.code, "field": self.field, "message": self.message}
        return document if self.code is None else {**document, "problem": problem}


def repaired(body: str, repairs: Sequence[Repair]) -> dict[str, Any]:
    """The envelope with the repairs made, valid against its contract.

    Raises ContractError that names the field for what is still wrong.
    """
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise ContractError("message is not JSON", code="contract.not_json", field="body") from None
    if not isinstance(envelope, dict):
        raise ContractError("message is not an object", field="body")
    made = copy.deepcopy(envelope)
    for repair in repairs:
        repair.apply(made.setdefault("detail", {}))
    parse_event(made.get("detail-type"), made.get("detail"))
    return made


def resend(plane: Plane, bot: str, repairs: Sequence[Repair], *, dry_run: bool = False) -> list[Resent]:
    """Repair every dead letter of a bot and put it into the bot's own queue; other bots do not see it.

    A letter leaves the dead-letter queue only once its repaired event is in the other one.
    Raises CommandError for a bot without queues.
    """
    sqs = plane.aws("sqs")
    source, target = (plane.queue_url(name) for name in (f"{bot}-dlq", bot))
    results = []
    for letter in _letters(sqs, source):
        results.append(_resend(sqs, letter, repairs, source, target, dry_run=dry_run))
    for result in results:
        if not result.sent:
            with calling("handing back a dead letter"):
                sqs.change_message_visibility(
                    QueueUrl=source, ReceiptHandle=result.letter.handle, VisibilityTimeout=0
                )
    return results


def _resend(
    sqs: Any, letter: DeadLetter, repairs: Sequence[Repair], source: str, target: str, *, dry_run: bool
) -> Resent:
    try:
        envelope = repaired(letter.body, repairs)
    except ContractError as error:
        return Resent(letter, None, None, False, error.code, error.field, error.message)
    kind, event_id = str(envelope["detail-type"]), str(envelope["detail"]["meta"]["id"])
    if not dry_run:
        with calling("sending the repaired event"):
            sqs.send_message(QueueUrl=target, MessageBody=json.dumps(envelope, separators=(",", ":")))
            sqs.delete_message(QueueUrl=source, ReceiptHandle=letter.handle)
    return Resent(letter, kind, event_id, not dry_run)


def _letters(sqs: Any, url: str) -> Iterator[DeadLetter]:
    """Every message once; they stay hidden from others while they are looked at."""
    seen: set[str] = set()
    while True:
        with calling("reading the dead-letter queue"):
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=_HELD_S,
                MessageAttributeNames=["All"],
            )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not fresh:
            return
        for message in fresh:
            seen.add(message["MessageId"])
            yield DeadLetter.read(message)

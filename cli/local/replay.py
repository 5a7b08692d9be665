"""Sends GitHub payloads to the control plane as GitHub would: signed webhooks over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import httpx

from cli.output import CommandError, UsageError
from cli.plane import Plane, calling

ROUTE: Final = "/v1/webhooks/github"
SENT_AT_ONCE: Final = 4
ROUNDS: Final = 4

_DELIVERIES: Final = UUID("3f0b6a52-6c1e-5f0e-9a77-0a4c2f8d7b11")
_EVENT_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TIMEOUT_S: Final = 30.0
_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """One payload to deliver. The event name is the name of the folder it lies in."""

    path: Path
    event: str
    body: bytes

    @property
    def delivery(self) -> str:
        """The same id for the same payload, so that replaying it again is a redelivery."""
        return str(uuid5(_DELIVERIES, f"{self.event}:{hashlib.sha256(self.body).hexdigest()}"))

    def headers(self, secret: bytes) -> dict[str, str]:
        """Headers as GitHub sends them.

        https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers
        """
        return {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/writ-replay",
            "X-GitHub-Event": self.event,
            "X-GitHub-Delivery": self.delivery,
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret, self.body, hashlib.sha256).hexdigest(),
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the plane answered: an event, new or known from before, or a refusal with code and field."""

    path: str
    event: str
    delivery: str
    status: int
    event_id: str | None = None
    type: str | None = None
    duplicate: bool = False
    code: str | None = None
    field: str | None = None
    message: str | None = None

    @property
    def accepted(self) -> bool:
        return self.event_id is not None

    @property
    def passing(self) -> bool:
        """Whether delivering again may help."""
        return self.status in (0, httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)

    def document(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value not in (None, False)}


def webhooks(paths: Iterable[Path]) -> list[Webhook]:
    """Every `*.json` under the paths, in order of path.

    Raises UsageError for a path that is not there, holds no payload, or whose folder names no event.
    """
    found: dict[Path, Webhook] = {}
    for path in paths:
        files = [path] if path.is_file() else sorted(path.rglob("*.json"))
        if not files:
            raise UsageError(
                f"{path} holds no payloads" if path.is_dir() else f"there is no {path}",
                field="PATH",
                hint="give a folder of <event>/<anything>.json, e.g. events/github/samples",
            )
        for file in files:
            found[file.resolve()] = _webhook(file)
    return list(found.values())


def _webhook(file: Path) -> Webhook:
    event = file.resolve().parent.name
    if _EVENT_NAME.fullmatch(event) is None:
        raise UsageError(
            f"{file}: its folder {event!r} is not the name of a GitHub event",
            field="PATH",
            hint="put each payload into a folder named after its X-GitHub-Event",
        )
    return Webhook(file, event, file.read_bytes())


@dataclass(frozen=True)
class Sender:
    """Delivers webhooks; `pause` waits between rounds."""

    client: httpx.Client
    secret: bytes
    pause: Callable[[float], None] = time.sleep

    def send(self, batch: Sequence[Webhook], done: Callable[[], None] = lambda: None) -> list[Receipt]:
        """Deliver a batch, a few at a time; what failed in passing is delivered again in a later round.

        `done` is called once for every webhook that needs no further round.
        """
        receipts: dict[str, Receipt] = {}
        waiting = list(batch)
        for round_ in range(1, ROUNDS + 1):
            answers = list(self._round(waiting, done, last=round_ == ROUNDS))
            receipts |= {webhook.delivery: receipt for webhook, receipt in answers}
            waiting = [webhook for webhook, receipt in answers if receipt.passing]
            if not waiting:
                break
            self.pause(_PAUSE_S * round_)
        return [receipts[webhook.delivery] for webhook in batch]

    def _round(
        self, batch: Sequence[Webhook], done: Callable[[], None], *, last: bool
    ) -> Iterator[tuple[Webhook, Receipt]]:
        with ThreadPoolExecutor(SENT_AT_ONCE) as pool:
            for webhook, receipt in zip(batch, pool.map(self._deliver, batch), strict=True):
                if last or not receipt.passing:
                    done()
                yield webhook, receipt

    def _deliver(self, webhook: Webhook) -> Receipt:
        try:
            answer = self.client.post(
                ROUTE.lstrip("/"), content=webhook.body, headers=webhook.headers(self.secret)
            )
        except httpx.TransportError as error:
            return Receipt(
                str(webhook.path),
                webhook.event,
                webhook.delivery,
                0,
                code="plane.down",
                message=f"no answer ({type(error).__name__})",
            )
        return _receipt(webhook, answer)


def _receipt(webhook: Webhook, answer: httpx.Response) -> Receipt:
    try:
        document = answer.json()
    except ValueError:
        document = None
    body: Mapping[str, Any] = document if isinstance(document, dict) else {}
    common = (str(webhook.path), webhook.event, webhook.delivery, answer.status_code)
    if answer.is_success and "event_id" in body:
        return Receipt(
            *common,
            event_id=str(body["event_id"]),
            type=str(body.get("type", "unknown")),
            duplicate=bool(body.get("duplicate")),
        )
    return Receipt(
        *common,
        code=str(body.get("code", f"http.{answer.status_code}")),
        field=body.get("field"),
        message=str(body.get("detail") or answer.reason_phrase),
    )


def webhook_secret(plane: Plane) -> bytes:
    """The secret that webhooks are signed with at present."""
    with calling("reading the webhook secret"):
        secret = plane.aws("secretsmanager").get_secret_value(SecretId=plane.thing("webhook"))
    return str(json.loads(secret["SecretString"])["current"]).encode()


def replay(plane: Plane, batch: Sequence[Webhook], done: Callable[[], None] = lambda: None) -> list[Receipt]:
    """Deliver a batch to a plane. Raises CommandError when it does not answer at all."""
    secret = webhook_secret(plane)
    with httpx.Client(base_url=plane.file.api_url.rstrip("/") + "/", timeout=_TIMEOUT_S) as client:
        receipts = Sender(client, secret).send(batch, done)
    if receipts and all(receipt.status == 0 for receipt in receipts):
        raise CommandError("the control plane does not answer", code="plane.down", hint="make run")
    return receipts

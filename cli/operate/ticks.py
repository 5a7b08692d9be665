"""`writ bots tick`: has schedules of a bot come due now, without the wait for them."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.output import JsonFlag, UsageError, reporting, table
from cli.plane import Plane, calling
from stacks.manifest import load_folders
from writ.contracts.events import platform

BotName = Annotated[str, typer.Argument(metavar="BOT", help="The name of a bot.")]
Schedule = Annotated[
    str | None, typer.Option(metavar="RATE", help="One of its schedules, as bot.yaml has it; all if absent.")
]


def tick(bot: BotName, *, schedule: Schedule = None, as_json: JsonFlag = False) -> None:
    """Have schedules of a bot come due now; what follows is decided and recorded as at any other time."""
    with reporting(as_json) as output:
        chosen = _chosen(bot, schedule)
        plane = Plane.load()
        sent = [{"schedule": each, "event_id": send(plane, bot, each)} for each in chosen]
        rows = [(item["schedule"], item["event_id"]) for item in sent]
        output.show({"bot": bot, "items": sent}, table(None, ("schedule", "event"), rows))
        output.note(f"next: ./writ logs {bot} --since 1m")


def send(plane: Plane, bot: str, schedule: str) -> str:
    """Put a tick into the queue of a bot; its id. Raises CommandError for a bot without a queue."""
    id = f"tick-{uuid.uuid4().hex}"
    due = platform.tick(schedule, id=id, time=datetime.now(UTC).isoformat())
    url = plane.queue_url(bot)
    with calling(f"waking {bot}"):
        plane.aws("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(due, separators=(",", ":")))
    return id


def schedules_of(bot: str) -> list[str]:
    """The schedules of its manifest. Raises UsageError for a bot that does not exist, or has none."""
    folder = next((folder for folder in load_folders() if folder.name == bot), None)
    if folder is None:
        raise UsageError(f"there is no bot {bot}", field="BOT", hint="writ bots list")
    found = [trigger.schedule for trigger in folder.manifest.triggers if trigger.schedule]
    if not found:
        raise UsageError(f"{bot} has no schedule", field="BOT", hint=f"writ bots show {bot}")
    return found


def _chosen(bot: str, schedule: str | None) -> list[str]:
    found = schedules_of(bot)
    if schedule is None:
        return found
    if schedule not in found:
        raise UsageError(f"{bot} has no schedule {schedule}", field="--schedule", hint=", ".join(found))
    return [schedule]

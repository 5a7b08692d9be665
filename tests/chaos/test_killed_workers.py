"""I1, I2, I3 and I4 on a deployed plane whose functions are killed while they work.

`WRIT_KILLS` is how many worker processes die, `WRIT_KILL_EVENTS` how many events they are given.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter

from cli.emulator import Emulator
from cli.plane import STATE
from cli.story import read_actions
from cli.watch import wait
from tests.e2e.conftest import World
from tests.e2e.test_bus import failed_check, put

KILLS = int(os.environ.get("WRIT_KILLS", "12"))
EVENTS = int(os.environ.get("WRIT_KILL_EVENTS", "80"))
# A message whose handler died comes back after this long, and its action's lease is over a minute later.
VISIBLE_AGAIN_S = 15


def workers() -> list[int]:
    """Processes of functions: the emulator's children."""
    process = Emulator(STATE / "e2e").running()
    assert process is not None
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def test_nothing_is_lost_or_done_twice_though_workers_die(world: World) -> None:
    queue = world.plane.aws("sqs").get_queue_url(QueueName=world.plane.thing("backlog"))["QueueUrl"]
    world.plane.aws("sqs").set_queue_attributes(
        QueueUrl=queue, Attributes={"VisibilityTimeout": str(VISIBLE_AGAIN_S)}
    )
    put(world, [failed_check(number) for number in range(EVENTS)])
    chance, killed = random.Random(2026), 0
    while killed < KILLS:
        time.sleep(chance.uniform(0.05, 0.6))
        alive = workers()
        if alive:
            os.kill(chance.choice(alive), signal.SIGKILL)
            killed += 1
    wait(world.pulse, timeout_s=400)
    world.verified()
    actions = Counter(
        action.event_id for action in read_actions(world.copy()) if action.event_id.startswith("burst-")
    )
    assert len(actions) == EVENTS
    assert set(actions.values()) == {1}
    items = world.plane.aws("dynamodb").scan(TableName=world.plane.thing("bot_backlog"))["Items"]
    tasks = [json.loads(item["task"]["S"]) for item in items if "task" in item]
    seen = sum(
        task["occurrences"] for task in tasks if task["title"].startswith("Look after failing check check ")
    )
    assert seen == EVENTS, "an occurrence was recorded twice, or never"

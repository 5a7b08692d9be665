"""I1, I2, I3 and I4 on a deployed plane whose functions are killed while they work.

`WRIT_KILLS` is how many worker processes die, `WRIT_KILL_EVENTS` how many events they are given.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter

from cli.local.story import read_actions
from tests.chaos.killing import Killing, reported
from tests.e2e.conftest import World
from tests.e2e.test_bus import failed_check, put

KILLS = int(os.environ.get("WRIT_KILLS", "12"))
EVENTS = int(os.environ.get("WRIT_KILL_EVENTS", "80"))


def test_nothing_is_lost_or_done_twice_though_workers_die(world: World) -> None:
    killing = Killing(world)
    killing.hasten()
    with reported(killing, "killed-workers"):
        put(world, [failed_check(number) for number in range(EVENTS)])
        killing.kill(KILLS, random.Random(2026), often="backlog")
        killing.rest()
        world.verified()
        actions = Counter(
            action.event_id for action in read_actions(world.copy()) if action.event_id.startswith("burst-")
        )
        missing = {f"burst-{number}" for number in range(EVENTS)} - actions.keys()
        assert not missing, f"nothing was done about {sorted(missing)}"
        assert set(actions.values()) == {1}, f"more than once: {actions.most_common(5)}"
        items = world.plane.aws("dynamodb").scan(TableName=world.plane.thing("bot_backlog"))["Items"]
        tasks = [json.loads(item["task"]["S"]) for item in items if "task" in item]
        counted = {task["title"]: task["occurrences"] for task in tasks}
        seen = sum(n for title, n in counted.items() if title.startswith("Look after failing check check "))
        assert seen == EVENTS, f"an occurrence was recorded twice, or never: {counted}"

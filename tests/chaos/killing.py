"""Kills functions of a plane while they work, and says how it stands where it did not come to rest after."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from cli.local import dead_letters
from cli.local.emulator import Emulator
from cli.local.watch import Pulse, wait
from cli.output import CommandError
from cli.plane import STATE
from tests.e2e.conftest import World
from writ.runtime.batch import MAX_RECEIVES
from writ.runtime.connect import LEASE_MARGIN

# A message comes back when the lease of the attempt that died with it is over, so that a receive is not spent
# on finding it held. A plane's own queues wait for six timeouts: half an hour for that of packs.
_COMES_BACK_S: Final = int(LEASE_MARGIN.total_seconds()) + 5
# The reconciler looks every minute for what stood still for half of one.
_RECONCILED_S: Final = 120
_PAUSES_S: Final = (0.05, 0.6)
_LONGEST_S: Final = 600
# What a dead letter says whose receives are spent; one that the queue moved says nothing.
_SPENT: Final = frozenset({"action.busy", "unknown"})


def workers() -> list[int]:
    """Living processes of functions: the emulator's children, without those that it has yet to bury."""
    process = Emulator(STATE / "e2e").running()
    assert process is not None
    columns = ["ps", "-axo", "pid=,ppid=,stat="]
    found = subprocess.run(columns, capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in found.splitlines())
    return [int(pid) for pid, parent, state, *_ in rows if int(parent) == process.pid and state[0] != "Z"]


@dataclass
class Killing:
    """One test's kills, by when and which function, and the queues that messages come back to."""

    world: World
    killed: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    queues: dict[str, int] = field(default_factory=dict)

    def hasten(self) -> None:
        """Let messages whose function died come back as soon as they can be of use."""
        functions, sqs = self.world.plane.aws("lambda"), self.world.plane.aws("sqs")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            if ":sqs:" not in (arn := mapping["EventSourceArn"]):
                continue
            timeout = functions.get_function_configuration(FunctionName=mapping["FunctionArn"])["Timeout"]
            url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            self.queues[url] = timeout + _COMES_BACK_S
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(self.queues[url])})
        assert self.queues, "no function takes messages off a queue"

    def kill(self, count: int, chance: random.Random, often: str) -> None:
        """Kill as many workers, one after the other. Of every two one is of `often`, where one is alive.

        A function is left alone before a message of it could have died with all its receives.
        """
        began, first = time.monotonic(), dict[str, float]()
        while len(self.killed) < count:
            time.sleep(chance.uniform(*_PAUSES_S))
            passed = time.monotonic() - began
            assert passed < _LONGEST_S, f"only {len(self.killed)} of {count} died in {_LONGEST_S} s"
            alive = {
                pid: name
                for pid in workers()
                if passed - first.get(name := function_of(pid), passed) < self._safe(name)
            }
            wanted = [pid for pid, name in alive.items() if name.endswith(f"-{often}")]
            if not alive:
                continue
            chosen = chance.choice(wanted if wanted and len(self.killed) % 2 else [*alive])
            os.kill(chosen, signal.SIGKILL)
            first.setdefault(alive[chosen], passed)
            self.killed.append(f"{passed:.1f} s: {alive[chosen]} ({chosen})")

    def _safe(self, function: str) -> int:
        """For how long workers of a function may die, in seconds: a message does so once in its absence."""
        away = {url.rpartition("/")[2]: seconds for url, seconds in self.queues.items()}
        return (MAX_RECEIVES - 1) * away.get(function, min(away.values()))

    def rest(self) -> Pulse:
        """Wait until nothing moves any more, for as long as a message may be away.

        On a slow machine functions run out of time as well as being killed, so a message may spend its last
        receive on an action that a dead attempt holds, or be received too often. It is a dead letter then,
        whose action the reconciler has finished; whether anything is lost is for the tests to look at. A bot
        gives nothing up for another reason.
        """
        longest = max(self.queues.values()) + _RECONCILED_S
        pulse = wait(self.world.pulse, seen=self._note, timeout_s=longest)
        given_up = [letter.document() for letter in self._dead() if letter.letter.code not in _SPENT]
        assert not given_up, f"dead letters: {given_up}"
        return pulse

    def _note(self, pulse: Pulse) -> None:
        now = f"{dict(pulse.queues)}, {len(pulse.open_actions)} open, {pulse.signed} of {pulse.entries}"
        if not self.seen or not self.seen[-1].endswith(now):
            self.seen.append(f"{datetime.now(UTC):%H:%M:%S} {now}")

    def told(self) -> Iterator[str]:
        """What was killed, and what was seen after."""
        yield "killed:"
        yield from self.killed
        yield "seen:"
        yield from self.seen

    def stands(self) -> Iterator[str]:
        """How it stands now."""
        yield from _asked("now", lambda: self.world.pulse().unfinished())
        for url, away in self.queues.items():
            yield from _asked(f"{url.rpartition('/')[2]} ({away} s)", partial(self._queue, url))
        yield from _asked("open actions", self._open)
        yield from _asked("dead letters", lambda: [letter.document() for letter in self._dead()])

    def _queue(self, url: str) -> list[str]:
        answer = self.world.plane.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        counts = {name: n for name, n in answer["Attributes"].items() if name.startswith("Approximate")}
        return [f"{name}: {count}" for name, count in counts.items() if count != "0"]

    def _open(self) -> list[str]:
        table = self.world.plane.thing("actions")
        items = self.world.plane.aws("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        return [f"{_plain(item)}"[:600] for item in items if "open_phase" in item]

    def _dead(self) -> list[dead_letters.Resent]:
        plane = self.world.plane
        bots = self.world.pulse().dead
        return [letter for bot in bots for letter in dead_letters.resend(plane, bot, [], dry_run=True)]


@contextmanager
def reported(killing: Killing, name: str) -> Iterator[None]:
    """Keep what happened in `.writ/chaos-NAME.txt`; on failure with how it stands, and tell it too."""
    place = STATE / f"chaos-{name}.txt"
    try:
        yield
    except (AssertionError, CommandError) as error:
        lines = [f"{error}", *killing.told(), *killing.stands()]
        place.write_text("\n".join(lines) + "\n")
        raise AssertionError("\n".join([*lines, f"kept in {place}"])) from error
    place.write_text("\n".join(killing.told()) + "\n")


def _asked(what: str, ask: Callable[[], Any]) -> Iterator[str]:
    """An answer by line, or why there is none: half of a report is better than none."""
    try:
        lines = list(ask())
    except Exception as error:  # noqa: BLE001
        lines = [f"cannot be asked: {error}"]
    if lines:
        yield f"{what}:"
        yield from (f"  {line}" for line in lines)


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    wanted = ("action_id", "open_phase", "phase", "attempt", "lease_until", "updated_at", "action")
    return {name: next(iter(value.values())) for name, value in item.items() if name in wanted}


def function_of(pid: int) -> str:
    """The function that a process runs, where the system tells."""
    try:
        given = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return "a function"
    names = [
        line.partition(b"=")[2].decode() for line in given if line.startswith(b"AWS_LAMBDA_FUNCTION_NAME=")
    ]
    return names[0] if names else "a function"

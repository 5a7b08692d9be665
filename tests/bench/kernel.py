"""What the kernel itself costs an action: its processor time, and its requests to AWS."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.bench.measure import Figure, cpu_seconds, reference_speed
from tests.bench.sizes import Sizes
from tests.support.log_forge import BOTS, Forge
from tests.support.memory import (
    ManualClock,
    MemoryActions,
    MemoryApprovals,
    MemoryBus,
    MemoryFlows,
    MemoryGuards,
)
from tests.support.memory_ledger import MemoryAuthority, MemoryCertificates, MemoryEntries
from writ.contracts.action import Action, Target
from writ.contracts.action_spec import ActionSpec
from writ.contracts.event import AnyEvent, make_event
from writ.contracts.events.platform import ScheduleTicked
from writ.ledger.canonical import canonical
from writ.ledger.dsse import ECDSA
from writ.ledger.recorder import Recorder, Sessions
from writ.ledger.session import new_session_key
from writ.ports.actions import Phase
from writ.ports.ledger import CertificateStore
from writ.runtime.access import engine
from writ.runtime.batch import process
from writ.runtime.bot import Bot
from writ.runtime.effect import Effect
from writ.runtime.identity import Identity
from writ.runtime.judge import Judge
from writ.runtime.loop import Loop
from writ.runtime.wiring import LoopPorts, Wiring

IDENTITY = Identity("backlog", "platform", "1.0.0", "c" * 64)
SPECS = {"act": ActionSpec.model_validate({"risk": "low", "limits": {"per_hour": 10_000_000}})}
CPU_BUDGET_MS = 1.0
REQUEST_BUDGET = 6
_BATCH = 10
_PERSON = ("person", "operator-1")


def processor_time(sizes: Sizes) -> Figure:
    """An event from its message to its outcome and its log lines, over ports in memory."""
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    forge = Forge()
    certificates = MemoryCertificates()
    actions = MemoryActions()
    ports = LoopPorts(
        actions=actions,
        approvals=MemoryApprovals(),
        evidence=_recorder(forge, MemoryEntries(), certificates, clock),
        bus=MemoryBus(),
        judge=Judge(engine(), MemoryGuards(actions)),
        clock=clock,
        entropy=os.urandom,
        replies=MemoryFlows(),
    )
    bot = _bot(ports, clock)
    numbers = iter(range(10**9))

    def batch() -> None:
        records = [_message(next(numbers), clock.now()) for _ in range(_BATCH)]
        assert process(IDENTITY.bot, {"Records": records}, None, bot.run) == {"batchItemFailures": []}

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, _stdout(nowhere):
        batch()
        calls = max(1, sizes.actions // _BATCH)
        spent = cpu_seconds(batch, calls=calls, rounds=sizes.rounds) / _BATCH
        read = cpu_seconds(lambda: _message(next(numbers), clock.now()), calls=calls, rounds=sizes.rounds)
    assert all(record.phase is Phase.CLOSED for record in actions.records.values())
    floor = _two_signatures(calls * _BATCH, sizes.rounds)
    return Figure(
        "kernel overhead per action",
        1000 * (spent - read),
        "ms CPU",
        CPU_BUDGET_MS,
        baseline=1000 * floor,
        note="message, contract, policy, two signed statements, event, log; baseline: the two signatures",
        speed=reference_speed(sizes.rounds),
    )


def requests_per_action() -> Figure:
    """Requests to AWS of an allowed action, its bot's own reads and effect apart, counted over moto."""
    from tests.support.moto_aws import moto_aws
    from writ.adapters import aws
    from writ.adapters.action_table import ActionTable
    from writ.adapters.approval_table import ApprovalTable
    from writ.adapters.certificate_table import CertificateTable
    from writ.adapters.entry_table import EntryTable
    from writ.adapters.eventbridge import EventBridgeBus
    from writ.adapters.guard_table import GuardTable
    from writ.adapters.key_table import KeyTable
    from writ.adapters.kms import KmsWrapping

    with moto_aws("actions", "approvals", "controls", "usage", "entries", "certificates", "subjects"):
        clock = ManualClock(datetime.now(UTC))
        keys = KeyTable("subjects", KmsWrapping(aws.client("kms").create_key()["KeyMetadata"]["KeyId"]))
        ports = LoopPorts(
            actions=ActionTable("actions", "usage"),
            approvals=ApprovalTable("approvals"),
            evidence=_recorder(Forge(), EntryTable("entries", keys), CertificateTable("certificates"), clock),
            bus=EventBridgeBus("default"),
            judge=Judge(engine(), GuardTable("controls", "usage", list)),
            clock=clock,
            entropy=os.urandom,
            replies=MemoryFlows(),
        )
        bot = _bot(ports, clock)
        bot.run(_event(0, clock.now()))  # the first one also gets its certificate
        with _counted() as calls:
            [record] = bot.run(_event(1, clock.now()))
        bot.run(_event(2, clock.now()), actor=_PERSON)  # the first one also gets the person's key
        with _counted() as sealed:
            [asked_for] = bot.run(_event(3, clock.now()), actor=_PERSON)
    assert {record.phase, asked_for.phase} == {Phase.CLOSED}
    made = ", ".join(f"{name} {count}" for name, count in sorted(calls.items()))
    total = max(sum(calls.values()), sum(sealed.values()))
    note = f"{made}; as many for a person, whose evidence is sealed"
    return Figure("AWS requests per allowed action", float(total), "requests", REQUEST_BUDGET, note=note)


@dataclass(frozen=True)
class _Nothing:
    """The bot's ports: none."""


def _bot(ports: LoopPorts, clock: ManualClock) -> Bot[_Nothing, None]:
    effect: Effect[_Nothing] = Effect(perform=lambda *_: {"done": True}, observe=lambda *_: None)
    bot: Bot[_Nothing, None] = Bot(
        "backlog", facts=lambda *_: None, plan=_plan, perform={"act": effect}, ports=lambda _: _Nothing()
    )
    loop = Loop(IDENTITY, SPECS, {"act": effect}, ports, _Nothing(), lease=timedelta(seconds=35))
    bot.__dict__["wiring"] = Wiring(loop, _Nothing(), clock)
    return bot


def _plan(event: AnyEvent, _: None, now: datetime) -> list[Action]:
    target = Target(kind="task", id=event.id)
    parameters = {"check": "build", "run": 4711, "repository": "octo/hello-world"}
    return [
        Action.of(
            "backlog",
            "act",
            target,
            reason="the check failed again",
            once_per=(event.id,),
            parameters=parameters,
        )
    ]


def _recorder(forge: Forge, entries: Any, certificates: CertificateStore, clock: ManualClock) -> Recorder:
    authority = MemoryAuthority(forge.issuer, BOTS + "backlog", certificates, clock)
    return Recorder(entries, Sessions(authority, clock), clock)


def _event(number: int, now: datetime) -> AnyEvent:
    data = ScheduleTicked.model_validate({"schedule": "rate(1 hour)"})
    return make_event(data, id=f"tick-{number}", time=now, producer="scheduler")


def _message(number: int, now: datetime) -> dict[str, Any]:
    event = _event(number, now)
    body = json.dumps({"detail-type": event.type, "detail": event.detail()})
    return {"messageId": f"m-{number}", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


def _two_signatures(calls: int, rounds: int) -> float:
    """Canonical form and signature of two statements, which evidence cannot do without."""
    key = new_session_key()
    statement = {"action": "a" * 900, "salt": "0" * 64}

    def sign() -> None:
        for _ in range(2):
            key.sign(canonical(statement), ECDSA)

    return cpu_seconds(sign, calls=calls, rounds=rounds)


@contextlib.contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Counts every request that any botocore client makes."""
    from botocore.client import BaseClient

    calls: Counter[str] = Counter()
    base: Any = BaseClient  # what every request goes through is in no stub
    original = base._make_api_call

    def counting(client: Any, operation: str, arguments: Any) -> Any:
        calls[operation] += 1
        return original(client, operation, arguments)

    base._make_api_call = counting
    try:
        yield calls
    finally:
        base._make_api_call = original


@contextlib.contextmanager
def _stdout(nowhere: Any) -> Iterator[None]:
    """Log lines are written, and read by nobody."""
    from writ.runtime import telemetry

    telemetry.logger.cache_clear()
    with contextlib.redirect_stdout(nowhere):
        yield
    telemetry.logger.cache_clear()


def measure(sizes: Sizes) -> Sequence[Figure]:
    return [processor_time(sizes), requests_per_action()]

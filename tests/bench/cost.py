"""What the ledger costs at list prices: a second's entries through recorder, sequencer and sweep, metered."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from stacks.manifest import FUNCTIONS, read_folder
from stacks.tables import BUCKETS, ED25519_KEYS, SIGNING_KEYS, TABLES, WRAPPING_KEYS
from tests.bench.capacity import WRITE_BYTES
from tests.bench.cold_start import environment
from tests.bench.measure import Figure
from tests.bench.meter import Meter, metered
from tests.bench.prices import GB, LOG_LINE_BYTES, Unit, per_million
from tests.bench.sizes import Sizes
from tests.support.ed25519_kms import add_ed25519_key
from tests.support.memory import ManualClock
from tests.support.memory_ledger import MemoryAuthority
from writ.contracts import statement as statements
from writ.contracts.action import Action, Decision, Outcome, Status, Target, Verdict
from writ.ledger.recorder import Recorder, Sessions

BUDGET_DOLLARS: Final = 4.0
# A table on demand begins with room for 4,000 writes a second, which are four partitions, each with a
# shard in the stream: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
SHARDS: Final = 4
# Of a hundred entries, how many are about people. A statement names who asked for an action, decided about
# it, or is its target; what bots do by themselves names nobody. At 1,000 entries a second, five in a hundred
# are 432 a day about each of 10,000 people: more than people ask for and decide, not less.
TYPICAL_PERCENT: Final = 5
SHARES: Final = (0, TYPICAL_PERCENT, 100)
# People of whom every process has the key at hand, for it keeps 4,096; and how many actions about people
# there are to one about somebody nobody has met: his key is made, and unwrapped by the sequencer.
_KNOWN: Final = 20
_NEW_ONE_IN: Final = 10
_BUS: Final = "default"
_WARM_UP: Final = 2


@dataclass(frozen=True, slots=True)
class Spent:
    """Dollars a million entries cost, by what is paid for; what they were; and requests, of all of them."""

    dollars: dict[Unit, float]
    requests: dict[str, int]
    entry_bytes: list[int]
    seconds: float

    @property
    def total(self) -> float:
        return sum(self.dollars.values())

    @property
    def floor(self) -> float:
        """Dollars for a million such items put once, and nothing else."""
        units = sum(math.ceil(size / WRITE_BYTES) for size in self.entry_bytes)
        return per_million({Unit.WRITE: units}, len(self.entry_bytes))[Unit.WRITE]


def measure(sizes: Sizes) -> Sequence[Figure]:
    """One commit a second, and beside it a commit a second in every shard of a busy table."""
    none, one, all_of_them = (spend(sizes.entries, commits=1, percent=share) for share in SHARES)
    many = spend(sizes.entries, commits=SHARDS, percent=TYPICAL_PERCENT)
    name = "ledger: list price of a million entries"
    note = _note(one, many, none, all_of_them)
    return [Figure(name, one.total, "$", BUDGET_DOLLARS, baseline=one.floor, note=note)]


def _note(one: Spent, many: Spent, none: Spent, all_of_them: Spent) -> str:
    ranked = sorted(one.dollars.items(), key=lambda pair: -pair[1])
    parts = ", ".join(f"{unit} {dollars:.2g}" for unit, dollars in ranked)
    made = ", ".join(f"{name} {count}" for name, count in sorted(one.requests.items()))
    size = statistics.mean(one.entry_bytes)
    return (
        f"{parts}; requests of {len(one.entry_bytes)} entries: {made}; items of {size:.0f} bytes; "
        f"{one.seconds:.1f} s of Lambda over moto; in {SHARDS} commits a second $ {many.total:.3g}; "
        f"{TYPICAL_PERCENT} % are about people, $ {none.total:.3g} if none, "
        f"$ {all_of_them.total:.3g} if all; without certificates (one a process and half hour), "
        "storage and the bots' own Lambda time; baseline: the items alone, put once"
    )


def spend(entries: int, *, commits: int, percent: int = TYPICAL_PERCENT) -> Spent:
    """Append `entries` in one minute, integrate them in `commits` batches, sweep that minute.

    `percent` of them are about people, and so sealed.
    """
    from tests.support.moto_aws import moto_aws

    with moto_aws(*(spec.name for spec in TABLES)), _deployed() as call:
        began = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
        recorder = _recorder(began)
        with _lines():
            call(_inserts(_append(recorder, range(_WARM_UP), began, 0)))
            if percent:
                call(_inserts(_append(recorder, range(-_KNOWN, 0), began, 100)))
        _swept_until(began)
        with metered() as meter, _lines() as lines:
            names = _append(recorder, range(_WARM_UP, _WARM_UP + entries // 2), began, percent)
            started = time.perf_counter()
            for number in range(commits):
                call(_inserts(names[number::commits]))
            call(_tick())
            seconds = time.perf_counter() - started
    assert not [line for line in lines if "entry refused" in line]
    _add_lambda(meter, calls=commits + 1, seconds=seconds)
    meter.used[Unit.LOG_GB] += sum(len(line.encode()) + LOG_LINE_BYTES for line in lines) / GB
    dollars = per_million(meter.used, len(names))
    return Spent(dollars, dict(meter.requests), meter.written["entries"], seconds)


def _add_lambda(meter: Meter, *, calls: int, seconds: float) -> None:
    gigabytes = read_folder(FUNCTIONS / "sequencer").manifest.memory_mb / 1024
    meter.used[Unit.INVOCATION] += calls
    meter.used[Unit.GB_SECOND] += seconds * gigabytes


@contextlib.contextmanager
def _deployed() -> Iterator[Callable[[Any], Any]]:
    """The sequencer's handler, in an account with the buckets, keys and root certificate it needs."""
    from functions.sequencer import handler, ports
    from writ.adapters import aws
    from writ.runtime.environment import current

    for name in BUCKETS:
        locked = name == "anchors"
        aws.client("s3").create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
    kms = aws.client("kms")
    made = {
        name: kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        for name in SIGNING_KEYS
        if name not in ED25519_KEYS
    }
    made |= {name: kms.create_key() for name in WRAPPING_KEYS}
    keys = {name: answer["KeyMetadata"]["KeyId"] for name, answer in made.items()}
    for name in ED25519_KEYS & set(SIGNING_KEYS):
        keys[name] = f"alias/{name}"
        add_ed25519_key(keys[name])
    variables = environment(read_folder(FUNCTIONS / "sequencer"), "sequencer") | {
        "WRIT_BUS": _BUS,
        "WRIT_TABLES": json.dumps({spec.name: spec.name for spec in TABLES}),
        "WRIT_BUCKETS": json.dumps({name: name for name in BUCKETS}),
        "WRIT_KEYS": json.dumps(keys),
    }
    before = dict(os.environ)
    os.environ.update(variables)
    for cached in (current, ports.connect):
        cached.cache_clear()
    try:
        yield lambda message: handler.handler(message, None)
    finally:
        os.environ.clear()
        os.environ.update(before)
        for cached in (current, ports.connect):
            cached.cache_clear()


def _recorder(now: datetime) -> Recorder:
    """A bot's recorder, certified by the keys of the deployed plane."""
    from writ.adapters.certificate_table import CertificateTable
    from writ.adapters.entry_table import EntryTable
    from writ.adapters.kms import KmsPrivateKey, KmsSigner
    from writ.ledger.x509 import CertificateIssuer, create_root
    from writ.runtime.environment import current

    plane, clock = current(), ManualClock(now)
    certificates = CertificateTable("certificates")
    ca, ct = (KmsPrivateKey(KmsSigner(plane.key(name))) for name in ("ca", "ct"))
    root = create_root(ca, "Writ root", now)
    certificates.put_root(1, root.public_bytes(Encoding.PEM))
    issuer = CertificateIssuer(root, ca, ct, plane.issuer)
    authority = MemoryAuthority(issuer, f"{plane.identity_base}backlog", certificates, clock)
    entries = EntryTable.sealing("entries", "subjects", plane.key("subjects"))
    return Recorder(entries, Sessions(authority, clock), clock)


def _append(recorder: Recorder, numbers: Sequence[int], now: datetime, percent: int) -> list[str]:
    """Intent and outcome of as many actions, each on a target of its own; ids in the order of appending.

    `percent` of the actions are about a person each, who asked for it and is named in what came of it.
    """
    actor = statements.Actor(bot="backlog", version="1.0.0", code=_random("code"))
    decision = Decision(verdict=Verdict.ALLOW, bundle_digest=_random("bundle"), decided_at=now)
    names = []
    for number in numbers:
        action = _action(number)
        person = _person(number) if number * percent // 100 != (number - 1) * percent // 100 else None
        cause = statements.Cause(id=f"github-{_random(action.id)[:36]}", type="CheckFailed.v1", by=person)
        made = statements.Stamp(actor, now, _random(f"intent {number}"))
        intent = statements.intent(action, decision, cause, made)
        kept = recorder.append_or_adopt(intent["predicate"]["entry"], intent)
        before = statements.Link(entry=kept.entry_id, sha256=kept.payload_sha256)
        observed = {"digest": _random(f"after {number}"), **({} if person is None else {"by": person})}
        result = Outcome(status=Status.SUCCEEDED, observed=observed)
        made = statements.Stamp(actor, now, _random(f"outcome {number}"))
        outcome = statements.outcome(action, result, before, made)
        names += [kept.entry_id, recorder.append_or_adopt(outcome["predicate"]["entry"], outcome).entry_id]
    return names


def _person(number: int) -> str:
    """Who it is about, by an id as long as a UUID: somebody known, and every so often somebody new."""
    new = number >= 0 and int(_random(f"newcomer {number}")[:8], 16) % _NEW_ONE_IN == 0
    return _random(f"new person {number}" if new else f"person {number % _KNOWN}")[:36]


def _action(number: int) -> Action:
    return Action.of(
        "backlog",
        "strengthen-candidate",
        Target(kind="task", id=f"task-{_random(f'task-{number}')[:32]}"),
        reason=f"the check build failed again on octo/hello-world at {_random(str(number))[:12]}",
        once_per=(f"event-{number}",),
        parameters={"check": "build", "run": number, "repository": "octo/hello-world"},
    )


def _random(seed: str) -> str:
    """Hex digits that do not compress, as digests and salts do not."""
    return sha256(seed.encode()).hexdigest()


def _inserts(names: Sequence[str]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventSource": "aws:dynamodb",
                "eventName": "INSERT",
                "dynamodb": {"Keys": {"entry_id": {"S": name}}},
            }
            for name in names
        ]
    }


def _tick() -> dict[str, Any]:
    from writ.contracts.events.platform import tick

    body = json.dumps(tick("rate(1 minute)", id="tick-1", time=datetime.now(UTC).isoformat()))
    return {"Records": [{"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}]}


def _swept_until(minute: datetime) -> None:
    from writ.adapters.head_table import HeadTable

    HeadTable("log").write_swept(minute)


@contextlib.contextmanager
def _lines() -> Iterator[list[str]]:
    """What is logged meanwhile, metrics included, line by line."""
    from writ.runtime import telemetry

    written, lines = io.StringIO(), list[str]()
    telemetry.logger.cache_clear()
    with contextlib.redirect_stdout(written):
        yield lines
    telemetry.logger.cache_clear()
    lines.extend(written.getvalue().splitlines())

"""Entries a second on one core: hashing into tiles, and all of a statement's way to its leaf."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from tests.bench.measure import Figure, cpu_seconds, signatures_a_second
from tests.bench.sizes import Sizes
from tests.support.log_forge import Forge, a_decision, an_action, stamp
from writ.contracts import statement
from writ.ledger.tiles import WIDTH, Edge, grow

HASHING_BUDGET = 300_000
PATH_BUDGET = 10_000
_COMMIT = 1000
_POOL = 256


def hashing(sizes: Sizes) -> Figure:
    """Leaves into tiles and bundles, a thousand a commit, as the sequencer does; bare SHA-256 beside it."""
    leaves = _leaves()
    commits = max(1, sizes.leaves // _COMMIT)
    batch = [leaves[number % _POOL] for number in range(_COMMIT)]

    def run() -> None:
        edge = Edge()
        for _ in range(commits):
            edge = grow(edge, batch).edge

    def bare() -> None:
        for _ in range(commits):
            for leaf in batch:
                sha256(b"\x00" + leaf).digest()

    entries = commits * _COMMIT
    rate = entries / cpu_seconds(run, calls=1, rounds=sizes.rounds)
    floor = entries / cpu_seconds(bare, calls=1, rounds=sizes.rounds)
    size = sum(map(len, leaves)) // len(leaves)
    note = f"leaves of {size} bytes, tiles of {WIDTH}; baseline: SHA-256 of the leaves alone"
    return Figure(
        "ledger: leaf and tile hashing",
        rate,
        "entries/s",
        HASHING_BUDGET,
        at_most=False,
        baseline=floor,
        note=note,
    )


def full_path(sizes: Sizes) -> Figure:
    """Statement, canonical form, signature, leaf; a bare P-256 signature beside it."""
    session, decision = Forge().session(), a_decision()
    actions = [an_action(number) for number in range(_POOL)]
    cause = statement.Cause(id="event-1", type="CheckFailed.v1")
    made = stamp()
    numbers = iter(range(10**9))

    def run() -> None:
        action = actions[next(numbers) % _POOL]
        signed = session.sign(statement.intent(action, decision, cause, made))
        session.leaf(signed)

    run()
    rate = 1 / cpu_seconds(run, calls=sizes.statements, rounds=sizes.rounds)
    floor = signatures_a_second(calls=sizes.statements, rounds=sizes.rounds)
    return Figure(
        "ledger: full local path",
        rate,
        "entries/s",
        PATH_BUDGET,
        at_most=False,
        baseline=floor,
        note="statement, RFC 8785, P-256, leaf; baseline: the signature alone",
    )


def measure(sizes: Sizes) -> Sequence[Figure]:
    return [hashing(sizes), full_path(sizes)]


def _leaves() -> list[bytes]:
    return [entry.leaf for entry in Forge().actions(_POOL // 2)]

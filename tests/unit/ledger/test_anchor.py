"""Checkpoints as commit statuses: what is posted is what verifiers read back, and hold a log against."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.log_forge import ORIGIN
from tests.support.witnesses import Tree
from writ.contracts.anchor import MAX_DESCRIPTION, context_of, describe
from writ.ledger.anchor import Anchored, check_anchors, read_statuses
from writ.ledger.errors import VerificationError
from writ.ledger.findings import Finding
from writ.ledger.merkle import EMPTY_ROOT, leaf_hash, root_of

SIZE = 20
TREE, OTHER = Tree(SIZE), Tree(SIZE, salt="other")


def status(size: int, root: bytes, **changes: Any) -> dict[str, Any]:
    """A status as GitHub lists it."""
    made = {
        "id": 1,
        "state": "success",
        "description": describe(size, root),
        "context": context_of(ORIGIN),
        "creator": {"login": "writ-anchor[bot]", "id": 1},
        "created_at": "2026-03-02T10:00:00Z",
    }
    return {**made, **changes}


def node(level: int, index: int) -> bytes:
    hashes = [leaf_hash(leaf) for leaf in TREE.leaves]
    return root_of(hashes[index << level : (index + 1) << level])


def found(*statuses: dict[str, Any]) -> list[Finding]:
    anchored = read_statuses(json.dumps(statuses).encode(), ORIGIN)
    return list(check_anchors(anchored, TREE.head(SIZE), node))


def test_description_fits_whatever_the_size() -> None:
    assert len(describe(2**63 - 1, b"\xff" * 32)) <= MAX_DESCRIPTION


def test_log_holds_every_head_that_it_ever_had() -> None:
    assert found(*(status(size, TREE.head(size).root) for size in range(1, SIZE + 1))) == []
    assert found(status(0, EMPTY_ROOT)) == []


@pytest.mark.parametrize("size", range(1, SIZE + 1))
def test_head_of_another_history_is_found_with_both_roots(size: int) -> None:
    (finding,) = found(status(size, OTHER.head(size).root))
    assert finding.code == "anchor.mismatch"
    assert OTHER.head(size).root.hex() in finding.message
    assert TREE.head(size).root.hex() in finding.message
    assert "status 1 by writ-anchor[bot]" in finding.message


def test_head_beyond_the_logs_own_is_found_with_both_sizes() -> None:
    (finding,) = found(status(SIZE + 1, b"\x01" * 32), status(1, TREE.head(1).root))
    assert (finding.code, finding.index) == ("anchor.ahead", SIZE)
    assert f"size {SIZE + 1}, root {'01' * 32}" in finding.message
    assert f"size {SIZE}, root {TREE.head(SIZE).root.hex()}" in finding.message


def test_statuses_of_others_prove_nothing_and_that_is_a_finding() -> None:
    (finding,) = found(status(1, b"\x02" * 32, context="ci/build"), status(1, b"\x03" * 32, context="writ/x"))
    assert finding.code == "anchor.none"


def test_tree_that_cannot_be_read_is_a_finding_and_no_pass() -> None:
    def gone(_level: int, _index: int) -> bytes:
        raise VerificationError("the copy has no tile/0/000.p/20", code="ledger.copy")

    anchored = [Anchored("status 1", 3, TREE.head(3).root)]
    (finding,) = check_anchors(anchored, TREE.head(SIZE), gone)
    assert finding.code == "anchor.unproved"


def test_pages_may_come_as_lists_in_a_list() -> None:
    pages = [[status(1, TREE.head(1).root)], [status(2, TREE.head(2).root, id=2)]]
    assert [each.size for each in read_statuses(json.dumps(pages).encode(), ORIGIN)] == [1, 2]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b'"x"', b"[1]", b"[[[]]]", b"[" * 100_000, b"\xff", b"[null]", b"9" * 5000,
        json.dumps([status(1, b"", description=None)]).encode(),
        json.dumps([status(1, b"\x01" * 32, description="size 01 root " + "01" * 32)]).encode(),
        json.dumps([status(1, b"\x01" * 32, description="size 1 root " + "01" * 32 + "\n")]).encode(),
        json.dumps([status(1, b"\x01" * 32, description="size 1 root " + "AB" * 32)]).encode(),
        json.dumps([status(1, b"\x01" * 32, description=7)]).encode(),
        json.dumps([status(1, b"", id="<script>", creator={"login": "\x1b[2J"}, description="")]).encode(),
    ],
)  # fmt: skip
def test_what_does_not_read_raises_one_error_and_shows_nothing_of_itself(data: bytes) -> None:
    with pytest.raises(VerificationError, match=r"anchor\.malformed") as raised:
        read_statuses(data, ORIGIN)
    assert raised.value.message.isprintable()
    assert "script" not in raised.value.message

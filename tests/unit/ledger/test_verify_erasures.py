"""Erased payloads in whole-log verification: believed from whom it is due, and for exactly what it names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.log_forge import Entry, Forge, stamp
from writ.contracts import statement as statements
from writ.ledger.findings import Report
from writ.ledger.logcopy import LogCopy
from writ.ledger.verify import verify_log

OF = "ds-" + "0" * 32


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge()


@pytest.fixture(scope="module")
def entries(forge: Forge) -> list[Entry]:
    return forge.actions(6)


def erasure(forge: Forge, leaves: list[statements.ErasedLeaf], bot: str = "erasures", of: str = OF) -> Entry:
    said = statements.Erasure(of, "request", "act-1", leaves)
    return forge.entry(forge.session(bot), statements.erasure(said, None, stamp(bot, seed=of)))


def leaf(entries: list[Entry], at: int, **changes: Any) -> statements.ErasedLeaf:
    entry = entries[at]
    return replace(statements.ErasedLeaf(at, entry.id, entry.signed.payload_sha256), **changes)


def verified(forge: Forge, folder: Path, entries: list[Entry], *erased: int) -> Report:
    forge.write_copy(folder, entries)
    for index in erased:
        (folder / "statements" / f"{entries[index].id}.json").unlink()
    return verify_log(LogCopy(folder), forge.trust)


def found(report: Report) -> set[tuple[str, int | None, str | None]]:
    return {(one.code, one.index, one.entry) for one in report.findings}


@pytest.mark.parametrize("erased", [(2,), (3,), (2, 3), (0, 1, 2, 3, 11)], ids=str)
def test_an_erased_leaf_is_counted_as_erased_and_its_stream_still_holds(
    forge: Forge, entries: list[Entry], tmp_path: Path, erased: tuple[int, ...]
) -> None:
    said = erasure(forge, [leaf(entries, index) for index in erased])
    report = verified(forge, tmp_path, [*entries, said], *erased)
    assert (report.ok, report.faults, report.open, report.erased) == (True, 0, 0, len(erased))
    assert (report.statements, report.findings) == (13 - len(erased), [])


def test_a_missing_statement_that_no_erasure_names_is_still_missing(
    forge: Forge, entries: list[Entry], tmp_path: Path
) -> None:
    report = verified(forge, tmp_path, [*entries, erasure(forge, [leaf(entries, 2)])], 2, 4)
    assert ("statement.missing", 4, None) in found(report)
    assert (report.ok, report.erased) == (False, 1)


def test_only_the_bot_that_erases_is_believed(forge: Forge, entries: list[Entry], tmp_path: Path) -> None:
    said = erasure(forge, [leaf(entries, 2)], bot="backlog")
    report = verified(forge, tmp_path, [*entries, said], 2)
    assert {("statement.missing", 2, None), ("ledger.author", 12, said.id)} <= found(report)
    assert report.erased == 0


@pytest.mark.parametrize("wrong", [{"payload": "0" * 64}, {"leaf": 4}, {"leaf": 99}, {"leaf": 12}], ids=str)
def test_an_erasure_of_another_leaf_or_payload_excuses_nothing(
    forge: Forge, entries: list[Entry], tmp_path: Path, wrong: dict[str, Any]
) -> None:
    said = erasure(forge, [leaf(entries, 2, **wrong)])
    report = verified(forge, tmp_path, [*entries, said], 2)
    assert ("statement.missing", 2, None) in found(report)
    assert report.erased == 0


def test_two_erasures_of_one_leaf_are_one(forge: Forge, entries: list[Entry], tmp_path: Path) -> None:
    twice = [erasure(forge, [leaf(entries, 2)]), erasure(forge, [leaf(entries, 2)], of=OF[:-1] + "1")]
    report = verified(forge, tmp_path, [*entries, *twice], 2)
    assert (report.faults, report.erased) == (0, 1)

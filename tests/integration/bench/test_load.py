"""The ledger under load, measured small: every part of the document, and the plan for sharded logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.ledger.audit import cores
from tests.bench import audit, growth
from tests.bench.load import LoadSizes, document, priced, provable, shards_at
from tests.bench.prices import Unit
from tests.bench.sharding import SHARDS, Line, Measured, Steps, simulate
from tests.bench.sharding import document as plan
from tests.bench.sizes import Sizes

QUIET = Console(quiet=True)
STEPS = Steps(Line(0.5, 0.0005), Line(0.0001, 0.000004), 0.0001)


def test_document_has_every_part(tmp_path: Path) -> None:
    sizes = LoadSizes(rates=(5,), seconds=2, growth=(300, 600), commits=1, audit=(300,), folder=str(tmp_path))
    small = Sizes(leaves=2000, statements=20, rounds=1, plane=0)
    found = document(sizes, small, QUIET)
    assert [row["unit"] for row in found["entries_per_second"]] == ["entries/s"] * 2
    assert found["append_to_provable"]["p99_s"] is None
    assert "WRIT_BENCH_PLANE" in found["append_to_provable"]["note"]
    [cost] = found["cost"]
    assert (cost["entries"], cost["commits_per_second"]) == (10, 1)
    assert cost["requests_per_million"]["Sign"] == 400_000  # two signatures a checkpoint
    # Nobody new is among so few.
    assert set(cost["dollars_by_unit"]) == {str(unit) for unit in set(Unit) - {Unit.DATA_KEY}}
    none, typical, every = cost["dollars_by_percent"].values()
    assert none <= typical == cost["dollars_per_million"] < every
    assert [row["leaves"] for row in found["growth"]["sizes"]] == [300, 600]
    structure, full, *on_all_cores = found["audit"]
    assert [row["jobs"] for row in found["audit"]] == [1, *sorted({1, cores()})]
    assert all(row["signatures"] for row in on_all_cores)
    assert (structure["signatures"], full["signatures"]) == (False, True)
    assert full["baseline_us"] > structure["baseline_us"]
    assert full["ratio"] > 1
    assert full["peak_mib"] > 1
    assert (tmp_path / "300" / "checkpoint").is_file()


def test_log_that_does_not_pass_is_no_figure(tmp_path: Path) -> None:
    folder = audit.made(tmp_path, 300, QUIET)
    (folder / "envelopes" / "001.p" / "44").write_bytes(b"")
    with pytest.raises(RuntimeError, match=r"pack\.malformed"):
        audit._audit(folder, signatures=False)


def test_rate_is_metered_with_a_commit_a_second_in_every_shard() -> None:
    assert [shards_at(rate) for rate in (10, 999, 1_000, 10_000)] == [1, 1, 4, 20]
    found = priced(3, 2)
    assert (found["entries"], found["requests_per_million"]["Sign"]) == (6, 666_667)


def test_what_is_not_asked_for_has_no_time() -> None:
    assert [value for name, value in provable(0).items() if name != "note"] == [None] * 3


@pytest.mark.parametrize(
    ("name", "text"), [("WRIT_LOAD_RATES", "10,x"), ("WRIT_LOAD_AUDIT", "0"), ("WRIT_LOAD_COMMITS", "-1")]
)
def test_size_that_is_no_number_is_named(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        LoadSizes.load({name: text})


def test_sizes_are_read_from_the_environment() -> None:
    read = LoadSizes.load({"WRIT_LOAD_RATES": "1,2", "WRIT_LOAD_AUDIT": "7", "WRIT_LOAD_FOLDER": "/x"})
    assert read == LoadSizes(rates=(1, 2), audit=(7,), folder="/x")
    assert LoadSizes.load({}) == LoadSizes()


def test_work_of_a_commit_does_not_grow_with_the_log() -> None:
    """Requests and bytes are counted, so this holds on any machine; CPU is shown and not asserted."""
    found = growth.document(growth.measure((1_000, 100_000), commits=5))
    spread = found["largest_over_smallest"]
    small, large = found["sizes"]
    assert large["files_read"] - small["files_read"] <= 1  # one more level of tiles
    assert spread["files_written"] < 1.5
    assert spread["bytes_read"] < 1.5
    assert spread["bytes_written"] < 1.2
    assert large["proof_hashes"] <= 17


class TestSharding:
    """The simulation, on steps that are given."""

    def test_it_is_the_same_every_time(self) -> None:
        assert simulate(8, STEPS, rate=4000, seconds=20) == simulate(8, STEPS, rate=4000, seconds=20)

    def test_too_few_shards_do_not_keep_up(self) -> None:
        few, many = (simulate(shards, STEPS, rate=10_000, seconds=40) for shards in (4, 32))
        assert (few.keeps_up, many.keeps_up) == (False, True)
        assert few.load > 1 > many.load
        assert few.shard_p50_s > many.shard_p50_s

    def test_entry_waits_for_the_window_its_commit_and_the_root_logs_round(self) -> None:
        found = simulate(10, STEPS, rate=100, seconds=40)
        fastest = STEPS.commit_s.fixed
        assert fastest < found.shard_p50_s < fastest + 1.1
        assert found.root_p50_s >= found.shard_p50_s + found.root_step_s
        assert found.root_p50_s <= found.root_p95_s <= found.root_p99_s

    def test_more_shards_cost_more_and_take_the_root_log_longer(self) -> None:
        few, many = (simulate(shards, STEPS, rate=10_000, seconds=20) for shards in (16, 64))
        assert few.root_step_s < many.root_step_s
        assert few.dollars_per_million < many.dollars_per_million

    def test_requests_made_together_take_less_time(self) -> None:
        measured = Measured(
            {"PutObject": Line(4.0, 0.01), "GetItem": Line(7.0, 0.0)}, Line(0.0001, 0.000004), 1e-4, 5e-5
        )
        alone, together = measured.steps(1), measured.steps(16)
        assert alone.commit_s.fixed == pytest.approx(4 * 0.1 + 7 * 0.005)
        assert together.commit_s.fixed == pytest.approx(0.1 + 7 * 0.005)
        assert together.commit_s.each < alone.commit_s.each
        found: dict[str, Any] = plan(measured, rate=200, shards=SHARDS[:1])
        assert [each["requests_together"] for each in found["plans"]] == [1, 16]
        assert found["steps"]["assumed"]["latency_s"]["PutObject"] == 0.1

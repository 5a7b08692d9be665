"""Which releases can read the data as migrations left them."""

from __future__ import annotations

from typing import Any

import pytest

from functions.rollback.migrations import NoMigrations, holding, readable, restore
from tests.support.memory import START
from tests.support.migrations import document
from writ.migration.changes import Mode
from writ.migration.state import After, Mark, Record, Stage, Sweep
from writ.migration.transitions import entered
from writ.rollout.plan import Release

GOOD = tuple(Release(id=name, versions={"shop-api": "1"}) for name in ("1.5", "1.4.0", "1.3", "1.2"))


def record(*stages: Stage, release: str | None = "1.4.0", **changes: Any) -> Record:
    made = Record(
        id="orders-total",
        document=document(release=release, **changes),
        key=("id",),
        started_at=START,
        stage_at=START,
        sweep=Sweep.begin(Mode.SURVEY, 1),
        marks=(Mark(stage=Stage.SURVEY, at=START, action="act-1"),),
    )
    for stage in stages:
        made = entered(made, stage, "act-2", START)
    return made


FORTH = (Stage.EXPAND, Stage.BACKFILL, Stage.SWITCH, Stage.LEAVE, Stage.CONTRACT)


@pytest.mark.parametrize(
    ("stages", "held"),
    [
        ((), 0),
        (FORTH[:3], 0),
        (FORTH[:4], 1),
        (FORTH, 1),
        ((*FORTH, Stage.REJOIN, Stage.RESTORE), 1),
        ((*FORTH, Stage.REJOIN, Stage.RESTORE, Stage.RETURN), 0),
    ],
)
def test_old_shape_is_missing_from_the_contract_until_it_is_restored(
    stages: tuple[Stage, ...], held: int
) -> None:
    assert len(holding([record(*stages)])) == held


def test_releases_from_before_a_migration_cannot_read_what_it_made() -> None:
    assert readable(GOOD, []) == GOOD
    assert [release.id for release in readable(GOOD, [record(*FORTH)])] == ["1.5", "1.4.0"]
    assert readable(GOOD, [record(*FORTH, release="1.6")]) == ()
    assert readable(GOOD, [record(*FORTH, release=None)]) == ()
    assert list(NoMigrations().of("shop")) == []


def test_data_are_restored_only_where_every_migration_can_be_taken_back() -> None:
    lasting = record(*FORTH, reverse={"contract": "none"})
    back = After(service="shop", release="1.3", reason="errors", then=("mail",))
    assert restore("rollback", "e", back, [record(*FORTH), lasting]) is None
    asked = restore("rollback", "e", back, [record(*FORTH)])
    assert asked is not None
    assert asked.parameters["then"] == back.model_dump(mode="json")

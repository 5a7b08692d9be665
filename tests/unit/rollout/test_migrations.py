"""Which releases can read the data as migrations left them."""

from __future__ import annotations

import pytest

from functions.rollback.migrations import NoMigrations, readable, restore
from functions.rollback.shapes import holding
from tests.support.migrations import CONTRACTED, migrated
from writ.contracts.events.migrations import Returning
from writ.migration.state import Stage
from writ.rollout.plan import Release

GOOD = tuple(Release(id=name, versions={"shop-api": "1"}) for name in ("1.5", "1.4.0", "1.3", "1.2"))


@pytest.mark.parametrize(
    ("stages", "held"),
    [
        ((), 0),
        (CONTRACTED[:3], 0),
        (CONTRACTED[:4], 1),
        (CONTRACTED, 1),
        ((*CONTRACTED, Stage.REJOIN, Stage.RESTORE), 1),
        ((*CONTRACTED, Stage.REJOIN, Stage.RESTORE, Stage.RETURN), 0),
    ],
)
def test_old_shape_is_missing_from_the_contract_until_it_is_restored(
    stages: tuple[Stage, ...], held: int
) -> None:
    assert len(holding([migrated(*stages)])) == held


def test_releases_from_before_a_migration_cannot_read_what_it_made() -> None:
    assert readable(GOOD, []) == GOOD
    assert [release.id for release in readable(GOOD, holding([migrated(*CONTRACTED)]))] == ["1.5", "1.4.0"]
    assert readable(GOOD, holding([migrated(*CONTRACTED, release="1.6")])) == ()
    assert readable(GOOD, holding([migrated(*CONTRACTED, release=None)])) == ()
    assert list(NoMigrations().holding("shop")) == []


def test_data_are_restored_only_where_every_migration_can_be_taken_back() -> None:
    lasting = migrated(*CONTRACTED, reverse={"contract": "none"})
    back = Returning(service="shop", release="1.3", reason="errors", then=("mail",))
    assert restore("rollback", "e", back, holding([migrated(*CONTRACTED), lasting])) is None
    asked = restore("rollback", "e", back, holding([migrated(*CONTRACTED)]))
    assert asked is not None
    assert asked.parameters["then"] == back.model_dump(mode="json")

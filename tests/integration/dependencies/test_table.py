"""Bumps over DynamoDB, by moto: the bot's whole memory behaves as the one in tests does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from functions.dependencies.model import Alert, Bump, HeldBack, Member, Overview
from functions.dependencies.table import BumpTable
from tests.support.moto_aws import moto_aws
from writ.contracts.errors import TransientError
from writ.dependencies.bisect import Result
from writ.dependencies.score import Earlier

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MEMBER = Member(ecosystem="pypi", name="idna", current="3.6", version="3.7", change="minor", published_at=NOW)
BUMP = Bump(
    group="pypi-minor",
    branch="writ/dependencies/pypi-minor",
    base="main",
    members=(MEMBER,),
    shown=(MEMBER.id,),
    head_sha="1" * 40,
    base_sha="2" * 40,
    content="3" * 64,
    opened_at=NOW,
)
ALERT = Alert(id="GHSA-35jh-r3h4-6jhm", ecosystem="pypi", name="idna", patched="3.7")


@pytest.fixture
def table() -> Iterator[BumpTable]:
    with moto_aws("bumps"):
        yield BumpTable("bumps")


def test_a_bump_is_replaced_by_who_knows_it(table: BumpTable) -> None:
    table.replace("Acme/Shop", None, BUMP)
    with pytest.raises(TransientError):
        table.replace("acme/shop", None, BUMP)
    changed = BUMP.model_copy(update={"number": 7}).with_result((MEMBER.id,), Result.FAILED)
    table.replace("acme/shop", BUMP, changed)
    with pytest.raises(TransientError):
        table.replace("acme/shop", BUMP, changed)
    assert table.get("ACME/shop", "pypi-minor") == changed
    assert table.all("acme/shop") == [changed]
    assert table.all("acme/other") == []
    assert table.get("acme/shop", "npm-minor") is None


def test_what_is_held_noted_and_shown_is_kept_apart(table: BumpTable) -> None:
    held = HeldBack(key=MEMBER.held_key, step=MEMBER.id, group="pypi-minor", since=NOW)
    overview = Overview(repository="acme/shop", problem="none")
    table.hold("acme/shop", held)
    table.note("acme/shop", ALERT)
    table.show(overview)
    assert (table.held("acme/shop"), table.alerts("acme/shop")) == ([held], [ALERT])
    assert table.overview("acme/shop") == overview
    assert (table.all("acme/shop"), table.overview("acme/other")) == ([], None)
    table.drop("acme/shop", ALERT)
    table.drop("acme/shop", ALERT)
    assert table.alerts("acme/shop") == []


def test_what_steps_came_to_is_known_everywhere(table: BumpTable) -> None:
    step = Earlier("pypi/idna", "3.6", "3.7", passed=False)
    table.learn("acme/shop", step)
    table.learn("acme/other", Earlier("pypi/idna", "3.6", "3.7", passed=True))
    table.learn("acme/shop", Earlier("pypi/idna", "3.6", "3.7", passed=True))
    assert [each.passed for each in table.earlier("pypi/idna")] == [True, True]
    assert table.earlier("npm/idna") == []

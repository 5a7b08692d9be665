"""The table adapter against moto: conditions, transactions, indexes and pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from operator import ge, le

import pytest

from functions.backlog import lifecycle
from functions.backlog.sources import sighting
from functions.backlog.store import Place, Query
from functions.backlog.table import TaskItem, TaskTable
from functions.backlog.task import DetailedTask, Source, Status, Task
from stacks.tables import TABLES
from tests.support.memory import START
from tests.support.moto_aws import moto_aws
from tests.support.tasks import check_failed
from writ.contracts.errors import ConflictError


@pytest.fixture(scope="module")
def emulated() -> Iterator[TaskTable]:
    with moto_aws("backlog"):
        yield TaskTable("backlog")


@pytest.fixture
def table(emulated: TaskTable) -> TaskTable:
    for item in TaskItem.scan():
        item.delete()
    return emulated


def task(number: int, *, times: int = 1, **update: object) -> DetailedTask:
    """A task that was seen `times` times."""
    made: DetailedTask | None = None
    for occurrence in range(times):
        found = sighting(check_failed(100 * number + occurrence, name=f"Check {'abcdefghij'[number]}"))
        assert found is not None
        made = lifecycle.seen(made, found, START + timedelta(seconds=number))
    assert made is not None
    return made.model_copy(update={"version": 1, **update})


def put(table: TaskTable, *tasks: DetailedTask) -> None:
    for number, made in enumerate(tasks):
        table.apply(made, expected=0, action_id=f"act-put-{number}-{made.id}", observed={})


def test_a_task_comes_back_as_it_was_written(table: TaskTable) -> None:
    written = task(1, times=3)
    put(table, written)
    assert table.get(written.id) == written
    assert table.get("nothing-here") is None


def test_an_effect_is_no_task(table: TaskTable) -> None:
    put(table, task(1))
    table.mark("act-1", {"n": 1})
    assert table.get("effect/act-1") is None
    assert len(table.page(Query(), 100, None).tasks) == 1


def test_an_effect_happens_once_and_is_remembered(table: TaskTable) -> None:
    before = task(1)
    put(table, before)
    after = before.model_copy(update={"version": 2, "people": 4})
    assert table.applied("act-1") is None
    assert table.apply(after, expected=1, action_id="act-1", observed={"version": 2}) == {"version": 2}
    newer = after.model_copy(update={"version": 3})
    assert table.apply(newer, expected=2, action_id="act-1", observed={"version": 3}) == {"version": 2}
    assert table.get(before.id) == after
    assert table.applied("act-1") == {"version": 2}


@pytest.mark.parametrize("expected", [0, 2])
def test_another_version_is_a_conflict_and_leaves_no_mark(table: TaskTable, expected: int) -> None:
    put(table, task(1))
    with pytest.raises(ConflictError):
        table.apply(task(1, people=9), expected=expected, action_id="act-1", observed={})
    with pytest.raises(ConflictError):
        table.replace(task(1, people=9), expected=expected)
    assert table.get(task(1).id) == task(1)
    assert table.applied("act-1") is None


def test_the_first_mark_stays(table: TaskTable) -> None:
    assert table.mark("act-1", {"n": 1}) == {"n": 1}
    assert table.mark("act-1", {"n": 2}) == {"n": 1}


QUERIES = [
    Query(),
    Query(descending=False),
    Query(method="wsjf"),
    Query(order="updated"),
    Query(order="updated", descending=False, min_score=40, status=Status.CANDIDATE),
    Query(status=Status.CANDIDATE),
    Query(status=Status.CANDIDATE, min_score=40),
    Query(status=Status.CANDIDATE, method="wsjf", min_score=1),
    Query(owner="other"),
    Query(source=Source.CHECK, text="CHECK B"),
]


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_hold_every_match_once_in_order(table: TaskTable, query: Query, limit: int) -> None:
    tasks = [task(n, times=1 + n % 4, owner="other" if n % 3 == 0 else "acme") for n in range(9)]
    tasks[4] = tasks[4].model_copy(update={"status": Status.ACCEPTED})
    put(table, *tasks)
    found: list[Task] = []
    place: Place | None = None
    for _ in range(20):
        page = table.page(query, limit, place)
        assert len(page.tasks) <= limit
        found += page.tasks
        if (place := page.rest) is None:
            break
    assert place is None
    assert sorted(t.id for t in found) == sorted(t.id for t in tasks if matches(query, t))
    values = [t.updated_at if query.order == "updated" else getattr(t.scores, query.method) for t in found]
    in_order = ge if query.descending else le
    assert all(in_order(a, b) for a, b in pairwise(values))


def matches(query: Query, made: DetailedTask) -> bool:
    return (
        query.status in (None, made.status)
        and query.owner in (None, made.owner)
        and query.source in (None, made.source)
        and getattr(made.scores, query.method) >= (query.min_score or 0)
        and (query.text or "").casefold() in made.title.casefold()
    )


def test_having_lists_one_status_without_the_trail(table: TaskTable) -> None:
    tasks = [task(1, times=2), task(2), task(3, status=Status.RETIRED)]
    put(table, *tasks)
    found = table.having(Status.CANDIDATE)
    assert [t.id for t in found] == [tasks[0].id, tasks[1].id]
    assert not hasattr(found[0], "evidence")


def test_the_deployed_table_has_the_keys_and_indexes_of_the_model() -> None:
    (spec,) = [spec for spec in TABLES if spec.name == "backlog"]
    schema = TaskItem._get_schema()
    assert schema["key_schema"] == [{"AttributeName": spec.key.partition, "KeyType": "HASH"}]
    modelled = {index["index_name"]: index for index in schema["global_secondary_indexes"]}
    assert modelled.keys() == spec.indexes.keys()
    for name, key in spec.indexes.items():
        parts = {part["KeyType"]: part["AttributeName"] for part in modelled[name]["key_schema"]}
        assert parts == {"HASH": key.partition, "RANGE": key.sort}
        assert sorted(modelled[name]["projection"]["NonKeyAttributes"]) == sorted(key.projected)
    numbers = {a["AttributeName"] for a in schema["attribute_definitions"] if a["AttributeType"] == "N"}
    assert numbers == frozenset().union(*(key.number for key in spec.indexes.values()))

"""Rollouts over DynamoDB, Lambda and CloudWatch, by moto."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.rollback.incident import Incident
from functions.rollback.table import IncidentTable
from tests.support.memory import START
from tests.support.moto_aws import moto_aws
from tests.support.rollouts import GROUP, NEW, OLD, SERVICE, WATCH, judged, rollout
from writ.adapters import aws
from writ.adapters.cloudwatch import CloudWatchMetrics
from writ.adapters.lambda_aliases import LambdaAliases
from writ.adapters.lambda_hooks import LambdaHooks
from writ.adapters.rollout_table import RolloutTable
from writ.contracts.errors import ConflictError, NotFoundError, WritError
from writ.rollout.kept import KeptLook, Verdict
from writ.rollout.plan import Hook
from writ.rollout.ports import Alias, Query
from writ.rollout.state import Guard, Kind, Result, Row

FUNCTION = "service-shop"


@pytest.fixture
def table() -> Iterator[RolloutTable]:
    with moto_aws("rollouts"):
        yield RolloutTable("rollouts")


def test_a_row_is_written_once_for_a_version(table: RolloutTable) -> None:
    held = Row(service=SERVICE).after(number=1, group=GROUP, watch=WATCH, rollout=rollout())
    table.write(None, held)
    with pytest.raises(ConflictError):
        table.write(None, held)
    after = held.after(worker="act-1", lease_until=START)
    table.write(held, after)
    with pytest.raises(ConflictError):
        table.write(held, after)
    assert table.read(SERVICE) == after
    assert list(table.open()) == ["shop-1"]
    assert table.find("shop-1") == rollout()


def test_a_rollout_that_closes_is_kept_in_the_write_that_frees_the_lock(table: RolloutTable) -> None:
    held = Row(service=SERVICE).after(number=1, group=GROUP, rollout=rollout())
    table.write(None, held)
    over = rollout(final=Result.PROMOTED, closed_at=START)
    free = held.after(rollout=None, release=NEW)
    with pytest.raises(ConflictError):
        table.write(free, free.after(rollout=None), over)
    assert table.find("shop-1") == rollout()
    table.write(held, free, over)
    assert table.find("shop-1") == over
    assert list(table.past(SERVICE, 5)) == [over]
    assert not table.open()
    assert [row.service for row in table.rows()] == [SERVICE]


def test_past_rollouts_come_newest_first_by_number(table: RolloutTable) -> None:
    row: Row | None = None
    for number in range(1, 12):
        one = rollout(id=f"{SERVICE}-{number}", baseline=OLD)
        held = (row or Row(service=SERVICE)).after(number=number, rollout=one)
        table.write(row, held)
        row = held.after(rollout=None)
        table.write(held, row, one)
    assert [one.id for one in table.past(SERVICE, 3)] == ["shop-11", "shop-10", "shop-9"]


def test_a_service_is_listed_as_guarded_until_another_rollout_begins(table: RolloutTable) -> None:
    guard = Guard(rollout="shop-1", until=START + timedelta(hours=1))
    free = Row(service="mail").after(number=1, release=OLD)
    guarded = Row(service=SERVICE).after(number=1, release=NEW, guard=guard)
    table.write(None, free)
    table.write(None, guarded)
    assert list(table.guarded()) == [guarded]
    assert {row.service for row in table.rows()} == {"mail", SERVICE}
    held = guarded.after(number=2, guard=None, rollout=rollout(id="shop-2"))
    table.write(guarded, held)
    assert list(table.guarded()) == []
    assert list(table.open()) == ["shop-2"]
    over = rollout(id="shop-2", final=Result.PROMOTED, closed_at=START)
    again = held.after(rollout=None, guard=guard.model_copy(update={"rollout": "shop-2"}))
    table.write(held, again, over)
    assert list(table.guarded()) == [again]
    assert list(table.open()) == []
    table.write(again, again.after(guard=None))
    assert list(table.guarded()) == []
    assert len(table.rows()) == 2


def looked(seq: int, id: str = f"{SERVICE}-1") -> KeptLook:
    return KeptLook(
        rollout=id, seq=seq, kind=Kind.SHIFT, at=START, action=f"act-{seq}", judgement=judged(Verdict.PASS)
    )


def test_a_look_is_kept_in_the_write_of_the_move_that_it_decided(table: RolloutTable) -> None:
    row = Row(service=SERVICE).after(number=1, group=GROUP, rollout=rollout())
    table.write(None, row)
    with pytest.raises(ConflictError):
        table.write(row.after(), row.after().after(), look=looked(1))
    assert not table.looks("shop-1", 5)
    for seq in (1, 2, 11):
        after = row.after()
        table.write(row, after, look=looked(seq))
        row = after
    assert list(table.looks("shop-1", 5)) == [looked(1), looked(2), looked(11)]
    assert list(table.looks("shop-1", 1)) == [looked(11)]


def test_looks_are_of_one_rollout_and_no_rollouts_themselves(table: RolloutTable) -> None:
    row: Row | None = None
    for number in (1, 10):
        one = rollout(id=f"{SERVICE}-{number}")
        held = (row or Row(service=SERVICE)).after(number=number, rollout=one)
        table.write(row, held, look=looked(1, one.id))
        row = held.after(rollout=None)
        table.write(held, row, one, looked(2, one.id))
    assert [(look.rollout, look.seq) for look in table.looks("shop-1", 5)] == [("shop-1", 1), ("shop-1", 2)]
    assert [one.id for one in table.past(SERVICE, 5)] == ["shop-10", "shop-1"]
    assert not table.looks("shop-2", 5)


def test_an_incident_is_kept_once(table: RolloutTable) -> None:
    incidents = IncidentTable("rollouts")
    first = Incident(
        id="shop-1", service=SERVICE, severity="minor", reason="errors", opened_at=START, action="a"
    )
    incidents.open(first)
    incidents.open(first.model_copy(update={"severity": "major"}))
    assert incidents.get("shop-1") == first
    assert incidents.get("shop-2") is None
    assert not table.past(SERVICE, 5)


def test_incidents_of_every_service_are_listed_the_newest_first(table: RolloutTable) -> None:
    incidents = IncidentTable("rollouts")
    for hours, id in enumerate(("shop-2", "mail-7", "shop-10")):
        opened_at = START + timedelta(hours=hours)
        about = {"service": id.split("-")[0], "severity": "minor", "reason": "errors", "action": "a"}
        incidents.open(Incident.model_validate({"id": id, "opened_at": opened_at, **about}))
    table.write(None, Row(service=SERVICE).after(number=10, rollout=rollout(id="shop-11")))
    assert [incident.id for incident in incidents.all()] == ["shop-10", "mail-7", "shop-2"]
    assert [row.service for row in table.rows()] == [SERVICE]


def _function() -> Any:
    """A function with two versions, whose alias `live` is at the first."""
    iam, client = aws.client("iam"), aws.client("lambda")
    role = iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = {"ZipFile": _code("1")}
    made = {"Runtime": "python3.11", "Role": role, "Handler": "index.handler"}
    client.create_function(FunctionName=FUNCTION, Code=code, Publish=True, **made)
    client.update_function_code(FunctionName=FUNCTION, ZipFile=_code("2"), Publish=True)
    client.create_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="1")
    return client


def _code(text: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("index.py", f"def handler(event, context):\n    return {text}\n")
    return data.getvalue()


def test_an_alias_carries_weights_and_token() -> None:
    with moto_aws():
        _function()
        aliases = LambdaAliases()
        there = aliases.read(FUNCTION, "live")
        assert (there.version, there.weights, there.token) == ("1", {}, 0)
        aliases.write(FUNCTION, "live", Alias("1", {"2": 0.1}, 7, there.revision))
        split = aliases.read(FUNCTION, "live")
        assert split.serves("1", {"2": 0.1})
        assert split.token == 7
        aliases.write(FUNCTION, "live", Alias("2", {}, 8, split.revision))
        assert aliases.read(FUNCTION, "live").serves("2", {})


def test_an_alias_is_written_with_the_revision_that_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with moto_aws():
        client = _function()
        aliases, asked = LambdaAliases(), {}

        def refuse(**given: Any) -> Any:
            asked.update(given)
            raise client.exceptions.PreconditionFailedException(
                {"Error": {"Code": "PreconditionFailedException"}}, "UpdateAlias"
            )

        there = aliases.read(FUNCTION, "live")
        monkeypatch.setattr(client, "update_alias", refuse)
        with pytest.raises(ConflictError):
            aliases.write(FUNCTION, "live", replace(there, token=3))
        assert asked["RevisionId"] == there.revision


def test_an_alias_that_is_not_there_is_named() -> None:
    with moto_aws(), pytest.raises(NotFoundError) as missing:
        LambdaAliases().read(FUNCTION, "live")
    assert missing.value.field == "group.functions"


def test_series_are_read_by_version_and_minute() -> None:
    with moto_aws():
        client = aws.client("cloudwatch")
        for version, value in (("1", 2.0), ("2", 5.0)):
            dimensions = {
                "FunctionName": FUNCTION,
                "Resource": f"{FUNCTION}:live",
                "ExecutedVersion": version,
            }
            for minute in range(2):
                data = {
                    "MetricName": "Errors",
                    "Dimensions": [{"Name": name, "Value": each} for name, each in dimensions.items()],
                    "Timestamp": START + timedelta(minutes=minute, seconds=10),
                    "Value": value + minute,
                }
                client.put_metric_data(Namespace="AWS/Lambda", MetricData=[data])
        queries = [Query("AWS/Lambda", "Errors", "Sum", FUNCTION, "live", each) for each in ("1", "2", "3")]
        found = CloudWatchMetrics().read(queries, START, START + timedelta(minutes=5))
    assert [dict(points) for points in found] == [
        {START: 2.0, START + timedelta(minutes=1): 3.0},
        {START: 5.0, START + timedelta(minutes=1): 6.0},
        {},
    ]


@pytest.mark.parametrize(("impatient", "limits"), [(True, (5, 1)), (False, (10, 4))])
def test_whoever_asks_many_hooks_waits_for_each_a_short_time_and_asks_once(
    monkeypatch: pytest.MonkeyPatch, impatient: bool, limits: tuple[int, int]
) -> None:
    made: list[Any] = []
    client = aws.client

    def kept(*named: Any, **options: Any) -> Any:
        made.append(client(*named, **options))
        return made[-1]

    with moto_aws("rollouts"), monkeypatch.context() as patched:
        patched.setattr(aws, "client", kept)
        with pytest.raises(WritError):
            LambdaHooks(impatient=impatient).call(Hook(function="shop-health"), rollout(), "guard")
    config = made[0].meta.config
    assert (config.read_timeout, config.retries["total_max_attempts"]) == limits

"""What a pack can be asked for, and what answers it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from writ.contracts.errors import ContractError
from writ.ledger.edges import hour_edge, subject_edge
from writ.ledger.question import Question

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DIGEST = "a" * 64


def test_name_stands_for_the_digest_that_things_without_content_go_under() -> None:
    question = Question.of(name="release:1.2.0")
    assert question.subject == sha256(b"release:1.2.0").hexdigest()
    assert list(question.edges()) == [subject_edge(question.subject)]


def test_time_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    question = Question.of(subject=DIGEST, since=NOON, until=NOON + timedelta(hours=1))
    times = [NOON - timedelta.resolution, NOON, NOON + timedelta(minutes=59), NOON + timedelta(hours=1)]
    assert [question.matches([DIGEST], time) for time in times] == [False, True, True, False]
    assert not question.matches(["b" * 64], NOON)
    assert Question.of(since=NOON, until=NOON + timedelta(hours=1)).matches([], NOON)


def test_time_without_a_subject_is_looked_up_hour_by_hour() -> None:
    question = Question.of(since=NOON + timedelta(minutes=59), until=NOON + timedelta(hours=2))
    assert list(question.edges()) == [hour_edge(NOON), hour_edge(NOON + timedelta(hours=1))]


@pytest.mark.parametrize(
    "given",
    [
        {"subject": DIGEST},
        {"name": "customer:4711", "since": NOON},
        {"since": NOON, "until": NOON + timedelta(days=31)},
        {"subject": DIGEST, "until": NOON.astimezone(timezone(timedelta(hours=5)))},
        {"subject": DIGEST, "since": NOON + timedelta(microseconds=1999)},
    ],
)
def test_question_reads_back(given: dict[str, Any]) -> None:
    question = Question.of(**given)
    assert Question.read(question.document()) == question


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "subject"),
        ({"since": NOON}, "subject"),
        ({"since": NOON, "until": NOON + timedelta(days=31, milliseconds=1)}, "since"),
        ({"since": NOON, "until": NOON}, "until"),
        ({"subject": DIGEST, "name": "a"}, "name"),
        ({"subject": "A" * 64}, "subject"),
        ({"subject": "a" * 63}, "subject"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": "x" * 561}, "name"),
        ({"subject": DIGEST, "since": datetime(2026, 3, 1)}, "since"),
        ({"subject": DIGEST, "until": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))}, "until"),
    ],
)
def test_what_cannot_be_answered_names_the_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ContractError) as caught:
        Question.of(**given)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "b" * 64},
        {"name": 1},
        {"since": "2026-03-01T12:00:00Z"},
        {"since": "2026-03-01T12:00:00.000+00:00"},
        {"since": "2026-02-30T12:00:00.000Z"},
        {"more": None},
    ],
)
def test_document_has_one_form(change: dict[str, Any]) -> None:
    document = Question.of(name="task:1", since=NOON).document()
    with pytest.raises(ContractError):
        Question.read({**document, **change})

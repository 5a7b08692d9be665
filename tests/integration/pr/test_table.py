"""Notes and threads in DynamoDB, with the conditions that make one comment of many notes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.pr.note import Note, Pull, Thread
from functions.pr.table import ThreadTable
from tests.support.memory import START
from tests.support.moto_aws import moto_aws
from writ.adapters import aws
from writ.contracts.errors import TransientError, WritError

PULL = Pull(repository="acme/shop", number=42)


@pytest.fixture
def table() -> Iterator[ThreadTable]:
    with moto_aws("pulls"):
        yield ThreadTable("pulls")


def note(topic: str, text: str, second: int = 0, event: str = "a") -> Note:
    return Note(topic=topic, text=text, stamp=f"2026-03-02T10:00:{second:02}.000000Z#{event}")


def test_later_note_takes_the_place_of_an_earlier_one_in_whatever_order(table: ThreadTable) -> None:
    late, early, tie = note("gate", "late", 2), note("gate", "early", 1), note("gate", "tie", 2, "b")
    for given in (late, early, late):
        table.keep(PULL, given)
    assert table.note(PULL, "gate") == late
    table.keep(PULL, tie)
    table.keep(PULL, late)
    table.keep(PULL, note("preview", "ready"))
    assert list(table.notes(PULL)) == [tie, note("preview", "ready")]


def test_notes_are_those_of_one_pull_request_in_every_spelling(table: ThreadTable) -> None:
    table.keep(PULL, note("gate", "x"))
    table.replace(PULL, None, Thread(nonce="0" * 32))
    assert table.notes(Pull(repository="Acme/SHOP", number=42)) == [note("gate", "x")]
    assert table.notes(Pull(repository="acme/shop", number=4)) == []
    assert table.note(PULL, "preview") is None


def test_thread_is_replaced_only_as_it_was_read(table: ThreadTable) -> None:
    assert table.thread(PULL) is None
    first = Thread(nonce="0" * 32)
    table.replace(PULL, None, first)
    held = first.held("me", START)
    with pytest.raises(TransientError, match=r"dependency\.contended"):
        table.replace(PULL, None, Thread(nonce="1" * 32))
    table.replace(PULL, first, held)
    with pytest.raises(TransientError, match=r"dependency\.contended"):
        table.replace(PULL, first, first.at(7))
    table.replace(PULL, held, held.free().at(7))
    assert table.thread(PULL) == first.at(7)


def test_thread_that_was_kept_without_an_author_is_replaced(table: ThreadTable) -> None:
    document = '{"nonce":"%s","comment":7,"holder":null,"until":null}' % ("0" * 32)
    item = {"pk": {"S": PULL.key}, "sk": {"S": "thread"}, "document": {"S": document}}
    aws.client("dynamodb").put_item(TableName="pulls", Item=item)
    before = table.thread(PULL)
    assert before is not None
    table.replace(PULL, before, before.at(7, 1))
    assert table.thread(PULL) == before.at(7, 1)
    table.replace(PULL, before.at(7, 1), before.at(7, 1).at(8))
    assert table.thread(PULL) == before.at(8, 1)


def test_what_does_not_read_is_an_error_of_ours(table: ThreadTable) -> None:
    item = {"pk": {"S": PULL.key}, "sk": {"S": "thread"}, "document": {"S": "{"}}
    aws.client("dynamodb").put_item(TableName="pulls", Item=item)
    with pytest.raises(WritError, match=r"pr\.memory"):
        table.thread(PULL)

"""Entries about people on DynamoDB and KMS: sealed, written with their keys, gone with any one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.support.log_forge import NOW, Forge, an_action, an_intent
from writ.adapters import aws, dynamo
from writ.adapters.entry_table import EntryTable
from writ.adapters.key_table import KEY, KeyTable, pointer_key
from writ.adapters.kms import KmsWrapping
from writ.contracts.errors import ConflictError, WritError
from writ.ledger.dsse import decode
from writ.ports.ledger import StoredEntry, SubjectKey

SESSION = Forge().session()


@pytest.fixture
def wrapping(account: None) -> KmsWrapping:
    return KmsWrapping(aws.client("kms").create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture
def keys(wrapping: KmsWrapping) -> KeyTable:
    return KeyTable("subjects", wrapping)


def about(number: int, *persons: str) -> StoredEntry:
    action = an_action(number)
    made = an_intent(action)
    made["predicate"]["event"]["by"] = ", ".join(persons)
    return StoredEntry(
        entry_id=f"{action.id}.intent",
        envelope=SESSION.sign(made).encoded,
        certificate=SESSION.fingerprint,
        actor="backlog",
        type="https://writ.example/action/v1",
        stream=action.id,
        previous=None,
        subjects=(action.target.subject_digest(),),
        time=NOW,
        appended_at=NOW,
        persons=persons,
    )


def read(entry: StoredEntry, keys: KeyTable) -> StoredEntry:
    return EntryTable("entries", keys).get_many([entry.entry_id])[entry.entry_id]


def destroy(ref: str, keys: KeyTable) -> None:
    dynamo.update(keys.item(ref, KEY), [keys.item.wrapped.remove(), keys.item.state.set("destroyed")])


@contextmanager
def counted() -> Iterator[list[str]]:
    from botocore.client import BaseClient

    base: Any = BaseClient
    original, made = base._make_api_call, list[str]()

    def counting(client: Any, operation: str, arguments: Any) -> Any:
        made.append(operation)
        return original(client, operation, arguments)

    base._make_api_call = counting
    try:
        yield made
    finally:
        base._make_api_call = original


def test_an_entry_about_people_reads_as_appended_and_lies_sealed(keys: KeyTable) -> None:
    entry = about(1, "ann", "octocat")
    EntryTable("entries", keys).append(entry)
    found = read(entry, keys)
    assert len(found.keys) == 2
    assert replace(found, keys=()) == replace(entry, persons=())
    item = aws.client("dynamodb").scan(TableName="entries")["Items"][0]
    assert "octocat" not in json.dumps(item, default=repr)
    assert "octocat" in decode(found.envelope).payload.decode()


def test_another_process_reads_it_with_one_unwrapping_a_person(keys: KeyTable, wrapping: KmsWrapping) -> None:
    entries = [about(number, "ann") for number in range(3)]
    for entry in entries:
        EntryTable("entries", keys).append(entry)
    table = EntryTable("entries", KeyTable("subjects", wrapping))
    with counted() as made:
        found = table.get_many([entry.entry_id for entry in entries])
    assert [replace(found[e.entry_id], keys=()) for e in entries] == [replace(e, persons=()) for e in entries]
    assert sorted(made) == ["BatchGetItem", "Decrypt", "GetItem"]


def test_a_warm_process_appends_with_one_request(keys: KeyTable) -> None:
    table = EntryTable("entries", keys)
    table.append(about(1, "ann"))
    with counted() as made:
        table.append(about(2, "ann"))
    assert made == ["TransactWriteItems"]


def test_the_second_entry_under_an_id_is_a_conflict(keys: KeyTable) -> None:
    table, first = EntryTable("entries", keys), about(1, "ann")
    table.append(first)
    with pytest.raises(ConflictError):
        table.append(about(1, "bob"))
    assert replace(read(first, keys), keys=()) == replace(first, persons=())


@pytest.mark.parametrize("gone", ["ann", "octocat"])
def test_an_entry_is_erased_once_the_key_of_either_person_is_gone(
    keys: KeyTable, wrapping: KmsWrapping, gone: str
) -> None:
    entry = about(1, "ann", "octocat")
    EntryTable("entries", keys).append(entry)
    [key] = keys.current([gone])
    destroy(key.ref, keys)
    found = read(entry, KeyTable("subjects", wrapping))
    assert found.erased is not None
    assert (found.envelope, found.erased.by) == (b"", f"{key.ref}.erasure")
    assert found.erased.payload_sha256 == decode(entry.envelope).payload_sha256


def test_a_key_that_is_no_longer_active_takes_no_entry_and_the_next_one_does(
    keys: KeyTable, wrapping: KmsWrapping
) -> None:
    warm = EntryTable("entries", keys)
    warm.append(about(1, "ann"))
    [before] = keys.current(["ann"])
    dynamo.update(keys.item(before.ref, KEY), [keys.item.state.set("erasing")])
    aws.client("dynamodb").delete_item(
        TableName="subjects", Key={"pk": {"S": pointer_key("ann")}, "sk": {"S": KEY}}
    )
    warm.append(about(2, "ann"))
    [after] = keys.current(["ann"])
    assert after.ref != before.ref
    assert read(about(2, "ann"), keys).keys == (after.ref,)
    assert read(about(1, "ann"), KeyTable("subjects", wrapping)).keys == (before.ref,)


def test_two_processes_that_meet_a_person_first_agree_on_one_key(wrapping: KmsWrapping) -> None:
    first, second = KeyTable("subjects", wrapping), KeyTable("subjects", wrapping)
    make = second._make

    def late(name: str) -> SubjectKey | None:
        """The second one looks, the first one writes, the second one writes."""
        first.current([name])
        return make(name)

    second._make = late  # type: ignore[method-assign]
    assert [key.ref for key in second.current(["ann"])] == [key.ref for key in first.current(["ann"])]


def test_a_key_unwraps_for_its_own_reference_only(keys: KeyTable, wrapping: KmsWrapping) -> None:
    [key] = keys.current(["ann"])
    wrapped = dynamo.get(keys.item, key.ref, KEY)
    assert wrapped is not None
    assert wrapped.wrapped is not None
    assert wrapping.unwrap(key.ref, wrapped.wrapped) == key.secret
    with pytest.raises(WritError):
        wrapping.unwrap("ds-other", wrapped.wrapped)


def test_without_keys_nothing_about_people_is_taken_or_read(keys: KeyTable) -> None:
    entry = about(1, "ann")
    with pytest.raises(WritError, match="no_keys"):
        EntryTable("entries").append(entry)
    EntryTable("entries", keys).append(entry)
    with pytest.raises(WritError, match="no_keys"):
        EntryTable("entries").get_many([entry.entry_id])

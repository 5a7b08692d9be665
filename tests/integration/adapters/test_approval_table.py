"""One contract for approvals, held in memory and by DynamoDB: the first answer, or the expiry, stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests.support.memory import START, MemoryApprovals
from tests.support.records import an_action
from writ.adapters.approval_table import ApprovalTable
from writ.contracts.action import Approval
from writ.contracts.errors import ConflictError, NotFoundError
from writ.ports.approvals import ApprovalRequest, ApprovalStore

ACTION = an_action(name="high")
REQUEST = ApprovalRequest(
    action_id=ACTION.id,
    bot="probe",
    action="high",
    target="thing:0",
    reason="because",
    requested_at=START,
    expires_at=START + timedelta(hours=72),
)


def said(approved: bool = True, *, by: str = "ann", **later: float) -> Approval:
    return Approval(approved=approved, by=by, at=START + timedelta(**later), reason="looked at it")


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> ApprovalStore:
    if request.param == "memory":
        return MemoryApprovals()
    request.getfixturevalue("account")
    return ApprovalTable("approvals")


@pytest.fixture
def table(account: None) -> ApprovalTable:
    return ApprovalTable("approvals")


class TestContract:
    def test_request_comes_back_as_it_was_asked(self, store: ApprovalStore) -> None:
        assert store.get(ACTION.id) is None
        store.ask(REQUEST)
        assert store.get(ACTION.id) == REQUEST

    def test_asking_again_changes_nothing(self, store: ApprovalStore) -> None:
        store.ask(REQUEST)
        answered = store.answer(ACTION.id, said(hours=1))
        store.ask(replace(REQUEST, reason="another", expires_at=START))
        assert store.get(ACTION.id) == answered == replace(REQUEST, answer=said(hours=1))

    @pytest.mark.parametrize("approved", [True, False])
    def test_first_answer_stands(self, store: ApprovalStore, approved: bool) -> None:
        store.ask(REQUEST)
        first = said(approved, hours=1)
        assert store.answer(ACTION.id, first) == replace(REQUEST, answer=first)
        for later in (first, said(not approved, by="bob", hours=2)):
            with pytest.raises(ConflictError):
                store.answer(ACTION.id, later)
        assert store.get(ACTION.id) == replace(REQUEST, answer=first)

    def test_answer_to_what_nobody_asked_is_not_found(self, store: ApprovalStore) -> None:
        with pytest.raises(NotFoundError):
            store.answer(ACTION.id, said())
        assert store.get(ACTION.id) is None

    @pytest.mark.parametrize("hours", [72, 73])
    def test_answer_from_the_deadline_on_is_too_late(self, store: ApprovalStore, hours: int) -> None:
        store.ask(REQUEST)
        with pytest.raises(ConflictError):
            store.answer(ACTION.id, said(hours=hours))
        assert store.get(ACTION.id) == REQUEST

    def test_expiry_closes_the_request_and_may_be_said_twice(self, store: ApprovalStore) -> None:
        store.ask(REQUEST)
        assert store.expire(ACTION.id)
        assert store.expire(ACTION.id)
        with pytest.raises(ConflictError):
            store.answer(ACTION.id, said(hours=1))
        assert store.get(ACTION.id) == replace(REQUEST, expired=True)

    def test_answer_in_time_wins_over_the_expiry(self, store: ApprovalStore) -> None:
        store.ask(REQUEST)
        answered = store.answer(ACTION.id, said(hours=1))
        assert not store.expire(ACTION.id)
        assert store.get(ACTION.id) == answered


def test_late_and_second_answers_have_codes_of_their_own(table: ApprovalTable) -> None:
    table.ask(REQUEST)
    with pytest.raises(ConflictError) as late:
        table.answer(ACTION.id, said(hours=72))
    table.answer(ACTION.id, said(hours=71))
    with pytest.raises(ConflictError) as second:
        table.answer(ACTION.id, said(hours=71))
    assert (late.value.code, second.value.code) == ("approval.expired", "approval.settled")


def test_expiry_of_what_was_never_asked_is_no_expiry(table: ApprovalTable) -> None:
    assert not table.expire(ACTION.id)
    assert table.get(ACTION.id) is None


def test_token_of_the_flow_that_waits_is_kept_and_shown_to_nobody(store: ApprovalStore) -> None:
    with pytest.raises(NotFoundError):
        store.attend(REQUEST.action_id, SecretStr("early"))
    store.ask(REQUEST)
    for token in ("old", "that-nobody-reads"):
        store.attend(REQUEST.action_id, SecretStr(token))
    found = store.get(REQUEST.action_id)
    assert found is not None
    assert found.token == SecretStr("that-nobody-reads")
    assert "nobody-reads" not in repr(found)
    store.answer(REQUEST.action_id, said())
    answered = store.get(REQUEST.action_id)
    assert answered is not None
    assert answered.token == found.token

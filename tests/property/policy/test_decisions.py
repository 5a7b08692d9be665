"""I6: `unknown` never turns into `allow`; and what else must hold for every decision."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.property.policy.documents import Path, documents, exceptions, freezes, spoiled
from tests.unit.policy.facts import NOW, complete, engine, exception, freeze
from writ.contracts.action import Decision, Verdict
from writ.policy.input import utc_text

Document = dict[str, Any]


def decide(document: Document) -> Decision:
    return engine().decide(document, NOW)


def without(document: Document, key: str, **changes: Any) -> Document:
    return {**document, key: {**document[key], **changes}}


@given(spoiled())
def test_i6_no_allow_that_the_full_facts_would_not_give_when_a_fact_is_spoiled(
    case: tuple[Document, Document, Path],
) -> None:
    document, broken, where = case
    if decide(broken).verdict is Verdict.ALLOW:
        assert decide(document).verdict is Verdict.ALLOW, where


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_i6_anything_but_a_document_is_unknown(value: Any) -> None:
    assert decide(value).verdict is Verdict.UNKNOWN


@given(documents)
def test_every_full_document_gets_a_known_verdict_with_reasons(document: Document) -> None:
    decision = decide(document)
    assert decision.verdict is not Verdict.UNKNOWN
    assert decision.reasons
    assert list(decision.reasons) == sorted(
        decision.reasons, key=lambda reason: (reason.code, reason.message)
    )
    assert bool(decision.obligations) <= (decision.verdict is Verdict.ALLOW)


@given(documents)
def test_only_exceptions_still_valid_are_used(document: Document) -> None:
    decision = decide(document)
    valid = {item["id"] for item in document["exceptions"] if item["expires_at"] > utc_text(NOW)}
    assert set(decision.exceptions) <= valid


@given(documents)
def test_expired_exceptions_change_nothing(document: Document) -> None:
    expired = [{**item, "expires_at": utc_text(NOW)} for item in document["exceptions"]]
    assert decide({**document, "exceptions": expired}) == decide({**document, "exceptions": []})


@given(documents)
def test_paused_is_denied_whatever_else_holds(document: Document) -> None:
    assert decide(without(document, "bot", paused=True)).verdict is Verdict.DENY
    assert decide(without(document, "action", paused=True)).verdict is Verdict.DENY


@given(documents, freezes)
def test_another_freeze_never_gives_an_allow(document: Document, more: list[Document]) -> None:
    frozen = without(document, "change", freezes=[*document["change"]["freezes"], *more])
    if decide(frozen).verdict is Verdict.ALLOW:
        assert decide(document).verdict is Verdict.ALLOW


@given(documents, st.integers(0, 9), st.sampled_from(["hour", "target_hour"]))
def test_more_usage_never_gives_an_allow(document: Document, more: int, counter: str) -> None:
    used = without(document, "usage", **{counter: document["usage"][counter] + more})
    if decide(used).verdict is Verdict.ALLOW:
        assert decide(document).verdict is Verdict.ALLOW


@given(documents, exceptions)
def test_more_exceptions_never_take_an_allow_away(document: Document, more: list[Document]) -> None:
    if decide(document).verdict is Verdict.ALLOW:
        assert decide({**document, "exceptions": [*document["exceptions"], *more]}).verdict is Verdict.ALLOW


@given(documents)
def test_high_risk_is_never_allowed_without_another_person(document: Document) -> None:
    decision = decide(without(document, "action", risk="high"))
    approval, actor = document["approval"], document["actor"]
    own = approval and actor["kind"] == "person" and approval["by"] == actor["id"]
    if decision.verdict is Verdict.ALLOW:
        assert approval
        assert not own


@given(documents, st.randoms(use_true_random=False))
def test_order_of_freezes_and_exceptions_does_not_matter(
    document: Document, randomness: random.Random
) -> None:
    shuffled = without(
        document,
        "change",
        freezes=randomness.sample(document["change"]["freezes"], k=len(document["change"]["freezes"])),
    )
    shuffled["exceptions"] = randomness.sample(document["exceptions"], k=len(document["exceptions"]))
    assert decide(shuffled) == decide(document)


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_names_of_any_characters_are_told_apart(name: str, other: str) -> None:
    scope = {"bots": [name], "actions": []}
    for bot in (name, other):
        document = complete(action__risk="medium", bot__name=bot, change__freezes=[freeze(scope=scope)])
        assert decide(document).verdict is (Verdict.DENY if bot == name else Verdict.ALLOW)


@given(st.text(max_size=40), st.text(max_size=40))
def test_texts_of_any_characters_reach_the_reasons_whole(owner: str, person: str) -> None:
    document = complete(
        usage__hour=10,
        exceptions=[exception(owner=owner)],
        approval={"by": person, "at": "2026-11-23T02:00:00Z"},
    )
    messages = {reason.code: reason.message for reason in decide(document).reasons}
    if owner and person:
        assert messages["waived"] == f"limit_per_hour: exception ex-1 of {owner}"
        assert messages["approved"] == f"approved by {person}"
    else:
        assert set(messages) == {"facts_missing"}
